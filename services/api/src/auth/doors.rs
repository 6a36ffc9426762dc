//! What each route needs: the one table of who may do what.

use axum::{
    extract::{FromRequestParts, MatchedPath, Query, RawPathParams},
    http::{Method, Uri, request::Parts},
};
use licensing::LicenseeId;

use super::{Principal, custody::Custody};

/// What a caller needs to be let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Nothing, not even a token.
    Open,
    /// Any role at all: what is behind it tells nothing of anybody.
    AnyRole,
    /// To see everything, or to look after the licensee that is asked for.
    ReadLicensee,
    /// To see everything.
    ReadAll,
    /// To look after the licensee, or to be an operator.
    Seats,
    /// To look after the licensee, an instance, or to be an operator.
    Synchronize,
    /// To send messages of some kind; which ones, the handler asks with [`Principal::may_send`].
    SendMessages,
    /// To be an operator.
    Operate,
}

/// Every route but those that are not there.
const DOORS: &[(Method, &str, Door)] = &[
    (Method::GET, "/healthz", Door::Open),
    (Method::GET, "/readyz", Door::Open),
    (Method::GET, "/openapi.json", Door::AnyRole),
    (Method::GET, "/metrics", Door::ReadAll),
    (Method::POST, "/v1/events", Door::SendMessages),
    (Method::GET, "/v1/licensees", Door::ReadAll),
    (Method::GET, "/v1/licensees/{licensee}", Door::ReadLicensee),
    (Method::GET, "/v1/licensees/{licensee}/members", Door::ReadLicensee),
    (Method::GET, "/v1/licensees/{licensee}/events", Door::ReadLicensee),
    (Method::GET, "/v1/licensees/{licensee}/refusals", Door::ReadLicensee),
    (Method::GET, "/v1/licensees/{licensee}/diff", Door::ReadLicensee),
    (Method::GET, "/v1/licensees/{licensee}/members/{user}/explain", Door::ReadLicensee),
    (Method::PUT, "/v1/licensees/{licensee}/products/{product}/seats/{user}", Door::Seats),
    (Method::DELETE, "/v1/licensees/{licensee}/products/{product}/seats/{user}", Door::Seats),
    (Method::POST, "/v1/licensees/{licensee}/products/{product}/seats/assign", Door::Seats),
    (Method::POST, "/v1/licensees/{licensee}/products/{product}/seats/remove", Door::Seats),
    (Method::POST, "/v1/licensees/{licensee}/undo", Door::Seats),
    (Method::POST, "/v1/licensees/{licensee}/sync", Door::Synchronize),
    (Method::GET, "/v1/users/{user}", Door::ReadAll),
    (Method::GET, "/v1/users/{user}/access", Door::ReadAll),
    (Method::POST, "/usher.access.v1.AccessService/CheckAccess", Door::ReadAll),
    (Method::POST, "/usher.access.v1.AccessService/StreamAccess", Door::ReadAll),
    (Method::POST, "/grpc.health.v1.Health/Check", Door::Open),
    (Method::POST, "/grpc.health.v1.Health/Watch", Door::Open),
    (Method::GET, "/v1/timers", Door::ReadLicensee),
    (Method::GET, "/v1/clock", Door::ReadAll),
    (Method::PUT, "/v1/clock", Door::Operate),
    (Method::POST, "/v1/webhooks", Door::Operate),
    (Method::GET, "/v1/webhooks", Door::Operate),
    (Method::GET, "/v1/webhooks/{webhook}", Door::Operate),
    (Method::DELETE, "/v1/webhooks/{webhook}", Door::Operate),
    (Method::POST, "/v1/webhooks/{webhook}/enable", Door::Operate),
    (Method::POST, "/v1/webhooks/{webhook}/rotate", Door::Operate),
    (Method::POST, "/v1/webhooks/{webhook}/replay", Door::Operate),
    (Method::POST, "/v1/webhooks/{webhook}/test", Door::Operate),
    (Method::GET, "/v1/views/rebuild", Door::Operate),
    (Method::POST, "/v1/views/rebuild", Door::Operate),
    (Method::DELETE, "/v1/views/rebuild", Door::Operate),
];

/// Whether a caller is let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes.
    Allowed,
    /// If the licensee's offering is one of those that the caller looks after it for.
    If(LicenseeId, Custody),
    /// No.
    Refused,
}

/// The door of the route that a request takes; `None` where nothing is at its path.
pub(crate) fn door_of(parts: &Parts) -> Option<Door> {
    let path = parts.extensions.get::<MatchedPath>()?;
    Some(door(&parts.method, path.as_str()))
}

/// Whether a route needs no token.
pub(crate) fn is_open(method: &Method, path: &str) -> bool {
    door(method, path) == Door::Open
}

fn door(method: &Method, path: &str) -> Door {
    // A route answers HEAD as it answers GET.
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let row = DOORS.iter().find(|(of, at, _)| of == method && *at == path);
    // Where a row is missing, nobody else is let in.
    row.map_or(Door::Operate, |(_, _, door)| *door)
}

/// The licensee that a request asks for, in its path or else in its query; `None` if there isn't exactly one.
pub(crate) async fn licensee_of(parts: &mut Parts) -> Option<LicenseeId> {
    // A path that can't be read names nobody, whatever the query says.
    let parameters = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    match parameters.iter().find(|(name, _)| *name == "licensee") {
        Some((_, licensee)) => LicenseeId::parse(licensee).ok(),
        None => licensee_in_query(&parts.uri),
    }
}

fn licensee_in_query(uri: &Uri) -> Option<LicenseeId> {
    let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    let mut licensees = parameters.iter().filter(|(name, _)| name == "licensee");
    let (_, licensee) = licensees.next()?;
    LicenseeId::parse(licensee).ok().filter(|_| licensees.next().is_none())
}

impl Door {
    /// Whether somebody who has proved who they are is let through to what is asked for.
    pub(crate) fn verdict(self, principal: &Principal, licensee: Option<LicenseeId>) -> Verdict {
        let is_allowed = match self {
            Door::Open => true,
            Door::AnyRole => principal.has_any_role(),
            Door::ReadAll | Door::ReadLicensee => principal.reads_everything(),
            Door::SendMessages => principal.sends_anything(),
            Door::Seats | Door::Synchronize | Door::Operate => principal.is_operator(),
        };
        if is_allowed {
            return Verdict::Allowed;
        }
        let Some(licensee) = licensee else { return Verdict::Refused };
        let custody = self.custody(principal.custody(&licensee));
        if custody == Custody::default() { Verdict::Refused } else { Verdict::If(licensee, custody) }
    }

    /// What remains at this door of what the caller has.
    const fn custody(self, custody: Custody) -> Custody {
        match self {
            Door::ReadLicensee | Door::Seats => custody,
            Door::Synchronize => Custody { as_owner: false, ..custody },
            Door::Open | Door::AnyRole | Door::ReadAll | Door::SendMessages | Door::Operate => {
                Custody { as_owner: false, as_admin: false }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use licensing::Offering;

    use super::*;

    fn verdict(door: Door, roles: &[&str], licensee: &str) -> Verdict {
        let roles = roles.iter().map(|role| role.parse().unwrap()).collect();
        let principal = Principal::new("somebody".parse().unwrap(), roles);
        door.verdict(&principal, LicenseeId::parse(licensee).ok())
    }

    #[test]
    fn a_licensee_is_looked_after_by_its_own_people_and_by_its_offering() {
        let owner = Custody { as_owner: true, as_admin: false };
        let admin = Custody { as_owner: false, as_admin: true };
        let acme = || LicenseeId::parse("acme").unwrap();
        assert_eq!(verdict(Door::Seats, &["owner:acme"], "acme"), Verdict::If(acme(), owner));
        assert_eq!(verdict(Door::Seats, &["owner:other", "admin:acme"], "acme"), Verdict::If(acme(), admin));
        assert_eq!(verdict(Door::Synchronize, &["owner:acme", "admin:acme"], "acme"), Verdict::If(acme(), admin));
        assert_eq!(verdict(Door::Synchronize, &["owner:acme"], "acme"), Verdict::Refused);
        assert_eq!(verdict(Door::Seats, &["owner:acme"], "acm"), Verdict::Refused);
        assert_eq!(verdict(Door::ReadAll, &["owner:acme"], "acme"), Verdict::Refused);
        assert_eq!(verdict(Door::ReadLicensee, &["owner:acme"], ""), Verdict::Refused);
        assert!(owner.extends_to(Some(Offering::GitlabCom)) && !owner.extends_to(Some(Offering::SelfManaged)));
        assert!(admin.extends_to(Some(Offering::Dedicated)) && !admin.extends_to(Some(Offering::GitlabCom)));
        assert!(!owner.extends_to(None) && !admin.extends_to(None));
    }

    #[test]
    fn a_route_without_a_row_is_for_operators() {
        assert_eq!(door(&Method::GET, "/v1/new"), Door::Operate);
        assert_eq!(door(&Method::OPTIONS, "/healthz"), Door::Operate);
        assert_eq!(door(&Method::HEAD, "/v1/clock"), Door::ReadAll);
    }

    #[test]
    fn a_query_names_one_licensee_or_none() {
        for (query, licensee) in [
            ("licensee=acme", Some("acme")),
            ("a=b&licensee=%61cme", Some("acme")),
            ("licensee=", None),
            ("licensee=acme&licensee=other", None),
            ("licensees=acme", None),
            ("", None),
        ] {
            let found = licensee_in_query(&format!("/v1/timers?{query}").parse().unwrap());
            assert_eq!(found.as_ref().map(LicenseeId::as_str), licensee, "{query}");
        }
    }
}
