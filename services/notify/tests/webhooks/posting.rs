//! What is posted, in which order, and how often.

use std::{collections::BTreeSet, time::Duration};

use licensing::Offering;
use notify::webhooks::WebhookPatience;
use serde_json::json;

use crate::{
    receiver::{Receiver, Reply, Taken},
    world::{PATIENCE, World, from, only, registration},
};

fn ids(taken: &[Taken]) -> Vec<&str> {
    taken.iter().map(Taken::id).collect()
}

#[test]
fn an_event_is_posted_once_signed_and_in_the_order_of_its_licensee() {
    for mut world in World::each() {
        let receiver = Receiver::start();
        let webhook = world.add(&receiver.url());
        let _posting = world.post();
        let given = world.give("acme", &["ann", "bob", "cat"]);
        let taken = receiver.wait_for(3);
        world.wait_until_told(&webhook);
        assert_eq!(receiver.users(), ["ann", "bob", "cat"]);
        assert_eq!(receiver.requests(), 3);
        for (number, (request, id)) in taken.iter().zip(&given).enumerate() {
            let event = request.event();
            assert_eq!(request.id(), id.to_string());
            assert_eq!(request.headers["content-type"], "application/cloudevents+json");
            assert_eq!(event["id"], id.to_string());
            assert_eq!(event["type"], "usher.licensing.v1.SeatAssigned");
            assert_eq!((&event["source"], &event["subject"]), (&json!("/usher/5f"), &json!("licensee/acme")));
            assert_eq!(event["sequence"], format!("{:020}", number + 1));
            assert!(request.is_signed_with(webhook.secret.reveal()));
            assert!(!request.is_signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
            assert!(
                !request.body.contains("Müller") && !request.body.contains("@"),
                "no event holds a name or address"
            );
        }
    }
}

#[test]
fn only_what_was_asked_for_is_posted() {
    for mut world in World::each() {
        let receivers = [(); 3].map(|()| Receiver::start());
        let [all, of_acme, starts] = &receivers;
        world.add(&all.url());
        let registry = world.registry();
        registry
            .add(notify::webhooks::Registration { licensee: only("acme"), ..registration(&of_acme.url()) })
            .unwrap();
        let types = vec!["SubscriptionStarted".to_owned()];
        registry.add(notify::webhooks::Registration { types, ..registration(&starts.url()) }).unwrap();
        let _posting = world.post();
        world.give("other", &["ann"]);
        world.sell("acme", Offering::GitlabCom);
        world.give("acme", &["bob"]);
        assert_eq!(all.wait_for(3).len(), 3);
        of_acme.wait_for(2);
        starts.wait_for(1);
        registry.all().unwrap().iter().for_each(|(webhook, _)| world.wait_until_told(webhook));
        assert_eq!(of_acme.users(), ["", "bob"]);
        assert_eq!(starts.taken()[0].event()["subject"], "licensee/acme");
        assert_eq!(receivers.each_ref().map(Receiver::requests), [3, 2, 1]);
    }
}

#[test]
fn a_webhook_begins_with_what_happens_then_or_where_it_was_told_to() {
    for mut world in World::each() {
        world.give("acme", &["ann"]);
        let shard = journal::shard_of("acme", 16);
        world.give("acme", &["bob", "cat"]);
        let third = world.head(shard).position;
        world.give("acme", &["dan"]);
        let [now, all, some] = [(); 3].map(|()| Receiver::start());
        let registry = world.registry();
        registry.add(registration(&now.url())).unwrap();
        let add_from = |receiver: &Receiver, place: &str| {
            let wanted = notify::webhooks::Registration { from: Some(from(place)), ..registration(&receiver.url()) };
            registry.add(wanted).unwrap();
        };
        add_from(&all, "beginning");
        add_from(&some, &format!("{shard}-{third}"));
        let _posting = world.post();
        world.give("acme", &["eve"]);
        registry.all().unwrap().iter().for_each(|(webhook, _)| world.wait_until_told(webhook));
        assert_eq!(now.users(), ["eve"]);
        assert_eq!(all.users(), ["ann", "bob", "cat", "dan", "eve"]);
        assert_eq!(some.users(), ["cat", "dan", "eve"]);
    }
}

#[test]
fn what_is_not_taken_is_posted_again_under_the_same_id_whatever_went_wrong() {
    for mut world in World::each() {
        let receiver = Receiver::start();
        receiver.plan([
            Reply::Says(500),
            Reply::BreaksOff,
            Reply::Hangs,
            Reply::Redirects,
            Reply::Says(400),
            Reply::TakenAndBreaksOff,
        ]);
        let webhook = world.add(&receiver.url());
        let _posting = world.post();
        let given = world.give("acme", &["ann", "bob"]);
        let taken = receiver.wait_for(3);
        world.wait_until_told(&webhook);
        let given: Vec<String> = given.iter().map(ToString::to_string).collect();
        assert_eq!(ids(&taken), [&given[0], &given[0], &given[1]], "whoever receives can tell the repeat");
        assert_eq!(receiver.requests(), 8);
        let lanes = world.webhooks.lanes(Some(webhook.id)).unwrap();
        assert!(lanes.iter().all(|state| state.lane.attempts == 0 && state.failing_since.is_none()));
    }
}

#[test]
fn a_receiver_that_is_away_loses_nothing_and_holds_up_nobody_else() {
    for mut world in World::each() {
        let (away, other) = (Receiver::start(), Receiver::start());
        let (address, url) = (away.address(), away.url());
        drop(away);
        let [webhook, of_other] = [world.add(&url), world.add(&other.url())];
        let _posting = world.post();
        world.give("acme", &["ann", "bob"]);
        world.wait_until_told(&of_other);
        assert_eq!(other.users(), ["ann", "bob"]);
        world.wait_until(|| world.webhooks.one(webhook.id).unwrap().unwrap().problem.is_some());
        let problem = world.webhooks.one(webhook.id).unwrap().unwrap().problem.unwrap();
        assert_eq!(problem, "the receiver was not reached, or broke off");
        let back = Receiver::again_at(address);
        world.wait_until_told(&webhook);
        assert_eq!(back.users(), ["ann", "bob"]);
    }
}

#[test]
fn a_receiver_that_asks_for_a_pause_gets_it() {
    let mut world = World::in_a_folder();
    let receiver = Receiver::start();
    receiver.plan([Reply::ComeAgain(3_600)]);
    let webhook = world.add(&receiver.url());
    let longest = Duration::from_secs(600);
    let pauses = notify::pause::Pauses { longest, ..PATIENCE.pauses };
    let _posting = world.post_with(WebhookPatience { pauses, ..PATIENCE });
    world.give("acme", &["ann"]);
    world.wait_until(|| world.webhooks.one(webhook.id).unwrap().unwrap().problem.is_some());
    let lanes = world.webhooks.lanes(Some(webhook.id)).unwrap();
    let lane = lanes.iter().find(|state| state.lane.attempts > 0).unwrap();
    let pause = lane.due_at - lane.failing_since.unwrap();
    assert_eq!(pause.num_seconds(), 600, "as long as our own pauses get, and no longer");
    world.registry().enable(webhook.id).unwrap();
    world.wait_until_told(&webhook);
    assert_eq!(receiver.users(), ["ann"], "an operator may be impatient");
}

#[test]
fn a_webhook_that_is_gone_is_disabled_at_once_and_goes_on_where_it_stopped_when_it_is_enabled() {
    for mut world in World::each() {
        let receiver = Receiver::start();
        let webhook = world.add(&receiver.url());
        let _posting = world.post();
        world.give("acme", &["ann"]);
        receiver.wait_for(1);
        receiver.always(Some(Reply::Says(410)));
        world.give("acme", &["bob"]);
        let disabled = world.wait_until_disabled(&webhook);
        assert_eq!(disabled.problem.as_deref(), Some("the receiver answered 410"));
        assert!(disabled.disabled_at.is_some());
        let requests = receiver.requests();
        world.give("acme", &["cat"]);
        receiver.always(None);
        let (other, registry) = (Receiver::start(), world.registry());
        let of_other = world.add(&other.url());
        world.give("acme", &["dan"]);
        world.wait_until_told(&of_other);
        assert_eq!(receiver.requests(), requests, "nothing is posted to who is disabled");
        registry.enable(webhook.id).unwrap();
        world.wait_until_told(&webhook);
        assert_eq!(receiver.users(), ["ann", "bob", "cat", "dan"]);
    }
}

#[test]
fn a_webhook_that_fails_for_too_long_is_disabled_and_not_before() {
    for mut world in World::each() {
        let receiver = Receiver::start();
        receiver.always(Some(Reply::Says(500)));
        let webhook = world.add(&receiver.url());
        let disable_after = Duration::from_millis(300);
        let _posting = world.post_with(WebhookPatience { disable_after, ..PATIENCE });
        world.give("acme", &["ann"]);
        let disabled = world.wait_until_disabled(&webhook);
        assert!(receiver.requests() > 2, "it was tried a few times: {}", receiver.requests());
        let lanes = world.webhooks.lanes(Some(webhook.id)).unwrap();
        let since = lanes.iter().find_map(|state| state.failing_since).unwrap();
        let lasted = (disabled.disabled_at.unwrap() - since).to_std().unwrap();
        assert!(lasted >= disable_after, "{lasted:?}");
        assert_eq!(disabled.problem.as_deref(), Some("the receiver answered 500"));
    }
}

#[test]
fn after_another_secret_was_made_both_are_signed_with_for_a_while() {
    let mut world = World::in_a_folder();
    let receiver = Receiver::start();
    let webhook = world.add(&receiver.url());
    let (old, registry) = (webhook.secret.reveal().to_owned(), world.registry());
    let _posting = world.post();
    let new = registry.rotate(webhook.id, None, Duration::from_secs(3_600)).unwrap().secret.reveal().to_owned();
    world.give("acme", &["ann"]);
    let taken = receiver.wait_for(1);
    assert!(old != new && taken[0].is_signed_with(&old) && taken[0].is_signed_with(&new));
    let newest = registry.rotate(webhook.id, None, Duration::ZERO).unwrap().secret.reveal().to_owned();
    world.give("acme", &["bob"]);
    let taken = receiver.wait_for(2);
    assert!(taken[1].is_signed_with(&newest) && !taken[1].is_signed_with(&new) && !taken[1].is_signed_with(&old));
}

#[test]
fn everything_from_a_position_on_is_posted_again() {
    for mut world in World::each() {
        let receiver = Receiver::start();
        let webhook = world.add(&receiver.url());
        let _posting = world.post();
        world.give("acme", &["ann"]);
        world.give("acme", &["bob", "cat"]);
        world.wait_until_told(&webhook);
        let position = receiver.taken()[1].event()["position"].as_str().unwrap().to_owned();
        world.registry().replay(webhook.id, &from(&position)).unwrap();
        receiver.wait_for(5);
        world.wait_until_told(&webhook);
        assert_eq!(receiver.users(), ["ann", "bob", "cat", "bob", "cat"]);
        let different: BTreeSet<String> = receiver.taken().iter().map(|taken| taken.id().to_owned()).collect();
        assert_eq!(different.len(), 3);
    }
}

#[test]
fn whoever_begins_after_a_crash_posts_what_is_in_doubt_again_and_the_rest_once() {
    for mut world in World::each() {
        let receiver = Receiver::start();
        let webhook = world.add(&receiver.url());
        receiver.plan([Reply::Says(204), Reply::TakenAndBreaksOff, Reply::Hangs]);
        let posting = world.post();
        world.give("acme", &["ann", "bob", "cat"]);
        receiver.wait_for_requests(3);
        // The attempt is under way; nothing is noted of it any more.
        drop(posting);
        world.reopen_queue();
        let _posting = world.post();
        world.wait_until_told(&webhook);
        assert_eq!(receiver.users(), ["ann", "bob", "bob", "cat"]);
    }
}

#[test]
fn many_licensees_and_a_receiver_that_fails_now_and_then_still_come_in_order() {
    let mut world = World::in_a_folder();
    let receiver = Receiver::start();
    let webhook = world.add(&receiver.url());
    let _posting = world.post();
    receiver.plan((0..200).map(|number| if number % 7 == 3 { Reply::Says(503) } else { Reply::Says(200) }));
    let licensees: Vec<String> = (0..12).map(|number| format!("l-{number}")).collect();
    for round in 0..10 {
        licensees.iter().for_each(|licensee| drop(world.give(licensee, &[&format!("u-{round}")])));
    }
    world.wait_until_told(&webhook);
    let taken = receiver.taken();
    let different: BTreeSet<&str> = ids(&taken).into_iter().collect();
    assert_eq!((taken.len(), different.len()), (120, 120), "nothing was in doubt, so nothing came twice");
    for licensee in &licensees {
        let subject = json!(format!("licensee/{licensee}"));
        let of_licensee: Vec<String> =
            taken.iter().filter(|taken| taken.event()["subject"] == subject).map(Taken::user).collect();
        assert_eq!(of_licensee, (0..10).map(|round| format!("u-{round}")).collect::<Vec<_>>(), "{licensee}");
    }
}
