//! Stores that can't be opened.

use std::fs;

use rusqlite::Connection;

use crate::{messages::acme, program::Place, serve::Server};

#[test]
fn a_folder_in_use_is_refused_with_what_to_do() {
    let place = acme(1, &[]);
    let server = Server::start(&place, "serve --data-dir data --listen 127.0.0.1:0 --clock manual");
    for command in
        ["show acme --data-dir data", "ingest --data-dir data acme.jsonl", "serve --data-dir data --listen 127.0.0.1:0"]
    {
        place.run(command).failed(1, "in use");
    }
    server.stop();
    place.run("show acme --data-dir data").done();
}

#[test]
fn a_store_of_a_newer_version_is_refused_with_what_to_do() {
    let place = acme(1, &[]);
    let journal = Connection::open(place.path("data").join("journal.db")).unwrap();
    journal.pragma_update(None, "user_version", 9_999).unwrap();
    drop(journal);
    for command in ["show acme --data-dir data", "serve --data-dir data --listen 127.0.0.1:0"] {
        place.run(command).failed(1, "upgrade usher");
    }
}

#[test]
fn a_damaged_store_is_refused_with_what_to_do() {
    let place = acme(1, &[]);
    let file = place.path("data").join("journal.db");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    place.run("show acme --data-dir data").failed(1, "damaged");
}

#[test]
fn a_journal_that_is_gone_is_no_fresh_store() {
    let place = acme(1, &[]);
    fs::remove_file(place.path("data").join("journal.db")).unwrap();
    place.run("show acme --data-dir data").failed(1, "journal.db");
}

#[test]
fn reading_makes_no_store() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    for command in ["show acme", "history acme --data-dir none", "timers --data-dir empty"] {
        place.run(command).failed(2, "there is no store");
    }
    assert!(!place.path("usher-data").exists() && !place.path("none").exists());
    assert_eq!(fs::read_dir(place.path("empty")).unwrap().count(), 0);
}
