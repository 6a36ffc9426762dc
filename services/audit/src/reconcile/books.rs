//! What the journal says of each licensee's purchases, and since which event.

use std::{collections::BTreeMap, sync::Arc};

use contract::{
    event::{self, StreamEvent},
    proto::journal::{Event as Recorded, record::Kind},
};
use journal::{Journal, Position};
use licensing::{Account, Event, Instant, LicenseeId};
use serde::Serialize;

use super::Terms;
use crate::{
    AuditError,
    replay::{self, ReadCommit, Replay},
    walk,
};

/// An event that changed what is sold to a licensee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Where it lies: shard and position.
    pub position: String,
    /// The licensee's version with it.
    pub version: u64,
    /// The short name of its type, such as `SeatQuantityChanged`.
    pub r#type: &'static str,
    /// When it took effect.
    pub effective_at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Who is behind it.
    pub actor: String,
    /// The command that caused it.
    pub command_id: String,
}

/// What a licensee has from an event on; `None` before its first subscription.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) cause: Arc<Cause>,
    pub(crate) terms: Option<Terms>,
}

/// A licensee's account, with every change of what was sold.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) account: Account,
    pub(crate) entries: Vec<Entry>,
}

/// The books of all licensees. They grow with what billing did, not with seats and members.
#[derive(Debug, Default)]
pub struct Books(pub(crate) BTreeMap<LicenseeId, Book>);

impl Books {
    /// Replays the journal, and takes what had taken effect by `as_of`; all of it without. `tell` hears how many commits are
    /// done.
    ///
    /// # Errors
    /// [`AuditError::Difference`] for a journal that is not sound, or what stood in the way of reading it.
    pub fn of(journal: &dyn Journal, as_of: Option<Instant>, tell: &mut dyn FnMut(u64)) -> Result<Self, AuditError> {
        let mut books = Self::default();
        let mut replay = Replay::new(journal.shard_count());
        for end in journal.heads()? {
            walk::to(journal, &mut replay, end, |replay, stored| {
                let commit = replay::read(stored)?;
                replay.take(stored, &commit)?;
                books.take_commit(&commit, as_of);
                tell(replay.counts.commits);
                Ok(())
            })?;
        }
        Ok(books)
    }

    fn take_commit(&mut self, commit: &ReadCommit, as_of: Option<Instant>) {
        for (position, kind) in &commit.records {
            let Kind::Event(recorded) = kind else { continue };
            // What can't be read was found by the replay before.
            let Ok(StreamEvent::Licensee { licensee, event }) = event::decode_recorded(recorded) else {
                continue;
            };
            let Some(cause) = Cause::of(*position, recorded, &event) else { continue };
            if as_of.is_none_or(|as_of| cause.effective_at <= as_of) {
                self.take(&licensee, &event, cause);
            }
        }
    }

    fn take(&mut self, licensee: &LicenseeId, event: &Event, cause: Cause) {
        let book = self.0.entry(licensee.clone()).or_default();
        book.account.evolve(event, cause.effective_at);
        if is_of_members(event) {
            return;
        }
        let terms = Terms::of(&book.account);
        if book.entries.last().is_none_or(|entry| entry.terms != terms) {
            book.entries.push(Entry { cause: Arc::new(cause), terms });
        }
    }
}

impl Cause {
    fn of(position: Position, recorded: &Recorded, event: &Event) -> Option<Self> {
        Some(Self {
            position: format!("{}-{}", position.shard, position.position),
            version: recorded.version,
            r#type: event.name(),
            effective_at: Instant::from_timestamp_micros(recorded.effective_at_us)?,
            recorded_at: Instant::from_timestamp_micros(recorded.recorded_at_us)?,
            actor: recorded.actor.clone(),
            command_id: recorded.command_id.clone(),
        })
    }
}

/// Whether an event is about members and seats, which change nothing that is sold.
const fn is_of_members(event: &Event) -> bool {
    matches!(
        event,
        Event::SeatAssigned { .. }
            | Event::SeatRemoved { .. }
            | Event::SeatsRetained { .. }
            | Event::SeatsRestored { .. }
            | Event::MemberAdded { .. }
            | Event::MemberUpdated { .. }
            | Event::MemberRemoved { .. }
            | Event::MemberStatusChanged { .. }
    )
}
