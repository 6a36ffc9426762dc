//! Several processes on one store.

use std::thread;

use journal::Epoch;

use crate::{
    conformance::{
        LONG, Maker, Opened, assert_index_equals_journal, fill,
        samples::{Sample, usage},
    },
    ground::{Ground, batch, node, opened, take},
};

#[test]
fn what_one_appends_wakes_the_others_and_is_indexed_for_all() {
    let ground = Ground::new();
    let writer = ground.open();
    let other = ground.store();
    let watch = other.journal().watch();
    let seen = watch.generation();
    let follower = thread::spawn(move || watch.wait_beyond(seen, LONG));
    fill(&writer, &mut Sample::default(), 20);
    assert_eq!(writer.journal.known_heads().unwrap(), writer.journal.heads().unwrap());
    assert!(follower.join().unwrap() > seen);
    let (watch, heads) = (other.journal().watch(), writer.journal.heads().unwrap());
    loop {
        let seen = watch.generation();
        if other.journal().known_heads().unwrap() == heads {
            break;
        }
        assert!(watch.wait_beyond(seen, LONG) > seen, "nobody told what is not known yet");
    }
    // By its own means: it holds nothing and fills nothing.
    assert_index_equals_journal(&opened(other));
}

#[test]
fn two_who_fill_the_same_index_harm_nothing() {
    let ground = Ground::new();
    let writer = ground.open();
    let other = ground.store();
    for shard in 0..16 {
        other.held().take(shard, Epoch(1));
    }
    fill(&writer, &mut Sample::default(), 150);
    assert_index_equals_journal(&writer);
    assert_index_equals_journal(&opened(other));
    let events = "SELECT count(*) FROM usher_index.events";
    assert_eq!(ground.number(events), 150 * 3 * 4);
}

#[test]
fn a_shard_that_changes_hands_goes_on_being_indexed() {
    let ground = Ground::new();
    let (a, b) = (ground.store(), ground.store());
    let mut sample = Sample::default();
    for round in 1..=12 {
        let (holder, other) = if round % 2 == 0 { (&a, &b) } else { (&b, &a) };
        other.held().let_go(0);
        ground.expire_all();
        take(holder, &node(), 0);
        let commit = sample.commit(0, vec![usage("u", round), usage("v", round)]);
        holder.journal().append(&batch(vec![commit])).unwrap();
        let number = u64::try_from(round).unwrap();
        assert!(other.index().wait_until(0, number, LONG).unwrap(), "round {round}");
        assert_eq!(other.index().last_uses(&["u"]).unwrap(), holder.index().last_uses(&["u"]).unwrap());
    }
}

#[test]
fn what_a_writer_left_unindexed_is_indexed_by_the_next() {
    let ground = Ground::new();
    let Opened { journal, index, store } = ground.open();
    let mut sample = Sample::default();
    drop(store);
    // Nobody fills the index any more, and nobody is fenced off yet.
    let commit = sample.commit(3, vec![usage("u", 5)]);
    journal.append(&batch(vec![commit])).unwrap();
    drop((journal, index));
    let other = ground.open();
    assert_index_equals_journal(&other);
}

#[test]
fn what_others_commit_does_not_count_as_lag() {
    let ground = Ground::new();
    let (a, b) = (ground.store(), ground.store());
    take(&a, &node(), 0);
    let mut sample = Sample::default();
    // Held by one who fills no index.
    take(&b, &node(), 1);
    let Opened { journal, store, .. } = opened(b);
    drop(store);
    journal.append(&batch(vec![sample.commit(1, (0..50).map(|at| usage("u", at)).collect())])).unwrap();
    a.journal().append(&batch(vec![sample.commit(0, vec![usage("v", 1)])])).unwrap();
    assert!(a.index().wait_for_lag_below(1, LONG).unwrap());
}
