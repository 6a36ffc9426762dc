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
    ledger::Ledger,
    schedule::{Message, together},
};

/// How often it is looked how many messages are dealt with.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long no message may be dealt with until it is given up.
const STANDSTILL_MAX: Duration = Duration::from_secs(60);

/// What became of the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcomes {
    /// How many the brokers took.
    pub sent: u64,
    /// Of how many the store keeps an outcome; the others were there before.
    pub kept: u64,
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
    let mut ledger = Ledger::of(&cluster.database_url(), messages)?;
    let mut done = 0;
    while let Some(rest) = messages.get(done..).filter(|rest| !rest.is_empty()) {
        if let Some(first) = rest.first() {
            cluster.set_clock(first.time)?;
        }
        let (now, _later) = rest.split_at(together(rest, cluster.next_timer()?).min(rest.len()));
        now.iter().try_for_each(|message| publisher.send(&message.line))?;
        publisher.flush()?;
        wait_until_done(&mut ledger, done, done + now.len())?;
        done += now.len();
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    }
    bar.finish_and_clear();
    // The answer comes once the views show everything.
    messages.last().map(|message| cluster.set_clock(message.time)).transpose()?;
    let sent = publisher.finish()?.sent;
    eprintln!("{sent} messages went through Kafka in {:.0} s", bar.elapsed().as_secs_f64());
    Ok(Outcomes { sent, kept: ledger.kept()? })
}

/// Waits until the messages from one place up to another are dealt with.
fn wait_until_done(ledger: &mut Ledger, from: usize, to: usize) -> Result<(), RehearsalError> {
    let (mut open_before, mut last_step) = (u64::MAX, Instant::now());
    loop {
        let open = ledger.open(from, to)?;
        if open == 0 {
            return Ok(());
        }
        if open < open_before {
            (open_before, last_step) = (open, Instant::now());
        } else if last_step.elapsed() > STANDSTILL_MAX {
            return Err(RehearsalError::Standstill { open, seconds: STANDSTILL_MAX.as_secs() });
        }
        thread::sleep(LOOK_EVERY);
    }
}
