//! What a seal says, in the form in which a replay meets it.

use std::collections::HashMap;

use chrono::SecondsFormat;
use contract::{event::StreamName, proto::journal::Event};
use journal::{StoredCommit, chain, shard_of};

use super::{Replay, StreamEnd};
use crate::{AuditError, Hex, Part, Place, Seal, SealedStream, ShardEnd, Since, error::differs, seal::store_name};

/// What a replay has to meet on its way; nothing without a seal.
#[derive(Default)]
pub(crate) struct Sealed {
    shards: Vec<ShardEnd>,
    streams: HashMap<String, StreamEnd>,
    /// Whether every stream that there was is named.
    is_of_all: bool,
    events: u64,
    made_at: String,
}

impl Sealed {
    /// What a seal says of this store.
    pub(crate) fn of(seal: &Seal, store: &[u8], shards: u16) -> Result<Self, AuditError> {
        let wrong = |field, found: String, expected: String| {
            differs(Part::Seal, Place::default(), field, found, format!("{expected}, as the store has"))
        };
        let store = store_name(store);
        if seal.store != store {
            return Err(wrong("store", seal.store.clone(), store));
        }
        let in_order = (0..shards).eq(seal.shards.iter().map(|end| end.shard));
        if !in_order {
            return Err(wrong("shards", seal.shards.len().to_string(), format!("{shards} in their order")));
        }
        let stream = |sealed: &SealedStream| {
            (sealed.stream.to_string(), StreamEnd { version: sealed.version, hash: sealed.hash.0 })
        };
        Ok(Self {
            shards: seal.shards.clone(),
            streams: seal.streams.iter().map(stream).collect(),
            is_of_all: seal.contents.as_ref().is_none_or(|contents| contents.licensees.is_none()),
            events: seal.events,
            made_at: seal.made_at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        })
    }

    fn shard(&self, shard: u16) -> Option<&ShardEnd> {
        self.shards.get(usize::from(shard))
    }
}

impl Replay {
    /// An event that the seal vouches for is the very one.
    pub(crate) fn check_sealed_event(
        &self,
        record: &Event,
        hash: &chain::Hash,
        place: &Place,
    ) -> Result<(), AuditError> {
        let Some(sealed) = self.sealed.streams.get(&record.stream) else { return Ok(()) };
        if sealed.version != record.version || sealed.hash == *hash {
            return Ok(());
        }
        let field = "hash at the seal, over this event and all before it";
        let expected = format!("{} as sealed at {}", Hex(sealed.hash), self.sealed.made_at);
        Err(differs(Part::Journal, place.clone(), field, Hex(*hash), expected))
    }

    /// With the last commit that the seal vouches for, the shard is what it was.
    pub(crate) fn check_sealed_commit(&self, stored: &StoredCommit) -> Result<(), AuditError> {
        let Some(sealed) = self.sealed.shard(stored.shard).filter(|end| end.commits == stored.number) else {
            return Ok(());
        };
        let Some(hash) = self.commit_hashes.get(usize::from(stored.shard)) else { return Ok(()) };
        if sealed.hash.0 == *hash && sealed.position == self.head(stored.shard).position {
            return Ok(());
        }
        self.check_sealed_streams(stored.shard)?;
        let place = Place::of_commit(stored.shard, stored.number);
        let field = "hash over commits 1 to this one (an outcome, a use, a time or the place of a record)";
        let expected = format!("{} as sealed at {}", sealed.hash, self.sealed.made_at);
        Err(differs(Part::Journal, place, field, Hex(*hash), expected))
    }

    /// Names the first stream of a shard that does not end where it did when the shard was sealed.
    fn check_sealed_streams(&self, shard: u16) -> Result<(), AuditError> {
        let is_here = |name: &&String| shard_of_stream(name, self.shards()) == Some(shard);
        let known = self.sealed.streams.keys().chain(self.streams.keys().filter(|_| self.sealed.is_of_all));
        let mut names: Vec<&String> = known.filter(is_here).collect();
        names.sort_unstable();
        for name in names {
            let version = |end: Option<&StreamEnd>| end.map_or(0, |end| end.version);
            let (found, expected) = (version(self.streams.get(name)), version(self.sealed.streams.get(name)));
            if found != expected {
                let place = Place { shard: Some(shard), ..Place::of_stream(name) };
                let expected = format!("{expected} as sealed at {}", self.sealed.made_at);
                return Err(differs(Part::Journal, place, "last version at the seal", found, expected));
            }
        }
        Ok(())
    }

    /// At the end: everything that was sealed was met. Gives what came after it.
    pub(crate) fn check_seal_is_met(&self) -> Result<Since, AuditError> {
        for sealed in &self.sealed.shards {
            let head = self.head(sealed.shard);
            if head.commit_number < sealed.commits {
                self.check_sealed_streams(sealed.shard)?;
                let expected = format!("{} at least, as sealed at {}", sealed.commits, self.sealed.made_at);
                let place = Place::of_shard(sealed.shard);
                return Err(differs(Part::Journal, place, "last commit", head.commit_number, expected));
            }
        }
        let mut streams: Vec<_> = self.sealed.streams.iter().collect();
        streams.sort_unstable_by_key(|(name, _)| *name);
        for (name, sealed) in streams {
            let version = self.streams.get(name).map_or(0, |end| end.version);
            if version < sealed.version {
                let expected = format!("{} at least, as sealed at {}", sealed.version, self.sealed.made_at);
                return Err(differs(Part::Journal, Place::of_stream(name), "last version", version, expected));
            }
        }
        let sealed_commits: u64 = self.sealed.shards.iter().map(|end| end.commits).sum();
        Ok(Since {
            commits: self.counts.commits.saturating_sub(sealed_commits),
            events: self.counts.events.saturating_sub(self.sealed.events),
        })
    }
}

fn shard_of_stream(name: &str, shards: u16) -> Option<u16> {
    Some(match name.parse().ok()? {
        StreamName::Licensee(licensee) => shard_of(licensee.as_str(), shards),
        StreamName::User(user) => shard_of(user.as_str(), shards),
    })
}
