//! Who a token stands for, for pages that show it and leave away what its holder may not do.

use licensing::LicenseeId;

use super::{Auth, Principal, Role};

/// Who calls, as far as a page has to know: what they may do is for the interface to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name under which things are done (R36).
    pub actor: String,
    /// Whether every licensee may be seen.
    pub sees_everything: bool,
    /// Whether messages of billing may be sent.
    pub sends_billing: bool,
    /// Whether seats of every licensee may be given and taken.
    pub is_operator: bool,
    /// The licensees that the caller looks after, each once, in the order of the roles.
    pub licensees: Vec<LicenseeId>,
}

/// Why a token stands for nobody; it says what to do, and nothing of what the token says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unknown(String);

impl Auth {
    /// Whether callers have to say who they are.
    pub fn asks_for_tokens(&self) -> bool {
        self.anonymous().is_none()
    }

    /// For whom a token stands now; without one, whoever calls where nobody has to say so.
    ///
    /// # Errors
    /// [`Unknown`] where it stands for nobody.
    pub async fn caller(&self, token: Option<&str>) -> Result<Caller, Unknown> {
        if let Some(anonymous) = self.anonymous() {
            return Ok(Caller::of(&anonymous));
        }
        let token = token.ok_or_else(|| Unknown("a token is needed: sign in with one for this server".to_owned()))?;
        if self.claim_reload(token) {
            let auth = self.clone();
            // Whether it could be read again or not, what is known by now decides.
            let _ = tokio::task::spawn_blocking(move || auth.reload()).await;
        }
        let principal = self.identify(token).map_err(|why| Unknown(why.to_string()))?;
        Ok(Caller::of(&principal))
    }
}

impl Caller {
    fn of(principal: &Principal) -> Self {
        let mut licensees: Vec<LicenseeId> = Vec::new();
        for role in principal.roles() {
            if let Role::Owner(licensee) | Role::Admin(licensee) = role
                && !licensees.contains(licensee)
            {
                licensees.push(licensee.clone());
            }
        }
        Self {
            actor: principal.actor().to_owned(),
            sees_everything: principal.reads_everything(),
            sends_billing: principal.may_send("usher.billing.v1.SeatQuantityChanged"),
            is_operator: principal.is_operator(),
            licensees,
        }
    }

    /// Whether the caller may give and take seats of a licensee.
    pub fn changes_seats_of(&self, licensee: &LicenseeId) -> bool {
        self.is_operator || self.licensees.contains(licensee)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn caller(roles: &[&str]) -> Caller {
        let roles = roles.iter().map(|role| role.parse().unwrap()).collect();
        Caller::of(&Principal::new("somebody".parse().unwrap(), roles))
    }

    #[test]
    fn a_caller_is_what_the_roles_say() {
        let acme = LicenseeId::parse("acme").unwrap();
        let owner = caller(&["owner:acme", "admin:acme"]);
        assert_eq!(owner.licensees, std::slice::from_ref(&acme));
        assert!(owner.changes_seats_of(&acme) && !owner.sees_everything && !owner.sends_billing);
        let auditor = caller(&["auditor"]);
        assert!(auditor.sees_everything && !auditor.changes_seats_of(&acme) && !auditor.sends_billing);
        assert!(caller(&["billing"]).sends_billing && !caller(&["billing"]).sees_everything);
        let operator = caller(&["operator"]);
        assert!(operator.sees_everything && operator.sends_billing && operator.changes_seats_of(&acme));
    }

    #[tokio::test]
    async fn where_nobody_has_to_say_so_everybody_may_do_everything() {
        assert!(!Auth::none().asks_for_tokens());
        let caller = Auth::none().caller(None).await.unwrap();
        assert_eq!((caller.actor.as_str(), caller.is_operator), ("anonymous", true));
    }
}
