//! What operators may do.

use notify::webhooks::{InvalidFrom, Registration, RegistryError};
use uuid::Uuid;

use crate::{
    receiver::{Receiver, Reply},
    world::{World, from, only, registration},
};

#[test]
fn what_can_not_be_registered_is_refused_and_nothing_is_kept() {
    let mut world = World::in_a_folder();
    world.give("acme", &["ann"]);
    let registry = world.registry();
    let good = || registration("https://example.com/usher");
    let elsewhere = (journal::shard_of("acme", 16) + 1) % 16;
    let refused = [
        registration("http://example.com/usher"),
        Registration { types: vec!["SeatStolen".into()], ..good() },
        Registration { from: Some(from("99-1")), ..good() },
        Registration { from: Some(from("3-99999")), ..good() },
        Registration { licensee: only("acme"), from: Some(from(&format!("{elsewhere}-1"))), ..good() },
    ];
    for registration in refused {
        assert!(registry.check(&registration).is_err(), "{registration:?}");
        assert!(registry.add(registration).is_err());
    }
    assert!(registry.all().unwrap().is_empty());
}

#[test]
fn nobody_is_told_of_what_there_is_not() {
    let world = World::in_a_folder();
    let (registry, nobody) = (world.registry(), Uuid::now_v7());
    assert!(matches!(registry.one(nobody), Err(RegistryError::Unknown)));
    assert!(matches!(registry.enable(nobody), Err(RegistryError::Unknown)));
    assert!(matches!(registry.replay(nobody, &from("beginning")), Err(RegistryError::Unknown)));
    assert!(matches!(registry.test(nobody), Err(RegistryError::Unknown)));
    assert!(!registry.remove(nobody).unwrap());
    let webhook = world.add("https://example.com");
    let ahead = registry.replay(webhook.id, &from("3-1"));
    assert!(matches!(ahead, Err(RegistryError::From(InvalidFrom::Ahead))), "nothing is there yet");
}

#[test]
fn a_test_tells_whether_a_receiver_takes_what_is_signed() {
    let world = World::in_a_folder();
    let receiver = Receiver::start();
    let webhook = world.add(&receiver.url());
    let registry = world.registry();
    let tested = registry.test(webhook.id).unwrap();
    let taken = receiver.wait_for(1);
    assert_eq!((tested.id.as_str(), tested.problem), (taken[0].id(), None));
    assert!(taken[0].is_signed_with(webhook.secret.reveal()));
    assert_eq!(taken[0].event()["type"], "usher.webhooks.v1.Test");
    receiver.plan([Reply::Says(401)]);
    assert_eq!(registry.test(webhook.id).unwrap().problem.as_deref(), Some("the receiver answered 401"));
    drop(receiver);
    assert!(registry.test(webhook.id).unwrap().problem.is_some());
}
