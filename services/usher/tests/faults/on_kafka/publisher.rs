//! What comes in through Kafka.

use std::{
    fs,
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use super::{
    load::Run,
    messages::{Message, Messages},
    program::Program,
};
use crate::check::Sent;

/// How long a file of messages may take to be published, with a broker that is killed meanwhile.
const PUBLISHED_WITHIN: Duration = Duration::from_secs(90);
const RETRY_AFTER: Duration = Duration::from_millis(200);
const FILE: &str = "messages.jsonl";

/// Publishes round after round until it is to stop; gives all that was sent.
pub fn publish_rounds(program: &Program, mut messages: Messages, run: &Run) -> Vec<Sent> {
    let mut sent = Vec::new();
    for body in ["json", "protobuf"].into_iter().cycle() {
        if run.is_over() {
            return sent;
        }
        let round = messages.round();
        publish(program, &round, body, run);
        sent.extend(round.into_iter().map(|message| message.sent));
        run.published.fetch_add(1, Ordering::Relaxed);
    }
    sent
}

/// Publishes messages, all of them again until the brokers have all: as often as they come, they count once.
pub fn publish(program: &Program, messages: &[Message], body: &str, run: &Run) {
    let lines: String = messages.iter().map(|message| format!("{}\n", message.line)).collect();
    fs::write(program.folder.join(FILE), lines).unwrap();
    let began = Instant::now();
    while let Err(error) = program.printed(&format!("publish --body {body} {FILE}")) {
        if run.is_abandoned() {
            return;
        }
        assert!(began.elapsed() < PUBLISHED_WITHIN, "{error}");
        thread::sleep(RETRY_AFTER);
    }
}
