//! Events of members, to and from the wire.

use licensing::{Event, Role, UserId, UserStatus, UserType};

use super::fields::{self, FieldError};
use crate::{borrowed::licensing as borrowed, proto::licensing as wire};

pub(super) fn added(
    licensee: String,
    user: &UserId,
    role: Role,
    user_type: UserType,
    status: UserStatus,
) -> wire::MemberAdded {
    wire::MemberAdded {
        licensee,
        user: user.as_str().into(),
        role: role.as_str().into(),
        r#type: user_type.as_str().into(),
        status: status.as_str().into(),
    }
}

impl TryFrom<borrowed::MemberAdded<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::MemberAdded<'_>) -> Result<Self, FieldError> {
        Ok(Event::MemberAdded {
            user: fields::user(message.user)?,
            role: fields::parsed("role", message.role)?,
            user_type: fields::parsed("type", message.r#type)?,
            status: fields::parsed("status", message.status)?,
        })
    }
}

pub(super) fn updated(licensee: String, user: &UserId, role: Role, user_type: UserType) -> wire::MemberUpdated {
    wire::MemberUpdated {
        licensee,
        user: user.as_str().into(),
        role: role.as_str().into(),
        r#type: user_type.as_str().into(),
    }
}

impl TryFrom<borrowed::MemberUpdated<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::MemberUpdated<'_>) -> Result<Self, FieldError> {
        Ok(Event::MemberUpdated {
            user: fields::user(message.user)?,
            role: fields::parsed("role", message.role)?,
            user_type: fields::parsed("type", message.r#type)?,
        })
    }
}

impl TryFrom<borrowed::MemberRemoved<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::MemberRemoved<'_>) -> Result<Self, FieldError> {
        Ok(Event::MemberRemoved { user: fields::user(message.user)? })
    }
}

pub(super) fn status_changed(licensee: String, user: &UserId, status: UserStatus) -> wire::MemberStatusChanged {
    wire::MemberStatusChanged { licensee, user: user.as_str().into(), status: status.as_str().into() }
}

impl TryFrom<borrowed::MemberStatusChanged<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::MemberStatusChanged<'_>) -> Result<Self, FieldError> {
        Ok(Event::MemberStatusChanged {
            user: fields::user(message.user)?,
            status: fields::parsed("status", message.status)?,
        })
    }
}
