//! Who calls.

use axum::{extract::FromRequestParts, http::request::Parts};
use licensing::LicenseeId;

use super::{Role, actor::Actor, custody::Custody};
use crate::problem::Problem;

/// A caller who has proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    actor: Actor,
    roles: Vec<Role>,
}

/// A route that asks who calls, and no layer in front of it that found out.
#[derive(Debug, thiserror::Error)]
#[error("nobody found out who calls")]
struct NobodyKnown;

impl Principal {
    pub(super) const fn new(actor: Actor, roles: Vec<Role>) -> Self {
        Self { actor, roles }
    }

    /// Whoever calls where nobody has to say so: may do everything.
    pub(super) fn anonymous() -> Self {
        Self::new(Actor::anonymous(), vec![Role::Operator])
    }

    /// The name under which things are done (R36).
    pub(crate) fn actor(&self) -> &str {
        self.actor.as_str()
    }

    /// Whether messages of this type may be sent. Those of seats, and of types that nobody knows, are for operators.
    pub(crate) fn may_send(&self, type_name: &str) -> bool {
        let sends = |role: &Role| role.sends().is_some_and(|prefix| type_name.starts_with(prefix));
        self.is_operator() || self.roles.iter().any(sends)
    }

    pub(super) fn roles(&self) -> &[Role] {
        &self.roles
    }

    pub(super) fn has_any_role(&self) -> bool {
        !self.roles.is_empty()
    }

    pub(super) fn is_operator(&self) -> bool {
        self.roles.contains(&Role::Operator)
    }

    /// Whether everything may be read, of whichever licensee.
    pub(crate) fn reads_everything(&self) -> bool {
        self.is_operator() || self.roles.contains(&Role::Auditor)
    }

    pub(super) fn sends_anything(&self) -> bool {
        self.is_operator() || self.roles.iter().any(|role| role.sends().is_some())
    }

    /// By which roles the caller looks after a licensee.
    pub(super) fn custody(&self, licensee: &LicenseeId) -> Custody {
        let is_owner = |role: &Role| matches!(role, Role::Owner(whose) if whose == licensee);
        let is_admin = |role: &Role| matches!(role, Role::Admin(whose) if whose == licensee);
        Custody { as_owner: self.roles.iter().any(is_owner), as_admin: self.roles.iter().any(is_admin) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(|| Problem::internal(&NobodyKnown))
    }
}
