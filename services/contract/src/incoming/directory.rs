//! What the user directory sends.

use licensing::{Command, Role, UserStatus, UserType};

use super::{
    Details, Request,
    fields::{self, Fields},
    malformed::Malformed,
    message::Inbound,
};
use crate::proto::directory::{
    MemberAdded, MemberRemoved, UserBanned, UserBlocked, UserDeactivated, UserDeleted, UserReactivated,
};

impl Inbound for MemberAdded {
    const TYPE_NAME: &'static str = "usher.directory.v1.MemberAdded";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let user = fields.required("user", self.user, fields::user)?;
        let details = Details::Person {
            user: user.clone(),
            username: fields.required("username", self.username, fields::name)?,
            name: fields.required("name", self.name, fields::name)?,
            email: fields.required("email", self.email, fields::name)?,
        };
        let command = Command::AddMember {
            user,
            role: fields.required("role", self.role, fields::word::<Role>)?,
            user_type: fields.required("type", self.r#type, fields::word::<UserType>)?,
            // Only who holds the details so far can tell.
            details_changed: false,
        };
        Ok(Request::Licensee { licensee, command, details: Some(details) })
    }
}

impl Inbound for MemberRemoved {
    const TYPE_NAME: &'static str = "usher.directory.v1.MemberRemoved";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let user = fields.required("user", self.user, fields::user)?;
        Ok(Request::Licensee { licensee, command: Command::RemoveMember { user }, details: None })
    }
}

macro_rules! user_statuses {
    ($($message:ident = $type_name:literal => $status:ident),+ $(,)?) => {
        $(impl Inbound for $message {
            const TYPE_NAME: &'static str = $type_name;

            fn into_request(self) -> Result<Request, Malformed> {
                let fields = Fields::of::<Self>();
                let user = fields.required("user", self.user, fields::user)?;
                let reason = fields.optional("reason", self.reason, fields::reason)?;
                Ok(Request::UserStatus { user, status: UserStatus::$status, reason })
            }
        })+
    };
}

user_statuses!(
    UserBlocked = "usher.directory.v1.UserBlocked" => Blocked,
    UserBanned = "usher.directory.v1.UserBanned" => Banned,
    UserDeactivated = "usher.directory.v1.UserDeactivated" => Deactivated,
    UserReactivated = "usher.directory.v1.UserReactivated" => Active,
    UserDeleted = "usher.directory.v1.UserDeleted" => Deleted,
);
