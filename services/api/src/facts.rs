//! The events of a licensee, handed to whoever explains them: the one place where those readers meet the index.

use contract::event::StreamName;
use explain::Fact;
use journal::{Position, Positions};
use licensing::LicenseeId;

use crate::{Services, problem::Problem};

/// How many events are read at one go.
const EVENTS_AT_ONCE: usize = 10_000;

/// Visits every event of a licensee, in order, with where it lies. Blocks.
pub(crate) fn for_each_fact(
    services: &Services,
    licensee: &LicenseeId,
    mut visit: impl FnMut(Position, Fact),
) -> Result<(), Problem> {
    let stream = StreamName::Licensee(licensee.clone()).to_string();
    let mut after_version = 0;
    loop {
        let page = services.index.stream(&stream, after_version, EVENTS_AT_ONCE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after_version = last.event.version;
        for stored in page {
            let position = Positions::from(stored.position).to_string();
            let fact = Fact::read(stored.event, position).map_err(|unreadable| Problem::internal(&unreadable))?;
            visit(stored.position, fact);
        }
    }
}
