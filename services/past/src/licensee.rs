//! Licensees as they were.

use journal::Position;
use licensing::{Account, Instant, LicenseeId};
use views::LicenseeView;

use crate::{Moment, Past, PastError};

/// A licensee as it was at a moment.
#[derive(Debug, Clone)]
pub struct LicenseeThen {
    /// Which.
    pub licensee: LicenseeId,
    /// What was sold to it, what was in effect, and how many members and seats it had.
    pub account: Account,
    /// The version in its stream of its last event by then.
    pub version: u64,
    /// Where that event lies.
    pub position: Position,
    /// When what had happened by then last took effect.
    pub last_effective_at: Instant,
}

impl Past {
    /// A licensee as it was shown at a moment, with today's name; `None` before its first event.
    ///
    /// # Errors
    /// When the store can't be read or understood.
    pub fn licensee_view_at(&self, licensee: &LicenseeId, moment: &Moment) -> Result<Option<LicenseeView>, PastError> {
        let Some(LicenseeThen { licensee, account, position, .. }) = self.licensee_at(licensee, moment)? else {
            return Ok(None);
        };
        let details = self.sources.journal.licensee_details(licensee.as_str())?;
        Ok(Some(LicenseeView {
            name: details.map(|details| details.name),
            summary: account.summary(&self.sources.catalogue),
            licensee,
            position,
        }))
    }
}
