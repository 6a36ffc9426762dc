//! Getting in: rights, passwords, TLS, formats and other stores.

use std::{error::Error, fs, thread};

use journal::{
    Batch, DetailChange, JournalError, Person,
    postgres::{DatabaseUrl, MigratedSchema, Options, PostgresStore},
};
use postgres::IsolationLevel;
use servers::{PgBouncer, Postgres};

use crate::{
    conformance::{
        LONG, assert_index_equals_journal, fill,
        samples::{Sample, usage},
    },
    ground::{Ground, batch, node, opened, options, take, wait_until},
};

fn error_of(url: &str) -> JournalError {
    PostgresStore::open(&url.parse().unwrap(), &options()).err().expect("it was let in")
}

#[track_caller]
fn assert_refused(error: &JournalError, remedy: &str) {
    assert!(matches!(error, JournalError::Database { .. }), "{error:?}");
    assert!(error.to_string().contains(remedy), "{error}");
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        shown.push_str(&cause.to_string());
        source = cause.source();
    }
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn a_wrong_password_a_missing_database_and_nobody_there_are_told_apart() {
    let ground = Ground::new();
    let url = ground.url_text();
    assert_refused(&error_of(&url.replace("secret", "wrong")), "check user and password in --database-url");
    let (place, _) = url.rsplit_once('/').unwrap();
    assert_refused(&error_of(&format!("{place}/nowhere")), "make the database with CREATE DATABASE");
    let (_, behind) = url.split_once('@').unwrap();
    assert_refused(&error_of(&format!("postgres://usher@{behind}")), "PGPASSWORD");
    let error = error_of("postgres://usher:secret@127.0.0.1:1/usher");
    assert!(matches!(&error, JournalError::Unreachable { server, .. } if server == "127.0.0.1:1/usher"), "{error:?}");
}

#[test]
fn a_store_is_made_once_and_its_number_of_shards_is_fixed() {
    let ground = Ground::new();
    let five = Options { shards: 5, ..options() };
    let made = PostgresStore::migrate(&ground.url(), &five).unwrap();
    let schemas = [("usher", 4), ("usher_index", 4)];
    assert!(made.is_new);
    assert_eq!(made.schemas, schemas.map(|(name, to)| MigratedSchema { name, from: 0, to }));
    let again = PostgresStore::migrate(&ground.url(), &options()).unwrap();
    assert!(!again.is_new);
    assert_eq!(again.schemas, schemas.map(|(name, to)| MigratedSchema { name, from: to, to }));
    let store = ground.store();
    assert_eq!(store.journal().shard_count(), 5);
    let expecting = |shards| ground.try_store(&Options { expect_shards: Some(shards), ..options() });
    assert!(expecting(5).is_ok());
    assert_refused(&expecting(16).err().unwrap(), "the store has 5 shards");
    let other = Ground::new().store();
    assert_eq!(other.journal().shard_count(), 16);
    assert_eq!((store.store_id().len(), store.node_secret().len()), (16, 64));
    assert_eq!(store.store_id(), ground.store().store_id());
    assert_ne!(store.store_id(), other.store_id());
    assert_ne!(store.node_secret(), other.node_secret());
}

#[test]
fn a_store_that_would_have_too_many_or_unexpected_shards_is_not_made() {
    let ground = Ground::new();
    assert_refused(&ground.try_store(&Options { shards: 1_025, ..options() }).err().unwrap(), "1024 shards at most");
    let unexpected = Options { shards: 8, expect_shards: Some(4), ..options() };
    assert_refused(&ground.try_store(&unexpected).err().unwrap(), "the store has 8 shards");
    assert_eq!(ground.number("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'usher%'"), 0);
}

#[test]
fn many_may_make_the_same_store_at_once() {
    let ground = Ground::new();
    let made = thread::scope(|scope| {
        let makers: Vec<_> =
            (0..6).map(|_| scope.spawn(|| PostgresStore::migrate(&ground.url(), &options()).unwrap().is_new)).collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).filter(|is_new| *is_new).count()
    });
    assert_eq!(made, 1);
    assert_eq!(ground.number("SELECT count(*) FROM usher.heads"), 16);
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    for (schema, newest) in [("usher", 4), ("usher_index", 4)] {
        let ground = Ground::new();
        drop(ground.store());
        ground.change(&format!("UPDATE {schema}.meta SET format = 99"));
        let error = ground.try_store(&options()).err().unwrap();
        assert!(
            matches!(error, JournalError::NewerFormat { found: 99, supported, .. } if supported == newest),
            "{error}"
        );
        assert!(error.to_string().contains(schema) && error.to_string().ends_with("upgrade usher"), "{error}");
        assert_eq!(ground.number(&format!("SELECT format::bigint FROM {schema}.meta")), 99);
    }
}

#[test]
fn a_store_from_before_people_were_told_gets_the_leases_for_that() {
    let ground = Ground::new();
    drop(ground.store());
    ground.change("DELETE FROM usher.leases WHERE duty = 'notify'; UPDATE usher.meta SET format = 2");
    let migrated = PostgresStore::migrate(&ground.url(), &options()).unwrap();
    assert_eq!(migrated.schemas[0], MigratedSchema { name: "usher", from: 2, to: 4 });
    assert_eq!(ground.number("SELECT count(*) FROM usher.leases WHERE duty = 'notify' AND epoch = 0"), 16);
}

/// A role that may only log in; named after the database, as roles are the server's.
fn role(ground: &Ground) -> (String, String) {
    let url = ground.url_text();
    let (_, database) = url.rsplit_once('/').unwrap();
    let role = format!("role_{}", database.replace('-', "_"));
    ground.change(&format!("CREATE ROLE {role} LOGIN PASSWORD 'hidden'"));
    (role.clone(), url.replace("usher:secret@", &format!("{role}:hidden@")))
}

#[test]
fn missing_rights_are_told_with_the_mend() {
    let ground = Ground::new();
    let (role, url) = role(&ground);
    assert_refused(&error_of(&url), "run `usher migrate` as the owner");
    drop(ground.store());
    assert_refused(&error_of(&url), "run `usher migrate` as the owner");
    ground.change(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn whoever_may_only_read_and_write_works_on_a_store_that_the_owner_made() {
    let ground = Ground::new();
    PostgresStore::migrate(&ground.url(), &options()).unwrap();
    let (role, url) = role(&ground);
    ground.change(&format!(
        "GRANT USAGE ON SCHEMA usher, usher_index TO {role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA usher, usher_index TO {role}"
    ));
    let store = PostgresStore::open(&url.parse().unwrap(), &options()).unwrap();
    store.hold_all().unwrap();
    store.journal().append(&Batch { details: vec![erasing("u")], ..Batch::default() }).unwrap();
    assert!(!store.finish_erasures().unwrap(), "only the owner may vacuum");
    let opened = opened(store);
    fill(&opened, &mut Sample::default(), 3);
    assert_index_equals_journal(&opened);
    drop(opened);
    ground.change(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

fn erasing(user: &str) -> DetailChange {
    DetailChange::ErasePerson { user: user.into() }
}

#[test]
fn r29_what_was_erased_is_vacuumed_away() {
    let ground = Ground::new();
    let store = ground.store();
    let person = |user: &str| Person {
        user: user.into(),
        username: "nick".into(),
        name: "with \0 in it".into(),
        email: String::new(),
    };
    let put = |user: &str| DetailChange::PutPerson(person(user));
    store.journal().append(&Batch { details: vec![put("u"), put("v")], ..Batch::default() }).unwrap();
    assert_eq!(store.journal().person("v").unwrap().unwrap().name, "with \u{fffd} in it");
    store.journal().append(&Batch { details: vec![erasing("u")], ..Batch::default() }).unwrap();
    assert!(store.finish_erasures().unwrap());
    assert_eq!(ground.number("SELECT asked - done FROM usher.erasure"), 0);
    let all_visible = "SELECT (relallvisible = relpages AND relpages > 0)::integer::bigint
                       FROM pg_class WHERE oid = 'usher.persons'::regclass";
    assert_eq!(ground.number(all_visible), 1, "no dead row is left");
    // Erased and put again in one batch: what is put stays.
    store.journal().append(&Batch { details: vec![erasing("v"), put("v"), erasing("w")], ..Batch::default() }).unwrap();
    assert!(store.journal().person("v").unwrap().is_some());
    drop(store);
    // Whoever comes next does what is left to do.
    let _next = ground.store();
    wait_until(|| ground.number("SELECT asked - done FROM usher.erasure") == 0);
}

#[test]
fn r29_whoever_still_sees_what_was_erased_is_waited_for() {
    let ground = Ground::new();
    let store = ground.store();
    let person = Person { user: "u".into(), username: "nick".into(), name: "Nick".into(), email: String::new() };
    store.journal().append(&Batch { details: vec![DetailChange::PutPerson(person)], ..Batch::default() }).unwrap();
    let mut seer = ground.client();
    let mut seeing = seer.build_transaction().isolation_level(IsolationLevel::RepeatableRead).start().unwrap();
    // A look is taken at the first statement, and holds no lock on the table.
    seeing.query("SELECT 1", &[]).unwrap();
    store.journal().append(&Batch { details: vec![erasing("u")], ..Batch::default() }).unwrap();
    thread::scope(|scope| {
        let cleared = scope.spawn(|| store.rewrite_erased().unwrap());
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
                       AND datname = current_database() AND query LIKE '%age(backend_xmin)%'";
        wait_until(|| ground.number(waiting) > 0 || cleared.is_finished());
        seeing.commit().unwrap();
        assert!(cleared.join().unwrap());
    });
    assert_eq!(ground.number("SELECT pg_relation_size('usher.persons')"), 0, "nothing was copied");
}

#[test]
fn a_transaction_pooler_may_stand_in_between() {
    let server = Postgres::shared().unwrap();
    let ground = Ground::new();
    let pooler = PgBouncer::start(server).unwrap();
    let direct = ground.url_text();
    let (_, database) = direct.rsplit_once('/').unwrap();
    let url: DatabaseUrl = pooler.url(database).parse().unwrap();
    let open = || PostgresStore::open(&url, &options()).unwrap();
    let (store, other) = (open(), open());
    store.hold_all().unwrap();
    let opened = opened(store);
    let mut sample = Sample::default();
    thread::scope(|scope| {
        // Many at once on few connections: none of them may rely on what it left behind on one.
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..30 {
                    other.journal().read(1, 0, usize::MAX).unwrap();
                    other.users().enlist(&[journal::Candidate { user: "u", licensee: "acme" }]).unwrap();
                    other.leases().renew(&node(), LONG).unwrap();
                    other.pool().write(|transaction| transaction.batch_execute("SET LOCAL work_mem = '1MB'")).unwrap();
                }
            });
        }
        fill(&opened, &mut sample, 30);
    });
    assert_index_equals_journal(&opened);
    let head = opened.journal.heads().unwrap()[1];
    assert!(other.index().wait_until(1, head.commit_number, LONG).unwrap());
    drop(opened);
    take(&other, &node(), 9);
    other.journal().append(&batch(vec![sample.commit(9, vec![usage("u", 1)])])).unwrap();
}

#[test]
fn tls_is_as_strict_as_it_is_asked_to_be() {
    let server = Postgres::start_with(servers::Options { ssl: true, ..servers::Options::default() }).unwrap();
    let database = server.database().unwrap();
    let ca = server.ca().unwrap().to_str().unwrap().to_owned();
    let url = |settings: &str| format!("{}?{settings}", database.url());
    let is_encrypted = |url: &str| {
        let store = PostgresStore::open(&url.parse().unwrap(), &options()).unwrap();
        let own = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        store.pool().read(|transaction| transaction.query_typed_one(own, &[])?.try_get::<_, bool>(0)).unwrap()
    };
    for mode in ["prefer", "require", &format!("verify-ca&sslrootcert={ca}"), &format!("verify-full&sslrootcert={ca}")]
    {
        assert!(is_encrypted(&url(&format!("sslmode={mode}"))), "{mode}");
    }
    assert!(!is_encrypted(&url("sslmode=disable")));

    // Nobody that the system trusts issued it.
    assert_refused(&error_of(&url("sslmode=verify-full")), "check sslmode and sslrootcert");
    let folder = tempfile::tempdir().unwrap();
    let other_ca = folder.path().join("other.pem");
    let other = Postgres::start_with(servers::Options { ssl: true, ..servers::Options::default() }).unwrap();
    fs::copy(other.ca().unwrap(), &other_ca).unwrap();
    let other_ca = other_ca.to_str().unwrap();
    assert_refused(&error_of(&url(&format!("sslmode=verify-ca&sslrootcert={other_ca}"))), "check sslmode");
    let missing = error_of(&url("sslmode=verify-ca&sslrootcert=/nowhere/ca.pem"));
    assert!(matches!(missing, JournalError::Certificate { .. }), "{missing}");

    // The right issuer, but for another host.
    let as_another = |mode: &str| {
        let text = database.url();
        let (_, behind) = text.split_once("127.0.0.1:").unwrap();
        let (port, name) = behind.split_once('/').unwrap();
        format!(
            "host=elsewhere.test hostaddr=127.0.0.1 port={port} dbname={name} user=usher password=secret \
             sslmode={mode} sslrootcert='{ca}'"
        )
    };
    assert!(is_encrypted(&as_another("verify-ca")));
    assert_refused(&error_of(&as_another("verify-full")), "check sslmode");
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let ground = Ground::new();
    assert_refused(&error_of(&format!("{}?sslmode=require", ground.url_text())), "its setting ssl");
}

#[test]
fn a_database_that_takes_no_writes_is_told() {
    let ground = Ground::new();
    drop(ground.store());
    let url = ground.url_text();
    let (_, database) = url.rsplit_once('/').unwrap();
    ground.change(&format!("ALTER DATABASE \"{database}\" SET default_transaction_read_only = on"));
    let store = ground.store();
    assert_refused(&store.leases().renew(&node(), LONG).unwrap_err(), "name the primary");
    let error = store.users().enlist(&[journal::Candidate { user: "u", licensee: "acme" }]).unwrap_err();
    assert_refused(&error, "name the primary");
}
