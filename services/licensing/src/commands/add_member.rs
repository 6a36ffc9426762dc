//! A member joins, or changes (R26, R29).

use crate::{Event, RemovalReason, Role, UserId, UserStatus, UserType, draft::Draft};

pub(super) fn run(draft: &mut Draft<'_>, user: &UserId, role: Role, user_type: UserType, details_changed: bool) {
    let Some(member) = draft.licensee().roster().member(user) else {
        // Whoever was blocked before joining is blocked on joining.
        let status = draft.context().facts.user_status(user);
        draft.emit(Event::MemberAdded { user: user.clone(), role, user_type, status });
        return;
    };
    // Whoever is gone for good has nothing left to change (R29).
    if member.status == UserStatus::Deleted {
        return;
    }
    if member.role == role && member.user_type == user_type && !details_changed {
        return;
    }
    draft.emit(Event::MemberUpdated { user: user.clone(), role, user_type });
    let offering = draft.account().offering();
    let may_hold = draft.licensee().roster().member(user).is_some_and(|member| member.may_hold(offering));
    if !may_hold {
        draft.remove_seats_of(user, RemovalReason::RoleIneligible);
    }
}
