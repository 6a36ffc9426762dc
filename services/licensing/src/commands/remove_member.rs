//! A membership ends, and with it the seats (R26).

use super::known_licensee;
use crate::{Event, Refusal, RemovalReason, UserId, draft::Draft};

pub(super) fn run(draft: &mut Draft<'_>, user: &UserId) -> Result<(), Refusal> {
    known_licensee(draft)?;
    if draft.licensee().roster().member(user).is_none() {
        return Ok(());
    }
    draft.emit(Event::MemberRemoved { user: user.clone() });
    draft.remove_seats_of(user, RemovalReason::MembershipRemoved);
    Ok(())
}
