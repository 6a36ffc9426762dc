//! `usher rebuild`.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    database::database,
    messages::{acme, blocked, joined, started},
    program::{Place, files_of},
    serve::Server,
};

fn change(folder: &Path, sql: &str) {
    let connection = Connection::open(folder.join("views.db")).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

fn rows_of(rebuilt: &Value, table: &str) -> Value {
    let sums = rebuilt["tables"].as_array().unwrap();
    sums.iter().find(|sum| sum["table"] == table).unwrap()["rows"].clone()
}

#[test]
fn what_was_as_it_had_to_be_stays_so() {
    let place = acme(2, &["ann", "bob"]);
    let rebuilt = place.run("rebuild --data-dir data --format json").done().json();
    assert_eq!((&rebuilt["difference"], &rebuilt["not_compared"]), (&Value::Null, &Value::Null), "{rebuilt:#}");
    assert_eq!(rows_of(&rebuilt, "members"), 2);
    let again = place.run("rebuild --data-dir data --format json").done().json();
    assert_eq!(rebuilt, again, "the same journal gives the same tables");
    let told = place.run("rebuild --data-dir data").done().stdout;
    assert!(told.ends_with("rebuilt: everything was as it had to be\n"), "{told}");
    place.run("verify --data-dir data").done();
    let names: Vec<String> = files_of(&place.path("data")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["index.db", "journal.db", "lock", "views.db"]);
}

#[test]
fn a_table_that_was_changed_is_named_and_mended() {
    for (sql, table) in [
        ("UPDATE members SET role = 'owner' WHERE user = 'u-bob'", "members"),
        ("INSERT INTO users VALUES ('u-zoe', 'active')", "users"),
        ("UPDATE timers SET due_at_us = due_at_us + 1", "timers"),
        // No answer shows it.
        (
            "INSERT INTO refusals VALUES ('nobody', 0, 1, 1, 'c', 't', 'sales_only', '', 'a', NULL, NULL, '[]')",
            "refusals",
        ),
    ] {
        let place = acme(2, &["ann", "bob"]);
        place.run("show acme --data-dir data").done();
        change(&place.path("data"), sql);
        let rebuilt = place.run("rebuild --data-dir data --format json").done().json();
        assert_eq!(rebuilt["difference"]["found"]["table"], table, "{rebuilt:#}");
        place.run("verify --data-dir data").done();
        let again = place.run("rebuild --data-dir data --format json").done().json();
        assert_eq!(again["difference"], Value::Null, "{again:#}");
    }
}

#[test]
fn views_that_cannot_be_gone_on_with_are_replaced() {
    let place = acme(2, &["ann"]);
    place.run("show acme --data-dir data").done();
    // A licensee that exists already where its first event is to come: the next event does not follow.
    change(&place.path("data"), "DELETE FROM licensees");
    place.run_with_input("ingest --data-dir data --clock event-time -", joined("bob").as_bytes()).done();
    place.run("show acme --data-dir data").failed(1, "read models");
    let rebuilt = place.run("rebuild --data-dir data --format json").done().json();
    assert!(rebuilt["not_compared"].as_str().unwrap().contains("follows"), "{rebuilt:#}");
    place.run("verify --data-dir data").done();
}

#[test]
fn wherever_it_is_killed_the_store_opens_and_nothing_is_left() {
    let place = Place::new();
    place.run("demo --no-serve --data-dir data").done();
    let shown = place.run("show rails --data-dir data --format json").done().stdout;
    let mut killed = 0;
    for step in 0..8 {
        let mut command = place.command(["rebuild", "--data-dir", "data"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(60 * step));
        killed += u32::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
        assert_eq!(place.run("show rails --data-dir data --format json").done().stdout, shown);
        assert!(!place.path("data").join("views.new").exists());
    }
    assert!(killed > 0, "it was done before it could be killed once");
    place.run("verify --data-dir data").done();
}

#[test]
fn what_an_interrupted_one_left_goes_at_the_next_start() {
    let place = acme(1, &["ann"]);
    let remains = place.path("data").join("views.new");
    fs::create_dir(&remains).unwrap();
    fs::write(remains.join("views.db"), "half of it").unwrap();
    place.run("show acme --data-dir data").done();
    assert!(!remains.exists());
}

#[test]
fn a_folder_in_use_and_no_store_are_refused() {
    let place = acme(1, &[]);
    place.run("rebuild --data-dir none").failed(2, "there is no store");
    let server = Server::start(&place, "serve --data-dir data --listen 127.0.0.1:0 --clock manual");
    place.run("rebuild --data-dir data").failed(1, "in use");
    server.stop();
}

#[test]
fn on_a_database_nodes_go_on_and_what_was_changed_is_named_and_mended() {
    let (place, database) = (Place::new(), database());
    place.write("acme.jsonl", started(9) + &joined("ann") + &joined("bob") + &blocked("bob"));
    let of_database = format!("--database-url {}", database.url());
    place.run(&format!("ingest --clock event-time {of_database} acme.jsonl")).done();
    let rebuild = format!("rebuild {of_database} --format json");
    let rebuilt = place.run(&rebuild).done().json();
    assert_eq!(rebuilt["difference"], Value::Null, "{rebuilt:#}");
    let node =
        Server::start(&place, &format!("serve --listen 127.0.0.1:0 --clock manual:2025-02-01T00:00:00Z {of_database}"));
    let role = format!("dashboard_{}", database.name());
    database.run_sql(&format!("CREATE ROLE {role}; GRANT USAGE ON SCHEMA usher_views TO {role}")).unwrap();
    database.run_sql(&format!("GRANT SELECT ON usher_views.totals TO {role}")).unwrap();
    database.run_sql("UPDATE usher_views.licensees SET plan = 'free'").unwrap();
    let rebuilt = place.run(&rebuild).done().json();
    assert_eq!(rebuilt["difference"]["found"]["table"], "licensees", "{rebuilt:#}");
    let granted = format!("SET ROLE {role}; SELECT members FROM usher_views.totals");
    let granted = database.run_sql(&granted);
    database.run_sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
    assert!(granted.unwrap().trim().ends_with('2'), "what was granted is so still");
    // The node goes along.
    let (status, body) = node.send("PUT", "/v1/licensees/acme/products/duo/seats/u-ann", "");
    assert_eq!(status, 200, "{body}");
    let (_, body) = node.get_behind(&body, "/v1/licensees/acme");
    assert!(body.contains("\"assigned\":1"), "{body}");
    place.run(&format!("verify {of_database}")).done();
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'usher_views_%'";
    assert_eq!(database.run_sql(schemas).unwrap().trim(), "0");
    node.stop().done();
}

#[test]
fn on_a_database_under_load_nothing_is_lost() {
    let (place, database) = (Place::new(), database());
    let members: Vec<String> = (0..40).map(|number| format!("m{number}")).collect();
    let lines: String = std::iter::once(started(50)).chain(members.iter().map(|name| joined(name))).collect();
    place.write("acme.jsonl", lines);
    let of_database = format!("--database-url {}", database.url());
    place.run(&format!("ingest --clock event-time {of_database} acme.jsonl")).done();
    let node =
        Server::start(&place, &format!("serve --listen 127.0.0.1:0 --clock manual:2025-02-01T00:00:00Z {of_database}"));
    thread::scope(|scope| {
        let calls = scope.spawn(|| {
            for member in &members {
                let (status, body) = node.send("PUT", &format!("/v1/licensees/acme/products/duo/seats/u-{member}"), "");
                assert_eq!(status, 200, "{body}");
            }
        });
        while !calls.is_finished() {
            let rebuilt = place.run(&format!("rebuild {of_database} --format json")).done().json();
            assert_eq!(rebuilt["difference"], Value::Null, "{rebuilt:#}");
        }
    });
    let checked = place.run(&format!("verify {of_database} --format json")).done().json();
    assert_eq!(checked["licensees"], json!(1));
    let (_, body) = node.send("GET", "/v1/licensees/acme", "");
    assert!(body.contains("\"assigned\":40"), "{body}");
    node.stop().done();
}

#[test]
fn ctrl_c_or_sigterm_at_any_moment_leaves_the_old_ones_or_the_new_ones_as_a_whole() {
    let place = Place::new();
    place.run("demo --no-serve --data-dir data").done();
    let count = || -> u32 {
        let connection = Connection::open(place.path("data").join("views.db")).unwrap();
        let marked = "SELECT count(*) FROM users WHERE user = 'only-in-views'";
        connection.query_row(marked, [], |row| row.get(0)).unwrap()
    };
    for step in 0..8 {
        if count() == 0 {
            change(&place.path("data"), "INSERT INTO users VALUES ('only-in-views', 'active')");
        }
        let mut command = place.command(["rebuild", "--data-dir", "data"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        thread::sleep(Duration::from_millis(60 * step));
        // It may be done by now.
        let signal = if step % 2 == 0 { "-TERM" } else { "-INT" };
        let _ = Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
        let output = child.wait_with_output().unwrap();
        let is_done = output.status.success();
        assert_eq!(count(), u32::from(!is_done), "{output:?}");
        if output.status.code().is_some() {
            assert!(!place.path("data").join("views.new").exists(), "whoever ends in order leaves nothing");
        }
        let told = String::from_utf8_lossy(&output.stderr);
        let is_told =
            output.status.code() == Some(1) && told.contains("the rebuild was ended: the views are as they were");
        assert!(is_done || output.status.code().is_none() || is_told, "{output:?}");
    }
}
