//! Making a seal.

use contract::event::StreamName;
use journal::Journal;
use licensing::{Instant, LicenseeId};

use super::{
    Algorithm, Contents, Hex, SEAL_FORMAT, SEAL_VERSION, STREAMS_MAX, Seal, SealError, SealedStream, ShardEnd,
    Signature, SignedSeal, SigningKey, store_name,
};
use crate::{
    AuditError,
    replay::{self, Replay},
    walk,
};

/// Replays the journal up to where it ends now, and seals what is found sound; `tell` hears how many commits are done.
///
/// # Errors
/// [`AuditError::Difference`] for a journal that is not sound, or what stood in the way of reading it.
pub fn seal(
    journal: &dyn Journal,
    store: &[u8],
    made_at: Instant,
    tell: &mut dyn FnMut(u64),
) -> Result<Seal, AuditError> {
    let mut replay = Replay::new(journal.shard_count());
    for end in journal.heads()? {
        walk::to(journal, &mut replay, end, |replay, stored| {
            replay.take(stored, &replay::read(stored)?)?;
            tell(replay.counts.commits);
            Ok(())
        })?;
    }
    Ok(seal_of(&replay, store_name(store), made_at, None)?)
}

/// The seal of what was replayed; of a bundle, of the streams that are in it.
pub(crate) fn seal_of(
    replay: &Replay,
    store: String,
    made_at: Instant,
    contents: Option<Contents>,
) -> Result<Seal, SealError> {
    let licensees = contents.as_ref().and_then(|contents| contents.licensees.as_deref());
    let mut streams = Vec::new();
    for (name, end) in &replay.streams {
        let stream: StreamName = name.parse().map_err(SealError::StreamName)?;
        if is_in(&stream, licensees) {
            streams.push(SealedStream { hash: Hex(end.hash), stream, version: end.version });
        }
    }
    if streams.len() > STREAMS_MAX {
        return Err(SealError::TooManyStreams);
    }
    streams.sort_unstable_by(|one, other| one.stream.cmp(&other.stream));
    let shards = replay.heads.iter().zip(&replay.commit_hashes).map(|(head, hash)| ShardEnd {
        commits: head.commit_number,
        hash: Hex(*hash),
        position: head.position,
        shard: head.shard,
    });
    Ok(Seal {
        contents,
        events: replay.counts.events,
        format: SEAL_FORMAT.to_owned(),
        made_at,
        shards: shards.collect(),
        store,
        streams,
        version: SEAL_VERSION,
    })
}

/// Whether a stream belongs to what was asked for.
fn is_in(stream: &StreamName, licensees: Option<&[LicenseeId]>) -> bool {
    match (licensees, stream) {
        (None, _) => true,
        (Some(licensees), StreamName::Licensee(licensee)) => licensees.contains(licensee),
        (Some(_), StreamName::User(_)) => false,
    }
}

impl Seal {
    /// Signs it.
    ///
    /// # Errors
    /// [`AuditError::Key`] where OpenSSL can't.
    pub fn sign(self, key: &SigningKey) -> Result<SignedSeal, AuditError> {
        let (public_key, value) = (key.public()?, key.sign(&self.canonical()?)?);
        Ok(SignedSeal { seal: self, signature: Signature { algorithm: Algorithm::Ed25519, public_key, value } })
    }
}
