//! The events of a licensee, handed to whoever explains them: the one place where those readers meet the past.

use explain::Fact;
use journal::{Position, Positions, StoredEvent};
use licensing::UserId;
use past::{LicenseeThen, Moment, Start};

use crate::{Services, problem::Problem};

/// Visits the events behind a start that count at a moment, in order, each with where it lies. Blocks.
pub(crate) fn for_each_fact_behind(
    services: &Services,
    start: &Start,
    moment: &Moment,
    mut visit: impl FnMut(Position, Fact),
) -> Result<(), Problem> {
    services.past.for_each_behind(start, moment, |stored| {
        visit(stored.position, read(stored)?);
        Ok(())
    })
}

/// Visits the events behind a licensee as it was at a moment that matter to a user, in order: those about the user, those
/// about what was sold, and, before each seat that was one too many, the last of those that went with it (R22), whose rank
/// tells how many they were. Blocks.
pub(crate) fn for_each_fact_about(
    services: &Services,
    then: &LicenseeThen,
    user: &UserId,
    moment: &Moment,
    mut visit: impl FnMut(Fact),
) -> Result<(), Problem> {
    services.past.for_each_about(then, moment, user, |stored| {
        let fact = read(stored)?;
        if fact.is_overage() {
            let goes_with_it = |beside: &StoredEvent| Ok::<_, Problem>(read(beside.clone())?.goes_with(&fact));
            let last = services.past.last_alike(&then.licensee, fact.cited.version, goes_with_it)?;
            if let Some(last) = last.filter(|last| last.event.version > fact.cited.version) {
                visit(read(last)?);
            }
        }
        visit(fact);
        Ok(())
    })
}

fn read(stored: StoredEvent) -> Result<Fact, Problem> {
    let position = Positions::from(stored.position).to_string();
    Fact::read(stored.event, position).map_err(|unreadable| Problem::internal(&unreadable))
}
