//! Orders and answers on the way between nodes.

use engine::{EngineError, Order, Reply};
use journal::{JournalError, with_causes};

use crate::proto::{Answer, Failure, answer::Result as Wire, failure::Kind};

/// How orders and answers are written. It goes up with a change that older nodes would misread.
pub(crate) const VERSION: u32 = 1;
/// How many orders one request holds at most.
pub(crate) const ORDERS_MAX: usize = 1_000;
/// How large the orders of one request are together, bytes; a single one may be larger.
pub(crate) const ORDERS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The largest order, bytes.
pub(crate) const ORDER_BYTES_MAX: usize = 12 * 1024 * 1024;
/// The largest request, bytes: one order of the largest, and what is around it.
pub(crate) const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The largest reply, bytes: an answer names nobody whom its order does not name, but adds to each why.
pub(crate) const REPLY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What became of an order that was handed in somewhere.
#[derive(Debug)]
pub(crate) enum Said {
    /// It is settled, well or not.
    Settled(Result<Reply, EngineError>),
    /// It was certainly not taken, so it may be handed in elsewhere.
    NotTaken(EngineError),
    /// Nobody knows whether it was taken.
    Lost(EngineError),
}

impl Said {
    /// What the engine of this process said to an order of `shard`.
    pub(crate) fn here(answer: Result<Reply, EngineError>, shard: u16) -> Self {
        match answer {
            Err(error @ (EngineError::Busy | EngineError::NotHeld { .. })) => Self::NotTaken(error),
            Err(error) if is_lost_shard(&error, Some(shard)) => Self::NotTaken(EngineError::NotHeld { shard }),
            settled => Self::Settled(settled),
        }
    }

    /// What `node` said.
    pub(crate) fn there(answer: Option<Answer>, node: &str, shard: u16) -> Self {
        let unanswered = |detail: &str| EngineError::Unanswered { node: node.to_owned(), detail: detail.to_owned() };
        let failure = match answer.and_then(|answer| answer.result) {
            Some(Wire::Reply(reply)) => {
                return match serde_json::from_slice(&reply) {
                    Ok(reply) => Self::Settled(Ok(reply)),
                    Err(_) => Self::Lost(unanswered("its answer can't be read: it may be of another version")),
                };
            }
            Some(Wire::Failure(failure)) => failure,
            None => return Self::Lost(unanswered("it left the order out")),
        };
        match failure.kind() {
            Kind::Busy => Self::NotTaken(EngineError::Busy),
            Kind::NotHeld => Self::NotTaken(EngineError::NotHeld { shard }),
            Kind::Stopped => Self::Lost(unanswered("it is stopping")),
            Kind::Untold => Self::Settled(Err(EngineError::Untold)),
            Kind::Unreadable => {
                Self::Settled(Err(EngineError::Unreadable { place: failure.place, detail: failure.detail }))
            }
            Kind::Failed | Kind::Unspecified => Self::Settled(Err(unanswered(&failure.detail))),
        }
    }
}

/// Whether a commit failed because the shard is no longer ours: then nothing of it was written, and everything behind it
/// fails in the same way.
fn is_lost_shard(error: &EngineError, shard: Option<u16>) -> bool {
    let EngineError::Store(source) = error else { return false };
    matches!(**source, JournalError::NotHeld { shard: lost } if Some(lost) == shard)
}

/// An order as it is sent.
///
/// # Errors
/// [`EngineError::Unreadable`] for one that is too large.
pub(crate) fn write_order(order: &Order) -> Result<Vec<u8>, EngineError> {
    let unsendable = |detail: String| EngineError::Unreadable { place: "an order for another node".to_owned(), detail };
    let bytes = serde_json::to_vec(order).map_err(|error| unsendable(error.to_string()))?;
    if bytes.len() > ORDER_BYTES_MAX {
        return Err(unsendable(format!("{} bytes are above the limit of {ORDER_BYTES_MAX}: split it", bytes.len())));
    }
    Ok(bytes)
}

pub(crate) fn read_order(bytes: &[u8]) -> Result<Order, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// An answer of this process's engine to an order of `shard`, as it is sent.
pub(crate) fn write_answer(answer: Result<Reply, EngineError>, shard: Option<u16>) -> Answer {
    let written = answer.and_then(|reply| {
        serde_json::to_vec(&reply).map_err(|error| EngineError::Unreadable {
            place: "the answer to an order".to_owned(),
            detail: error.to_string(),
        })
    });
    let result = match written {
        Ok(reply) => Wire::Reply(reply),
        Err(error) => Wire::Failure(write_failure(&error, shard)),
    };
    Answer { result: Some(result) }
}

fn write_failure(error: &EngineError, shard: Option<u16>) -> Failure {
    let failure = |kind: Kind, detail: String| Failure { kind: kind.into(), detail, place: String::new() };
    match error {
        EngineError::Busy => failure(Kind::Busy, error.to_string()),
        EngineError::NotHeld { .. } => failure(Kind::NotHeld, error.to_string()),
        EngineError::Stopped => failure(Kind::Stopped, error.to_string()),
        EngineError::Untold => failure(Kind::Untold, error.to_string()),
        EngineError::Unreadable { place, detail } => {
            Failure { place: place.clone(), ..failure(Kind::Unreadable, detail.clone()) }
        }
        _ if is_lost_shard(error, shard) => failure(Kind::NotHeld, error.to_string()),
        EngineError::NoHolder { .. }
        | EngineError::Unanswered { .. }
        | EngineError::Store(_)
        | EngineError::Thread(_) => failure(Kind::Failed, with_causes(error)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use engine::Done;
    use journal::Positions;
    use licensing::Instant;

    use super::*;

    const NODE: &str = "n:1";

    fn said(error: EngineError) -> Said {
        Said::there(Some(write_answer(Err(error), Some(3))), NODE, 3)
    }

    fn unwritten(shard: u16) -> EngineError {
        EngineError::from(JournalError::NotHeld { shard })
    }

    #[test]
    fn a_reply_arrives_as_it_was() {
        let done = Done {
            outcome: Err(licensing::Refusal::new(licensing::Code::NoSeatsAvailable, "none is left")),
            duplicate: true,
            events: 7,
            positions: Positions::default(),
        };
        let reply = Reply::Done(Box::new(done));
        let answer = write_answer(Ok(reply.clone()), Some(3));
        assert!(matches!(Said::there(Some(answer), NODE, 3), Said::Settled(Ok(arrived)) if arrived == reply));
    }

    #[test]
    fn an_order_arrives_as_it_was() {
        let order = Order::AdvanceClock(Instant::UNIX_EPOCH);
        let arrived = read_order(&write_order(&order).unwrap()).unwrap();
        assert_eq!(format!("{arrived:?}"), format!("{order:?}"));
    }

    #[test]
    fn only_what_was_certainly_not_taken_may_go_elsewhere() {
        assert!(matches!(said(EngineError::Busy), Said::NotTaken(EngineError::Busy)));
        assert!(matches!(said(EngineError::NotHeld { shard: 3 }), Said::NotTaken(EngineError::NotHeld { shard: 3 })));
        assert!(matches!(said(unwritten(3)), Said::NotTaken(EngineError::NotHeld { shard: 3 })));
        assert!(matches!(said(EngineError::Stopped), Said::Lost(_)));
        assert!(matches!(said(EngineError::Untold), Said::Settled(Err(EngineError::Untold))));
        // That the batch failed because of another shard does not say that orders behind it were not taken.
        assert!(matches!(said(unwritten(4)), Said::Settled(Err(EngineError::Unanswered { .. }))));
        assert!(matches!(Said::here(Err(unwritten(3)), 3), Said::NotTaken(_)));
        assert!(matches!(Said::here(Err(unwritten(4)), 3), Said::Settled(Err(_))));
    }

    #[test]
    fn an_answer_that_is_missing_or_can_not_be_read_says_nothing() {
        assert!(matches!(Said::there(None, NODE, 3), Said::Lost(_)));
        let answer = Answer { result: Some(Wire::Reply(b"{}".to_vec())) };
        assert!(matches!(Said::there(Some(answer), NODE, 3), Said::Lost(_)));
    }
}
