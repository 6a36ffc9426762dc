//! Reads of how things were: what of them is HTTP's. The folding is `past`'s.

use axum::{extract::Query, http::Uri};
use chrono::Utc;
use licensing::{FeatureId, Instant, LicenseeId, UserId, access::Access};
use past::{LicenseeThen, Moment};
use views::{LicenseeView, MemberView, MembersQuery, Page, UserView};

use crate::{
    Services,
    problem::{Problem, ProblemCode},
};

/// The parameters by which a read is one of the past.
pub(crate) const MOMENT_PARAMETERS: [&str; 2] = ["as_of", "as_known_at"];

/// Whether a request asks how things were. A query that can't be read asks for nothing.
pub(crate) fn is_of_past(uri: &Uri) -> bool {
    let Ok(Query(parameters)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else { return false };
    parameters.iter().any(|(name, _)| MOMENT_PARAMETERS.contains(&name.as_str()))
}

/// Refuses a moment that has not come, by either clock.
pub(crate) fn check_past(services: &Services, moment: &Moment) -> Result<(), Problem> {
    let later = |name: &str| {
        let detail = format!("{name} is later than now: what will be is not known");
        Err(Problem::new(ProblemCode::MalformedRequest, detail))
    };
    if moment.as_of.is_some_and(|as_of| as_of > services.engine.now()) {
        return later("as_of");
    }
    // What is recorded bears the time of the machine that does it, whatever Usher's clock says.
    if moment.as_known_at.is_some_and(|as_known_at| as_known_at > Utc::now()) {
        return later("as_known_at");
    }
    Ok(())
}

/// Refuses an instant of effective time that has not come.
pub(crate) fn check_as_of(services: &Services, as_of: Instant) -> Result<(), Problem> {
    check_past(services, &Moment { as_of: Some(as_of), as_known_at: None })
}

/// A licensee as it was. Blocks.
pub(crate) fn licensee_at(
    services: &Services,
    licensee: &LicenseeId,
    moment: &Moment,
) -> Result<LicenseeView, Problem> {
    check_past(services, moment)?;
    services.past.licensee_view_at(licensee, moment)?.ok_or_else(Problem::unknown_licensee)
}

/// A page of a licensee's members as they were, if `check` has nothing against showing it of the licensee as it was. Blocks.
pub(crate) fn members_at(
    services: &Services,
    licensee: &LicenseeId,
    moment: &Moment,
    query: &MembersQuery,
    check: impl FnOnce(&LicenseeThen) -> Result<(), Problem>,
) -> Result<Page<MemberView>, Problem> {
    check_past(services, moment)?;
    let then = services.past.licensee_at(licensee, moment)?.ok_or_else(Problem::unknown_licensee)?;
    check(&then)?;
    Ok(services.past.members_of(&then, moment, query)?)
}

/// A user as they were; `None` for one whom nobody had named by then. Blocks.
pub(crate) fn user_at(services: &Services, user: &UserId, moment: &Moment) -> Result<Option<UserView>, Problem> {
    check_past(services, moment)?;
    Ok(services.past.user_view_at(user, moment)?)
}

/// Whether a user might use a feature (R31, R32), through the licensees that the user was a member of then; `None` for one
/// whom nobody had named by then. Blocks.
pub(crate) fn access_at(
    services: &Services,
    user: &UserId,
    feature: &FeatureId,
    moment: &Moment,
) -> Result<Option<Access>, Problem> {
    check_past(services, moment)?;
    Ok(services.past.access_at(user, feature, moment, services.engine.now())?)
}
