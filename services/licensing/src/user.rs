//! A user of the directory: one status, the same for every licensee (R29).

use serde::{Deserialize, Serialize};

use crate::UserStatus;

/// What the directory says of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserCommand {
    /// The user's status is now this one.
    SetStatus(UserStatus),
}

/// What happened to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserEvent {
    /// Blocked by an administrator.
    UserBlocked,
    /// Banned for abuse.
    UserBanned,
    /// Put to sleep.
    UserDeactivated,
    /// Active again.
    UserReactivated,
    /// Gone for good; name, user name and e-mail address are erased.
    UserDeleted,
}

impl UserEvent {
    /// The short name, such as `UserBlocked`.
    pub const fn name(self) -> &'static str {
        match self {
            UserEvent::UserBlocked => "UserBlocked",
            UserEvent::UserBanned => "UserBanned",
            UserEvent::UserDeactivated => "UserDeactivated",
            UserEvent::UserReactivated => "UserReactivated",
            UserEvent::UserDeleted => "UserDeleted",
        }
    }

    /// The status that the event sets.
    pub const fn status(self) -> UserStatus {
        match self {
            UserEvent::UserBlocked => UserStatus::Blocked,
            UserEvent::UserBanned => UserStatus::Banned,
            UserEvent::UserDeactivated => UserStatus::Deactivated,
            UserEvent::UserReactivated => UserStatus::Active,
            UserEvent::UserDeleted => UserStatus::Deleted,
        }
    }

    const fn setting(status: UserStatus) -> Self {
        match status {
            UserStatus::Active => UserEvent::UserReactivated,
            UserStatus::Blocked => UserEvent::UserBlocked,
            UserStatus::Banned => UserEvent::UserBanned,
            UserStatus::Deactivated => UserEvent::UserDeactivated,
            UserStatus::Deleted => UserEvent::UserDeleted,
        }
    }
}

/// A user of the directory. One nobody has spoken of is active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    status: UserStatus,
}

impl Default for User {
    fn default() -> Self {
        Self { status: UserStatus::Active }
    }
}

impl User {
    /// A user with this status, however they came to it.
    pub const fn with_status(status: UserStatus) -> Self {
        Self { status }
    }

    /// The status.
    pub const fn status(&self) -> UserStatus {
        self.status
    }

    /// Folds an event.
    pub const fn evolve(&mut self, event: UserEvent) {
        self.status = event.status();
    }
}

/// What follows from what the directory says: nothing if the user has that status already, or is gone for good (R29).
pub fn decide_user(user: &User, command: UserCommand) -> Option<UserEvent> {
    let UserCommand::SetStatus(status) = command;
    let changes = user.status != status && user.status != UserStatus::Deleted;
    changes.then(|| UserEvent::setting(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user_after(events: &[UserEvent]) -> User {
        let mut user = User::default();
        events.iter().for_each(|event| user.evolve(*event));
        user
    }

    #[test]
    fn r29_reactivation_makes_active_and_deleted_is_final() {
        let blocked = user_after(&[UserEvent::UserBlocked]);
        assert_eq!(decide_user(&blocked, UserCommand::SetStatus(UserStatus::Active)), Some(UserEvent::UserReactivated));
        assert_eq!(decide_user(&blocked, UserCommand::SetStatus(UserStatus::Blocked)), None);
        let deleted = user_after(&[UserEvent::UserDeleted]);
        assert_eq!(decide_user(&deleted, UserCommand::SetStatus(UserStatus::Active)), None);
    }
}
