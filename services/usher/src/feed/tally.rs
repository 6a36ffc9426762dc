//! What became of the messages.

use std::collections::BTreeMap;

use engine::Done;
use licensing::Code;
use serde::Serialize;

/// How many messages had which outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Accepted now.
    pub accepted: u64,
    /// There before, whatever became of them then (R34).
    pub duplicate: u64,
    /// Refused now, by code (R35).
    pub refused: BTreeMap<Code, u64>,
}

impl Tally {
    /// How many messages there were.
    pub fn messages(&self) -> u64 {
        self.refused
            .values()
            .fold(self.accepted.saturating_add(self.duplicate), |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn count(&mut self, done: &Done) {
        let counter = match &done.outcome {
            _ if done.duplicate => &mut self.duplicate,
            Ok(_) => &mut self.accepted,
            Err(refusal) => self.refused.entry(refusal.code).or_default(),
        };
        *counter = counter.saturating_add(1);
    }

    /// A line that is too long to be read is no message at all.
    pub(super) fn count_too_long(&mut self) {
        let counter = self.refused.entry(Code::MalformedEvent).or_default();
        *counter = counter.saturating_add(1);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use engine::{Answer, ChangeOutcome};
    use licensing::Refusal;

    use super::*;

    #[test]
    fn r34_a_duplicate_of_a_refused_message_is_a_duplicate() {
        let mut tally = Tally::default();
        let refused = Err(Refusal::new(Code::SalesOnly, "no"));
        for (outcome, duplicate) in
            [(refused.clone(), false), (refused, true), (Ok(Answer::Changed(ChangeOutcome::Changed)), false)]
        {
            tally.count(&Done { outcome, duplicate, events: 0, positions: Default::default() });
        }
        tally.count_too_long();
        let text = serde_json::to_string(&tally).unwrap();
        assert_eq!(text, r#"{"accepted":1,"duplicate":1,"refused":{"malformed_event":1,"sales_only":1}}"#);
        assert_eq!(tally.messages(), 4);
    }
}
