//! `usher verify`.

use std::{path::Path, thread};

use rusqlite::Connection;
use serde_json::json;

use crate::{
    database::database,
    messages::{acme, blocked, joined, message, started},
    program::Place,
    serve::Server,
};

/// A change from outside; the program is not running.
fn change(file: &Path, sql: &str) {
    let connection = Connection::open(file).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

/// A store of `acme` in which some of everything happened, in several commits.
fn lived() -> Place {
    let place = acme(2, &["ann", "bob"]);
    place.write("users.csv", "username\nann\nbob\n");
    place.run("seats assign --data-dir data --licensee acme --csv users.csv").done();
    let late = "2025-01-03T12:00:00Z";
    let used = message("use", "usher.usage.v1.CodeSuggestionsUsed", late, json!({"user": "u-ann", "used_at": late}));
    let refused = message(
        "much",
        "usher.billing.v1.SeatsPurchased",
        late,
        json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 999, "channel": "sales"}),
    );
    place.run_with_input("ingest --data-dir data --clock event-time -", (blocked("bob") + &used + &refused).as_bytes());
    place
}

#[test]
fn a_sound_store_passes_and_says_what_was_checked() {
    let place = lived();
    let checked = place.run("verify --data-dir data --format json").done().json();
    assert_eq!(
        (&checked["streams"], &checked["licensees"]),
        (&json!(2), &json!(1)),
        "acme and the user bob: {checked}"
    );
    let told = place.run("verify --data-dir data").done().stdout;
    let expected =
        format!("sound: {} commits, {} events of 2 streams, 1 licensees\n", checked["commits"], checked["events"]);
    assert_eq!(told, expected);
}

#[test]
fn the_sample_passes() {
    let place = Place::new();
    place.run("demo --no-serve").done();
    let checked = place.run("verify --data-dir usher-demo --format json").done().json();
    assert_eq!(checked["licensees"], 1);
    assert!(checked["events"].as_u64().unwrap() > 2_000, "{checked}");
}

#[test]
fn a_flipped_byte_is_1_and_names_the_commit() {
    let place = lived();
    let file = place.path("data").join("journal.db");
    let flip =
        "UPDATE commits SET block = CAST(substr(block, 1, 60) || x'00' || substr(block, 62) AS BLOB) WHERE key = 1";
    change(&file, flip);
    let told = place.run("verify --data-dir data");
    assert_eq!(told.status, 1, "{told:#?}");
    assert!(told.stdout.starts_with("difference: journal, shard 0, commit 1: the row is damaged"), "{told:#?}");
    let told = place.run("verify --data-dir data --format json");
    assert_eq!(told.status, 1, "{told:#?}");
    let difference = &told.json()["difference"];
    assert_eq!(
        (&difference["part"], &difference["shard"], &difference["commit"]),
        (&json!("journal"), &json!(0), &json!(1))
    );
}

#[test]
fn a_damage_that_keeps_the_views_from_opening_is_named_all_the_same() {
    let place = acme(2, &["ann"]);
    place.run("show acme --data-dir data").done();
    // The views end with the last commit of the shard; more are written behind it, which they do not know yet.
    let file = place.path("data").join("journal.db");
    let last = "SELECT max(key) FROM commits WHERE key < 1 << 40";
    let key: i64 = Connection::open(&file).unwrap().query_row(last, [], |row| row.get(0)).unwrap();
    place.run_with_input("ingest --data-dir data --clock event-time -", joined("bob").as_bytes()).done();
    change(&file, &format!("UPDATE commits SET recorded_at_us = recorded_at_us + 1 WHERE key = {key}"));
    let told = place.run("verify --data-dir data");
    let expected = format!("difference: journal, shard 0, commit {key}: the row is damaged");
    assert!(told.status == 1 && told.stdout.starts_with(&expected), "{told:#?}");
}

#[test]
fn a_changed_row_of_index_or_views_is_1_and_named() {
    for (file, sql, told) in [
        (
            "views.db",
            "UPDATE members SET role = 'owner' WHERE user = 'u-bob'",
            "views, licensee acme, user u-bob: role is \"owner\"",
        ),
        ("views.db", "UPDATE timers SET due_at_us = due_at_us + 1", "views, licensee acme: timers: 0.due_at"),
        ("views.db", "UPDATE usage SET last_used_at_us = 5", "views, licensee acme, user u-ann: last_used_at"),
        ("views.db", "UPDATE refusals SET code = 'sales_only'", "command /tests#much: refusal: code is \"sales_only\""),
        ("index.db", "UPDATE usage SET last_used_at_us = 5", "index, user u-ann: last use"),
        ("index.db", "DELETE FROM memberships WHERE user = 'u-bob'", "index, user u-bob: memberships"),
    ] {
        let place = lived();
        place.run("verify --data-dir data").done();
        change(&place.path("data").join(file), sql);
        let ran = place.run("verify --data-dir data");
        assert!(ran.status == 1 && ran.stdout.contains(told), "{sql}: {ran:#?}");
    }
}

#[test]
fn what_can_not_be_looked_at_is_told() {
    let place = Place::new();
    place.run("verify").failed(2, "there is no store");
    place.run("verify --url http://127.0.0.1:1").failed(2, "--url");
    place.run("verify --data-dir a --database-url postgres://b/c").failed(2, "data_dir");
}

#[test]
fn on_a_database_nodes_may_go_on_meanwhile() {
    let (place, database) = (Place::new(), database());
    let members: Vec<String> = (0..60).map(|number| format!("m{number}")).collect();
    let lines: String = std::iter::once(started(60)).chain(members.iter().map(|name| joined(name))).collect();
    place.write("acme.jsonl", lines);
    let of_database = format!("--database-url {}", database.url());
    place.run(&format!("ingest --clock event-time {of_database} acme.jsonl")).done();
    let serve = format!("serve --listen 127.0.0.1:0 --clock manual:2025-02-01T00:00:00Z {of_database}");
    let node = Server::start(&place, &serve);
    let verify = || place.run(&format!("verify {of_database} --format json")).done().json();
    let events = thread::scope(|scope| {
        let calls = scope.spawn(|| {
            for (turn, member) in members.iter().cycle().take(240).enumerate() {
                let path = format!("/v1/licensees/acme/products/duo/seats/u-{member}");
                let verb = if (turn / members.len()).is_multiple_of(2) { "PUT" } else { "DELETE" };
                let (status, body) = node.send(verb, &path, "");
                assert_eq!(status, 200, "{body}");
            }
        });
        let mut events = Vec::new();
        while !calls.is_finished() {
            events.push(verify()["events"].as_u64().unwrap());
        }
        events
    });
    assert!(events.is_sorted() && events.last() > Some(&61), "it looked while something happened: {events:?}");
    assert_eq!(verify()["events"], 1 + 60 + 240);
    node.stop().done();
}

#[test]
fn on_a_database_a_changed_row_is_found() {
    let (place, database) = (Place::new(), database());
    let late = "2025-01-03T12:00:00Z";
    let used = message("use", "usher.usage.v1.CodeSuggestionsUsed", late, json!({"user": "u-ann", "used_at": late}));
    place.write("acme.jsonl", started(2) + &joined("ann") + &joined("bob") + &blocked("bob") + &used);
    let of_database = format!("--database-url {}", database.url());
    place.run(&format!("ingest --clock event-time {of_database} acme.jsonl")).done();
    let verify = format!("verify {of_database}");
    place.run(&verify).done();
    for (sql, back, told) in [
        (
            "UPDATE usher_views.members SET role = 'owner' WHERE user_id = 'u-bob'",
            "UPDATE usher_views.members SET role = 'developer' WHERE user_id = 'u-bob'",
            "views, licensee acme, user u-bob: role",
        ),
        (
            "UPDATE usher_views.licensees SET plan = 'free'",
            "UPDATE usher_views.licensees SET plan = 'premium'",
            "views, licensee acme: column plan is \"free\", expected \"premium\"",
        ),
        (
            "UPDATE usher_views.timers SET due_at = due_at + interval '1 day'",
            "UPDATE usher_views.timers SET due_at = due_at - interval '1 day'",
            "views, licensee acme: timers",
        ),
        (
            "UPDATE usher_views.shard_totals SET events = events + 1 WHERE shard = 0",
            "UPDATE usher_views.shard_totals SET events = events - 1 WHERE shard = 0",
            "views: totals: events",
        ),
        (
            "UPDATE usher_index.timers SET due_at_us = due_at_us + 1",
            "UPDATE usher_index.timers SET due_at_us = due_at_us - 1",
            "index, licensee acme: next timer",
        ),
        (
            "DELETE FROM usher_index.memberships WHERE user_id = 'u-bob'",
            "INSERT INTO usher_index.memberships VALUES ('u-bob', 'acme')",
            "index, user u-bob: memberships",
        ),
        (
            "UPDATE usher_index.events SET type_id = type_id + 1 WHERE version = 1",
            "UPDATE usher_index.events SET type_id = type_id - 1 WHERE version = 1",
            "type that it is found by",
        ),
        (
            "UPDATE usher_index.events SET effective_at_us = effective_at_us + 1 WHERE version = 2",
            "UPDATE usher_index.events SET effective_at_us = effective_at_us - 1 WHERE version = 2",
            "version 2, stream licensee/acme: effective time that it is found by",
        ),
        (
            "UPDATE usher_index.events SET recorded_at_us = recorded_at_us + 1 WHERE version = 2",
            "UPDATE usher_index.events SET recorded_at_us = recorded_at_us - 1 WHERE version = 2",
            "version 2, stream licensee/acme: recorded time that it is found by",
        ),
        (
            "INSERT INTO usher_index.blocks SELECT stream_id, 1000, 1, 1, 1 FROM usher_index.streams
                 WHERE name = 'licensee/acme'",
            "DELETE FROM usher_index.blocks",
            "index: number of rows: blocks",
        ),
        (
            "UPDATE usher_index.uses SET recorded_at_us = recorded_at_us + 1",
            "UPDATE usher_index.uses SET recorded_at_us = recorded_at_us - 1",
            "index, user u-ann: use is",
        ),
        (
            "INSERT INTO usher_index.uses VALUES ('u-bob', 1, 1, 1)",
            "DELETE FROM usher_index.uses WHERE user_id = 'u-bob'",
            "index, user u-bob: number of uses",
        ),
        (
            "DELETE FROM usher_index.memberships_ever WHERE user_id = 'u-bob'",
            "INSERT INTO usher_index.memberships_ever VALUES ('u-bob', 'acme')",
            "index, user u-bob: memberships ever",
        ),
        (
            "UPDATE usher_index.first_named SET effective_at_us = effective_at_us + 1 WHERE user_id = 'u-ann'",
            "UPDATE usher_index.first_named SET effective_at_us = effective_at_us - 1 WHERE user_id = 'u-ann'",
            "index, user u-ann: first named.effective_at",
        ),
        (
            "INSERT INTO usher_index.first_named VALUES ('nobody', 1, 1)",
            "DELETE FROM usher_index.first_named WHERE user_id = 'nobody'",
            "index: number of rows: first named",
        ),
        (
            "INSERT INTO usher_index.past_states VALUES ('licensee/acme', 2, 1, 5, '')",
            "DELETE FROM usher_index.past_states",
            "version 2, stream licensee/acme: state of the past is damaged",
        ),
        (
            "UPDATE usher.commits SET recorded_at_us = recorded_at_us + 1 WHERE shard = 0 AND number = 1",
            "UPDATE usher.commits SET recorded_at_us = recorded_at_us - 1 WHERE shard = 0 AND number = 1",
            "shard 0",
        ),
    ] {
        database.run_sql(sql).unwrap();
        let ran = place.run(&verify);
        assert!(ran.status == 1 && (ran.stdout + &ran.stderr).contains(told), "{sql}");
        database.run_sql(back).unwrap();
        place.run(&verify).done();
    }
}
