//! Refusals, listed for auditors.

use licensing::*;
use serde_json::json;
use views::{LicenseesQuery, MembersQuery, ViewsError};

use super::world::{World, all_pages, licensee, user};

#[test]
fn r35_a_refusal_is_shown_with_all_its_facts() {
    let mut world = World::new();
    world.join("acme", &["u-1"]);
    let refusal = Refusal::new(Code::NotEnoughSeats, "too few").with_seats(2, 5).with_users(vec![user("u-7")]);
    world.refuse("acme", "acme", &refusal);
    world.refuse("acme", "acme", &Refusal::new(Code::MalformedEvent, "no seats in it"));
    let page = world.open().refusals(&licensee("acme"), None, 10).unwrap();
    let expected = json!({
        "items": [
            {"command_id": "test#1", "type": "usher.seats.v1.AssignSeats", "code": "not_enough_seats",
             "detail": "too few", "actor": "tester", "time": "2025-01-01T00:00:00Z", "available": 2, "requested": 5,
             "users": ["u-7"]},
            {"command_id": "test#2", "type": "usher.seats.v1.AssignSeats", "code": "malformed_event",
             "detail": "no seats in it", "actor": "tester", "time": "2025-01-01T00:00:00Z"},
        ],
        "next_cursor": null
    });
    assert_eq!(serde_json::to_value(page).unwrap(), expected);
}

#[test]
fn refusals_of_a_licensee_to_come_show_up_once_it_exists() {
    let mut world = World::new();
    let views = world.open();
    assert_eq!(world.ask("acme", &Command::RemoveMember { user: user("u-1") }), Err(Code::UnknownLicensee));
    world.catch_up(&views);
    assert!(views.refusals(&licensee("acme"), None, 10).unwrap().items.is_empty());
    assert!(!views.has_licensee(&licensee("acme")).unwrap());
    assert_eq!(views.totals().unwrap().refusals, 1);
    world.join("acme", &["u-1"]);
    world.catch_up(&views);
    let shown = views.refusals(&licensee("acme"), None, 10).unwrap().items;
    assert_eq!(shown.iter().map(|refusal| refusal.code.as_str()).collect::<Vec<_>>(), ["unknown_licensee"]);
}

#[test]
fn refusals_are_listed_oldest_first_exactly_once_while_more_come() {
    let mut world = World::new();
    world.join("acme", &["u-1"]);
    world.join("globex", &["u-1"]);
    for number in 0..7 {
        world.refuse("acme", "acme", &Refusal::new(Code::SalesOnly, number.to_string()));
        world.refuse("globex", "globex", &Refusal::new(Code::SalesOnly, "of another"));
    }
    let views = world.open();
    let page = |cursor: Option<String>| views.refusals(&licensee("acme"), cursor.as_deref(), 2).unwrap();
    let listed = all_pages(page, |number| {
        if number <= 2 {
            world.refuse("acme", "acme", &Refusal::new(Code::SalesOnly, (number + 6).to_string()));
            world.catch_up(&views);
        }
    });
    let listed: Vec<_> = listed.iter().map(|refusal| refusal.detail.as_str()).collect();
    assert_eq!(listed, ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
}

#[test]
fn a_refusal_that_names_no_licensee_is_only_counted() {
    let mut world = World::new();
    world.refuse("somebody", "", &Refusal::new(Code::MalformedEvent, "nothing could be read"));
    let views = world.open();
    assert_eq!(views.totals().unwrap().refusals, 1);
}

#[test]
fn a_cursor_of_another_licensee_is_refused() {
    let mut world = World::new();
    for id in ["acme", "globex"] {
        world.join(id, &["u-1"]);
        (0..2).for_each(|_| world.refuse(id, id, &Refusal::new(Code::SalesOnly, "no")));
    }
    let views = world.open();
    let cursor = views.refusals(&licensee("acme"), None, 1).unwrap().next_cursor.unwrap();
    assert_eq!(views.refusals(&licensee("acme"), Some(&cursor), 1).unwrap().items.len(), 1);
    for (id, cursor) in [("globex", cursor.as_str()), ("acme", "x"), ("acme", "")] {
        let answer = views.refusals(&licensee(id), Some(cursor), 1);
        assert!(matches!(answer, Err(ViewsError::InvalidCursor)), "{id} {cursor:?}");
    }
}

#[test]
fn a_text_with_a_zero_character_is_kept_somehow_and_found_by_nobody() {
    let mut world = World::new();
    world.join("acme", &["u-1"]);
    world.refuse("acme", "acme", &Refusal::new(Code::MalformedEvent, "what is \0 this"));
    let views = world.open();
    let shown = views.refusals(&licensee("acme"), None, 10).unwrap().items;
    assert!(shown.len() == 1 && shown[0].detail.starts_with("what is "), "{shown:?}");
    let search = Some("\0".to_owned());
    for sort in ["user", "username"] {
        let query =
            MembersQuery { search: search.clone(), sort: sort.parse().unwrap(), limit: 5, ..MembersQuery::default() };
        assert!(views.members(&licensee("acme"), &query).unwrap().items.is_empty());
    }
    let query = LicenseesQuery { search, limit: 5, ..LicenseesQuery::default() };
    assert!(views.licensees(&query).unwrap().items.is_empty());
}

#[test]
fn the_newest_refusals_of_all_licensees_come_first_and_codes_are_counted() {
    let mut world = World::new();
    world.join("acme", &["u-1"]);
    world.join("globex", &["u-1"]);
    for (id, code) in [("acme", Code::SalesOnly), ("globex", Code::NoSeatsAvailable), ("acme", Code::SalesOnly)] {
        world.wait(chrono::Duration::hours(1));
        world.refuse(id, id, &Refusal::new(code, "why"));
    }
    world.refuse("nobody", "nobody", &Refusal::new(Code::UnknownLicensee, "why"));
    let views = world.open();
    world.catch_up(&views);
    let newest = |limit| -> Vec<(String, String)> {
        let found = views.newest_refusals(limit).unwrap().into_iter();
        found.map(|(licensee, refusal)| (licensee.to_string(), refusal.code)).collect()
    };
    let pair = |licensee: &str, code: &str| (licensee.to_owned(), code.to_owned());
    assert_eq!(newest(2), [pair("acme", "sales_only"), pair("globex", "no_seats_available")]);
    assert_eq!(newest(10).len(), 3);
    let counts: Vec<(String, u64)> = views.refused().unwrap().into_iter().collect();
    let counts: Vec<(&str, u64)> = counts.iter().map(|(code, count)| (code.as_str(), *count)).collect();
    assert_eq!(counts, [("no_seats_available", 1), ("sales_only", 2), ("unknown_licensee", 1)]);
}
