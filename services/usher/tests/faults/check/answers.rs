//! What callers were told over HTTP.

use super::{
    Wrongs,
    history::{Event, History},
    journal::Outcomes,
};

/// A request that was answered, perhaps after many attempts.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its `Idempotency-Key`.
    pub key: String,
    pub change: Change,
    pub licensee: String,
    pub user: String,
    pub said: Said,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Assign,
    Remove,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Changed,
    Unchanged,
    /// With this code.
    Refused(String),
}

impl Answer {
    /// Whether that is the event that it asked for.
    fn is_done_by(&self, event: &Event) -> bool {
        let name = match self.change {
            Change::Assign => "SeatAssigned",
            Change::Remove => "SeatRemoved",
        };
        event.r#type == name && event.stream == format!("licensee/{}", self.licensee) && event.text("user") == self.user
    }
}

/// What was said to have changed is in the history, once; everything else changed nothing.
pub fn check(answers: &[Answer], outcomes: &Outcomes<'_>, history: &History, wrongs: &mut Wrongs) {
    for answer in answers {
        let command_id = format!("key:{}", answer.key);
        let Some(outcome) = outcomes.get(&command_id) else {
            wrongs.add(format!("{command_id} was answered with {:?} and is not in the journal", answer.said));
            continue;
        };
        let code = outcome.refusal.as_ref().map(|refusal| refusal.code.as_str());
        let events: Vec<&Event> = history.caused_by(&command_id).collect();
        let holds = match &answer.said {
            Said::Changed => code.is_none() && matches!(events.as_slice(), [event] if answer.is_done_by(event)),
            Said::Unchanged => code.is_none() && events.is_empty(),
            Said::Refused(said) => code == Some(said.as_str()) && events.is_empty(),
        };
        wrongs.unless(holds, || format!("{answer:?} does not fit {code:?} and the events {events:?}"));
    }
}
