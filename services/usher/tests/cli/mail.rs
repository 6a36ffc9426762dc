//! Mail to whoever is given a seat (R33).

use std::collections::BTreeSet;

use openssl::{
    asn1::Asn1Time,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::PKey,
    ssl::{SslAcceptor, SslMethod},
    x509::{X509Builder, X509NameBuilder, extension::SubjectAlternativeName},
};

use crate::{
    database::database,
    messages::{acme, joined, started},
    program::Place,
    serve::Server,
    smtp::{SmtpServer, Step, Taken, Trouble},
};

fn serve(smtp: &SmtpServer) -> String {
    format!("serve --data-dir data --listen 127.0.0.1:0 --clock manual --mail-per-second 1000 --smtp {}", smtp.url())
}

fn give(server: &Server, name: &str) {
    let (status, body) = server.send("PUT", &format!("/v1/licensees/acme/products/duo/seats/u-{name}"), "");
    assert_eq!(status, 200, "{body}");
}

fn names(taken: &[Taken]) -> Vec<String> {
    taken.iter().map(|mail| mail.to.split(['<', '@']).nth(1).unwrap().to_owned()).collect()
}

/// The ids of the events that gave a seat, oldest first, as the history tells.
fn assignments(server: &Server) -> Vec<String> {
    let (_, body) = server.send("GET", "/v1/licensees/acme/events?type=SeatAssigned&limit=1000", "");
    let page: serde_json::Value = serde_json::from_str(&body).unwrap();
    page["items"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn r33_a_seat_by_request_by_bulk_and_by_message_is_told_once_and_one_that_is_held_not_again() {
    let place = acme(9, &["ann", "bob", "cat", "dan"]);
    let smtp = SmtpServer::start();
    let server = Server::start(&place, &serve(&smtp));
    give(&server, "ann");
    give(&server, "ann");
    place.write("users.csv", "username\nann\nbob\n");
    let bulk = format!("seats assign --licensee acme --csv users.csv --url {}", server.address);
    place.run(&bulk).done();
    let message = crate::messages::message(
        "many",
        "usher.seats.v1.AssignSeats",
        "2025-02-01T00:00:00Z",
        serde_json::json!({"licensee": "acme", "product": "duo", "users": ["u-bob", "u-cat"]}),
    );
    assert_eq!(server.send("POST", "/v1/events", &message).0, 200);
    assert_eq!(server.send("POST", "/v1/events", &message).0, 200, "a duplicate");
    give(&server, "dan");
    let taken = smtp.wait_for(4);
    assert_eq!(names(&taken), ["ann", "bob", "cat", "dan"]);
    let ids: Vec<String> = taken.iter().map(|mail| mail.header("Message-ID").to_owned()).collect();
    let expected: Vec<String> = assignments(&server).iter().map(|id| format!("<{id}@localhost>")).collect();
    assert_eq!(ids, expected, "the id is the event's");
    let metrics = server.send("GET", "/metrics", "").1;
    assert!(metrics.lines().any(|line| line == "usher_mail_queued_total 4"), "{metrics}");
    let ran = server.stop().done();
    assert!(!ran.stderr.contains("@example.com"), "no address is logged: {}", ran.stderr);
}

#[test]
fn r33_killed_while_it_sends_it_sends_what_is_in_doubt_under_the_same_id_and_the_rest_once() {
    let place = acme(9, &["ann", "bob", "cat"]);
    let smtp = SmtpServer::start();
    smtp.plan([(Step::Taken, Trouble::Hangs)]);
    let server = Server::start(&place, &serve(&smtp));
    for name in ["ann", "bob", "cat"] {
        give(&server, name);
    }
    smtp.wait_for_hanging();
    server.kill();
    assert_eq!(names(&smtp.taken()), ["ann"], "taken, but nobody was told so");
    let listed = place.run("mail list --format json --data-dir data").done().json();
    assert_eq!(listed.as_array().unwrap().len(), 3, "{listed:#}");
    let server = Server::start(&place, &serve(&smtp));
    smtp.wait_for(4);
    while place.run("mail list --format json --data-dir data").done().json() != serde_json::json!([]) {}
    let taken = smtp.taken();
    assert_eq!(taken.len(), 4, "{taken:#?}");
    assert_eq!(names(&taken).iter().filter(|name| *name == "ann").count(), 2);
    let ids: BTreeSet<&str> = taken.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 3, "{taken:#?}");
    server.stop().done();
}

#[test]
fn r33_a_server_that_is_away_never_holds_up_a_command() {
    let place = acme(9, &["ann", "bob"]);
    let smtp = SmtpServer::start();
    let (address, serve) = (smtp.address(), serve(&smtp));
    drop(smtp);
    let server = Server::start(&place, &serve);
    give(&server, "ann");
    give(&server, "bob");
    let smtp = SmtpServer::again_at(address);
    let told: BTreeSet<String> = names(&smtp.wait_for(2)).into_iter().collect();
    assert_eq!(told, ["ann", "bob"].map(String::from).into());
    server.stop().done();
}

#[test]
fn r33_what_was_given_up_is_listed_and_sent_again_while_the_server_runs() {
    let place = acme(9, &["ann"]);
    place.run("mail list --data-dir data").failed(2, "no mail was ever sent");
    let smtp = SmtpServer::start();
    smtp.plan([(Step::Recipient, Trouble::Says(550))]);
    let server = Server::start(&place, &serve(&smtp));
    give(&server, "ann");
    let id = assignments(&server).remove(0);
    let listed = loop {
        let listed = place.run("mail list --given-up --format json --data-dir data").done().json();
        if !listed.as_array().unwrap().is_empty() {
            break listed;
        }
    };
    assert_eq!((listed[0]["id"].as_str(), listed[0]["user"].as_str()), (Some(id.as_str()), Some("u-ann")));
    place.run("mail retry --data-dir data").failed(2, "<ID>");
    let nobody = "00000000-0000-0000-0000-000000000000";
    assert_eq!(place.run(&format!("mail retry {nobody} --data-dir data")).status, 1);
    assert_eq!(place.run(&format!("mail retry {id} --data-dir data")).done().stdout, "sent again: 1\n");
    assert_eq!(names(&smtp.wait_for(1)), ["ann"]);
    server.stop().done();
}

/// A certificate for 127.0.0.1 that nobody trusts of themselves, as PEM, and a server's part with it.
fn certificate() -> (Vec<u8>, SslAcceptor) {
    let key = PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap());
    let key = key.unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "localhost").unwrap();
    let name = name.build();
    let mut certificate = X509Builder::new().unwrap();
    certificate.set_version(2).unwrap();
    certificate.set_subject_name(&name).unwrap();
    certificate.set_issuer_name(&name).unwrap();
    certificate.set_pubkey(&key).unwrap();
    certificate.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    certificate.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    let address = SubjectAlternativeName::new().ip("127.0.0.1").build(&certificate.x509v3_context(None, None)).unwrap();
    certificate.append_extension(address).unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = certificate.build();
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_certificate(&certificate).unwrap();
    acceptor.set_private_key(&key).unwrap();
    (certificate.to_pem().unwrap(), acceptor.build())
}

#[test]
fn a_mail_goes_by_starttls_to_a_server_whose_certificate_is_trusted_and_to_no_other() {
    let (pem, acceptor) = certificate();
    let smtp = SmtpServer::with_tls(acceptor);
    let place = acme(9, &["ann"]);
    place.write("trusted.pem", pem);
    let way = smtp.url().replace("smtp://", "smtp://me:secret@");
    let serve = format!("serve --data-dir data --listen 127.0.0.1:0 --clock manual --smtp {way}?tls=starttls");
    let with = |trusted: Option<&str>| {
        let mut command = place.command(serve.split(' '));
        command.envs(trusted.map(|file| ("SSL_CERT_FILE", place.path(file))));
        Server::start_command(&mut command)
    };
    let server = with(None);
    give(&server, "ann");
    while smtp.connections() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    server.stop().done();
    assert!(smtp.taken().is_empty() && smtp.logins().is_empty(), "nothing is told to somebody unknown");
    let server = with(Some("trusted.pem"));
    assert_eq!(names(&smtp.wait_for(1)), ["ann"]);
    assert_eq!(smtp.logins().len(), 1, "the password goes over the secured wire alone");
    server.stop().done();
}

#[test]
fn r33_of_several_nodes_one_tells_and_another_takes_over() {
    let (place, database) = (Place::new(), database());
    let users = ["ann", "bob", "cat", "dan", "eve", "fay"];
    let lines: String = std::iter::once(started(9)).chain(users.iter().map(|name| joined(name))).collect();
    place.write("acme.jsonl", lines);
    place.run(&format!("ingest --clock event-time --database-url {} acme.jsonl", database.url())).done();
    let smtp = SmtpServer::start();
    let serve = format!(
        "serve --listen 127.0.0.1:0 --clock manual:2025-02-01T00:00:00Z --database-url {} --smtp {}",
        database.url(),
        smtp.url()
    );
    let [first, second] = [(); 2].map(|()| Server::start(&place, &serve));
    for name in &users[..4] {
        give(&second, name);
    }
    assert_eq!(names(&smtp.wait_for(4)), users[..4]);
    let waiting = "SELECT count(*) FROM usher_notify.mails";
    while database.run_sql(waiting).unwrap().trim() != "0" {}
    // The licensee's shard is with one of the two: whichever that is, the other goes on.
    first.kill();
    for name in &users[4..] {
        let began = std::time::Instant::now();
        while second.send("PUT", &format!("/v1/licensees/acme/products/duo/seats/u-{name}"), "").0 == 503 {
            assert!(began.elapsed() < crate::smtp::LONG);
        }
    }
    assert_eq!(names(&smtp.wait_for(6)), users);
    while database.run_sql(waiting).unwrap().trim() != "0" {}
    assert_eq!(smtp.taken().len(), 6);
    second.stop().done();
}

#[test]
fn a_password_for_mail_is_never_shown() {
    let place = Place::new();
    let wrong = "smtp://me:hunter2@mail.example.com?tls=none&from=usher@example.com";
    let on_the_command_line = place.run(&format!("serve --smtp {wrong}"));
    place.write("usher.toml", format!("smtp = \"{wrong}\""));
    let in_the_file = place.run("serve");
    for ran in [on_the_command_line, in_the_file] {
        assert!(!ran.failed(2, "smtp").stderr.contains("hunter2"));
    }
    assert!(!place.path("usher-data").exists());
}
