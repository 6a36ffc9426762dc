//! Dead letters for the console.

use std::collections::VecDeque;

use console::{DeadLetter, DeadLetters};
use kafka::dead_letters::{self, Filter, LetterId, Outcome};

/// The dead letters at a broker.
pub struct AtBroker(pub kafka::Settings);

impl DeadLetters for AtBroker {
    fn newest(&self, limit: usize) -> Result<Vec<DeadLetter>, String> {
        let mut newest = VecDeque::new();
        for letter in dead_letters::list(&self.0, Filter::default()).map_err(told)? {
            newest.push_front(shown(letter.map_err(told)?));
            newest.truncate(limit);
        }
        let mut newest: Vec<DeadLetter> = newest.into();
        newest.sort_by_key(|letter| std::cmp::Reverse(letter.time));
        Ok(newest)
    }

    fn retry(&self, id: &str) -> Result<String, String> {
        let id: LetterId = id.parse().map_err(|error: dead_letters::InvalidLetterId| error.to_string())?;
        let mut retries = dead_letters::retry(&self.0, Filter { ids: vec![id], ..Filter::default() }).map_err(told)?;
        let Some(retried) = retries.next() else { return Err("there is no such dead letter any more".to_owned()) };
        match retried.map_err(told)?.outcome {
            Outcome::SentAs(id) if id.is_empty() => Ok("It was sent again.".to_owned()),
            Outcome::SentAs(id) => Ok(format!("It was sent again as {id}.")),
            Outcome::WasSentBefore => Ok("It was sent before.".to_owned()),
            Outcome::BodyOmitted => Err("its body is not kept here: send it again from its source".to_owned()),
            Outcome::UnknownTopic => Err("it came by no topic of usher's".to_owned()),
        }
    }
}

fn shown(letter: dead_letters::DeadLetter) -> DeadLetter {
    let dead_letters::DeadLetter { id, code, reason, time, topic, key, retried_as, .. } = letter;
    DeadLetter { id: id.to_string(), code, reason, time, topic, key, retried_as }
}

/// With all causes.
fn told(error: kafka::KafkaError) -> String {
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}
