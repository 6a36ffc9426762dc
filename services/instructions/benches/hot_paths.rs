//! How many instructions the hot paths take, and that it does not become more than 5 % more. `cargo xtask instructions` runs
//! this; the limits are what it counted when they were set, and 5 %.
#![allow(clippy::expect_used, missing_docs)]

use std::hint::black_box;

use contract::{
    event::{EncodedEvent, decode, encode_licensee_event},
    incoming::from_json,
    proto::journal::Event as Record,
};
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use instructions::{MESSAGE, Sample, assign, halve};
use journal::chain;
use licensing::Command;

/// How often what is small is done, so that it outweighs what comes with counting.
const TIMES: usize = 100;

/// Fails at more than 5 % above what was counted.
fn at_most(counted: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::default();
    callgrind
        .soft_limits::<EventKind, [(EventKind, f64); 0]>([])
        .hard_limits([(EventKind::Ir, counted + counted / 20)]);
    LibraryBenchmarkConfig::default().tool(callgrind).clone()
}

fn sample() -> Sample {
    Sample::new().expect("the sample can be made")
}

fn sample_and_assignment() -> (Sample, Command) {
    (sample(), assign().expect("the command can be made"))
}

#[library_benchmark(setup = sample_and_assignment, config = at_most(1_658_710))]
fn decide_an_assignment((sample, assign): (Sample, Command)) -> usize {
    (0..TIMES).map(|_| black_box(&sample).decide(black_box(&assign)).len()).sum()
}

#[library_benchmark(setup = sample, config = at_most(2_755_364))]
fn decide_a_surplus(sample: Sample) -> usize {
    black_box(&sample).decide(&black_box(halve())).len()
}

#[library_benchmark(setup = sample, config = at_most(4_681_568))]
fn fold(sample: Sample) -> u64 {
    black_box(&sample).fold().version()
}

#[library_benchmark(setup = sample, config = at_most(3_415_906))]
fn encode(sample: Sample) -> usize {
    let bytes = |event| encode_licensee_event(&sample.id, black_box(event)).data.len();
    sample.events.iter().map(bytes).sum()
}

fn records() -> Vec<Record> {
    sample().records()
}

#[library_benchmark(setup = records, config = at_most(31_627_546))]
fn hash(records: Vec<Record>) -> chain::Hash {
    records.iter().fold(chain::START, |last, record| chain::hash(&last, black_box(record)))
}

fn encoded() -> Vec<EncodedEvent> {
    sample().encoded()
}

#[library_benchmark(setup = encoded, config = at_most(4_935_478))]
fn decode_events(events: Vec<EncodedEvent>) -> usize {
    let is_read = |event: &&EncodedEvent| decode(event.type_name, event.schema_version, black_box(&event.data)).is_ok();
    events.iter().filter(is_read).count()
}

#[library_benchmark(config = at_most(2_153_288))]
fn decode_messages() -> usize {
    (0..TIMES).filter(|_| from_json(black_box(MESSAGE.as_bytes())).request.is_ok()).count()
}

library_benchmark_group!(
    name = hot_paths;
    benchmarks = decide_an_assignment, decide_a_surplus, fold, encode, hash, decode_events, decode_messages
);

main!(library_benchmark_groups = hot_paths);
