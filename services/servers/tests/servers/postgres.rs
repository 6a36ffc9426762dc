//! PostgreSQL.

use std::{
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use servers::{Options, PgBouncer, Postgres};

#[test]
fn a_database_is_empty_its_own_and_gone_with_its_owner() {
    let server = Postgres::shared().unwrap();
    let (one, other) = (server.database().unwrap(), server.database().unwrap());
    let count = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(one.run_sql(count).unwrap().trim(), "0");
    one.run_sql("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, NULL)").unwrap();
    assert_eq!(one.run_sql("SELECT * FROM t ORDER BY a").unwrap(), "1|x\n2|\n");
    assert_eq!(other.run_sql(count).unwrap().trim(), "0");
    let name = one.name().to_owned();
    let is_there =
        || server.run_sql("postgres", &format!("SELECT 1 FROM pg_database WHERE datname = '{name}'")).unwrap();
    assert_eq!(is_there(), "1\n");
    drop(one);
    assert_eq!(is_there(), "");
}

#[test]
fn it_has_default_durability_and_asks_for_the_password() {
    let server = Postgres::shared().unwrap();
    for (setting, value) in [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")] {
        assert_eq!(server.run_sql("postgres", &format!("SHOW {setting}")).unwrap().trim(), value, "{setting}");
    }
    assert!(server.version() >= 15);
    let wrong = server.url("postgres").replace("secret", "wrong");
    let psql = server.bin_dir().join("psql");
    let said = std::process::Command::new(psql).args(["--dbname", &wrong, "--command", "SELECT 1"]).output().unwrap();
    assert!(!said.status.success() && String::from_utf8_lossy(&said.stderr).contains("password"), "{said:?}");
}

#[test]
fn a_failing_statement_is_told_with_what_the_server_said() {
    let told = Postgres::shared().unwrap().run_sql("postgres", "SELECT nonsense").unwrap_err().to_string();
    assert!(told.contains("\"nonsense\" does not exist"), "{told}");
}

#[test]
fn a_database_sorts_as_its_locale_does() {
    let server = Postgres::shared().unwrap();
    let sorted = "SELECT string_agg(t, ' ' ORDER BY t) FROM (VALUES ('b'), ('B'), ('a'), ('Z')) v(t)";
    assert_eq!(server.database().unwrap().run_sql(sorted).unwrap().trim(), "B Z a b");
    assert_eq!(server.database_in("en-US").unwrap().run_sql(sorted).unwrap().trim(), "a b B Z");
}

#[test]
fn what_was_committed_survives_kill_stop_and_restart() {
    let server = Postgres::start().unwrap();
    let database = server.database().unwrap();
    database.run_sql("CREATE TABLE t (a int)").unwrap();
    for (round, end) in [Postgres::kill, Postgres::stop, Postgres::restart].into_iter().enumerate() {
        database.run_sql(&format!("INSERT INTO t VALUES ({round})")).unwrap();
        let before = server.pid();
        end(&server).unwrap();
        assert_eq!(server.pid().is_some(), round == 2);
        assert_eq!(TcpStream::connect(("127.0.0.1", server.port())).is_ok(), round == 2);
        if round < 2 {
            server.restart().unwrap();
        }
        assert_ne!(server.pid(), before);
        assert_eq!(database.run_sql("SELECT count(*) FROM t").unwrap().trim(), (round + 1).to_string());
    }
}

#[test]
fn a_paused_server_answers_nobody_until_it_goes_on() {
    let server = Postgres::start().unwrap();
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
    let is_answered_after = |resumed: Instant, answered: Instant| assert!(answered > resumed, "it went on");
    thread::scope(|scope| {
        let ask = |sql: &'static str| {
            let server = &server;
            scope.spawn(move || {
                server.run_sql("postgres", sql).unwrap();
                Instant::now()
            })
        };
        let connected = ask("SELECT pg_sleep(2)");
        // As often as it may take; it sleeps for long enough.
        while server.run_sql("postgres", asleep).unwrap().trim() != "1" {
            assert!(!connected.is_finished(), "it was not seen");
        }
        server.pause().unwrap();
        let new = ask("SELECT 1");
        thread::sleep(Duration::from_millis(2_500));
        let resumed = Instant::now();
        server.resume().unwrap();
        is_answered_after(resumed, connected.join().unwrap());
        is_answered_after(resumed, new.join().unwrap());
    });
    server.stop().unwrap();
    assert!(server.pause().is_err(), "there is nobody to pause");
}

#[test]
fn tls_is_there_where_asked_for_and_checked_in_full() {
    let settings = vec![("application_name".to_owned(), "o'brien".to_owned())];
    let server = Postgres::start_with(Options { ssl: true, settings }).unwrap();
    let ca = server.ca().unwrap().to_str().unwrap();
    let url = |mode: &str| format!("{}?sslmode={mode}&sslrootcert={ca}", server.url("postgres"));
    let psql = |url: &str| {
        let mut command = std::process::Command::new(server.bin_dir().join("psql"));
        let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let output = command.args(["-XAtq", "--dbname", url, "--command", sql]).output().unwrap();
        String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr }).into_owned()
    };
    assert_eq!(psql(&url("verify-full")), "t\n");
    assert_eq!(psql(&url("disable")), "f\n");
    let as_another = url("verify-full").replace("@127.0.0.1:", "@elsewhere.test:") + "&hostaddr=127.0.0.1";
    assert!(psql(&as_another).contains("does not match host name"), "{}", psql(&as_another));
    assert!(Postgres::shared().unwrap().ca().is_none());
}

#[test]
fn a_server_that_does_not_come_up_is_told_with_its_log() {
    let settings = vec![("no_such_setting".to_owned(), "1".to_owned())];
    let error = Postgres::start_with(Options { settings, ..Options::default() }).unwrap_err();
    assert!(error.to_string().contains("unrecognized configuration parameter"), "{error}");
}

#[test]
fn a_pooler_shares_connections_between_transactions() {
    let server = Postgres::shared().unwrap();
    let database = server.database().unwrap();
    let pooler = PgBouncer::start(server).unwrap();
    let url = pooler.url(database.name());
    let psql = server.bin_dir().join("psql");
    let mut command = std::process::Command::new(psql);
    command.args(["-XAtq", "--dbname", &url, "--command", "SELECT 'through'"]);
    assert_eq!(String::from_utf8_lossy(&command.output().unwrap().stdout), "through\n");
}
