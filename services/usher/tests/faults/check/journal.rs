//! The journal's rows.

use std::collections::BTreeMap;

use contract::proto::journal::{self as wire, Outcome, record::Kind};

use super::{Wrongs, history::History};

/// A row of the journal.
#[derive(Debug, Clone)]
pub struct Commit {
    pub shard: u16,
    pub number: u64,
    pub first_position: u64,
    pub records: u64,
    pub block: wire::Commit,
}

/// What became of each command.
#[derive(Debug)]
pub struct Outcomes<'a>(BTreeMap<&'a str, &'a Outcome>);

impl<'a> Outcomes<'a> {
    /// Those in the journal: one a command.
    pub fn read(commits: &'a [Commit], wrongs: &mut Wrongs) -> Self {
        let mut outcomes = BTreeMap::new();
        for outcome in outcomes_of(commits) {
            let id = outcome.command_id.as_str();
            wrongs.unless(!outcome.id_reused, || format!("the id of {id} is said to be another's"));
            wrongs.unless(outcomes.insert(id, outcome).is_none(), || format!("{id} has two outcomes"));
        }
        Self(outcomes)
    }

    pub fn get(&self, command_id: &str) -> Option<&'a Outcome> {
        self.0.get(command_id).copied()
    }

    /// Why a command was refused; `None` if it was not.
    pub fn refusal(&self, command_id: &str) -> Option<&'a str> {
        Some(self.get(command_id)?.refusal.as_ref()?.code.as_str())
    }

    /// All that were refused.
    pub fn refused(&self) -> impl Iterator<Item = &'a Outcome> {
        self.0.values().copied().filter(|outcome| outcome.refusal.is_some())
    }
}

/// The outcomes among the records.
pub fn outcomes_of(commits: &[Commit]) -> impl Iterator<Item = &Outcome> {
    commits.iter().flat_map(|commit| &commit.block.records).filter_map(|record| match &record.kind {
        Some(Kind::Outcome(outcome)) => Some(outcome),
        _ => None,
    })
}

/// The rows follow each other, and what they hold is what is exported.
pub fn check(commits: &[Commit], outcomes: &Outcomes<'_>, history: &History, wrongs: &mut Wrongs) {
    check_rows(commits, wrongs);
    let exported: Vec<_> = history.events.iter().map(|event| (event.place(), event.stream.as_str())).collect();
    let stored: Vec<_> = events_of(commits).collect();
    wrongs.unless(exported == stored, || {
        format!("{} events are exported, {} are in the journal, or others", exported.len(), stored.len())
    });
    check_causes(outcomes, history, wrongs);
}

fn check_rows(commits: &[Commit], wrongs: &mut Wrongs) {
    let mut ends: BTreeMap<u16, (u64, u64)> = BTreeMap::new();
    for Commit { shard, number, first_position, records, block } in commits {
        let (last_number, last_position) = ends.get(shard).copied().unwrap_or_default();
        let follows = (*number, *first_position) == (last_number + 1, last_position + 1);
        wrongs.unless(follows, || format!("commit {number} of shard {shard} does not follow {last_number}"));
        wrongs.unless(*records == block.records.len() as u64, || format!("commit {shard}-{number} is cut off"));
        ends.insert(*shard, (*number, last_position + records));
    }
}

fn events_of(commits: &[Commit]) -> impl Iterator<Item = (Option<(u16, u64)>, &str)> {
    commits.iter().flat_map(|commit| {
        (commit.first_position..).zip(&commit.block.records).filter_map(|(position, record)| match &record.kind {
            Some(Kind::Event(event)) => Some((Some((commit.shard, position)), event.stream.as_str())),
            _ => None,
        })
    })
}

/// Every event has a command that was accepted, and every command as many events as its outcome says. What happens to a
/// user is told to licensees of other shards in commands of their own, whose events still name the first.
fn check_causes(outcomes: &Outcomes<'_>, history: &History, wrongs: &mut Wrongs) {
    let counts = history.counts();
    for (command_id, outcome) in &outcomes.0 {
        let found = counts.get(command_id).copied().unwrap_or(0);
        let said = u64::from(outcome.events);
        let is_told_on = !outcome.user.is_empty();
        let fits = if is_told_on { found >= said || is_news(outcome) } else { found == said };
        wrongs.unless(fits, || format!("{command_id} made {said} events, and {found} are there"));
        let is_refused = outcome.refusal.is_some();
        wrongs.unless(!is_refused || found == 0, || format!("{command_id} was refused and made {found} events"));
    }
    for command_id in counts.keys() {
        wrongs.unless(outcomes.get(command_id).is_some(), || format!("events of {command_id}, which nobody decided"));
    }
    let said: u64 = outcomes.0.values().map(|outcome| u64::from(outcome.events)).sum();
    let found = history.events.len() as u64;
    wrongs.unless(said == found, || format!("commands made {said} events in all, and {found} are there"));
}

/// Whether it is of what a node told another.
fn is_news(outcome: &Outcome) -> bool {
    outcome.r#type == "usher:status-news"
}
