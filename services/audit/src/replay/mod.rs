//! The journal, replayed: what should follow from it, folded by the domain itself.

mod commit;
mod known;
mod sealed;
mod times;

use std::collections::{BTreeMap, HashMap};

use journal::{COMMIT_START, Head, Position, chain};
use licensing::{Account, Instant, LicenseeId, RemovalReason, UserId};

use crate::Place;

pub(crate) use commit::{ReadCommit, read};
pub(crate) use known::{KeptAs, KnownLicensee, KnownUser, StateMark, is_latest};
pub(crate) use sealed::Sealed;
pub(crate) use times::StreamTimes;

/// What follows from the commits so far.
#[derive(Default)]
pub(crate) struct Replay {
    /// How far it is, in the order of the shards.
    pub(crate) heads: Vec<Head>,
    /// The hash over all commits so far, in the order of the shards.
    pub(crate) commit_hashes: Vec<chain::Hash>,
    /// What has to be met on the way.
    pub(crate) sealed: Sealed,
    /// The end of each stream, by its name.
    pub(crate) streams: HashMap<String, StreamEnd>,
    /// The times of each stream's events, by its name.
    pub(crate) times: HashMap<String, StreamTimes>,
    pub(crate) licensees: BTreeMap<LicenseeId, KnownLicensee>,
    /// Everybody who was ever named as a member, in a status or in a use.
    pub(crate) users: BTreeMap<UserId, KnownUser>,
    /// When time alone changes each licensee next, as recorded.
    pub(crate) next_due: BTreeMap<String, Instant>,
    /// States that somebody kept and that the fold has not come to yet, the latest of each licensee first.
    pub(crate) kept_states: BTreeMap<LicenseeId, Vec<StateMark>>,
    /// The accounts of licensees behind whole blocks of their events that nobody has compared yet; `None` for whoever has
    /// nothing to compare them with.
    pub(crate) block_accounts: Option<Vec<BlockAccount>>,
    pub(crate) counts: Counts,
}

/// The account of a licensee behind a whole block of its events.
pub(crate) struct BlockAccount {
    pub(crate) place: Place,
    pub(crate) stream: String,
    pub(crate) account: Account,
}

/// The end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamEnd {
    pub(crate) version: u64,
    pub(crate) hash: chain::Hash,
}

/// Numbers over everything.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) commits: u64,
    pub(crate) events: u64,
    pub(crate) refusals: u64,
    /// The same by code.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Refusals that name a licensee, by shard.
    pub(crate) named_refusals: BTreeMap<u16, u64>,
    pub(crate) removals: BTreeMap<RemovalReason, u64>,
}

impl Replay {
    /// Of a store with so many shards, before its first commit.
    pub(crate) fn new(shards: u16) -> Self {
        let heads = (0..shards).map(|shard| Head { shard, commit_number: 0, position: 0 }).collect();
        Self { heads, commit_hashes: vec![COMMIT_START; usize::from(shards)], ..Self::default() }
    }

    /// As [`new`](Self::new), to be held against a seal.
    pub(crate) fn against(sealed: Sealed, shards: u16) -> Self {
        Self { sealed, ..Self::new(shards) }
    }

    /// How far a shard is.
    pub(crate) fn head(&self, shard: u16) -> Head {
        let start = Head { shard, commit_number: 0, position: 0 };
        self.heads.get(usize::from(shard)).copied().unwrap_or(start)
    }

    pub(crate) fn shards(&self) -> u16 {
        u16::try_from(self.heads.len()).unwrap_or(u16::MAX)
    }

    fn user(&mut self, user: &UserId) -> &mut KnownUser {
        self.users.entry(user.clone()).or_default()
    }

    fn licensee(&mut self, licensee: &LicenseeId, position: Position) -> &mut KnownLicensee {
        let known = self.licensees.entry(licensee.clone()).or_insert_with(|| KnownLicensee::new(position));
        known.last = position;
        known
    }
}
