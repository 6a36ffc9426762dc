//! Commits to try a store with.

use std::collections::HashMap;

use contract::proto::journal::{Commit, Event, NextTimer, Outcome, Record, Usage, record::Kind};
use journal::{Concern, EventReader, EventReading, Head, MembershipChange, NewCommit, chain};
use licensing::Instant;

const ADDED: &str = "usher.licensing.v1.MemberAdded";
const REMOVED: &str = "usher.licensing.v1.MemberRemoved";

/// An instant, by microseconds.
pub fn at(us: i64) -> Instant {
    Instant::from_timestamp_micros(us).unwrap()
}

/// An event; its hash is set when it is put into a commit.
pub fn event(stream: &str, version: u64) -> Kind {
    Kind::Event(Event {
        stream: stream.into(),
        version,
        id: version.to_be_bytes().repeat(2),
        r#type: "usher.licensing.v1.SeatAssigned".into(),
        schema_version: 1,
        effective_at_us: 1_000 + i64::try_from(version).unwrap(),
        recorded_at_us: 2_000,
        command_id: format!("billing#{stream}-{version}"),
        actor: "somebody".into(),
        data: format!("{stream} {version} ").repeat(5).into_bytes(),
        ..Event::default()
    })
}

/// A member comes or goes; `data` is just `user` here.
pub fn member_event(licensee: &str, version: u64, user: &str, is_added: bool) -> Kind {
    let Kind::Event(event) = event(&format!("licensee/{licensee}"), version) else { unreachable!() };
    let r#type = if is_added { ADDED } else { REMOVED };
    Kind::Event(Event { r#type: r#type.into(), data: user.as_bytes().to_vec(), ..event })
}

/// Reads what [`event`] and [`member_event`] made: that concerns everybody, this a user. The small state of a stream is the
/// versions of its events, in a row.
pub const READER: EventReader = EventReader { read, fold_block };

fn read(event: &Event) -> EventReading {
    let membership = membership_of(event);
    let concern = match &membership {
        Some(MembershipChange::Added { user, .. } | MembershipChange::Removed { user, .. }) => {
            Some(Concern::User(user.clone()))
        }
        None => event.stream.starts_with("licensee/").then_some(Concern::Everybody),
    };
    EventReading { membership, concern }
}

fn fold_block(before: Option<&[u8]>, events: &[Event]) -> Option<Vec<u8>> {
    let is_folded = events.iter().all(|event| event.stream.starts_with("licensee/"));
    let versions = events.iter().flat_map(|event| event.version.to_be_bytes());
    is_folded.then(|| before.unwrap_or_default().iter().copied().chain(versions).collect())
}

/// Reads what [`member_event`] made.
pub fn membership_of(event: &Event) -> Option<MembershipChange> {
    let licensee = event.stream.strip_prefix("licensee/")?.to_owned();
    let user = String::from_utf8(event.data.clone()).ok()?;
    match event.r#type.as_str() {
        ADDED => Some(MembershipChange::Added { user, licensee }),
        REMOVED => Some(MembershipChange::Removed { user, licensee }),
        _ => None,
    }
}

pub fn outcome(command_id: &str) -> Kind {
    Kind::Outcome(Outcome {
        command_id: command_id.into(),
        digest: vec![7; 32],
        r#type: "usher.seats.v1.AssignSeats".into(),
        actor: "somebody".into(),
        licensee: "acme".into(),
        recorded_at_us: 2_000,
        events: 1,
        ..Outcome::default()
    })
}

pub fn usage(user: &str, used_at_us: i64) -> Kind {
    Kind::Usage(Usage { user: user.into(), used_at_us })
}

pub fn timer(licensee: &str, due_at_us: Option<i64>) -> NextTimer {
    NextTimer { licensee: licensee.into(), due_at_us }
}

/// Makes commits that follow each other, with chained events.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    heads: HashMap<u16, Head>,
    chains: HashMap<String, chain::Hash>,
    rounds: u64,
}

impl Sample {
    pub fn commit(&mut self, shard: u16, kinds: Vec<Kind>) -> NewCommit {
        self.commit_with_timers(shard, kinds, vec![])
    }

    pub fn commit_with_timers(&mut self, shard: u16, kinds: Vec<Kind>, timers: Vec<NextTimer>) -> NewCommit {
        let records = kinds.into_iter().map(|kind| Record { kind: Some(self.chained(kind)) }).collect();
        let head = self.heads.entry(shard).or_insert(Head { shard, commit_number: 0, position: 0 });
        let recorded_at = at(2_000 + i64::try_from(head.commit_number).unwrap());
        let commit = NewCommit::following(*head, &Commit { records, timers }, recorded_at);
        *head = commit.head();
        commit
    }

    /// A commit with every kind of record on each of three shards.
    pub fn next_round(&mut self) -> Vec<NewCommit> {
        let round = self.rounds;
        self.rounds += 1;
        (0..3).map(|shard| self.commit_of_everything(shard, round)).collect()
    }

    fn commit_of_everything(&mut self, shard: u16, round: u64) -> NewCommit {
        let stream = format!("licensee/{shard}");
        let moment = i64::try_from(round).unwrap();
        let kinds = vec![
            event(&stream, 3 * round + 1),
            event(&stream, 3 * round + 2),
            outcome(&format!("command-{shard}-{round}")),
            member_event(&shard.to_string(), 3 * round + 3, &format!("u-{}", round % 7), round % 3 != 2),
            usage(&format!("u-{}", round % 5), 1_000 - moment),
            event(&format!("user/{shard}-{round}"), 1),
            // Used in every shard: the one that was recorded last must be found.
            Kind::Outcome(Outcome {
                command_id: format!("shared-{round}"),
                recorded_at_us: (moment * 7 + i64::from(shard) * 5) % 11,
                ..Outcome::default()
            }),
        ];
        let due_at_us = (round % 4 != 3).then_some(moment * 10);
        self.commit_with_timers(shard, kinds, vec![timer(&format!("{shard}-{}", round % 6), due_at_us)])
    }

    fn chained(&mut self, kind: Kind) -> Kind {
        let Kind::Event(event) = kind else { return kind };
        let previous = self.chains.entry(event.stream.clone()).or_insert(chain::START);
        *previous = chain::hash(previous, &event);
        Kind::Event(Event { hash: previous.to_vec(), ..event })
    }
}
