//! How fast tables are made from a long journal. Ignored: it measures, and says so.

use std::time::Instant as Stopwatch;

use licensing::*;

use super::world::{World, user};

#[test]
#[ignore = "it measures: run it by name with --nocapture"]
fn a_long_journal_is_read_within_a_minute() {
    let mut world = World::new();
    let begun = Stopwatch::now();
    let events = world.write_long_history(50, 20_000);
    println!("{events} events written in {:?}", begun.elapsed());
    let begun = Stopwatch::now();
    let views = world.open();
    let rate = events as f64 / begun.elapsed().as_secs_f64();
    println!("{events} events fed in {:?}: {rate:.0} a second", begun.elapsed());
    assert_eq!(views.totals().unwrap().events, events);
    drop(views);
    let begun = Stopwatch::now();
    let views = world.open();
    println!("loaded again in {:?}", begun.elapsed());
    assert!(views.access(&user("u-0-0"), &FeatureId::new("duo_chat"), world.now).unwrap().is_some());
}
