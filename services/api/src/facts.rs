//! The events of a licensee, handed to whoever explains them: the one place where those readers meet the past.

use explain::{Fact, PERSONAL_TYPES};
use journal::{About, Position, Positions, StoredEvent};
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
/// about what was sold, and, before each seat that was one too many, those that went with it (R22). Blocks.
pub(crate) fn for_each_fact_about(
    services: &Services,
    then: &LicenseeThen,
    user: &UserId,
    moment: &Moment,
    mut visit: impl FnMut(Fact),
) -> Result<(), Problem> {
    let licensee = &then.licensee;
    let about = About { text: user.as_str(), personal_types: &PERSONAL_TYPES };
    services.past.for_each_about(licensee, &about, moment, |stored| {
        // What came after the licensee was read: of one shard, so that positions have the order of the stream.
        if stored.position.position > then.position.position {
            return Ok(());
        }
        let fact = read(stored)?;
        // A longer id may hold the user's.
        if !fact.concerns(user) {
            return Ok(());
        }
        if fact.is_overage() {
            let (version, command_id) = (fact.cited.version, &fact.cited.command_id);
            services.past.for_each_of_command(licensee, version, command_id, |beside| {
                let beside = read(beside)?;
                if !beside.concerns(user) {
                    visit(beside);
                }
                Ok::<_, Problem>(())
            })?;
        }
        visit(fact);
        Ok(())
    })
}

fn read(stored: StoredEvent) -> Result<Fact, Problem> {
    let position = Positions::from(stored.position).to_string();
    Fact::read(stored.event, position).map_err(|unreadable| Problem::internal(&unreadable))
}
