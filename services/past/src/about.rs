//! Reading the events that concern somebody, of however many there are.

use contract::event::licensee_stream;
use journal::{HistoryFilter, Page, StoredEvent};
use licensing::{LicenseeId, UserId};

use crate::{LicenseeThen, Moment, Past, PastError, memberships::Horizon, reading::instant};

/// How many events are read at one go.
const EVENTS_AT_ONCE: usize = 1_000;

impl Past {
    /// Visits the events behind a licensee as it was at a moment that concern a user: those about the user, and those about
    /// what was sold; in order.
    ///
    /// # Errors
    /// When the index can't be read, and as `visit`.
    pub fn for_each_about<E: From<PastError>>(
        &self,
        then: &LicenseeThen,
        moment: &Moment,
        user: &UserId,
        mut visit: impl FnMut(StoredEvent) -> Result<(), E>,
    ) -> Result<(), E> {
        let horizon = Horizon::of(then, moment);
        let mut filter = HistoryFilter { limit: EVENTS_AT_ONCE, ..HistoryFilter::default() };
        loop {
            let page = self.sources.index.history_about(horizon.stream(), user.as_str(), &filter);
            let Page { items, .. } = page.map_err(PastError::from)?;
            let Some(last) = items.last() else { return Ok(()) };
            filter.after_version = last.event.version;
            for stored in items {
                if horizon.has(stored.event.version, instant(stored.event.effective_at_us)) {
                    visit(stored)?;
                }
            }
        }
    }

    /// The last of the events that follow the one of a version and are alike, as those are of one command; the one of that
    /// version where the next is not. However many there are, few are looked at: where one is alike, so are those before it.
    ///
    /// # Errors
    /// When the index can't be read, and as `is_alike`.
    pub fn last_alike<E: From<PastError>>(
        &self,
        licensee: &LicenseeId,
        version: u64,
        is_alike: impl Fn(&StoredEvent) -> Result<bool, E>,
    ) -> Result<Option<StoredEvent>, E> {
        let stream = licensee_stream(licensee);
        let alike_at = |version: u64| {
            let found = self.sources.index.stream(&stream, version.saturating_sub(1), 1).map_err(PastError::from)?;
            let Some(stored) = found.into_iter().next() else { return Ok(None) };
            Ok::<_, E>(is_alike(&stored)?.then_some(stored))
        };
        let mut last = alike_at(version)?;
        let (mut alike, mut step) = (version, 1_u64);
        let mut unlike = loop {
            let next = alike.saturating_add(step);
            match alike_at(next)? {
                Some(found) if next > alike => (last, alike, step) = (Some(found), next, step.saturating_mul(2)),
                _ => break next,
            }
        };
        while unlike.saturating_sub(alike) > 1 {
            let middle = alike + (unlike - alike) / 2;
            match alike_at(middle)? {
                Some(found) => (last, alike) = (Some(found), middle),
                None => unlike = middle,
            }
        }
        Ok(last)
    }
}
