//! The dead letters: of everything that was refused, and of nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Evidence, Sent, Wrongs, history::History, journal::Outcomes};

/// A dead letter.
#[derive(Debug, Clone)]
pub struct Letter {
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Letter {
    /// The id of the command that it would have been, from its headers or, in structured mode, its body.
    pub fn command_id(&self) -> Option<String> {
        if let (Some(source), Some(id)) = (self.headers.get("ce_source"), self.headers.get("ce_id")) {
            return Some(format!("{source}#{id}"));
        }
        let event: Value = serde_json::from_str(&self.body).ok()?;
        Some(format!("{}#{}", event["source"].as_str()?, event["id"].as_str()?))
    }

    fn code(&self) -> &str {
        self.headers.get("usher_code").map_or("", String::as_str)
    }
}

/// Each message has an outcome; a refused one has letters with its code and no effect, and no other has one.
pub fn check(evidence: &Evidence, outcomes: &Outcomes<'_>, history: &History, wrongs: &mut Wrongs) {
    let counts = history.counts();
    let letters: BTreeMap<String, &str> =
        evidence.letters.iter().filter_map(|letter| Some((letter.command_id()?, letter.code()))).collect();
    let bodies: BTreeSet<&str> = evidence.letters.iter().map(|letter| letter.body.as_str()).collect();
    for sent in &evidence.sent {
        let Some(id) = sent.command_id() else { continue };
        wrongs.unless(outcomes.get(id).is_some(), || format!("the message {id} is lost"));
        let (refusal, letter) = (outcomes.refusal(id), letters.get(id).copied());
        wrongs.unless(refusal == letter, || format!("{id} was refused with {refusal:?}, its letter says {letter:?}"));
        let is_without_effect = refusal.is_none() || !counts.contains_key(id);
        wrongs.unless(is_without_effect, || format!("{id} was refused and had an effect"));
    }
    for sent in &evidence.sent {
        let Sent::Garbage { text } = sent else { continue };
        wrongs.unless(bodies.contains(text.as_str()), || format!("{text:?} is lost"));
    }
    let ids: BTreeSet<&str> = evidence.sent.iter().filter_map(Sent::command_id).collect();
    for id in letters.keys() {
        wrongs.unless(ids.contains(id.as_str()), || format!("there is a dead letter of {id}, which nobody sent"));
    }
}
