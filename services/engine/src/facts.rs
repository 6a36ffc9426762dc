//! What the domain asks beyond a licensee's own stream.

use std::cell::RefCell;

use journal::{LicenseeDetails, StreamIndex};
use licensing::{EmailAddress, Facts, Instant, LicenseeId, PastEvent, UserId, UserStatus, VersionRange};

use crate::{EngineError, past::read_past_events, recent::Recent};

/// Facts from the store, as it is with everything that was decided so far.
pub(crate) struct StoreFacts<'a> {
    pub(crate) index: &'a dyn StreamIndex,
    pub(crate) recent: &'a Recent,
    pub(crate) licensee: &'a LicenseeId,
    pub(crate) details: Option<&'a LicenseeDetails>,
    /// The user that the command is about, if it is about one.
    pub(crate) user: Option<(&'a UserId, UserStatus)>,
    /// The domain's questions can't fail, so what the store could not answer is noted here.
    pub(crate) failure: RefCell<Option<EngineError>>,
}

impl StoreFacts<'_> {
    /// Fails if the store could not answer; then the decision is void.
    pub(crate) fn check(self) -> Result<(), EngineError> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }
}

impl Facts for StoreFacts<'_> {
    fn last_uses(&self, users: &[UserId]) -> Vec<Option<Instant>> {
        let ids: Vec<&str> = users.iter().map(UserId::as_str).collect();
        let indexed = self.index.last_uses(&ids).unwrap_or_else(|error| {
            self.failure.replace(Some(error.into()));
            vec![None; users.len()]
        });
        users.iter().zip(indexed).map(|(user, indexed)| self.recent.last_use(user).max(indexed)).collect()
    }

    fn contact_email(&self) -> Option<EmailAddress> {
        let address = self.details?.contact_email.clone()?;
        Some(EmailAddress::new(address))
    }

    fn user_status(&self, user: &UserId) -> UserStatus {
        self.user.filter(|(known, _)| *known == user).map_or(UserStatus::Active, |(_, status)| status)
    }

    fn past_events(&self, versions: VersionRange) -> Vec<PastEvent> {
        read_past_events(self.index, self.licensee, versions).unwrap_or_else(|error| {
            self.failure.replace(Some(error));
            Vec::new()
        })
    }
}
