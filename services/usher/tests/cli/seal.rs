//! `usher seal`, signed bundles, and `usher verify` with either.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use rusqlite::Connection;
use serde_json::Value;

use crate::{
    database::database,
    messages::{acme, blocked, joined, started},
    program::Place,
};

/// A place with a store in `data`, a key, and a seal of the store.
fn sealed() -> Place {
    let place = acme(2, &["ann", "bob"]);
    place.run("seal --new-key seal.key").done();
    place.run("seal --data-dir data --key seal.key --out seal.json").done();
    place
}

fn change(file: &Path, sql: &str) {
    assert!(Connection::open(file).unwrap().execute(sql, []).unwrap() > 0, "{sql}");
}

const VERIFY: &str = "verify --data-dir data --seal seal.json --public-key seal.key.pub";

#[test]
fn a_later_store_still_has_the_sealed_history_and_what_came_after_is_counted() {
    let place = sealed();
    let told = place.run(VERIFY).done();
    assert!(told.stdout.ends_with("as sealed, and since then 0 commits, 0 events\n"), "{told:#?}");
    assert_eq!(told.stderr, "");
    place.run_with_input("ingest --data-dir data --clock event-time -", blocked("bob").as_bytes()).done();
    let since = place.run(&format!("{VERIFY} --format json")).done().json()["since_seal"].clone();
    assert!(since["events"].as_u64().unwrap() >= 2 && since["commits"].as_u64().unwrap() >= 1, "{since}");
}

#[test]
fn a_key_is_made_once_and_is_for_its_owner_alone() {
    let place = sealed();
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("seal.key"), 0o600);
    let before = fs::read(place.path("seal.key")).unwrap();
    place.run("seal --new-key seal.key").failed(2, "never overwritten");
    assert_eq!(fs::read(place.path("seal.key")).unwrap(), before);
    place.run("seal --data-dir data --key seal.key --out seal.json").failed(2, "never overwritten");
    fs::set_permissions(place.path("seal.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let told = place.run("seal --data-dir data --key seal.key").done();
    assert!(told.stderr.contains("chmod 600"), "{told:#?}");
    assert_eq!(told.json()["seal"]["format"], "usher.seal");
}

#[test]
fn whoever_forges_a_commit_with_the_right_checksum_is_found() {
    let place = sealed();
    // The seal is all that vouches for it here: the checksum is made anew by the store's own program, from the same
    // messages with one user more in the middle.
    let forged = Place::new();
    forged.write("acme.jsonl", started(2) + &joined("ann") + &joined("eve") + &joined("bob"));
    forged.run("ingest --data-dir data --clock event-time acme.jsonl").done();
    let store_id = "SELECT store_id FROM meta";
    let id: Vec<u8> =
        Connection::open(place.path("data/journal.db")).unwrap().query_row(store_id, [], |r| r.get(0)).unwrap();
    let other = Connection::open(forged.path("data/journal.db")).unwrap();
    other.execute("UPDATE meta SET store_id = ?1", [id]).unwrap();
    drop(other);
    for derived in ["index.db", "views.db"] {
        let _ = fs::remove_file(forged.path("data").join(derived));
    }
    fs::copy(place.path("seal.json"), forged.path("seal.json")).unwrap();
    fs::copy(place.path("seal.key.pub"), forged.path("seal.key.pub")).unwrap();
    let told = forged.run(VERIFY);
    assert_eq!(told.status, 1, "{told:#?}");
    for part in ["difference: journal, shard 0", "stream licensee/acme", "at the seal", "as sealed at"] {
        assert!(told.stdout.contains(part), "{part}: {told:#?}");
    }
}

#[test]
fn a_changed_seal_or_another_key_is_told() {
    let place = sealed();
    let text = fs::read_to_string(place.path("seal.json")).unwrap();
    place.write("changed.json", text.replace("\"events\": 3", "\"events\": 4"));
    let told = place.run("verify --data-dir data --seal changed.json");
    assert!(told.status == 1 && told.stdout.contains("seal: signature"), "{told:#?}");
    place.run("seal --new-key other.key").done();
    let told = place.run("verify --data-dir data --seal seal.json --public-key other.key.pub --format json");
    assert_eq!((told.status, &told.json()["difference"]["field"]), (1, &Value::from("public key")), "{told:#?}");
    let told = place.run("verify --data-dir data --seal seal.json").done();
    assert!(told.stderr.contains("give --public-key"), "{told:#?}");
    let other = acme(1, &[]);
    fs::copy(place.path("seal.json"), other.path("seal.json")).unwrap();
    let told = other.run("verify --data-dir data --seal seal.json");
    assert!(told.status == 1 && told.stdout.contains("difference: seal: store is"), "{told:#?}");
}

#[test]
fn what_can_not_be_sealed_or_checked_is_told() {
    let place = sealed();
    place.write("no.key", "secret");
    place.write("no.json", "{}");
    for (arguments, status, told) in [
        ("seal --data-dir data", 2, "--key"),
        ("seal --data-dir data --key no.key", 2, "PEM"),
        ("seal --data-dir data --key none.key", 1, "none.key"),
        ("seal --data-dir none --key seal.key", 2, "there is no store"),
        ("verify --data-dir data --seal no.json", 1, "no seal of usher"),
        ("verify --data-dir data --seal none.json", 1, "none.json"),
        ("verify --data-dir data --public-key seal.key.pub", 2, "--public-key"),
        ("verify --data-dir data --seal seal.json --public-key seal.key", 2, "public key in PEM"),
        ("verify --data-dir data --bundle a", 2, "--bundle"),
        ("verify --bundle a --seal seal.json", 2, "--seal"),
        ("verify --bundle a", 1, "cannot read"),
        ("export --data-dir data --format bundle", 2, "--key"),
        ("export --data-dir data --key seal.key", 2, "--key"),
        ("export --data-dir data --format csv --licensee acme", 2, "--licensee"),
        ("export --data-dir data --format bundle --key seal.key --from-kafka --kafka a:1", 2, "--from-kafka"),
        ("export --data-dir data --format bundle --key seal.key --licensee nobody", 1, "no licensee nobody"),
    ] {
        place.run(arguments).failed(status, told);
    }
    assert!(!place.path("none").exists());
}

#[test]
fn a_damaged_journal_is_not_sealed() {
    let place = sealed();
    change(&place.path("data/journal.db"), "UPDATE commits SET recorded_at_us = recorded_at_us + 1 WHERE key = 1");
    place.run("seal --data-dir data --key seal.key --out other.json").failed(1, "commit 1 of shard 0 is wrong");
    assert!(!place.path("other.json").exists());
    place
        .run("export --format bundle --data-dir data --key seal.key --out a.bundle")
        .failed(1, "commit 1 of shard 0 is wrong");
    assert!(!place.path("a.bundle").exists());
}

#[test]
fn a_bundle_is_checked_without_the_store() {
    let place = sealed();
    let export = "export --data-dir data --format bundle --key seal.key";
    place.run(&format!("{export} --licensee acme --out acme.bundle")).done();
    let on_standard_output = place.run(export).done().stdout;
    place.write("whole.bundle", &on_standard_output);
    fs::remove_dir_all(place.path("data")).unwrap();
    for name in ["acme.bundle", "whole.bundle"] {
        let held = place.run(&format!("verify --bundle {name} --public-key seal.key.pub --format json")).done().json();
        assert_eq!((held["events"].as_u64(), held["streams"].as_u64()), (Some(3), Some(1)), "{held}");
    }
    let told = Place::new().run_with_input("verify --bundle -", on_standard_output.as_bytes()).done();
    assert!(told.stdout.starts_with("sound: 3 events of 1 streams, 0 refusals, signed at"), "{told:#?}");
    place.write("changed.bundle", on_standard_output.replace("developer", "owner"));
    let told = place.run("verify --bundle changed.bundle --public-key seal.key.pub");
    assert_eq!(told.status, 1, "{told:#?}");
    assert!(told.stdout.starts_with("difference: bundle, line 3, shard 0, position 3"), "{told:#?}");
}

/// The very program of the document, with nothing but Python and OpenSSL.
#[test]
fn the_program_in_the_document_checks_a_bundle_as_well() {
    let place = sealed();
    place.run("export --data-dir data --format bundle --key seal.key --out acme.bundle").done();
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/evidence-bundle.md");
    let document = fs::read_to_string(document).unwrap();
    let program = document.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    place.write("check.py", program);
    let check = |bundle: &str| {
        let mut command = Command::new("python3");
        command.args(["check.py", bundle, "seal.key.pub"]).current_dir(place.path("."));
        let output = command.output().expect("python3 runs");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (is_sound, told) = check("acme.bundle");
    assert!(is_sound && told.contains("sound: 3 events, 0 refusals"), "{told}");
    let text = fs::read_to_string(place.path("acme.bundle")).unwrap();
    for (from, to) in [("developer", "owner"), ("\"version\":2", "\"version\":3"), ("\"events\":3", "\"events\":4")] {
        place.write("changed.bundle", text.replacen(from, to, 1));
        assert!(!check("changed.bundle").0, "{from} was changed");
    }
}

#[test]
fn a_database_is_sealed_and_checked_while_nobody_or_somebody_works_on_it() {
    let (place, database) = (Place::new(), database());
    place.write("acme.jsonl", started(2) + &joined("ann") + &joined("bob"));
    let of_database = format!("--database-url {}", database.url());
    place.run(&format!("ingest --clock event-time {of_database} acme.jsonl")).done();
    place.run("seal --new-key seal.key").done();
    place.run(&format!("seal {of_database} --key seal.key --out seal.json")).done();
    let verify = format!("verify {of_database} --seal seal.json --public-key seal.key.pub");
    let told = place.run(&verify).done();
    assert!(told.stdout.ends_with("since then 0 commits, 0 events\n"), "{told:#?}");
    let node = crate::serve::Server::start(
        &place,
        &format!("serve --listen 127.0.0.1:0 --clock manual:2025-02-01T00:00:00Z {of_database}"),
    );
    assert_eq!(node.send("PUT", "/v1/licensees/acme/products/duo/seats/u-ann", "").0, 200);
    let told = place.run(&verify).done();
    assert!(told.stdout.ends_with("since then 1 commits, 1 events\n"), "{told:#?}");
    place.run(&format!("seal {of_database} --key seal.key --out second.json")).done();
    node.stop().done();
    // The last commit is cut off, and nothing else tells.
    database
        .run_sql(
            "DELETE FROM usher.commits c USING usher.heads h WHERE c.shard = h.shard AND c.number = h.commit_number
                AND h.shard = 0;
             UPDATE usher.heads SET commit_number = commit_number - 1, position = position -
                (SELECT h.position - (c.first_position + c.records - 1) FROM usher.heads h JOIN usher.commits c
                    ON c.shard = h.shard AND c.number = h.commit_number - 1 WHERE h.shard = 0) WHERE shard = 0;
             DROP SCHEMA usher_index CASCADE; DROP SCHEMA usher_views CASCADE",
        )
        .unwrap();
    place.run(&format!("{verify} --format json")).done();
    let told = place.run(&format!("verify {of_database} --seal second.json --public-key seal.key.pub"));
    assert!(
        told.status == 1 && told.stdout.contains("stream licensee/acme: last version at the seal is 3"),
        "{told:#?}"
    );
}
