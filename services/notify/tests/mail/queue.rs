//! What a queue keeps, wherever it is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use journal::{Head, Position};
use licensing::Instant;
use notify::mail::{MailCounts, MailQueue, MailState, MailsQuery, NewMail, Settled, Which};
use uuid::Uuid;

use crate::world::World;

const HELD: Duration = Duration::from_secs(600);

fn at(shard: u16, commit_number: u64) -> Head {
    Head { shard, commit_number, position: commit_number * 10 }
}

fn moment() -> Instant {
    DateTime::<Utc>::from_timestamp_micros(1_700_000_000_000_000).unwrap()
}

fn mail(number: u128, shard: u16) -> NewMail {
    NewMail {
        event: Uuid::from_u128(number),
        position: Position { shard, position: u64::try_from(number).unwrap() },
        licensee: "acme".into(),
        user: format!("u-{number}"),
        product: "duo".into(),
        add_on: "duo_pro".into(),
        assigned_at: moment(),
    }
}

fn claimed(queue: &dyn MailQueue, shards: &[u16]) -> Option<u128> {
    queue.claim(shards, HELD).unwrap().map(|claimed| claimed.mail.event.as_u128())
}

#[test]
fn a_shard_begins_once_and_goes_on_only_from_where_it_is() {
    for world in World::each() {
        let queue = &*world.queue;
        queue.begin(&[at(1, 5), at(2, 7)]).unwrap();
        queue.begin(&[at(1, 9), at(3, 1)]).unwrap();
        assert_eq!(queue.positions(&[1, 2, 3, 4]).unwrap(), [at(1, 5), at(2, 7), at(3, 1)]);
        assert_eq!(queue.positions(&[2]).unwrap(), [at(2, 7)]);
        assert!(queue.take_in(at(1, 5), at(1, 6), &[mail(1, 1)]).unwrap());
        assert!(!queue.take_in(at(1, 5), at(1, 6), &[mail(2, 1)]).unwrap(), "somebody went on with it");
        assert!(!queue.take_in(at(4, 0), at(4, 1), &[mail(3, 4)]).unwrap(), "it never began");
        assert_eq!(queue.positions(&[1]).unwrap(), [at(1, 6)]);
        assert_eq!(queue.count(&[1, 4]).unwrap(), MailCounts { waiting: 1, given_up: 0 });
    }
}

#[test]
fn a_mail_is_claimed_by_one_and_settled_by_whoever_claimed_it_last() {
    for world in World::each() {
        let queue = &*world.queue;
        queue.begin(&[at(1, 0)]).unwrap();
        queue.take_in(at(1, 0), at(1, 1), &[mail(1, 1), mail(2, 1)]).unwrap();
        assert_eq!(claimed(queue, &[]), None, "nothing is ours");
        let first = queue.claim(&[1], Duration::ZERO).unwrap().unwrap();
        assert_eq!((first.mail.clone(), first.claim.attempts, first.is_in_doubt), (mail(1, 1), 1, false));
        assert_eq!(claimed(queue, &[1]), Some(2), "it was due before");
        let again = queue.claim(&[1], HELD).unwrap().unwrap();
        assert_eq!((again.mail.event, again.claim.attempts, again.is_in_doubt), (first.mail.event, 2, true));
        queue.settle(&first.claim, &Settled::Done).unwrap();
        assert_eq!(queue.count(&[1]).unwrap().waiting, 2, "whoever had it before has no say any more");
        queue.settle(&again.claim, &Settled::Again { after: Duration::ZERO, problem: "slow".into() }).unwrap();
        let third = queue.claim(&[1], HELD).unwrap().unwrap();
        assert_eq!((third.claim.attempts, third.is_in_doubt), (3, false));
        queue.settle(&third.claim, &Settled::Done).unwrap();
        assert_eq!(claimed(queue, &[1]), None);
        assert_eq!(queue.count(&[1]).unwrap().waiting, 1);
    }
}

#[test]
fn what_was_given_up_is_listed_page_by_page_and_sent_again() {
    for world in World::each() {
        let queue = &*world.queue;
        queue.begin(&[at(1, 0)]).unwrap();
        queue.take_in(at(1, 0), at(1, 1), &(1..=5).map(|number| mail(number, 1)).collect::<Vec<_>>()).unwrap();
        for _ in 0..3 {
            let claimed = queue.claim(&[1], HELD).unwrap().unwrap();
            queue.settle(&claimed.claim, &Settled::GivenUp { problem: "550".into() }).unwrap();
        }
        assert_eq!(queue.count(&[1]).unwrap(), MailCounts { waiting: 2, given_up: 3 });
        let page = |after: Option<u128>, state, limit| {
            let query = MailsQuery { after: after.map(Uuid::from_u128), state, limit };
            queue.list(&query).unwrap().iter().map(|kept| kept.mail.event.as_u128()).collect::<Vec<_>>()
        };
        assert_eq!(page(None, None, 3), [1, 2, 3]);
        assert_eq!(page(Some(3), None, 3), [4, 5]);
        assert_eq!(page(Some(1), Some(MailState::GivenUp), 9), [2, 3]);
        assert_eq!(page(None, Some(MailState::Waiting), 9), [4, 5]);
        let ids = vec![Uuid::from_u128(2), Uuid::from_u128(4), Uuid::from_u128(77)];
        assert_eq!(queue.retry(&Which::These(ids)).unwrap(), 1, "the others were not given up");
        assert_eq!(queue.retry(&Which::All).unwrap(), 2);
        assert_eq!(queue.count(&[1]).unwrap(), MailCounts { waiting: 5, given_up: 0 });
    }
}
