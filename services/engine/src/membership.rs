//! Tells the index who is a member of what: the index itself does not know the events.

use contract::{
    event::{StreamEvent, decode},
    proto::journal::Event as Record,
};
use journal::MembershipChange;
use licensing::Event;

/// Whether a stored event made someone a member or ended a membership.
///
/// An event that can't be read changes nothing here; reading its stream tells what is wrong with it.
pub fn membership_of(record: &Record) -> Option<MembershipChange> {
    // Most events are no such change; their names tell without decoding.
    if !record.r#type.ends_with(".MemberAdded") && !record.r#type.ends_with(".MemberRemoved") {
        return None;
    }
    let Ok(StreamEvent::Licensee { licensee, event }) = decode(&record.r#type, record.schema_version, &record.data)
    else {
        return None;
    };
    let licensee = licensee.as_str().to_owned();
    match event {
        Event::MemberAdded { user, .. } => Some(MembershipChange::Added { user: user.as_str().to_owned(), licensee }),
        Event::MemberRemoved { user } => Some(MembershipChange::Removed { user: user.as_str().to_owned(), licensee }),
        _ => None,
    }
}
