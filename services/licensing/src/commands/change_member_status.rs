//! The directory changes a member's status; whoever is no longer active loses the seats at once (R26, R29).

use crate::{Event, UserId, UserStatus, draft::Draft};

pub(super) fn run(draft: &mut Draft<'_>, user: &UserId, status: UserStatus) {
    let Some(member) = draft.licensee().roster().member(user) else { return };
    // Deleted is final (R29).
    if member.status == status || member.status == UserStatus::Deleted {
        return;
    }
    draft.emit(Event::MemberStatusChanged { user: user.clone(), status });
    if let Some(reason) = status.removal_reason() {
        draft.remove_seats_of(user, reason);
    }
}
