//! The users of the views, with their seats.

use licensing::UserId;
use serde_json::Value;

use super::expected;
use crate::{AuditError, Part, Place, Stage, auditor::Auditor, compare::form, error::differs, replay::Replay};

impl Auditor<'_> {
    /// Compares every user who was ever named.
    pub(super) fn check_users(&mut self) -> Result<(), AuditError> {
        let users: Vec<UserId> = self.replay.users.keys().cloned().collect();
        for (done, user) in (0..).zip(&users) {
            self.tell(Stage::Users, done);
            self.check_user(user)?;
        }
        Ok(())
    }

    fn check_user(&mut self, user: &UserId) -> Result<(), AuditError> {
        let catalogue = self.subject.catalogue.clone();
        let in_replay = |replay: &Replay| expected::user(replay, user, &catalogue);
        let mismatch = self.settled(user.as_str(), in_replay, |subject| {
            subject.views.user(user)?.map_or(Ok(Value::Null), |view| form("a user", &view))
        })?;
        let Some(mismatch) = mismatch else { return Ok(()) };
        let (place, field) = (Place::of_user(user.as_str()), mismatch.field());
        Err(differs(Part::Views, place, field, mismatch.found, mismatch.expected))
    }
}
