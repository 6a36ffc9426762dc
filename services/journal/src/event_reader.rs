//! How an index reads events.

use contract::proto::journal::Event;

/// What makes the account behind a block of events out of the one before it and the block.
pub type FoldBlock = fn(Option<&[u8]>, &[Event]) -> Option<Vec<u8>>;

/// How an index reads events, which it does not know itself.
#[derive(Debug, Clone, Copy)]
pub struct EventReader {
    /// What an event tells that the index keeps.
    pub read: fn(&Event) -> EventReading,
    /// The small state of a stream behind a block of its events: what the block before it came to (`None` before the first),
    /// and the block's events in order. `None` of a stream that has no such state, and where an event can't be read.
    pub fold_block: FoldBlock,
}

impl EventReader {
    /// Reads nothing out of any event, for whoever needs no more than the events themselves.
    pub const NOTHING: Self =
        Self { read: |_| EventReading { membership: None, concern: None }, fold_block: |_, _| None };
}

/// What an event tells that the index keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventReading {
    /// Whether someone became a member or ceased to be one.
    pub membership: Option<MembershipChange>,
    /// Whom it concerns; `None` for one that is found by its stream alone.
    pub concern: Option<Concern>,
}

/// Whom an event of a licensee concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concern {
    /// Every member: what was sold.
    Everybody,
    /// One user, by id.
    User(String),
}

/// A change of who is a member of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MembershipChange {
    /// The user is a member from now on.
    Added {
        /// The user id.
        user: String,
        /// The licensee id.
        licensee: String,
    },
    /// The user is no longer a member.
    Removed {
        /// The user id.
        user: String,
        /// The licensee id.
        licensee: String,
    },
}
