//! The directory changes a member's status; whoever is no longer active loses the seats at once (R26).

use crate::{Event, UserId, UserStatus, draft::Draft};

pub(super) fn run(draft: &mut Draft<'_>, user: &UserId, status: UserStatus) {
    let changes = draft.licensee().roster().member(user).is_some_and(|member| member.status != status);
    if !changes {
        return;
    }
    draft.emit(Event::MemberStatusChanged { user: user.clone(), status });
    if let Some(reason) = status.removal_reason() {
        draft.remove_seats_of(user, reason);
    }
}
