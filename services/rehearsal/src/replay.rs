//! Sends the sample through Kafka, in the one order that it has.

use std::{
    fs::File,
    io::{BufRead, BufReader, Error, ErrorKind},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use kafka::{DataForm, Publisher};

use crate::{
    cluster::Cluster,
    error::RehearsalError,
    schedule::{Message, together},
};

/// How often it is looked how many messages are dealt with.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long no message may be dealt with until it is given up.
const STANDSTILL_MAX: Duration = Duration::from_secs(60);

/// What became of the messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Accepted.
    pub accepted: u64,
    /// There before.
    pub duplicate: u64,
    /// Refused.
    pub refused: u64,
}

impl Outcomes {
    const fn total(self) -> u64 {
        self.accepted.saturating_add(self.duplicate).saturating_add(self.refused)
    }
}

/// The messages of a file, in order.
pub fn read_sample(file: &Path) -> Result<Vec<Message>, RehearsalError> {
    let in_sample = |source| RehearsalError::Sample { file: file.to_owned(), source };
    let lines = BufReader::new(GzDecoder::new(File::open(file).map_err(in_sample)?)).lines();
    (1..)
        .zip(lines)
        .map(|(number, line)| {
            let line = line.map_err(in_sample)?;
            Message::read(number, &line).map_err(|error| in_sample(Error::new(ErrorKind::InvalidData, error)))
        })
        .collect()
}

/// Sends all messages, and gives what became of them.
pub fn play(cluster: &Cluster, messages: &[Message]) -> Result<Outcomes, RehearsalError> {
    let bar = ProgressBar::new(u64::try_from(messages.len()).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("messages through Kafka [{bar:40}] {pos}/{len} {eta}") {
        bar.set_style(style.progress_chars("=> "));
    }
    let mut publisher = Publisher::new(&cluster.kafka()?, DataForm::Protobuf)?;
    let (mut rest, mut sent, mut outcomes) = (messages, 0_u64, Outcomes::default());
    while let Some(first) = rest.first() {
        cluster.set_clock(first.time)?;
        let (now, later) = rest.split_at(together(rest, cluster.next_timer()?).min(rest.len()));
        now.iter().try_for_each(|message| publisher.send(&message.line))?;
        publisher.flush()?;
        sent = sent.saturating_add(u64::try_from(now.len()).unwrap_or(u64::MAX));
        outcomes = wait_until_done(cluster, sent, &bar)?;
        rest = later;
    }
    bar.finish_and_clear();
    // The answer comes once the views show everything.
    messages.last().map(|message| cluster.set_clock(message.time)).transpose()?;
    eprintln!("{sent} messages went through Kafka in {:.0} s", bar.elapsed().as_secs_f64());
    Ok(outcomes)
}

/// Waits until so many messages are dealt with.
fn wait_until_done(cluster: &Cluster, sent: u64, bar: &ProgressBar) -> Result<Outcomes, RehearsalError> {
    let (mut last_done, mut last_step) = (0, Instant::now());
    loop {
        let outcomes = count(cluster)?;
        let done = outcomes.total();
        bar.set_position(done);
        if done >= sent {
            return Ok(outcomes);
        }
        if done > last_done {
            (last_done, last_step) = (done, Instant::now());
        } else if last_step.elapsed() > STANDSTILL_MAX {
            return Err(RehearsalError::Standstill { done, sent, seconds: STANDSTILL_MAX.as_secs() });
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn count(cluster: &Cluster) -> Result<Outcomes, RehearsalError> {
    let mut sum = Outcomes::default();
    for (outcome, count) in cluster.outcomes()? {
        let counter = match outcome.as_str() {
            "accepted" => &mut sum.accepted,
            "duplicate" => &mut sum.duplicate,
            _ => &mut sum.refused,
        };
        *counter = counter.saturating_add(count);
    }
    Ok(sum)
}
