//! The tables as people read them, with `psql`.

use licensing::{AddOnId, Command, Offering};
use views::{Looks, MembersQuery, StrayMember};

use crate::{
    psql::{dump, psql},
    suite::world::{World, licensee, user},
};

fn sample() -> World {
    let mut world = World::new();
    world.seated("acme", &["u-1", "u-2"]);
    world.put_name("acme", "Acme Corporation");
    world.put_person("u-1", "zoe", "Zoe Body");
    world.use_now("u-1");
    world.unassign("acme", "u-2");
    world.subscribe("umbrella", Offering::SelfManaged, "premium", None);
    let change = Command::ChangeSeatQuantity { add_on: AddOnId::new("duo_pro"), quantity: 7 };
    assert!(world.ask("globex", &change).is_err());
    world
}

#[test]
fn what_was_sold_and_who_has_it_can_be_read_with_psql() {
    let world = sample();
    let _views = world.open();
    for (sql, expected) in [
        (
            "SELECT licensee, name, offering, plan, status, subscription_seats, starts_at, members, quantity, assigned
             FROM usher_views.licensee_list ORDER BY licensee",
            "acme|Acme Corporation|gitlab_com|ultimate|active|100|2025-01-01 00:00:00+00|2|50|1\n\
             umbrella||self_managed|premium|active|100|2025-01-01 00:00:00+00|0|0|0\n",
        ),
        (
            "SELECT licensee, product, add_on, status, trial, quantity, assigned, available, ends_at
             FROM usher_views.seat_pools WHERE licensee = 'acme'",
            "acme|duo|duo_pro|active|f|50|1|49|2026-01-01 00:00:00+00\n",
        ),
        (
            "SELECT user_id, username, email, role, status, assigned, assigned_at, last_used_at
             FROM usher_views.member_list WHERE licensee = 'acme' ORDER BY user_id",
            "u-1|zoe|u-1@mail.example|developer|active|t|2025-01-01 00:00:00+00|2025-01-01 00:00:00+00\n\
             u-2|||developer|active|f||\n",
        ),
        (
            "SELECT kind, due_at FROM usher_views.timers WHERE licensee = 'acme'",
            "subscription_expires|2026-01-01 00:00:00+00\n",
        ),
        ("SELECT licensee, code, actor FROM usher_views.refusals", "globex|unknown_licensee|tester\n"),
        ("SELECT * FROM usher_views.totals", "2|2|1|7|1\n"),
        ("SELECT * FROM usher_views.removals", "requested|1\n"),
    ] {
        let url = world.store.url();
        assert_eq!(psql(url, &format!("SET TIME ZONE 'UTC'; {sql}")).replace("SET\n", ""), expected, "{sql}");
    }
}

#[test]
fn a_wrong_note_of_a_seat_and_a_wrong_count_of_refusals_are_to_be_seen() {
    let world = sample();
    let views = world.open();
    assert_eq!(views.stray_member().unwrap(), None);
    psql(world.store.url(), "UPDATE usher_views.members SET seated = NOT seated WHERE user_id = 'u-2'");
    let (licensee, user) = (licensee("acme"), user("u-2"));
    assert_eq!(views.stray_member().unwrap(), Some(StrayMember { licensee, user, found: true }));
    let refused = views.refused().unwrap();
    assert!(!refused.is_empty());
    psql(world.store.url(), "UPDATE usher_views.shard_refusals SET count = count + 1");
    assert!(refused.iter().all(|(code, count)| views.refused().unwrap()[code] == count + 1), "{refused:?}");
}

#[test]
fn r30_no_name_gets_into_the_tables() {
    let world = sample();
    let views = world.open();
    let query = MembersQuery { sort: "username".parse().unwrap(), limit: 1, ..MembersQuery::default() };
    assert!(views.members(&licensee("acme"), &query).unwrap().next_cursor.is_some());
    // One that stops behind a user name.
    let query = MembersQuery { search: Some("zoe".to_owned()), looks: Looks(1), ..query };
    assert!(views.members(&licensee("acme"), &query).unwrap().next_cursor.is_some());
    let orders = ["orders", "ordered", "order_parts"]
        .map(|table| psql(world.store.url(), &format!("SELECT * FROM usher_views.{table}")));
    assert!(orders[0].contains("|values||u-1"), "{orders:?}");
    let rows = dump(world.store.url()) + &orders.concat();
    assert!(rows.contains("u-1"));
    for name in ["zoe", "Zoe Body", "mail.example", "Acme Corporation"] {
        assert!(!rows.contains(name), "{name} is in the tables");
    }
}
