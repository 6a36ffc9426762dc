//! `usher erase` (R29, R30).

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    database::database,
    messages::{blocked, joined, message, started},
    program::{Place, files_of},
    serve::Server,
};

/// What is in every name and address of whoever is erased, in small letters. Nothing else in a test has them.
const TRACES: &[&str] = &["wilhelmina", "quartermaine"];
const TIME: &str = "2025-01-04T00:00:00Z";
/// How long a server may take to clear traces away, with room for a slow machine.
const CLEARED_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Whether bytes hold a trace, whatever the case of its letters.
fn has_trace(bytes: &[u8]) -> bool {
    let small = bytes.to_ascii_lowercase();
    TRACES.iter().any(|trace| small.windows(trace.len()).any(|window| window == trace.as_bytes()))
}

/// The files of a folder that hold a trace.
fn files_with_traces(folder: &Path) -> Vec<String> {
    files_of(folder).into_iter().filter(|(_, bytes)| has_trace(bytes)).map(|(name, _)| name).collect()
}

fn member(id: &str, licensee: &str, name: &str) -> String {
    let data = json!({
        "licensee": licensee, "user": "u-77", "username": "Wilhelmina.Q", "name": name,
        "email": "w@quartermaine.example", "role": "developer", "type": "human"
    });
    message(id, "usher.directory.v1.MemberAdded", TIME, data)
}

/// Everything that may come with a name or an address: a life, and what is refused.
fn life() -> String {
    let instance = json!({
        "licensee": "box", "name": "Box", "offering": "self_managed", "subscription": "S-9", "plan": "premium",
        "seats": 10, "starts_at": TIME, "ends_at": "2026-01-01T00:00:00Z", "contact_email": "it@box.example",
        "instance_version": "17.5"
    });
    let status = |id: &str, name: &str, reason: &str| {
        message(id, &format!("usher.directory.v1.{name}"), TIME, json!({"user": "u-77", "reason": reason}))
    };
    let king = json!({
        "licensee": "acme", "user": "u-77", "username": "wilhelmina", "name": "Wilhelmina Quartermaine",
        "email": "w@quartermaine.example", "role": "king", "type": "human"
    });
    let number = json!({"licensee": "acme", "user": "u-77", "name": ["Wilhelmina"], "email": "w@quartermaine.example"});
    let trial = json!({"licensee": "box", "add_on": "duo_pro", "contact_email": "w@quartermaine.example"});
    let plan = json!({
        "licensee": "other", "name": "Wilhelmina Quartermaine Ltd", "offering": "gitlab_com", "subscription": "S-3",
        "plan": "that of Wilhelmina Quartermaine", "seats": 1, "starts_at": TIME, "ends_at": "2026-01-01T00:00:00Z",
        "contact_email": "w@quartermaine.example"
    });
    [
        started(5),
        joined("ann"),
        message("box", "usher.billing.v1.SubscriptionStarted", TIME, instance),
        member("m-1", "acme", "Wilhelmina Bornas"),
        member("m-2", "acme", "Wilhelmina Quartermaine"),
        member("m-3", "box", "Wilhelmina Quartermaine"),
        message(
            "seat",
            "usher.seats.v1.AssignSeats",
            TIME,
            json!({"licensee": "acme", "product": "duo", "users": ["u-77", "u-ann"]}),
        ),
        status("s-1", "UserBlocked", "Wilhelmina Quartermaine was rude"),
        status("s-2", "UserReactivated", "she said sorry: w@quartermaine.example"),
        // From here on refused.
        message("r-1", "usher.directory.v1.MemberAdded", TIME, king),
        message("r-2", "usher.directory.v1.MemberAdded", TIME, number),
        message(
            "r-3",
            "usher.directory.v9.Renamed",
            TIME,
            json!({"licensee": "acme", "name": "Wilhelmina Quartermaine"}),
        ),
        message("r-4", "usher.billing.v1.TrialStarted", TIME, trial),
        message("r-5", "usher.billing.v1.SubscriptionStarted", TIME, plan),
        message(
            "r-8",
            "usher.billing.v1.SeatsPurchased",
            TIME,
            json!({"licensee": "acme", "add_on": "Wilhelmina Quartermaine", "quantity": 1, "channel": "sales"}),
        ),
        status("r-6", "UserBanned", &"Wilhelmina Quartermaine ".repeat(500)),
        "{\"id\": \"half a message of Wilhelmina Quartermaine\n".to_owned(),
        message("r-7", "usher.directory.v1.UserBlocked", TIME, json!({"user": "w@quartermaine.example"})),
        blocked("zoe"),
    ]
    .concat()
}

#[test]
fn r29_r30_whoever_is_erased_is_in_no_file_of_a_folder_no_export_and_no_log() {
    let place = Place::new();
    let ingest = "ingest --data-dir data --clock event-time --log debug -";
    let fed = place.run_with_input(ingest, life().as_bytes()).done();
    assert_eq!(fed.last_line()["refused"].as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>(), 9);
    assert!(!has_trace(fed.stderr.as_bytes()) && !has_trace(fed.stdout.as_bytes()), "{fed:#?}");
    assert_eq!(files_with_traces(&place.path("data")), ["journal.db"], "the search finds what is there");

    place.run("erase nobody --yes --data-dir data").failed(1, "give the id");
    place.run("erase u-77 --data-dir data").failed(2, "--yes");
    let preview = place.run("erase u-77 --dry-run --data-dir data --format json").done().json();
    assert_eq!((&preview["dry_run"], &preview["licensees"]), (&json!(true), &json!(["acme", "box"])));
    assert!(!files_with_traces(&place.path("data")).is_empty(), "a preview erases nothing");

    // A seat, so that there is one to be taken.
    place.write("users.csv", "user\nu-77\n");
    place.run("seats assign --data-dir data --licensee acme --csv users.csv").done();
    let erased = place.run("erase u-77 --yes --data-dir data --log debug").done();
    for told in ["seats taken: acme duo", "licensees that take note: acme, box", "cleared away"] {
        assert!(erased.stdout.contains(told), "{erased:#?}");
    }
    assert!(!has_trace(erased.stderr.as_bytes()) && !has_trace(erased.stdout.as_bytes()), "{erased:#?}");
    assert_eq!(files_with_traces(&place.path("data")), Vec::<String>::new());
    for format in ["jsonl", "csv", "protobuf"] {
        let mut export = place.command(["export", "--data-dir", "data", "--format", format]);
        let export = export.output().unwrap();
        assert!(export.status.success() && !export.stdout.is_empty() && !has_trace(&export.stdout), "{format}");
    }
    place.run("verify --data-dir data").done();
    let history = place.run("history acme --data-dir data").done().stdout;
    assert!(history.contains("u-77") && history.contains("reason=deleted"), "ids stay: {history}");

    let again = place.run("erase u-77 --yes --data-dir data").done().stdout;
    assert!(again.contains("was deleted before"), "{again}");
    place.run_with_input(ingest, member("m-4", "acme", "Wilhelmina Quartermaine").as_bytes()).done();
    assert_eq!(files_with_traces(&place.path("data")), Vec::<String>::new(), "nothing is stored again");
}

#[test]
fn r30_a_server_erases_for_whoever_asks_and_clears_its_files_while_it_runs() {
    let place = Place::new();
    let server = Server::start(&place, "serve --data-dir data --listen 127.0.0.1:0 --clock event-time --log debug");
    place.write("life.jsonl", life());
    for line in life().lines() {
        server.send("POST", "/v1/events", line);
    }
    for path in ["/v1/licensees/acme/members?search=Wilhelmina", "/v1/licensees/acme/members?sort=Quartermaine"] {
        server.send("GET", path, "");
    }
    server.send("PUT", "/v1/licensees/acme/products/duo/seats/u-77", "");
    server.send("PUT", "/v1/licensees/acme/products/Wilhelmina%20Quartermaine/seats/u-77", "");
    server.send("POST", "/v1/licensees/acme/products/duo/seats/assign", "{\"users\": [\"w@quartermaine.example\"]}");
    assert!(!files_with_traces(&place.path("data")).is_empty(), "the search finds what is there");
    let erase = format!("erase u-77 --yes --format json --url {} --id e-1", server.address);
    let erased = place.run(&erase).done().json();
    assert_eq!((&erased["traces"], &erased["seats"]), (&json!("by_server"), &json!(["acme duo"])));
    let (_, members) = server.send("GET", "/v1/licensees/acme/members", "");
    assert!(members.contains("u-77") && !has_trace(members.as_bytes()), "{members}");
    let began = Instant::now();
    while !files_with_traces(&place.path("data")).is_empty() {
        assert!(began.elapsed() < CLEARED_MAX, "{:?}", files_with_traces(&place.path("data")));
        std::thread::sleep(LOOK_EVERY);
    }
    let ran = server.stop().done();
    assert!(!has_trace(ran.stderr.as_bytes()) && !has_trace(ran.stdout.as_bytes()), "{ran:#?}");
    assert_eq!(files_with_traces(&place.path("data")), Vec::<String>::new());
    place.run("verify --data-dir data").done();
}

/// Tables of all schemas of the store that hold a trace in any column, also one of bytes.
fn tables_with_traces(database: &servers::Database) -> Vec<String> {
    let tables = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n
        ON n.oid = c.relnamespace WHERE n.nspname LIKE 'usher%' AND c.relkind = 'r' ORDER BY 1";
    let tables = database.run_sql(tables).unwrap();
    assert!(tables.lines().count() > 20, "{tables}");
    let spellings = TRACES.iter().flat_map(|trace| {
        let mut capital = (*trace).to_owned();
        capital[..1].make_ascii_uppercase();
        [(*trace).to_owned(), capital]
    });
    // A row as text shows bytes as hexadecimal digits.
    let found: Vec<String> = spellings
        .flat_map(|text| [text.bytes().map(|byte| format!("{byte:02x}")).collect(), text])
        .map(|text: String| format!("t::text LIKE '%{text}%'"))
        .collect();
    let has_any = |table: &&str| {
        let count = format!("SELECT count(*) FROM {table} t WHERE {}", found.join(" OR "));
        database.run_sql(&count).unwrap().trim() != "0"
    };
    tables.lines().filter(has_any).map(str::to_owned).collect()
}

/// The erasable tables and their indexes whose files hold a trace.
fn heaps_with_traces(database: &servers::Database) -> Vec<String> {
    database.run_sql("CHECKPOINT").unwrap();
    let files = "SELECT c.relname, current_setting('data_directory') || '/' || pg_relation_filepath(c.oid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'usher'
        AND c.relkind IN ('r', 'i') AND (c.relname LIKE 'persons%' OR c.relname LIKE 'status_reasons%')";
    let files = database.run_sql(files).unwrap();
    assert!(files.lines().count() >= 4, "{files}");
    let with_trace = |line: &str| {
        let (name, path) = line.split_once('|').unwrap();
        has_trace(&std::fs::read(path).unwrap()).then(|| name.to_owned())
    };
    files.lines().filter_map(with_trace).collect()
}

#[test]
fn r29_r30_on_a_database_no_table_holds_whoever_is_erased_and_after_a_rewrite_no_file() {
    let (place, database) = (Place::new(), database());
    let of_database = format!("--database-url {}", database.url());
    let fed =
        place.run_with_input(&format!("ingest --clock event-time --log debug {of_database} -"), life().as_bytes());
    let fed = fed.done();
    assert!(!has_trace(fed.stderr.as_bytes()), "{fed:#?}");
    assert_eq!(
        tables_with_traces(&database),
        ["usher.persons", "usher.status_reasons"],
        "the search finds what is there"
    );
    assert!(!heaps_with_traces(&database).is_empty());
    let node = Server::start(
        &place,
        &format!("serve --listen 127.0.0.1:0 --clock manual:2025-02-01T00:00:00Z --log debug {of_database}"),
    );
    let erased = place.run(&format!("erase u-77 --yes --rewrite --log debug --format json {of_database}")).done();
    assert_eq!(erased.json()["traces"], "cleared", "{erased:#?}");
    assert_eq!(tables_with_traces(&database), Vec::<String>::new());
    assert_eq!(heaps_with_traces(&database), Vec::<String>::new());
    let (_, members) = node.send("GET", "/v1/licensees/acme/members", "");
    assert!(members.contains("u-77") && !has_trace(members.as_bytes()), "{members}");
    let ran = node.stop().done();
    assert!(!has_trace(ran.stderr.as_bytes()) && !has_trace(erased.stderr.as_bytes()), "{ran:#?}{erased:#?}");
    place.run(&format!("verify {of_database}")).done();
    place.run(&format!("erase u-77 --rewrite --yes --url {} {of_database}", "http://127.0.0.1:1")).failed(2, "exclude");
}
