//! Views that are made anew in the place of those that live, while others read and feed them.

use std::{ops::ControlFlow, sync::Arc};

use licensing::Catalogue;
use views::ViewsError;

use crate::{
    psql::{dump, psql},
    suite::{
        chance::{Dice, play},
        world::{World, user},
    },
};

const GO_ON: fn(views::RebuildProgress) -> ControlFlow<()> = |_| ControlFlow::Continue(());

fn filled() -> World {
    let (mut world, mut dice) = (World::new(), Dice::new(51));
    play(&mut world, &mut dice, 200);
    drop(world.open());
    world
}

fn schemas(world: &World) -> String {
    let sql = "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname LIKE 'usher_views%'";
    psql(world.store.url(), sql).trim().to_owned()
}

#[test]
fn what_was_fed_bit_by_bit_equals_what_is_made_at_one_go() {
    let (mut world, mut dice) = (World::new(), Dice::new(52));
    let running = world.open();
    for _ in 0..5 {
        play(&mut world, &mut dice, 60);
        world.assert_views_equal_the_fold(&running);
    }
    let before = dump(world.store.url());
    let rebuilt = world.store.rebuilder(&world.catalogue).run(&mut { GO_ON }).unwrap();
    assert_eq!((rebuilt.difference, rebuilt.not_compared), (None, None));
    assert_eq!(dump(world.store.url()), before);
    assert_eq!(schemas(&world), "usher_views");
}

#[test]
fn others_read_and_feed_while_it_is_made_and_go_along_when_it_is_there() {
    let mut world = filled();
    let (running, mut dice) = (world.open(), Dice::new(53));
    psql(world.store.url(), "INSERT INTO usher_views.users (user_id, status) VALUES ('only-in-views', 'active')");
    let rebuilder = world.store.rebuilder(&world.catalogue);
    let mut told = 0;
    let rebuilt = rebuilder.run(&mut |_| {
        // The first time, before anything is locked.
        if told == 0 {
            play(&mut world, &mut dice, 40);
            world.assert_views_equal_the_fold(&running);
            assert!(running.user(&user("only-in-views")).unwrap().is_some(), "the old ones are shown");
        }
        told += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(rebuilt.unwrap().difference.unwrap().found.table, "users");
    for _ in 0..3 {
        world.assert_views_equal_the_fold(&running);
        play(&mut world, &mut dice, 40);
    }
    world.assert_views_equal_the_fold(&running);
    drop(running);
    let fed_on = dump(world.store.url());
    psql(world.store.url(), "DROP SCHEMA usher_views CASCADE");
    drop(world.open());
    assert_eq!(fed_on, dump(world.store.url()));
}

#[test]
fn one_that_is_ended_leaves_everything_as_it_was() {
    let world = filled();
    psql(world.store.url(), "INSERT INTO usher_views.users (user_id, status) VALUES ('only-in-views', 'active')");
    let before = dump(world.store.url());
    let ended = world.store.rebuilder(&world.catalogue).run(&mut |_| ControlFlow::Break(()));
    assert!(matches!(ended, Err(ViewsError::Aborted)), "{ended:?}");
    assert_eq!((dump(world.store.url()), schemas(&world).as_str()), (before, "usher_views"));
}

#[test]
fn only_one_is_made_at_a_time() {
    let world = filled();
    let rebuilder = world.store.rebuilder(&world.catalogue);
    let second = rebuilder.clone();
    let mut refused = false;
    let rebuilt = rebuilder.run(&mut |_| {
        if !refused {
            refused = matches!(second.run(&mut { GO_ON }), Err(ViewsError::RebuildUnderWay));
            assert!(refused);
        }
        ControlFlow::Continue(())
    });
    assert_eq!(rebuilt.unwrap().difference, None);
    assert!(refused);
}

#[test]
fn another_catalogue_than_that_of_the_live_ones_is_refused() {
    let world = filled();
    let text = Catalogue::built_in_text().replace("sync_after_hours = 24", "sync_after_hours = 48");
    let other = Arc::new(Catalogue::from_toml(&text).unwrap());
    let refused = world.store.rebuilder(&other).run(&mut { GO_ON });
    assert!(matches!(refused, Err(ViewsError::OtherCatalogue)), "{refused:?}");
}

#[test]
fn what_was_put_aside_goes_at_the_next_start() {
    let world = filled();
    psql(world.store.url(), "CREATE SCHEMA usher_views_old; CREATE TABLE usher_views_old.members (user_id text)");
    drop(world.open());
    assert_eq!(schemas(&world), "usher_views");
}

#[test]
fn what_was_granted_is_granted_again() {
    let world = filled();
    let role = format!("dashboard_{}", std::process::id());
    psql(
        world.store.url(),
        &format!(
            "CREATE ROLE {role}; GRANT USAGE ON SCHEMA usher_views TO {role};
             GRANT SELECT ON usher_views.members, usher_views.totals TO {role} WITH GRANT OPTION;
             GRANT SELECT ON usher_views.seats TO PUBLIC"
        ),
    );
    let grants = "SELECT table_name, grantee, privilege_type, is_grantable FROM information_schema.role_table_grants
                  WHERE table_schema = 'usher_views' AND grantee <> grantor ORDER BY 1, 2, 3";
    let before = psql(world.store.url(), grants);
    let rebuilt = world.store.rebuilder(&world.catalogue).run(&mut { GO_ON });
    let after = psql(world.store.url(), grants);
    let reads = psql(world.store.url(), &format!("SET ROLE {role}; SELECT count(*) > 0 FROM usher_views.members"));
    psql(world.store.url(), &format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    rebuilt.unwrap();
    assert_eq!((before.lines().count(), after), (3, before), "as before");
    assert!(reads.trim().ends_with('t'), "{reads}");
}
