//! Whether a user may use a feature (R31, R32).

use serde::Serialize;

use crate::{Account, AddOnId, Catalogue, FeatureId, Instant, LicenseeId, ProductId, UserStatus};

/// Why access is given or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A seat gives it.
    Seat,
    /// Every member may, until a day of the catalogue (R32).
    Included,
    /// The user isn't active.
    UserNotActive,
    /// The add-on of the seat does not have the feature.
    FeatureNotInAddOn,
    /// The seat is kept, but does not work.
    Grace,
    /// There is no seat.
    NoSeat,
}

/// Who gives access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessGrant {
    /// Through which licensee.
    pub licensee: LicenseeId,
    /// By which add-on; none for R32.
    pub add_on: Option<AddOnId>,
}

/// The answer to whether a user may use a feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access {
    /// Whether.
    pub allowed: bool,
    /// Why.
    pub reason: Reason,
    /// Who gives it.
    pub grants: Vec<AccessGrant>,
}

/// A user's membership with one licensee.
pub struct Membership<'a> {
    /// The licensee.
    pub licensee: &'a LicenseeId,
    /// What the licensee has.
    pub account: &'a Account,
    /// The products of which the user holds a seat there.
    pub seats: &'a [ProductId],
}

/// Whether a user with this status and these memberships may use a feature at `at`.
pub fn check(
    status: UserStatus,
    memberships: &[Membership<'_>],
    feature: &FeatureId,
    at: Instant,
    catalogue: &Catalogue,
) -> Access {
    if status != UserStatus::Active {
        return refused(Reason::UserNotActive);
    }
    let seats: Vec<SeatAccess> =
        memberships.iter().flat_map(|membership| seats_of(membership, at, catalogue)).collect();
    let grants: Vec<AccessGrant> = seats
        .iter()
        .filter(|seat| seat.works && catalogue.includes(&seat.grant_add_on, feature))
        .map(|seat| AccessGrant { licensee: seat.licensee.clone(), add_on: Some(seat.grant_add_on.clone()) })
        .collect();
    if !grants.is_empty() {
        return Access { allowed: true, reason: Reason::Seat, grants };
    }
    let included = included_by(memberships, feature, at, catalogue);
    if !included.is_empty() {
        return Access { allowed: true, reason: Reason::Included, grants: included };
    }
    if seats.iter().any(|seat| !catalogue.includes(&seat.grant_add_on, feature)) {
        return refused(Reason::FeatureNotInAddOn);
    }
    if !seats.is_empty() {
        return refused(Reason::Grace);
    }
    refused(Reason::NoSeat)
}

struct SeatAccess {
    licensee: LicenseeId,
    grant_add_on: AddOnId,
    works: bool,
}

fn seats_of(membership: &Membership<'_>, at: Instant, catalogue: &Catalogue) -> Vec<SeatAccess> {
    let mut seats = Vec::with_capacity(membership.seats.len());
    for product in membership.seats {
        let in_effect = membership.account.in_effect();
        let in_term = in_effect.active_subscription().is_some_and(|subscription| at < subscription.ends_at);
        let grant = membership.account.grant(product, catalogue);
        let grace = membership.account.pool(product).and_then(|pool| pool.grace.as_ref());
        let Some(add_on) = grant.map(|grant| grant.add_on).or_else(|| grace.map(|grace| grace.last.add_on.clone()))
        else {
            continue;
        };
        let works = in_term && grace.is_none();
        seats.push(SeatAccess { licensee: membership.licensee.clone(), grant_add_on: add_on, works });
    }
    seats
}

fn included_by(
    memberships: &[Membership<'_>],
    feature: &FeatureId,
    at: Instant,
    catalogue: &Catalogue,
) -> Vec<AccessGrant> {
    if !catalogue.is_included(feature, at) {
        return Vec::new();
    }
    memberships
        .iter()
        .filter(|membership| membership.account.in_effect().is_active())
        .map(|membership| AccessGrant { licensee: membership.licensee.clone(), add_on: None })
        .collect()
}

const fn refused(reason: Reason) -> Access {
    Access { allowed: false, reason, grants: Vec::new() }
}
