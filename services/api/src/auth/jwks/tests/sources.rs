use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
};

use journal::with_causes;
use openssl::{
    asn1::Asn1Time,
    hash::MessageDigest,
    pkey::{PKey, Private},
    ssl::{SslAcceptor, SslMethod},
    x509::{X509, X509Builder, X509NameBuilder, extension::SubjectAlternativeName},
};

use super::{
    actor_of,
    issuer::{IssuerKey, keys_of},
};
use crate::auth::{
    AuthError, Unauthenticated,
    jwks::{FETCH_INTERVAL, FILE_INTERVAL, KeySet, TRUSTED_FOR},
};

#[test]
fn a_file_of_keys_is_read_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let (first, second) = (IssuerKey::ed25519(), IssuerKey::p256());
    fs::write(&path, keys_of(&[first.jwk("1")])).unwrap();
    let keys = KeySet::open(path.to_str().unwrap()).unwrap();
    fs::write(&path, "{").unwrap();
    keys.reload();
    assert!(actor_of(&keys, &first.good_token("1")).is_ok(), "a broken version took effect");
    fs::write(&path, keys_of(&[second.jwk("2")])).unwrap();
    let token = second.good_token("2");
    assert!(!keys.claim_reload(&token, keys.reloads.last()));
    assert!(keys.claim_reload(&token, keys.reloads.last() + FILE_INTERVAL));
    keys.reload();
    assert!(actor_of(&keys, &token).is_ok());
    assert_eq!(actor_of(&keys, &first.good_token("1")), Err(Unauthenticated::UnknownKey));
}

/// Answers one request after another, each with the next text.
fn serve(answers: Vec<String>) -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let (asked, asks) = mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut connection, _) = listener.accept().unwrap();
            let request = BufReader::new(connection.try_clone().unwrap());
            assert_ne!(request.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).count(), 0);
            connection.write_all(answer.as_bytes()).unwrap();
            asked.send(()).unwrap();
        }
    });
    (url, asks)
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

#[test]
fn keys_at_a_url_are_fetched_again_for_an_unknown_key_or_after_an_hour() {
    let (first, second) = (IssuerKey::ed25519(), IssuerKey::p256());
    let both = keys_of(&[first.jwk("1"), second.jwk("2")]);
    let failure = "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
    let (url, asks) = serve(vec![ok(&keys_of(&[first.jwk("1")])), failure, ok(&both)]);
    let keys = KeySet::open(&url).unwrap();
    let (known, unknown) = (first.good_token("1"), second.good_token("2"));
    let opened = keys.reloads.last();
    assert!(!keys.claim_reload(&unknown, opened + FETCH_INTERVAL / 2), "again within a minute");
    assert!(!keys.claim_reload(&known, opened + FETCH_INTERVAL), "for a key that is known");
    assert!(!keys.claim_reload("no.token", opened + FETCH_INTERVAL));
    assert_eq!(actor_of(&keys, &unknown), Err(Unauthenticated::UnknownKey));

    assert!(keys.claim_reload(&unknown, opened + FETCH_INTERVAL));
    assert_eq!(actor_of(&keys, &unknown), Err(Unauthenticated::KeysOnTheirWay), "while they are fetched");
    assert!(actor_of(&keys, &known).is_ok(), "whoever is known does not wait");
    keys.reload();
    assert_eq!(actor_of(&keys, &unknown), Err(Unauthenticated::UnknownKey), "the issuer failed");
    assert!(actor_of(&keys, &known).is_ok());

    assert!(keys.claim_reload(&known, opened + TRUSTED_FOR + FETCH_INTERVAL), "an issuer may withdraw keys");
    keys.reload();
    assert!(actor_of(&keys, &unknown).is_ok());
    assert_eq!(asks.iter().count(), 3);
}

/// A certificate for 127.0.0.1 that nobody trusts, and its key.
fn certificate() -> (X509, PKey<Private>) {
    let IssuerKey::Rsa(key) = IssuerKey::rsa(2048) else { panic!("an RSA key") };
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "127.0.0.1").unwrap();
    let name = name.build();
    let mut certificate = X509Builder::new().unwrap();
    certificate.set_version(2).unwrap();
    certificate.set_subject_name(&name).unwrap();
    certificate.set_issuer_name(&name).unwrap();
    certificate.set_pubkey(&key).unwrap();
    certificate.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    certificate.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    let alternative =
        SubjectAlternativeName::new().ip("127.0.0.1").build(&certificate.x509v3_context(None, None)).unwrap();
    certificate.append_extension(alternative).unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    (certificate.build(), key)
}

#[test]
fn a_server_without_a_trusted_certificate_is_not_asked_for_keys() {
    let (certificate, key) = certificate();
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_certificate(&certificate).unwrap();
    acceptor.set_private_key(&key).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/keys", listener.local_addr().unwrap());
    let server = thread::spawn(move || acceptor.accept(listener.accept().unwrap().0).is_ok());
    let Err(error) = KeySet::open(&url) else { panic!("its keys were taken") };
    assert!(with_causes(&error).contains("certificate verify failed"), "{}", with_causes(&error));
    assert!(!server.join().unwrap(), "the handshake went through");
}

#[test]
fn a_redirection_is_not_followed() {
    let elsewhere =
        "HTTP/1.1 302 Found\r\nlocation: /keys\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
    let (url, _asks) = serve(vec![elsewhere, ok(&keys_of(&[IssuerKey::p256().jwk("1")]))]);
    assert!(matches!(KeySet::open(&url), Err(AuthError::Unreachable { .. })));
}
