//! Into the engine of this process, in order.

use engine::{Engine, EngineError, Order, Reply, Ticket};

/// Hands in orders up to the first that the engine does not take; the ones behind that are not taken either, so that
/// none overtakes another. Waits for all answers, and gives one for each order.
pub(crate) async fn hand_in(engine: &Engine, orders: Vec<Order>) -> Vec<Result<Reply, EngineError>> {
    let mut tickets = Vec::with_capacity(orders.len());
    let mut refused = None;
    for order in orders {
        let ticket = match &refused {
            Some(error) => Err(EngineError::clone(error)),
            None => submit(engine, order),
        };
        if let Err(error) = &ticket {
            refused.get_or_insert_with(|| error.clone());
        }
        tickets.push(ticket);
    }
    let mut answers = Vec::with_capacity(tickets.len());
    for ticket in tickets {
        answers.push(match ticket {
            Ok(ticket) => ticket.answer().await,
            Err(error) => Err(error),
        });
    }
    answers
}

fn submit(engine: &Engine, order: Order) -> Result<Ticket<Reply>, EngineError> {
    let home = order.home();
    engine.submit_here(order).map_err(|error| match (error, home) {
        // It ended before it took the order: it decides nothing any more.
        (EngineError::Stopped, Some(home)) => EngineError::NotHeld { shard: engine.shard_of(&home) },
        (error, _) => error,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::sync::Arc;

    use contract::incoming::from_json;
    use engine::{Options, start};
    use journal::sqlite;
    use licensing::Catalogue;

    use super::*;

    #[tokio::test]
    async fn nothing_overtakes_an_order_that_was_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let store = sqlite::SqliteStore::open(folder.path(), &sqlite::Options::new(engine::EVENT_READER)).unwrap();
        let mut options = Options::new(Arc::new(Catalogue::built_in().unwrap()));
        options.queue_commands_max = 1;
        let running = start(store.journal(), store.index(), options).unwrap();
        let message = |number| format!(r#"{{"specversion":"1.0","id":"{number}","source":"urn:test","type":"none"}}"#);
        let orders = (0..20_000).map(|number| Order::Message(Box::new(from_json(message(number).as_bytes()))));

        let answers = hand_in(&running.engine(), orders.collect()).await;

        assert_eq!(answers.len(), 20_000);
        let taken = answers.iter().take_while(|answer| answer.is_ok()).count();
        let behind = answers.get(taken..).unwrap();
        assert!(!behind.is_empty(), "a queue of one holds them all");
        assert!(behind.iter().all(|answer| matches!(answer, Err(EngineError::Busy))));
    }
}
