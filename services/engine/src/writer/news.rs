//! What other nodes tell of users' statuses (R26).

use licensing::Command;

use super::{
    Writer,
    licensees::{Applied, LicenseeCommand},
    outcomes::{Identity, answer_again},
    streams::Cause,
};
use crate::{Answer, ClockMode, Done, EngineError, News};

/// What telling a licensee is called for auditors.
const TYPE_NAME: &str = "usher:status-news";

impl Writer {
    /// Has a licensee take note of a user's status, once.
    pub(super) fn news(&mut self, news: &News) -> Result<Done, EngineError> {
        if !matches!(self.clock.mode(), ClockMode::Manual(_)) {
            self.advance_to(news.effective_at)?;
        }
        let identity = Identity {
            command_id: news.own_id(),
            digest: [0; 32],
            type_name: TYPE_NAME.to_owned(),
            actor: news.actor.clone(),
            licensee: news.licensee.as_str().to_owned(),
            user: news.user.as_str().to_owned(),
            home: news.licensee.as_str().to_owned(),
            told_at: None,
        };
        if let Some(earlier) = self.earlier_outcome(&identity.command_id) {
            return answer_again(earlier);
        }
        let head = self.head_of(news.licensee.as_str())?;
        // The message that changed the status is what caused this too (R36).
        let cause = Cause::new(&news.command_id, &news.actor, self.clock.now());
        let command = Command::ChangeMemberStatus { user: news.user.clone(), status: news.status };
        let order = LicenseeCommand { licensee: news.licensee.clone(), command, details: None };
        // A licensee takes note of a status whatever it is; where the user is no member there is nothing to note.
        let events = match self.apply(order, &cause)? {
            Ok(Applied { decision, .. }) => decision.events.len(),
            Err(_) => 0,
        };
        self.accept(head, &identity, events, Answer::of(licensing::Report::None, events))
    }
}
