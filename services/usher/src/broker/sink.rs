//! Messages from Kafka to the engine.

use std::collections::BTreeMap;

use contract::incoming::Incoming;
use engine::{Done, Engine, EngineError, home_of};
use journal::with_causes;
use kafka::{Outcome, Sink, SinkError, Submitted};
use tokio::task::JoinSet;

/// Hands messages to the engine: those with the same home in their order, so that none can overtake another whatever fails;
/// all others side by side.
pub struct EngineSink {
    engine: Engine,
}

/// What became of a message, and its place in the batch.
type Answered = (usize, Result<Outcome, SinkError>);

impl EngineSink {
    /// Hands messages to this engine.
    pub const fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

impl Sink for EngineSink {
    fn shard_of(&self, incoming: &Incoming) -> u16 {
        self.engine.shard_of(home_of(incoming))
    }

    fn submit(&self, _shard: u16, messages: Vec<Incoming>) -> Submitted {
        let engine = self.engine.clone();
        Box::pin(async move {
            let total = messages.len();
            let mut chains = JoinSet::new();
            for chain in by_home(messages) {
                chains.spawn(hand_in_order(engine.clone(), chain));
            }
            let mut answers: Vec<_> = (0..total).map(|_| Err(unanswered())).collect();
            while let Some(chain) = chains.join_next().await {
                // A chain that panicked leaves its messages unanswered: they come again.
                for (place, answer) in chain.unwrap_or_default() {
                    if let Some(slot) = answers.get_mut(place) {
                        *slot = answer;
                    }
                }
            }
            answers
        })
    }
}

/// The messages with their places, by home, each in order.
fn by_home(messages: Vec<Incoming>) -> impl Iterator<Item = Vec<(usize, Incoming)>> {
    let mut chains: BTreeMap<String, Vec<(usize, Incoming)>> = BTreeMap::new();
    for (place, message) in messages.into_iter().enumerate() {
        chains.entry(home_of(&message).to_owned()).or_default().push((place, message));
    }
    chains.into_values()
}

/// Hands in messages in their order; behind one that has to come again, none is answered.
async fn hand_in_order(engine: Engine, chain: Vec<(usize, Incoming)>) -> Vec<Answered> {
    let (places, messages): (Vec<usize>, Vec<Incoming>) = chain.into_iter().unzip();
    let outcomes = engine.messages_in_order(messages).await;
    places.into_iter().zip(outcomes.into_iter().map(answer)).collect()
}

fn answer(outcome: Result<Done, EngineError>) -> Result<Outcome, SinkError> {
    let done = outcome.map_err(|error| SinkError::Retry { reason: with_causes(&error) })?;
    Ok(Outcome { duplicate: done.duplicate, refusal: done.outcome.err() })
}

fn unanswered() -> SinkError {
    SinkError::Retry { reason: "a message before it was not taken".to_owned() }
}
