use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};
use serde_json::{Value, json};

use super::{
    actor_of,
    issuer::{IssuerKey, NOW, NOW_S, base64, claims, keys_of, message},
    key_set,
};
use crate::auth::{AuthError, Unauthenticated, jwks::document::Keys};

#[test]
fn a_token_that_a_key_of_the_issuer_signed_stands_for_its_subject() {
    let issuer = [IssuerKey::rsa(2048), IssuerKey::p256(), IssuerKey::ed25519()];
    let jwks: Vec<Value> = issuer.iter().enumerate().map(|(id, key)| key.jwk(&id.to_string())).collect();
    let keys = key_set(&jwks);
    for (id, key) in issuer.iter().enumerate() {
        let token = key.good_token(&id.to_string());
        assert_eq!(actor_of(&keys, &token), Ok("alice".to_owned()), "{}", key.algorithm());
        let principal = keys.identify(&token, NOW.parse().unwrap()).unwrap();
        assert!(principal.reads_everything() && !principal.is_operator());
    }
}

#[test]
fn a_token_that_nobody_signed_or_somebody_else_did_stands_for_nobody() {
    for issuer in [IssuerKey::rsa(2048), IssuerKey::p256(), IssuerKey::ed25519()] {
        let keys = key_set(&[issuer.jwk("1")]);
        let good = issuer.good_token("1");
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let mut claims = claims();
        claims["roles"] = json!(["operator"]);
        let raised = message(&json!({"alg": issuer.algorithm(), "kid": "1"}), &claims);
        let forged = [
            format!("{signed}."),
            format!("{signed}.{}", base64(&[0; 64])),
            format!("{signed}.{}", base64(&[0; 256])),
            format!("{raised}.{signature}"),
            match issuer {
                IssuerKey::Rsa(_) => IssuerKey::rsa(2048).good_token("1"),
                IssuerKey::P256(_) => IssuerKey::p256().good_token("1"),
                IssuerKey::Ed25519(_) => IssuerKey::ed25519().good_token("1"),
            },
        ];
        for token in forged {
            assert_eq!(actor_of(&keys, &token), Err(Unauthenticated::Unknown), "{}: {token}", issuer.algorithm());
        }
        assert_eq!(actor_of(&keys, &issuer.good_token("2")), Err(Unauthenticated::UnknownKey));
    }
}

#[test]
fn the_key_says_by_which_algorithm_it_verifies_and_the_token_does_not() {
    let rsa = IssuerKey::rsa(2048);
    let IssuerKey::Rsa(private) = &rsa else { panic!("an RSA key") };
    let keys = key_set(&[rsa.jwk("1")]);
    let header = |algorithm: &str| json!({"alg": algorithm, "kid": "1"});
    for algorithm in ["none", "None", "", "HS256", "RS512", "PS256", "ES256", "EdDSA", "rs256"] {
        let unsigned = format!("{}.", message(&header(algorithm), &claims()));
        assert!(actor_of(&keys, &unsigned).is_err(), "{algorithm} without a signature");
        assert!(actor_of(&keys, &rsa.token(&header(algorithm), &claims())).is_err(), "{algorithm}");
    }
    // The public key, which everybody has, as the secret of an HMAC.
    let to_sign = message(&header("HS256"), &claims());
    for secret in [private.public_key_to_pem().unwrap(), private.public_key_to_der().unwrap()] {
        let secret = PKey::hmac(&secret).unwrap();
        let mac =
            Signer::new(MessageDigest::sha256(), &secret).unwrap().sign_oneshot_to_vec(to_sign.as_bytes()).unwrap();
        assert_eq!(actor_of(&keys, &format!("{to_sign}.{}", base64(&mac))), Err(Unauthenticated::Unknown));
    }
}

#[test]
fn a_token_has_its_time_with_a_minute_more_for_the_clocks() {
    let issuer = IssuerKey::ed25519();
    let keys = key_set(&[issuer.jwk("1")]);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        actor_of(&keys, &issuer.token(&json!({"alg": "EdDSA", "kid": "1"}), &claims)).map(|_| ())
    };
    assert_eq!(with("exp", json!(NOW_S - 59)), Ok(()));
    assert_eq!(with("exp", json!(NOW_S as f64 - 59.5)), Ok(()));
    assert_eq!(with("exp", json!(NOW_S - 60)), Err(Unauthenticated::Expired));
    assert_eq!(with("nbf", json!(NOW_S + 60)), Ok(()));
    assert_eq!(with("nbf", json!(NOW_S + 61)), Err(Unauthenticated::NotYet));
    for (name, value) in [
        ("exp", Value::Null),
        ("exp", json!("2027-01-01")),
        ("nbf", json!("soon")),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sub", json!("usher:timer")),
        ("roles", json!("operator")),
        ("roles", json!([7])),
    ] {
        assert_eq!(with(name, value.clone()), Err(Unauthenticated::Malformed), "{name} {value}");
    }
}

#[test]
fn what_is_no_token_stands_for_nobody() {
    let issuer = IssuerKey::ed25519();
    let keys = key_set(&[issuer.jwk("1")]);
    let good = issuer.good_token("1");
    for bad in ["", "a", "..", "a.b", "a.b.c", "a.b.c.d", &format!("{good}="), &format!("{good}.x"), &good[1..]] {
        assert!(actor_of(&keys, bad).is_err(), "{bad} was taken");
    }
    let critical = json!({"alg": "EdDSA", "kid": "1", "crit": ["b64"], "b64": false});
    assert_eq!(actor_of(&keys, &issuer.token(&critical, &claims())), Err(Unauthenticated::Malformed));
}

#[test]
fn a_token_without_a_key_id_means_the_only_key() {
    let (one, other) = (IssuerKey::ed25519(), IssuerKey::p256());
    let token = one.token(&json!({"alg": "EdDSA"}), &claims());
    assert!(actor_of(&key_set(&[one.jwk("1")]), &token).is_ok());
    let two = key_set(&[one.jwk("1"), other.jwk("2")]);
    assert_eq!(actor_of(&two, &token), Err(Unauthenticated::UnknownKey));
}

#[test]
fn keys_that_are_weak_or_for_something_else_are_left_out() {
    let good = IssuerKey::p256();
    let with = |name: &str, value: Value| {
        let mut jwk = good.jwk("1");
        jwk[name] = value;
        jwk
    };
    let useless = [
        IssuerKey::rsa(1024).jwk("1"),
        with("use", json!("enc")),
        with("alg", json!("ES512")),
        with("crv", json!("P-384")),
        with("x", json!("AAAA")),
        with("kty", json!("oct")),
        json!({"kty": "oct", "kid": "1", "k": "c2VjcmV0"}),
        json!("key"),
    ];
    for jwk in useless {
        let read = Keys::read(&keys_of(std::slice::from_ref(&jwk)), "keys.json");
        assert!(matches!(read, Err(AuthError::NoUsableKey { .. })), "{jwk} was taken");
    }
    let mixed = key_set(&[json!({"kty": "new"}), good.jwk("1")]);
    assert!(actor_of(&mixed, &good.good_token("1")).is_ok());
    for bad in ["", "[]", "{}", "{\"keys\":{}}", &keys_of(&vec![good.jwk("1"); 101])] {
        assert!(matches!(Keys::read(bad, "keys.json"), Err(AuthError::InvalidKeys { .. })), "{bad:.40} was taken");
    }
}
