//! Licensees as they were.

use journal::Position;
use licensing::{Instant, Licensee, LicenseeId};
use views::LicenseeView;

use crate::{Moment, Past, PastError};

/// A licensee as it was at a moment.
#[derive(Debug, Clone)]
pub struct LicenseeThen {
    /// Which.
    pub licensee: LicenseeId,
    /// What was sold to it, its members and their seats.
    pub state: Licensee,
    /// Where its last event by then lies.
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
        let Some(LicenseeThen { licensee, state, position, .. }) = self.licensee_at(licensee, moment)? else {
            return Ok(None);
        };
        let details = self.journal.licensee_details(licensee.as_str())?;
        Ok(Some(LicenseeView {
            name: details.map(|details| details.name),
            summary: state.account().summary(&self.catalogue),
            licensee,
            position,
        }))
    }
}
