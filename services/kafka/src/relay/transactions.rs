//! A producer of transactions.

use std::time::{Duration, Instant};

use rdkafka::{
    error::{KafkaError as ClientError, KafkaResult, RDKafkaErrorCode},
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::problem::Problem;
use crate::{
    Settings,
    attempt::{Attempt, Resource},
    client::Contact,
    headers,
    record::EventRecord,
};

/// How long a transaction may take: the broker ends it then. Long enough for a commit that removes a million seats.
const TRANSACTION_MAX: Duration = Duration::from_secs(300);

/// How long one call may block, so that an end is noticed.
const SLICE: Duration = Duration::from_millis(200);

/// How long an abort is tried; whoever comes next aborts in any case.
const ABORT_MAX: Duration = Duration::from_secs(2);

/// How often deliveries are looked for while waiting for the last of them.
const DELIVERY_LOOK: Duration = Duration::from_millis(1);

/// A producer that is alone with its transactional id.
pub(super) struct Transactions<'a> {
    target: Target<'a>,
    producer: BaseProducer<Contact>,
}

/// Where the records go, and as whom.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) settings: &'a Settings,
    pub(super) transactional_id: &'a str,
    /// The topic, the prefix included.
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    /// Whether to go on.
    pub(super) is_wanted: &'a dyn Fn() -> bool,
}

impl<'a> Transactions<'a> {
    /// Takes the transactional id over: whoever had it before writes no more, and what they left open is aborted when
    /// this returns. Waits for a broker for as long as `is_wanted`.
    pub(super) fn take_over(target: Target<'a>) -> Result<Self, Problem> {
        let mut config = target.settings.producer();
        config
            .set("transactional.id", target.transactional_id)
            .set("transaction.timeout.ms", TRANSACTION_MAX.as_millis().to_string())
            .set("linger.ms", "1");
        let contact = Contact::default();
        let created = config.create_with_context(contact.clone());
        let producer = created.map_err(|error| target.problem(&contact, error))?;
        let transactions = Self { target, producer };
        transactions.persist(None, || transactions.producer.init_transactions(SLICE))?;
        Ok(transactions)
    }

    /// Sends all records in one transaction, and gives back once it is committed. After an error the producer is of no
    /// further use; none of the records will ever be seen, or all are: the topic tells.
    pub(super) fn commit<'r>(
        &self,
        mut records: impl Iterator<Item = Result<EventRecord<'r>, Problem>>,
    ) -> Result<(), Problem> {
        let deadline = Instant::now() + TRANSACTION_MAX;
        self.producer.begin_transaction().map_err(|error| self.problem(error))?;
        let committed = records
            .try_for_each(|record| self.send(&record?, deadline))
            .and_then(|()| self.wait_for_deliveries(deadline))
            .and_then(|()| self.persist(Some(deadline), || self.producer.commit_transaction(SLICE)));
        if committed.is_err() {
            // Only for the readers' sake, who see nothing behind an open transaction.
            let _ = self.producer.abort_transaction(ABORT_MAX);
        }
        committed
    }

    /// Ends what a former holder of the transactional id left open on the partition and the broker no longer knows of, as can
    /// be after a broker was killed: the broker counts what we write now to the same transaction, and aborts all of it. Whatever
    /// is open of others stays so.
    pub(super) fn end_what_was_left_open(&self) -> Result<(), Problem> {
        let deadline = Instant::now() + TRANSACTION_MAX;
        self.producer.begin_transaction().map_err(|error| self.problem(error))?;
        let nothing: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(self.target.topic).partition(self.target.partition);
        self.producer.send(nothing).map_err(|(error, _)| self.problem(error))?;
        let delivered = self.wait_for_deliveries(deadline);
        self.persist(Some(deadline), || self.producer.abort_transaction(SLICE))?;
        delivered
    }

    fn send(&self, record: &EventRecord<'_>, deadline: Instant) -> Result<(), Problem> {
        let headers = headers::write(record.headers.iter().map(|(name, value)| (*name, value.as_bytes())));
        // Without a time of its own: a broker refuses one that lies ahead of its clock, as with a manual clock.
        let mut waiting = BaseRecord::to(self.target.topic)
            .partition(self.target.partition)
            .key(record.key)
            .payload(record.body)
            .headers(headers);
        loop {
            let Err((error, back)) = self.producer.send(waiting) else { return Ok(()) };
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(self.problem(error));
            }
            self.check(Some(deadline), error)?;
            self.producer.poll(DELIVERY_LOOK);
            waiting = back;
        }
    }

    /// Waits until every record has arrived or failed. Committing does so too, but looks only ten times a second.
    fn wait_for_deliveries(&self, deadline: Instant) -> Result<(), Problem> {
        while self.producer.in_flight_count() > 0 {
            self.check(Some(deadline), ClientError::Flush(RDKafkaErrorCode::OperationTimedOut))?;
            self.producer.poll(DELIVERY_LOOK);
        }
        Ok(())
    }

    /// Calls again for as long as that helps: a call that ran out of its time goes on where it was.
    fn persist(&self, deadline: Option<Instant>, call: impl Fn() -> KafkaResult<()>) -> Result<(), Problem> {
        loop {
            let Err(error) = call() else { return Ok(()) };
            if !is_worth_another_call(&error) {
                return Err(self.problem(error));
            }
            self.check(deadline, error)?;
            // Lets the client say what it has met.
            self.producer.poll(DELIVERY_LOOK);
        }
    }

    fn problem(&self, error: ClientError) -> Problem {
        self.target.problem(self.producer.context(), error)
    }

    /// Fails when there is no more time, or no more need.
    fn check(&self, deadline: Option<Instant>, error: ClientError) -> Result<(), Problem> {
        if !(self.target.is_wanted)() {
            return Err(Problem::NotWanted);
        }
        match deadline {
            Some(deadline) if Instant::now() > deadline => Err(self.problem(error)),
            _ => Ok(()),
        }
    }
}

impl Target<'_> {
    fn problem(&self, contact: &Contact, error: ClientError) -> Problem {
        let code = error.rdkafka_error_code();
        let is_fenced = matches!(
            code,
            Some(RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch)
        );
        if is_fenced {
            return Problem::Fenced(Box::new(error));
        }
        let resource = match code {
            Some(RDKafkaErrorCode::TransactionalIdAuthorizationFailed) => {
                Resource::TransactionalId(self.transactional_id)
            }
            _ => Resource::Topic(self.topic),
        };
        let writing = Attempt { action: "write events", operation: "Write", resource };
        Problem::Kafka(writing.failed(self.settings, contact, error))
    }
}

fn is_worth_another_call(error: &ClientError) -> bool {
    match error {
        ClientError::Transaction(error) => error.is_retriable(),
        ClientError::Flush(code) => *code == RDKafkaErrorCode::OperationTimedOut,
        _ => false,
    }
}
