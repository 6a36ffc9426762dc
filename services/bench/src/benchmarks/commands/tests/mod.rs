//! A look at the cheapest contest: no server, no peer, and no judgement of time.

use std::{path::PathBuf, time::Duration};

use super::*;
use crate::{
    effort::Effort,
    ground::Programs,
    measure::{P50, P99},
};

#[test]
fn on_sqlite_both_contenders_do_work_and_say_how_much() {
    let effort = Effort::new(true, Some(1));
    let nowhere = Programs { usher: PathBuf::from("no-usher"), peer: PathBuf::from("no-peer") };
    let ground = Ground::new(effort, nowhere).unwrap();
    let few = Crowd { licensees: 5, members: 3 };
    let mut ours = Ours::new(Store::new(&ground, Place::Embedded).unwrap(), few).unwrap();
    let folder = ground.folder().unwrap();
    let bytes = ours.bytes_per_command().unwrap();
    assert!((50..5_000).contains(&bytes), "{bytes}");
    let mut ceiling = Ceiling::start(SqliteBlocks::open(folder.path()).unwrap(), bytes);
    let mut contenders: [Box<dyn Contender>; 2] = [Box::new(ours.with(8)), Box::new(ceiling.with(8))];
    let results = contest::run("a test", effort, Duration::from_millis(20), &mut contenders).unwrap();
    for contender in [ours::NAME, ceiling::NAME] {
        for measure in [RATE, P50, P99] {
            let series = results.of(contender, measure).unwrap();
            assert!(series.samples.len() == 1 && series.samples[0] > 0.0, "{series:?}");
        }
    }
}

#[test]
fn a_program_that_is_not_built_is_told() {
    let nowhere = Programs { usher: PathBuf::from("no-usher"), peer: PathBuf::from("no-peer") };
    let ground = Ground::new(Effort::new(true, None), nowhere).unwrap();
    assert!(ground.peer().unwrap_err().to_string().contains("no-peer"));
}
