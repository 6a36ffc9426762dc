//! `usher ingest`, killed again and again: the store ends up as if nothing had happened.

use std::{path::Path, process::Stdio, thread, time::Duration};

use serde_json::Value;

use crate::program::usher;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample/rails-2020-2026.jsonl.gz");

fn ingest(folder: &Path) -> std::process::Command {
    usher(&["ingest", "--data-dir", folder.to_str().unwrap(), "--clock", "event-time", SAMPLE])
}

fn history(folder: &Path) -> Vec<Value> {
    let output = usher(&["history", "rails", "--data-dir", folder.to_str().unwrap(), "--format", "json"]).output();
    let mut events: Vec<Value> = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    // What differs from run to run: when and where it was written, and the ids that are made for it.
    for event in &mut events {
        for member in ["id", "position", "recorded_at"] {
            event.as_object_mut().unwrap().remove(member);
        }
    }
    events
}

#[test]
fn a_history_that_was_fed_through_many_kills_equals_one_that_was_fed_at_one_go() {
    let [calm, stormy] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    assert!(ingest(calm.path()).stdout(Stdio::null()).status().unwrap().success());
    let mut kills = 0;
    for round in 0..6 {
        let mut child = ingest(stormy.path()).stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(100 + 90 * round));
        if child.try_wait().unwrap().is_none() {
            kills += 1;
        }
        let _ = child.kill();
        child.wait().unwrap();
    }
    assert!(kills > 0, "it was done before it could be killed once");
    let output = ingest(stormy.path()).output().unwrap();
    assert!(output.status.success());
    let tally: Value = serde_json::from_str(String::from_utf8(output.stdout).unwrap().lines().last().unwrap()).unwrap();
    assert!(tally["duplicate"].as_u64().unwrap() > 0, "{tally}");
    let (calm, stormy) = (history(calm.path()), history(stormy.path()));
    assert!(calm.len() > 4_000, "{} events", calm.len());
    assert!(calm == stormy, "{} and {} events", calm.len(), stormy.len());
}
