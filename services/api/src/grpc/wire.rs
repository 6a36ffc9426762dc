//! Checks and answers in their protobuf messages.

use contract::timestamp::Timestamp;
use licensing::{
    FeatureId, UserId,
    access::{Access, AccessGrant, Reason},
};
use past::Moment;

use super::proto;
use crate::{access_check::AccessCheck, problem::Problem};

/// A check, and what has to be seen of the changes before it.
pub(super) struct Question {
    pub(super) check: AccessCheck,
    /// The position that some change answered with, as it was sent.
    pub(super) min_position: Option<String>,
}

impl TryFrom<proto::CheckAccessRequest> for Question {
    type Error = Problem;

    fn try_from(request: proto::CheckAccessRequest) -> Result<Self, Problem> {
        let proto::CheckAccessRequest { user, feature, as_of, as_known_at, min_position } = request;
        let instant = |name: &str, time: Option<Timestamp>| {
            let invalid = || Problem::malformed(format!("{name} is not valid: use a time of the years 1 to 9999"));
            time.map(|time| time.to_instant().ok_or_else(invalid)).transpose()
        };
        let moment = Moment { as_of: instant("as_of", as_of)?, as_known_at: instant("as_known_at", as_known_at)? };
        let check = AccessCheck {
            user: UserId::parse(&user).map_err(|invalid| Problem::malformed(invalid.to_string()))?,
            feature: FeatureId::new(&feature),
            moment: Some(moment).filter(|moment| !moment.is_now()),
        };
        Ok(Self { check, min_position })
    }
}

impl From<Access> for proto::CheckAccessResponse {
    fn from(access: Access) -> Self {
        let Access { allowed, reason, grants } = access;
        let grants = grants.into_iter().map(proto::Grant::from).collect();
        Self { allowed, reason: proto::Reason::from(reason).into(), grants }
    }
}

impl From<AccessGrant> for proto::Grant {
    fn from(AccessGrant { licensee, add_on }: AccessGrant) -> Self {
        Self { licensee: licensee.as_str().to_owned(), add_on: add_on.map(|add_on| add_on.as_str().to_owned()) }
    }
}

impl From<Reason> for proto::Reason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Seat => Self::Seat,
            Reason::Included => Self::Included,
            Reason::UserNotActive => Self::UserNotActive,
            Reason::FeatureNotInAddOn => Self::FeatureNotInAddOn,
            Reason::Grace => Self::Grace,
            Reason::NoSeat => Self::NoSeat,
        }
    }
}

impl From<Result<Access, Problem>> for proto::StreamAccessResponse {
    fn from(answer: Result<Access, Problem>) -> Self {
        let outcome = match answer {
            Ok(access) => proto::stream_access_response::Outcome::Access(access.into()),
            Err(problem) => proto::stream_access_response::Outcome::Problem(problem.into()),
        };
        Self { outcome: Some(outcome) }
    }
}
