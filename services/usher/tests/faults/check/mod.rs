//! The independent check: what was asked for, against what the journal, the topics and the views hold in the end.
//!
//! Nothing of usher's own code takes part but the generated types of the journal's protobuf.

mod answers;
mod history;
mod journal;
mod letters;
mod model;
mod topic;
mod views;

pub use answers::{Answer, Change, Said};
pub use journal::{Commit, outcomes_of};
pub use letters::Letter;
pub use topic::TopicRecord;
pub use views::Shown;

use history::History;
use journal::Outcomes;
use model::Model;

/// The most that is told of what is wrong.
const TOLD_MAX: usize = 20;

/// What was done to the system, and what there is of it afterwards, each read in a way of its own.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// What was published to Kafka.
    pub sent: Vec<Sent>,
    /// What was answered over HTTP.
    pub answers: Vec<Answer>,
    /// The journal, by `psql`.
    pub commits: Vec<Commit>,
    /// `usher export`.
    pub stored: String,
    /// `usher export --from-kafka`.
    pub relayed: String,
    /// The topic of the events, by `kcat`.
    pub records: Vec<TopicRecord>,
    /// The dead letters, by `kcat`.
    pub letters: Vec<Letter>,
    /// The views, by `psql`.
    pub shown: Shown,
}

/// A message that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// One that can be told from all others.
    Event { command_id: String },
    /// A use of Code Suggestions; `at` to the second, so that the later is the greater.
    Use { command_id: String, user: String, at: String },
    /// What is no event.
    Garbage { text: String },
}

impl Sent {
    /// The id of the command that it is, if it can be one.
    pub fn command_id(&self) -> Option<&str> {
        match self {
            Self::Event { command_id } | Self::Use { command_id, .. } => Some(command_id),
            Self::Garbage { .. } => None,
        }
    }
}

/// What is wrong, in words.
#[derive(Debug, Default)]
pub struct Wrongs(Vec<String>);

impl Wrongs {
    fn add(&mut self, wrong: String) {
        self.0.push(wrong);
    }

    /// Notes it unless it holds.
    fn unless(&mut self, holds: bool, wrong: impl FnOnce() -> String) {
        if !holds {
            self.add(wrong());
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for Wrongs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} things are wrong:", self.0.len())?;
        self.0.iter().take(TOLD_MAX).try_for_each(|wrong| writeln!(f, "- {wrong}"))
    }
}

/// Everything that is wrong with it.
pub fn wrongs_of(evidence: &Evidence) -> Wrongs {
    let mut wrongs = Wrongs::default();
    let history = History::read(&evidence.stored, &mut wrongs);
    let outcomes = Outcomes::read(&evidence.commits, &mut wrongs);
    let model = Model::replay(&history, &mut wrongs);
    history.check(&mut wrongs);
    journal::check(&evidence.commits, &outcomes, &history, &mut wrongs);
    letters::check(evidence, &outcomes, &history, &mut wrongs);
    answers::check(&evidence.answers, &outcomes, &history, &mut wrongs);
    topic::check(evidence, &history, &mut wrongs);
    views::check(evidence, &model, &outcomes, &mut wrongs);
    wrongs
}

/// The first line in which two texts differ, for people.
fn first_difference(what: [&str; 2], texts: [&str; 2]) -> String {
    let [mut left, mut right] = texts.map(str::lines);
    for number in 1.. {
        let pair = (left.next(), right.next());
        if pair.0 != pair.1 || pair.0.is_none() {
            return format!("line {number} is {:?} in {}, {:?} in {}", pair.0, what[0], pair.1, what[1]);
        }
    }
    unreachable!("texts end")
}
