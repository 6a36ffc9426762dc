//! An engine that only remembers.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use contract::incoming::Incoming;
use kafka::{Outcome, Sink, SinkError, Submitted};
use licensing::Refusal;
use parking_lot::Mutex;

pub const SHARDS: u16 = 4;

/// Remembers what it was told, once for each id, as an engine does (R34).
#[derive(Clone, Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    outcomes: HashMap<String, Option<Refusal>>,
    /// Of each licensee or user the ids, in the order in which they took effect.
    effects: BTreeMap<String, Vec<String>>,
    duplicates: usize,
    /// What the next batches get instead of answers.
    troubles: Vec<Trouble>,
}

/// What goes wrong with a batch.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    /// Only so many messages take effect, the others have to come again.
    RetryAfter(usize),
    /// Those of every other user take effect, the others have to come again; kept for a batch with both kinds.
    RetryOddUsers,
    /// All take effect, but nobody hears of it.
    LoseAnswers,
    /// Nothing takes effect, and no answer ever comes.
    Hang,
    /// Nothing takes effect, and whoever asked is torn down with it.
    Panic,
}

impl Memory {
    /// Lets the next batches run into trouble, the last first.
    pub fn trouble(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.state.lock().troubles.extend(troubles);
    }

    pub fn is_out_of_trouble(&self) -> bool {
        self.troubles_left() == 0
    }

    pub fn troubles_left(&self) -> usize {
        self.state.lock().troubles.len()
    }

    /// From now on all goes well.
    pub fn end_troubles(&self) {
        self.state.lock().troubles.clear();
    }

    /// The ids that took effect, by licensee or user, in order.
    pub fn effects(&self) -> BTreeMap<String, Vec<String>> {
        self.state.lock().effects.clone()
    }

    pub fn effect_count(&self) -> usize {
        self.state.lock().effects.values().map(Vec::len).sum()
    }

    pub fn duplicates(&self) -> usize {
        self.state.lock().duplicates
    }
}

/// Whether it is of every other user.
fn is_odd(message: &Incoming) -> bool {
    home(message).ends_with(['1', '3', '5', '7', '9'])
}

impl State {
    fn next_trouble(&mut self, messages: &[Incoming]) -> Option<Trouble> {
        let has_both = || messages.iter().skip_while(|message| !is_odd(message)).any(|message| !is_odd(message));
        self.troubles.pop_if(|trouble| !matches!(trouble, Trouble::RetryOddUsers) || has_both())
    }

    fn decide(&mut self, incoming: Incoming) -> Outcome {
        let id = incoming.key.as_ref().map(|key| key.command_id());
        if let Some(refusal) = id.as_ref().and_then(|id| self.outcomes.get(id)) {
            self.duplicates += 1;
            return Outcome { duplicate: true, refusal: refusal.clone() };
        }
        let refusal = incoming.request.clone().err();
        if let Some(id) = id {
            if refusal.is_none() {
                self.effects.entry(home(&incoming).to_owned()).or_default().push(id.clone());
            }
            self.outcomes.insert(id, refusal.clone());
        }
        Outcome { duplicate: false, refusal }
    }
}

impl Sink for Memory {
    fn shard_of(&self, incoming: &Incoming) -> u16 {
        journal::shard_of(home(incoming), SHARDS)
    }

    fn submit(&self, _shard: u16, messages: Vec<Incoming>) -> Submitted {
        let state = self.state.clone();
        Box::pin(async move {
            // Batches of several shards end in another order than they began.
            tokio::time::sleep(Duration::from_millis(messages.len() as u64 % 7)).await;
            let trouble = state.lock().next_trouble(&messages);
            let retry = || Err(SinkError::Retry { reason: "a trouble".to_owned() });
            match trouble {
                None => messages.into_iter().map(|message| Ok(state.lock().decide(message))).collect(),
                Some(Trouble::RetryAfter(done)) => {
                    let decide = |(place, message)| {
                        if place < done { Ok(state.lock().decide(message)) } else { retry() }
                    };
                    messages.into_iter().enumerate().map(decide).collect()
                }
                Some(Trouble::RetryOddUsers) => {
                    let decide = |message| if is_odd(&message) { retry() } else { Ok(state.lock().decide(message)) };
                    messages.into_iter().map(decide).collect()
                }
                Some(Trouble::LoseAnswers) => {
                    messages.into_iter().for_each(|message| drop(state.lock().decide(message)));
                    Vec::new()
                }
                Some(Trouble::Hang) => std::future::pending().await,
                Some(Trouble::Panic) => panic!("a defect of the sink, which this test wants"),
            }
        })
    }
}

fn home(incoming: &Incoming) -> &str {
    use contract::incoming::Request;
    match &incoming.request {
        Ok(Request::Licensee { licensee, .. }) => licensee.as_str(),
        Ok(Request::UserStatus { user, .. } | Request::Usage { user, .. }) => user.as_str(),
        Err(_) => incoming.named_licensee.as_ref().map_or("unknown", |licensee| licensee.as_str()),
    }
}
