//! The way of one shard's orders to wherever it is decided: one batch after another, so that none overtakes another.

use std::{iter, sync::Arc, time::Duration};

use engine::{Engine, EngineError, Order, ReplyTo};
use journal::Node;
use tokio::{sync::mpsc::Receiver, time::Instant};

use crate::{
    hand_in::hand_in,
    links::{Links, Unsent},
    routes::{Route, Routes},
    wire::{self, ORDERS_BYTES_MAX, ORDERS_MAX, Said},
};

/// How long orders wait for somebody to decide the shard.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait for a newer roster before trying again.
const REFRESH_WAIT: Duration = Duration::from_millis(100);
/// How long answers may take; a node that dies is noticed earlier.
const ANSWER_WAIT: Duration = Duration::from_secs(60);

/// An order on its way.
pub(crate) struct Waiting {
    pub(crate) order: Order,
    pub(crate) reply: ReplyTo,
}

/// How orders get to where they are decided.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) engine: Engine,
    pub(crate) routes: Routes,
    pub(crate) links: Arc<Links>,
}

/// An order as it is sent, and what is to be said if it settles nowhere.
struct Sent {
    waiting: Waiting,
    bytes: Vec<u8>,
    /// Set once it may have been taken: from then on nobody can say that it was not.
    lost: Option<EngineError>,
    /// Why it was not taken last.
    refused: EngineError,
}

/// The orders of one shard.
pub(crate) struct Lane {
    shard: u16,
    inbox: Receiver<Waiting>,
    /// What did not fit into the batch before.
    left_over: Option<Sent>,
    way: Way,
}

impl Lane {
    pub(crate) fn new(shard: u16, inbox: Receiver<Waiting>, way: Way) -> Self {
        Self { shard, inbox, left_over: None, way }
    }

    /// Brings orders until nobody can send any more.
    pub(crate) async fn run(mut self) {
        while let Some(batch) = self.next_batch().await {
            self.bring(batch).await;
        }
    }

    /// What waits, as much as fits into one request; `None` at the end.
    async fn next_batch(&mut self) -> Option<Vec<Sent>> {
        let first = match self.left_over.take() {
            Some(left_over) => left_over,
            None => self.next().await?,
        };
        let mut bytes = first.bytes.len();
        let mut batch = vec![first];
        while batch.len() < ORDERS_MAX {
            let Ok(waiting) = self.inbox.try_recv() else { break };
            let Some(sent) = self.written(waiting) else { continue };
            bytes += sent.bytes.len();
            if bytes > ORDERS_BYTES_MAX {
                self.left_over = Some(sent);
                break;
            }
            batch.push(sent);
        }
        Some(batch)
    }

    async fn next(&mut self) -> Option<Sent> {
        loop {
            let waiting = self.inbox.recv().await?;
            if let Some(sent) = self.written(waiting) {
                return Some(sent);
            }
        }
    }

    /// An order as it is sent; one that can't be sent is answered at once.
    fn written(&self, waiting: Waiting) -> Option<Sent> {
        match wire::write_order(&waiting.order) {
            Ok(bytes) => {
                let refused = EngineError::NoHolder { shard: self.shard };
                Some(Sent { waiting, bytes, lost: None, refused })
            }
            Err(error) => {
                drop(waiting.reply.send(Err(error)));
                None
            }
        }
    }

    /// Brings a batch to where it is decided, wherever that moves in the meantime, and answers all of it.
    async fn bring(&self, mut batch: Vec<Sent>) {
        let give_up_at = Instant::now() + PATIENCE;
        loop {
            let said = self.hand_over(&batch).await;
            batch = batch.into_iter().zip(said).filter_map(|(sent, said)| sent.hear(said)).collect();
            if batch.is_empty() {
                return;
            }
            if Instant::now() >= give_up_at {
                return batch.into_iter().for_each(Sent::give_up);
            }
            self.way.routes.refresh(REFRESH_WAIT).await;
        }
    }

    /// Hands a batch to whoever decides the shard by now; what is said to each order.
    async fn hand_over(&self, batch: &[Sent]) -> Vec<Said> {
        let shard = self.shard;
        match self.way.routes.route(shard) {
            Route::Here => {
                let orders = batch.iter().map(|sent| sent.waiting.order.clone()).collect();
                let answers = hand_in(&self.way.engine, orders).await;
                answers.into_iter().map(|answer| Said::here(answer, shard)).collect()
            }
            Route::To(node) => self.send(&node, batch).await,
            Route::Nowhere => batch.iter().map(|_| Said::NotTaken(EngineError::NoHolder { shard })).collect(),
        }
    }

    async fn send(&self, node: &Node, batch: &[Sent]) -> Vec<Said> {
        let shard = self.shard;
        metrics::counter!("usher_orders_forwarded_total").increment(batch.len() as u64);
        let orders = batch.iter().map(|sent| sent.bytes.clone()).collect();
        let unsent = match self.way.links.submit(node, Some(shard), orders, ANSWER_WAIT).await {
            Ok(answers) => {
                let answers = answers.into_iter().map(Some).chain(iter::repeat(None));
                return answers.take(batch.len()).map(|answer| Said::there(answer, &node.address, shard)).collect();
            }
            Err(unsent) => unsent,
        };
        tracing::debug!(node = %node.id, shard, ?unsent, "another node did not answer");
        let said = || match &unsent {
            Unsent::NotTaken(_) => Said::NotTaken(EngineError::NoHolder { shard }),
            Unsent::Lost(detail) => {
                Said::Lost(EngineError::Unanswered { node: node.address.clone(), detail: detail.clone() })
            }
        };
        batch.iter().map(|_| said()).collect()
    }
}

impl Sent {
    /// Answers the order if that settles it; gives it back if it is to be tried again.
    fn hear(mut self, said: Said) -> Option<Self> {
        match said {
            Said::Settled(answer) => {
                drop(self.waiting.reply.send(answer));
                None
            }
            Said::NotTaken(error) => {
                self.refused = error;
                Some(self)
            }
            Said::Lost(error) if may_be_repeated(&self.waiting.order) => {
                self.lost = Some(error);
                Some(self)
            }
            Said::Lost(error) => {
                drop(self.waiting.reply.send(Err(error)));
                None
            }
        }
    }

    fn give_up(self) {
        let error = match (self.lost, self.refused) {
            (Some(lost), _) => lost,
            // Whoever waits for an answer learns that it is worth while to come back, not where it went wrong.
            (None, EngineError::NotHeld { shard }) => EngineError::NoHolder { shard },
            (None, refused) => refused,
        };
        drop(self.waiting.reply.send(Err(error)));
    }
}

/// Whether an order has an id under which it counts once, however often it comes (R34).
fn may_be_repeated(order: &Order) -> bool {
    match order {
        Order::Message(incoming) => incoming.key.is_some(),
        Order::Call(call) => call.key.is_some(),
        Order::IfVersion { order, .. } => may_be_repeated(order),
        Order::Claim(_) | Order::News(_) | Order::AdvanceClock(_) | Order::Preview(_) => true,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use contract::incoming::from_json;
    use engine::{Call, IdempotencyKey};
    use licensing::{Command, LicenseeId, ProductId, UserId};
    use tokio::sync::oneshot;

    use super::*;

    type Heard = oneshot::Receiver<Result<engine::Reply, EngineError>>;

    fn sent(order: Order) -> (Sent, Heard) {
        let (reply, heard) = oneshot::channel();
        let refused = EngineError::NoHolder { shard: 1 };
        (Sent { waiting: Waiting { order, reply }, bytes: Vec::new(), lost: None, refused }, heard)
    }

    fn call(key: Option<&str>) -> Order {
        Order::Call(Box::new(Call {
            key: key.map(|key| IdempotencyKey::new(key, &[]).unwrap()),
            type_name: "TEST".to_owned(),
            actor: "tester".to_owned(),
            licensee: LicenseeId::parse("acme").unwrap(),
            command: Command::AssignSeat { product: ProductId::new("duo"), user: UserId::parse("u-1").unwrap() },
        }))
    }

    fn unanswered() -> EngineError {
        EngineError::Unanswered { node: "n:1".to_owned(), detail: "gone".to_owned() }
    }

    #[test]
    fn r34_a_call_without_a_key_is_not_repeated_once_it_may_be_done() {
        let (order, mut heard) = sent(call(None));
        let order = order.hear(Said::NotTaken(EngineError::NotHeld { shard: 1 })).expect("it goes elsewhere");
        assert!(order.hear(Said::Lost(unanswered())).is_none());
        assert!(matches!(heard.try_recv().unwrap(), Err(EngineError::Unanswered { .. })));
    }

    #[test]
    fn r34_what_counts_once_is_repeated_but_never_said_to_be_undone() {
        let message = from_json(br#"{"id":"1","source":"urn:test"}"#);
        for order in [call(Some("key")), Order::Message(Box::new(message))] {
            let (order, mut heard) = sent(order);
            let order = order.hear(Said::Lost(unanswered())).expect("it is repeated");
            let order = order.hear(Said::NotTaken(EngineError::NotHeld { shard: 1 })).expect("it goes elsewhere");
            order.give_up();
            assert!(matches!(heard.try_recv().unwrap(), Err(EngineError::Unanswered { .. })));
        }
    }

    #[test]
    fn a_message_that_nobody_can_name_is_not_repeated() {
        assert!(!may_be_repeated(&Order::Message(Box::new(from_json(b"{}")))));
    }

    #[test]
    fn what_was_not_taken_anywhere_may_come_back_later() {
        let (order, mut heard) = sent(call(None));
        order.hear(Said::NotTaken(EngineError::NotHeld { shard: 1 })).unwrap().give_up();
        assert!(matches!(heard.try_recv().unwrap(), Err(EngineError::NoHolder { shard: 1 })));
        let (order, mut heard) = sent(call(None));
        order.hear(Said::NotTaken(EngineError::Busy)).unwrap().give_up();
        assert!(matches!(heard.try_recv().unwrap(), Err(EngineError::Busy)));
    }
}
