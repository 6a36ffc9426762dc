//! The store in a PostgreSQL database, for commands that are alone on it.

use servers::{Database, Postgres};

use crate::{
    messages::{acme, joined, started},
    program::{Place, Ran},
};

/// An empty database of a server that all tests share.
pub fn database() -> Database {
    Postgres::shared().unwrap().database().unwrap()
}

#[test]
fn the_sample_comes_to_the_same_as_in_a_folder() {
    let (place, database) = (Place::new(), database());
    let of_folder = place.run("demo --no-serve --format json").done();
    let url = database.url();
    let of_database = place.run(&format!("demo --no-serve --format json --database-url {url}")).done();
    assert_eq!(of_folder.stdout, of_database.stdout);
    for command in ["show rails --format json", "timers --format json", "show rails --as-of 2024-06-30 --format json"] {
        let of_folder = place.run(&format!("{command} --data-dir usher-demo")).done();
        let of_database = place.run(&format!("{command} --database-url {url}")).done();
        assert_eq!(of_folder.stdout, of_database.stdout, "{command}");
    }
    place.run(&format!("demo --no-serve --database-url {url}")).failed(2, "an empty database");
}

#[test]
fn others_read_the_views_with_a_client_of_their_own() {
    let (place, database) = (Place::new(), database());
    place.write("acme.jsonl", started(3) + &joined("ann"));
    let url = database.url();
    place.run(&format!("ingest --clock event-time --database-url {url} acme.jsonl")).done();
    place.write("users.csv", "username\nann\n");
    let assign = format!("seats assign --licensee acme --csv users.csv --database-url {url}");
    assert_eq!(place.run(&assign).done().stdout, "ann  assigned\n");
    let rows = database.run_sql("SELECT licensees, members, seats FROM usher_views.totals").unwrap();
    assert_eq!(rows.trim(), "1|1|1");
}

#[test]
fn a_store_is_migrated_apart_as_often_as_one_likes() {
    let (place, database) = (Place::new(), database());
    let migrate = format!("migrate --database-url {}", database.url());
    place.run(&format!("show acme --database-url {}", database.url())).failed(2, "there is no store");
    let schemas = "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname LIKE 'usher%'";
    assert_eq!(database.run_sql(schemas).unwrap().trim(), "", "reading makes no store");
    let made = place.run(&format!("{migrate} --shards 4")).done();
    assert!(made.stdout.starts_with("made the store"), "{made:#?}");
    assert_eq!(
        database.run_sql(schemas).unwrap().trim(),
        "usher usher_feeding usher_index usher_notify usher_views",
        "views and mail too, whose owner need not be the server's"
    );
    let again = place.run(&migrate).done();
    assert!(again.stdout.lines().all(|line| line.ends_with("as before")), "{again:#?}");
    place.run(&format!("{migrate} --shards 8")).failed(1, "has 4 shards");
    let serve = format!("serve --listen 127.0.0.1:0 --shards 8 --database-url {}", database.url());
    place.run(&serve).failed(1, "has 4 shards");
    place.run("migrate --data-dir data").failed(2, "database_url");
}

#[test]
fn a_folder_keeps_its_number_of_shards() {
    let place = acme(1, &[]);
    place.run("serve --listen 127.0.0.1:0 --data-dir data --shards 8").failed(1, "has 16 shards");
}

#[test]
fn a_database_that_can_not_be_used_is_told_without_its_password() {
    let (place, database) = (Place::new(), database());
    let url = database.url();
    let wrong_password = url.replace(":secret@", ":hunter2@");
    let not_there = url.replace(database.name(), "nowhere");
    for (given, status, told) in [
        (wrong_password.as_str(), 1, "password"),
        (not_there.as_str(), 1, "nowhere"),
        ("postgres://me:hunter2@127.0.0.1:1/a", 1, "127.0.0.1:1"),
        ("mysql://me:hunter2@127.0.0.1/a", 2, "postgres://"),
        ("postgres://me:hunter2@127.0.0.1/a?sslmode=maybe", 2, "sslmode"),
    ] {
        let on_the_command_line = place.run(&format!("serve --listen 127.0.0.1:0 --database-url {given}"));
        let mut command = place.command(["serve", "--listen", "127.0.0.1:0"]);
        let in_the_environment = Ran::of(command.env("USHER_DATABASE_URL", given).output().unwrap());
        place.write("usher.toml", format!("database_url = \"{given}\""));
        let in_the_file = place.run("serve --listen 127.0.0.1:0");
        std::fs::remove_file(place.path("usher.toml")).unwrap();
        for ran in [on_the_command_line, in_the_environment, in_the_file] {
            let ran = ran.failed(status, told);
            assert!(!ran.stderr.contains("hunter2"), "{ran:#?}");
        }
    }
}

#[test]
fn a_role_that_may_not_make_a_store_is_told_what_to_do() {
    let (place, database) = (Place::new(), database());
    let role = format!("reader_{}", database.name());
    database.run_sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'")).unwrap();
    let url = database.url().replace("usher:secret@", &format!("{role}:secret@"));
    let refused = place.run(&format!("migrate --database-url {url}"));
    database.run_sql(&format!("DROP ROLE {role}")).unwrap();
    refused.failed(1, "grant the user");
}
