//! What the records of a commit say, read once for everything that is folded from them.

use std::error::Error;

use contract::{
    event::{self, StreamEvent},
    proto::journal as wire,
    stored::{EventRef, OutcomeRef, RecordRef},
};
use journal::{Position, StoredCommit};
use licensing::{Event, Instant, LicenseeId, UserEvent, UserId};

use crate::ViewsError;

/// What a record says.
pub(crate) enum Fact {
    /// Something happened to a licensee; `version` is the one that it has then.
    Licensee { licensee: LicenseeId, event: Event, at: Instant, version: u64 },
    /// Something happened to a user.
    User { user: UserId, event: UserEvent },
    /// A user used Code Suggestions.
    Use { user: UserId, at: Instant },
    /// A command was accepted that named a user.
    Named(UserId),
    /// A command was refused.
    Refused(Box<RefusedCommand>),
    /// Nothing that the views show.
    Nothing,
}

/// A command that was refused, as recorded.
pub(crate) struct RefusedCommand {
    pub(crate) recorded_at: Instant,
    pub(crate) outcome: wire::Outcome,
    pub(crate) refusal: wire::Refusal,
}

/// Why a record cannot be understood.
type RecordError = Box<dyn Error + Send + Sync>;

/// The facts of a commit, each with the position of its record.
pub(crate) fn of(stored: &StoredCommit) -> Result<Vec<(Position, Fact)>, ViewsError> {
    let first = Position { shard: stored.shard, position: stored.first_position };
    let facts = stored.read_records().map(|read| {
        let (position, record) = read.map_err(|cause| unreadable_record(first, cause))?;
        let fact = of_record(record).map_err(|cause| unreadable_record(position, cause))?;
        Ok((position, fact))
    });
    facts.collect()
}

/// The error of a record that cannot be understood.
pub(crate) fn unreadable_record(position: Position, cause: impl Into<RecordError>) -> ViewsError {
    ViewsError::Record { position, source: cause.into() }
}

fn of_record(record: RecordRef<'_>) -> Result<Fact, RecordError> {
    match record {
        RecordRef::Event(event) => of_event(&event),
        RecordRef::Usage(usage) => {
            let at = instant(usage.used_at_us).ok_or("the time of the use is no instant")?;
            Ok(Fact::Use { user: UserId::parse(&usage.user)?, at })
        }
        RecordRef::Outcome(outcome) => of_outcome(outcome),
        // A kind of record that came with a newer program and that these views do not know.
        RecordRef::Unknown => Ok(Fact::Nothing),
    }
}

fn of_event(record: &EventRef<'_>) -> Result<Fact, RecordError> {
    let decoded = event::decode(record.r#type, record.schema_version, record.data)?;
    let at = instant(record.effective_at_us).ok_or("its effective time is no instant")?;
    Ok(match decoded {
        StreamEvent::Licensee { licensee, event } => Fact::Licensee { licensee, event, at, version: record.version },
        StreamEvent::User { user, event } => Fact::User { user, event },
    })
}

fn of_outcome(outcome: OutcomeRef<'_>) -> Result<Fact, RecordError> {
    let mut outcome = outcome.read()?;
    // A refused command changes nothing (R35): a user whom only it named stays unknown.
    if let Some(refusal) = outcome.refusal.take() {
        let recorded_at = instant(outcome.recorded_at_us).ok_or("the time of the outcome is no instant")?;
        return Ok(Fact::Refused(Box::new(RefusedCommand { recorded_at, outcome, refusal })));
    }
    if outcome.user.is_empty() {
        return Ok(Fact::Nothing);
    }
    Ok(Fact::Named(UserId::parse(&outcome.user)?))
}

fn instant(micros: i64) -> Option<Instant> {
    Instant::from_timestamp_micros(micros)
}
