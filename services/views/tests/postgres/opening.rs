//! Tables that are met when the views are opened: they are gone on with, or made anew at any doubt.

use views::{Views, ViewsError};

use crate::{
    psql::{dump, psql},
    suite::{
        chance::{Dice, play},
        world::{LONG, World, user},
    },
};

/// A user that no journal names: whoever still knows it has not been rebuilt.
const MARKER: &str = "only-in-views";

fn filled() -> World {
    let (mut world, mut dice) = (World::new(), Dice::new(11));
    play(&mut world, &mut dice, 120);
    drop(world.open());
    mark(&world);
    world
}

fn mark(world: &World) {
    psql(world.store.url(), &format!("INSERT INTO usher_views.users (user_id, status) VALUES ('{MARKER}', 'active')"));
}

fn goes_on(views: &Views) -> bool {
    views.user(&user(MARKER)).unwrap().is_some()
}

#[track_caller]
fn is_rebuilt_after_each(damages: &[&str]) {
    let world = filled();
    for damage in damages {
        psql(world.store.url(), damage);
        let views = world.open();
        assert!(!goes_on(&views), "it went on with tables that it should not have trusted, after {damage}");
        world.assert_views_equal_the_fold(&views);
        drop(views);
        mark(&world);
        let views = world.open();
        assert!(goes_on(&views), "it was rebuilt again, after {damage}");
        world.assert_views_equal_the_fold(&views);
    }
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let mut world = filled();
    let (before, mut dice) = (world.positions(), Dice::new(12));
    play(&mut world, &mut dice, 100);
    let views = world.try_open().unwrap();
    assert!(views.positions().cover(&before), "it began again");
    world.assert_views_equal_the_fold(&views);
    assert!(goes_on(&views));
}

#[test]
fn tables_that_are_gone_are_made_anew() {
    is_rebuilt_after_each(&[
        "DROP SCHEMA usher_views CASCADE",
        "DROP TABLE usher_views.meta",
        "DROP TABLE usher_views.seats CASCADE",
        "ALTER TABLE usher_views.users DROP COLUMN status",
    ]);
}

#[test]
fn tables_of_a_program_that_knew_no_functions_are_gone_on_with() {
    let (mut world, mut dice) = (filled(), Dice::new(15));
    psql(world.store.url(), "DROP SCHEMA usher_feeding CASCADE");
    let views = world.open();
    play(&mut world, &mut dice, 60);
    world.assert_views_equal_the_fold(&views);
    assert!(goes_on(&views), "it was rebuilt");
}

#[test]
fn rows_that_cannot_be_read_are_a_reason_to_rebuild() {
    is_rebuilt_after_each(&[
        "UPDATE usher_views.licensees SET account = '\\xffff' WHERE licensee = 'acme'",
        "UPDATE usher_views.users SET status = 'asleep' WHERE user_id = 'u-1'",
    ]);
}

#[test]
fn an_older_format_and_views_of_another_store_are_rebuilt() {
    is_rebuilt_after_each(&[
        "UPDATE usher_views.meta SET format = 0",
        "UPDATE usher_views.meta SET store_id = '\\x00'",
        "DELETE FROM usher_views.meta",
        "UPDATE usher_views.positions SET checksum = checksum + 1 WHERE commit_number > 0",
        "DELETE FROM usher_views.positions WHERE shard = 3",
        "DELETE FROM usher_views.positions",
    ]);
}

#[test]
fn views_ahead_of_the_journal_are_rebuilt() {
    is_rebuilt_after_each(&[
        "UPDATE usher_views.positions SET commit_number = commit_number + 1",
        "UPDATE usher_views.positions SET position = position + 1 WHERE commit_number > 0",
    ]);
}

#[test]
fn a_newer_format_is_left_alone() {
    let mut world = filled();
    let running = world.open();
    psql(world.store.url(), "UPDATE usher_views.meta SET format = 999");
    let before = dump(world.store.url());
    assert!(matches!(world.try_open().err().unwrap(), ViewsError::NewerFormat { found: 999, .. }));
    // Whoever is still running does not write either, and says so.
    world.join("acme", &["u-77"]);
    let error = running.wait_for(&world.positions(), LONG).unwrap_err();
    let ViewsError::FollowerFailed(cause) = &error else { panic!("{error:?}") };
    assert!(matches!(**cause, ViewsError::NewerFormat { .. }), "{cause:?}");
    assert_eq!(dump(world.store.url()), before);
}

#[test]
fn whoever_is_running_goes_along_with_tables_that_somebody_made_anew() {
    let mut world = filled();
    let running = world.open();
    psql(world.store.url(), "UPDATE usher_views.meta SET store_id = '\\x00'");
    let opened = world.open();
    for views in [&running, &opened] {
        assert!(!goes_on(views));
        world.assert_views_equal_the_fold(views);
    }
    let mut dice = Dice::new(13);
    play(&mut world, &mut dice, 60);
    [&running, &opened].into_iter().for_each(|views| world.assert_views_equal_the_fold(views));
}

#[test]
fn several_who_open_new_views_at_once_make_them_once() {
    let (mut world, mut dice) = (World::new(), Dice::new(14));
    play(&mut world, &mut dice, 60);
    let world = &world;
    std::thread::scope(|scope| {
        let opening: Vec<_> = (0..6).map(|_| scope.spawn(|| world.open())).collect();
        for views in opening {
            world.assert_views_equal_the_fold(&views.join().unwrap());
        }
    });
}
