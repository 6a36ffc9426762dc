//! What is kept of webhooks, wherever it is.

use std::time::Duration;

use journal::Head;
use notify::webhooks::{
    Added, Address, AddressRules, Aftermath, Failure, NewWebhook, SigningSecret, WEBHOOKS_MAX, WebhookState,
};
use uuid::Uuid;

use crate::world::World;

fn webhook(number: u128) -> NewWebhook {
    NewWebhook {
        id: Uuid::from_u128(number),
        address: Address::parse("https://example.com/a", AddressRules::default()).unwrap(),
        licensee: None,
        types: vec!["SeatAssigned".into(), "SeatRemoved".into()],
        secret: SigningSecret::generate().unwrap(),
    }
}

const fn at(shard: u16, commit_number: u64, position: u64) -> Head {
    Head { shard, commit_number, position }
}

fn failure(disable_after: Duration) -> Failure {
    Failure { problem: "it answered 500".into(), after: Duration::ZERO, disable_after }
}

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[test]
fn a_webhook_is_kept_as_it_was_registered_once_and_up_to_a_bound() {
    for world in World::each() {
        let store = &*world.webhooks;
        let first = webhook(1);
        assert_eq!(store.add(&first, &[at(3, 5, 50)]).unwrap(), Added::New);
        assert_eq!(store.add(&webhook(1), &[at(3, 9, 90)]).unwrap(), Added::Before);
        let kept = store.one(first.id).unwrap().unwrap();
        assert_eq!(
            (kept.url.as_str(), &kept.types, &kept.secret),
            ("https://example.com/a", &first.types, &first.secret)
        );
        assert_eq!((kept.state, kept.licensee, kept.old_secret), (WebhookState::Enabled, None, None));
        assert_eq!(store.lanes(Some(first.id)).unwrap()[0].lane.at, at(3, 5, 50));
        for number in 2..=WEBHOOKS_MAX as u128 {
            assert_eq!(store.add(&webhook(number), &[]).unwrap(), Added::New);
        }
        assert_eq!(store.add(&webhook(1_000), &[]).unwrap(), Added::Full);
        assert_eq!(store.add(&webhook(1), &[]).unwrap(), Added::Before);
        assert_eq!(store.all().unwrap().len(), WEBHOOKS_MAX);
        assert!(store.remove(first.id).unwrap() && !store.remove(first.id).unwrap());
        assert!(store.lanes(Some(first.id)).unwrap().is_empty() && store.one(first.id).unwrap().is_none());
        assert!(!store.enable(first.id).unwrap() && !store.move_to(first.id, &[at(3, 0, 0)]).unwrap());
        assert!(!store.rotate(first.id, &first.secret, DAY).unwrap());
    }
}

#[test]
fn a_lane_is_moved_only_by_who_knows_where_it_is() {
    for world in World::each() {
        let store = &*world.webhooks;
        let id = webhook(1).id;
        store.add(&webhook(1), &[at(3, 5, 50), at(4, 1, 10)]).unwrap();
        let due = store.due(&[3]).unwrap();
        assert_eq!(due.len(), 1, "the other shard is somebody else's");
        assert!(store.moved(&due[0], at(3, 5, 51)).unwrap());
        assert!(!store.moved(&due[0], at(3, 5, 52)).unwrap(), "somebody went on with it");
        assert_eq!(store.failed(&due[0], &failure(DAY)).unwrap(), Aftermath::Elsewhere);
        assert!(store.move_to(id, &[at(3, 0, 0)]).unwrap());
        let again = store.due(&[3, 4]).unwrap();
        assert_eq!(again.iter().map(|lane| lane.at).collect::<Vec<_>>(), [at(4, 1, 10), at(3, 0, 0)]);
        assert!(store.remove(id).unwrap());
        assert!(!store.moved(&again[1], at(3, 1, 1)).unwrap());
    }
}

#[test]
fn failures_are_counted_until_something_works_or_the_webhook_is_disabled() {
    for world in World::each() {
        let store = &*world.webhooks;
        let id = webhook(1).id;
        store.add(&webhook(1), &[at(3, 5, 50)]).unwrap();
        let lane = || store.lanes(Some(id)).unwrap()[0];
        for attempts in 1..=3 {
            assert_eq!(store.failed(&lane().lane, &failure(DAY)).unwrap(), Aftermath::Again);
            assert_eq!(lane().lane.attempts, attempts);
        }
        assert!(lane().failing_since.is_some());
        assert!(store.moved(&lane().lane, at(3, 6, 60)).unwrap());
        assert_eq!((lane().lane.attempts, lane().failing_since), (0, None));
        let later = Failure { after: DAY, ..failure(DAY) };
        assert_eq!(store.failed(&lane().lane, &later).unwrap(), Aftermath::Again);
        assert_eq!(store.due(&[3]).unwrap(), [], "its turn comes in a day");
        store.enable(id).unwrap();
        assert_eq!(store.due(&[3]).unwrap().len(), 1, "unless somebody is impatient");
        assert_eq!(store.failed(&lane().lane, &failure(Duration::ZERO)).unwrap(), Aftermath::Disabled);
        assert_eq!(store.due(&[3]).unwrap(), []);
        assert!(!store.moved(&lane().lane, at(3, 7, 70)).unwrap(), "what was under way counts as not taken");
        let disabled = store.one(id).unwrap().unwrap();
        assert_eq!(disabled.problem.as_deref(), Some("it answered 500"));
        assert!(disabled.disabled_at.is_some() && disabled.failed_at.is_some());
        assert!(store.enable(id).unwrap());
        let enabled = store.one(id).unwrap().unwrap();
        assert_eq!((enabled.state, enabled.disabled_at), (WebhookState::Enabled, None));
        assert_eq!(store.due(&[3]).unwrap()[0].at, at(3, 6, 60));
    }
}
