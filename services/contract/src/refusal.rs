//! Refusals, to and from what the journal keeps.

use licensing::{Code, Refusal, UserId};

use crate::proto::journal;

/// Why a stored refusal can't be read.
#[derive(Debug, thiserror::Error)]
pub enum RefusalError {
    /// This version has no such code.
    #[error("the stored refusal has a code of a newer version: upgrade usher")]
    Code(#[source] <Code as std::str::FromStr>::Err),
    /// One of its users is none.
    #[error("the stored refusal names a user by an invalid id: it is damaged, run usher verify")]
    User(#[source] licensing::InvalidId),
}

impl From<&Refusal> for journal::Refusal {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code.as_str().to_owned(),
            detail: refusal.detail.clone(),
            available: refusal.available,
            requested: refusal.requested,
            users: refusal.users.iter().map(|user| user.as_str().to_owned()).collect(),
        }
    }
}

impl TryFrom<journal::Refusal> for Refusal {
    type Error = RefusalError;

    fn try_from(stored: journal::Refusal) -> Result<Self, RefusalError> {
        let users: Result<_, _> = stored.users.iter().map(|user| UserId::parse(user)).collect();
        Ok(Self {
            code: stored.code.parse().map_err(RefusalError::Code)?,
            detail: stored.detail,
            available: stored.available,
            requested: stored.requested,
            users: users.map_err(RefusalError::User)?,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn r35_a_refusal_of_every_code_is_read_as_it_was_stored() {
        for code in Code::ALL {
            let plain = Refusal::new(*code, "why");
            let with_facts = plain.clone().with_seats(0, 7).with_users(vec![UserId::parse("u-1").unwrap()]);
            for refusal in [plain, with_facts] {
                let stored = journal::Refusal::from(&refusal);
                assert_eq!(Refusal::try_from(stored).unwrap(), refusal);
            }
        }
    }

    #[test]
    fn a_code_of_a_newer_version_and_a_damaged_user_are_told() {
        let stored = journal::Refusal { code: "of_tomorrow".into(), ..Default::default() };
        assert!(matches!(Refusal::try_from(stored), Err(RefusalError::Code(_))));
        let stored = journal::Refusal { code: "sales_only".into(), users: vec!["a b".into()], ..Default::default() };
        assert!(matches!(Refusal::try_from(stored), Err(RefusalError::User(_))));
    }
}
