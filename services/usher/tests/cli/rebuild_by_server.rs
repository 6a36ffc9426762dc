//! `usher rebuild --url`: by a server that runs, while it answers.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    database::database,
    messages::{acme, joined, started},
    program::{Place, Ran},
    serve::Server,
};

const SERVE: &str = "serve --data-dir data --listen 127.0.0.1:0 --clock manual:2025-02-01T00:00:00Z";
const PATH: &str = "/v1/views/rebuild";
/// Long enough for any machine; nothing waits for as long as this unless it is broken.
const LONG: Duration = Duration::from_secs(60);

/// Reads `views.db` until it is dropped: none can take its place meanwhile, as what is written after this began to read
/// has to stay in the WAL until this is done. Whoever reads a file without a WAL keeps nobody from replacing it.
fn reading(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("views.db")).unwrap();
    connection.execute_batch("BEGIN; SELECT count(*) FROM users").unwrap();
    let nothing = "BEGIN; INSERT INTO users VALUES ('gone', 'active'); DELETE FROM users WHERE user = 'gone'; COMMIT";
    Connection::open(folder.join("views.db")).unwrap().execute_batch(nothing).unwrap();
    connection
}

/// Notes a user whom no journal names.
fn mark(folder: &Path) {
    let connection = Connection::open(folder.join("views.db")).unwrap();
    connection.execute("INSERT INTO users VALUES ('only-in-views', 'active')", []).unwrap();
}

fn is_marked(server: &Server) -> bool {
    server.send("GET", "/v1/users/only-in-views", "").0 == 200
}

/// The last rebuild, once it is as wanted.
fn shown(server: &Server, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let (status, body) = server.send("GET", PATH, "");
        assert_eq!(status, 200, "{body}");
        let shown = serde_json::from_str(&body).unwrap();
        if is_wanted(&shown) {
            return shown;
        }
        assert!(begun.elapsed() < LONG, "{shown:#}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_was_changed_in_a_folder_in_use_is_named_and_mended() {
    let place = acme(2, &["ann", "bob"]);
    let server = Server::start(&place, SERVE);
    let rebuild = format!("rebuild --url {}", server.address);
    let told = place.run(&rebuild).done().stdout;
    assert!(told.ends_with("rebuilt: everything was as it had to be\n"), "{told}");
    mark(&place.path("data"));
    let rebuilt = place.run(&format!("{rebuild} --format json")).done().json();
    assert_eq!(rebuilt["difference"]["found"]["table"], "users", "{rebuilt:#}");
    assert!(!is_marked(&server) && !place.path("data/views.new").exists());
    server.stop().done();
    place.run("verify --data-dir data").done();
    let offline = place.run("rebuild --data-dir data --format json").done().json();
    assert_eq!((&offline["difference"], &offline["tables"]), (&Value::Null, &rebuilt["tables"]), "the same either way");
}

#[test]
fn commands_and_reads_go_on_meanwhile() {
    let place = acme(2, &["ann", "bob"]);
    let server = Server::start(&place, SERVE);
    let rebuild = format!("rebuild --format json --url {}", server.address);
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let mut rounds = 0;
            while !is_done.load(Ordering::Relaxed) {
                give_and_take(&server, "u-ann");
                rounds += 1;
            }
            rounds
        });
        for _ in 0..3 {
            let rebuilt = place.run(&rebuild).done().json();
            assert_eq!(rebuilt["difference"], Value::Null, "{rebuilt:#}");
        }
        is_done.store(true, Ordering::Relaxed);
        assert!(calls.join().unwrap() > 0);
    });
    assert_eq!(shown(&server, |_| true)["number"], 3);
    server.stop().done();
    place.run("verify --data-dir data").done();
}

/// Gives a user a seat and takes it back; each is seen by whoever reads behind it.
fn give_and_take(server: &Server, user: &str) {
    for (method, assigned) in [("PUT", 1), ("DELETE", 0)] {
        let (status, body) = server.send(method, &format!("/v1/licensees/acme/products/duo/seats/{user}"), "");
        assert_eq!(status, 200, "{body}");
        let (status, read) = server.get_behind(&body, "/v1/licensees/acme");
        assert!(status == 200 && read.contains(&format!("\"assigned\":{assigned}")), "{read}");
        let (status, read) = server.get_behind(&body, &format!("/v1/users/{user}/access?feature=code_suggestions"));
        assert!(status == 200 && read.contains("\"allowed\":true") == (assigned == 1), "{read}");
    }
}

#[test]
fn a_second_one_is_refused_and_one_that_is_ended_leaves_the_old_ones() {
    let place = acme(2, &["ann"]);
    let server = Server::start(&place, SERVE);
    mark(&place.path("data"));
    let reader = reading(&place.path("data"));
    assert_eq!(server.send("POST", PATH, "").0, 202);
    let running = shown(&server, |shown| shown["phase"] == "swapping");
    assert_eq!(running["records"], running["of"], "{running:#}");
    let (status, body) = server.send("POST", PATH, "");
    assert!(status == 409 && body.contains("rebuild_running"), "{body}");
    place.run(&format!("rebuild --url {}", server.address)).failed(1, "rebuild_running");
    assert_eq!(server.send("DELETE", PATH, "").0, 202);
    assert_eq!(shown(&server, |shown| shown["state"] != "running")["state"], "aborted");
    assert!(is_marked(&server) && !place.path("data/views.new").exists());
    drop(reader);
    let rebuilt = place.run(&format!("rebuild --format json --url {}", server.address)).done().json();
    assert_eq!(rebuilt["difference"]["found"]["table"], "users");
    server.stop().done();
}

#[test]
fn ctrl_c_has_the_server_end_it() {
    let place = acme(2, &["ann"]);
    let server = Server::start(&place, SERVE);
    mark(&place.path("data"));
    let _reader = reading(&place.path("data"));
    let mut command = place.command(["rebuild", "--url", &server.address]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    shown(&server, |shown| shown["phase"] == "swapping");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ran = Ran::of(child.wait_with_output().unwrap());
    ran.failed(1, "the rebuild was ended: the views are as they were");
    assert_eq!(shown(&server, |_| true)["state"], "aborted");
    assert!(is_marked(&server));
    server.stop().done();
}

#[test]
fn a_server_that_stops_ends_it_and_one_that_is_killed_leaves_a_sound_store() {
    let place = acme(2, &["ann"]);
    for kill in [false, true] {
        let server = Server::start(&place, SERVE);
        let reader = reading(&place.path("data"));
        assert_eq!(server.send("POST", PATH, "").0, 202);
        shown(&server, |shown| shown["phase"] == "swapping");
        let (status, body) = server.send("GET", "/v1/licensees/acme", "");
        assert_eq!(status, 200, "{body}");
        if kill {
            server.kill()
        } else {
            drop(server.stop().done())
        }
        drop(reader);
        place.run("verify --data-dir data").done();
        assert!(!place.path("data/views.new").exists());
    }
}

#[test]
fn wherever_the_server_is_killed_the_store_is_sound() {
    let place = Place::new();
    place.run("demo --no-serve --data-dir data").done();
    let (mut killed_in, mut expected) = (Vec::new(), None);
    for step in 0..8 {
        let server = Server::start(&place, "serve --data-dir data --listen 127.0.0.1:0 --clock event-time");
        let licensee = server.send("GET", "/v1/licensees/rails", "");
        assert_eq!(*expected.get_or_insert(licensee.clone()), licensee);
        assert_eq!(server.send("POST", PATH, "").0, 202);
        thread::sleep(Duration::from_millis(70 * step));
        let at: Value = serde_json::from_str(&server.send("GET", PATH, "").1).unwrap();
        server.kill();
        killed_in.push(at["state"].to_string());
    }
    assert!(killed_in.contains(&"\"running\"".to_owned()), "it was done before it could be killed once: {killed_in:?}");
    place.run("verify --data-dir data").done();
    let rebuilt = place.run("rebuild --data-dir data --format json").done().json();
    assert_eq!(rebuilt["difference"], Value::Null, "{rebuilt:#}");
    assert!(fs::read_dir(place.path("data")).unwrap().all(|entry| entry.unwrap().file_name() != "views.new"));
}

#[test]
fn on_a_database_a_node_does_it_too() {
    let (place, database) = (Place::new(), database());
    place.write("acme.jsonl", started(9) + &joined("ann") + &joined("bob"));
    let of_database = format!("--database-url {}", database.url());
    place.run(&format!("ingest --clock event-time {of_database} acme.jsonl")).done();
    let node =
        Server::start(&place, &format!("serve --listen 127.0.0.1:0 --clock manual:2025-02-01T00:00:00Z {of_database}"));
    let rebuild = format!("rebuild --format json --url {}", node.address);
    assert_eq!(place.run(&rebuild).done().json()["difference"], Value::Null);
    database.run_sql("UPDATE usher_views.licensees SET plan = 'free'").unwrap();
    let rebuilt = place.run(&rebuild).done().json();
    assert_eq!(rebuilt["difference"]["found"]["table"], "licensees", "{rebuilt:#}");
    let (status, body) = node.send("PUT", "/v1/licensees/acme/products/duo/seats/u-ann", "");
    assert_eq!(status, 200, "{body}");
    let (_, body) = node.get_behind(&body, "/v1/licensees/acme");
    assert!(body.contains("\"assigned\":1"), "{body}");
    let checked = place.run(&format!("verify {of_database} --format json")).done().json();
    assert_eq!(checked["licensees"], json!(1));
    node.stop().done();
}
