//! What is in the file and what is not.

use views::MembersQuery;

use crate::suite::world::{World, licensee};

#[test]
fn r30_no_name_gets_into_the_file() {
    let mut world = World::new();
    world.join("acme", &["u-1", "u-2"]);
    world.put_person("u-1", "zoe", "Some Body");
    world.put_person("u-2", "anna", "Some Body");
    world.put_name("acme", "Blabla Corporation");
    let views = world.open();
    let query = MembersQuery { sort: "username".parse().unwrap(), limit: 1, ..MembersQuery::default() };
    assert!(views.members(&licensee("acme"), &query).unwrap().next_cursor.is_some());
    drop(views);
    let bytes = std::fs::read(world.store.file("views.db")).unwrap();
    for name in ["zoe", "anna", "Some Body", "mail.example", "Blabla"] {
        assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()), "{name} is in views.db");
    }
}

#[test]
fn an_order_is_not_kept_over_a_restart_and_that_is_told_apart_from_a_wrong_cursor() {
    let mut world = World::new();
    world.join("acme", &["u-1", "u-2", "u-3"]);
    let query = MembersQuery { sort: "username".parse().unwrap(), limit: 2, ..MembersQuery::default() };
    let views = world.open();
    let cursor = views.members(&licensee("acme"), &query).unwrap().next_cursor;
    drop(views);
    let views = world.open();
    // Another order under the same query, which the old cursor must not meet.
    views.members(&licensee("acme"), &query).unwrap();
    let answer = views.members(&licensee("acme"), &MembersQuery { cursor, ..query });
    assert!(matches!(answer, Err(views::ViewsError::ExpiredCursor)), "{answer:?}");
}
