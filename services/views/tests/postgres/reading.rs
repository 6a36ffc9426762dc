//! The tables as people read them, with `psql`.

use licensing::{AddOnId, Command, Offering};
use views::MembersQuery;

use crate::{
    psql::{dump, psql},
    suite::world::{World, licensee},
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
fn r30_no_name_gets_into_the_tables() {
    let world = sample();
    let views = world.open();
    let query = MembersQuery { sort: "username".parse().unwrap(), limit: 1, ..MembersQuery::default() };
    assert!(views.members(&licensee("acme"), &query).unwrap().next_cursor.is_some());
    let rows = dump(world.store.url()) + &psql(world.store.url(), "SELECT * FROM usher_views.order_parts");
    assert!(rows.contains("u-1"));
    for name in ["zoe", "Zoe Body", "mail.example", "Acme Corporation"] {
        assert!(!rows.contains(name), "{name} is in the tables");
    }
}
