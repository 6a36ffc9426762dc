//! Every single change of a sealed store: found, whatever else the forger makes right again.

use audit::{AuditError, Difference, Seal, Since, verify_journal, verify_journal_against};
use contract::proto::journal::record::Kind;

use crate::{
    forger::Forgery,
    ground::{Ground, Row, put, run},
};

const STORE: &[u8] = &[0xab; 16];

fn seal_of(ground: &Ground) -> Seal {
    let now = licensing::Instant::from_timestamp_micros(1).unwrap();
    audit::seal(&*ground.subject().journal, STORE, now, &mut |_| {}).unwrap()
}

fn check(ground: &Ground, seal: &Seal) -> Result<Since, AuditError> {
    verify_journal_against(&*ground.subject().journal, seal, STORE)
}

/// What is found with the seal.
#[track_caller]
fn found(ground: &Ground, seal: &Seal, change: &dyn std::fmt::Debug) -> Difference {
    match check(ground, seal) {
        Err(AuditError::Difference(difference)) => *difference,
        other => panic!("{change:?} was not found: {other:?}"),
    }
}

fn is_sound_without_the_seal(ground: &Ground) -> bool {
    verify_journal(&*ground.subject().journal).is_ok()
}

#[test]
fn every_flipped_byte_of_every_column_of_a_commit_is_found_even_with_the_right_checksum() {
    let ground = Ground::new();
    let seal = seal_of(&ground);
    let connection = ground.open("journal.db");
    let (mut flipped, mut only_by_the_seal) = (0, 0);
    let rows = ground.rows();
    for row in rows.clone() {
        for at in 0..row.block.len() {
            let mut block = row.block.clone();
            block[at] ^= 0x01;
            put(&connection, &Row { block, ..row.clone() });
            let difference = found(&ground, &seal, &(&row, at));
            assert_eq!(difference.place.shard, Some(row.shard()), "{difference}");
            if at % 16 == 0 {
                only_by_the_seal += u32::from(is_sound_without_the_seal(&ground));
            }
            flipped += 1;
        }
        put(&connection, &row);
        for (column, bytes) in
            [("key", 8), ("first_position", 8), ("records", 4), ("recorded_at_us", 8), ("checksum", 8)]
        {
            for byte in 0..bytes {
                // Exclusive or, which SQLite does not have.
                let bit = 1_i64 << (8 * byte);
                let sql = format!(
                    "UPDATE OR REPLACE commits SET {column} = ({column} | {bit}) - ({column} & {bit}) WHERE key = ?1"
                );
                run(&connection, &sql, [row.key]);
                found(&ground, &seal, &(&row, column, byte));
                connection.execute("DELETE FROM commits", []).unwrap();
                rows.iter().for_each(|row| put(&connection, row));
                flipped += 1;
            }
        }
    }
    assert!(flipped > 4_000 && only_by_the_seal > 30, "{flipped}, {only_by_the_seal} of them by the seal alone");
    assert_eq!(check(&ground, &seal).unwrap(), Since { commits: 0, events: 0 });
}

#[test]
fn every_flipped_byte_of_the_end_of_a_shard_is_found() {
    let ground = Ground::new();
    let seal = seal_of(&ground);
    let connection = ground.open("journal.db");
    for shard in seal.shards.iter().map(|end| end.shard) {
        for (column, byte) in
            ["commit_number", "position"].into_iter().flat_map(|column| (0..7).map(move |b| (column, b)))
        {
            let bit = 1_i64 << (8 * byte);
            let sql = format!("UPDATE heads SET {column} = ({column} | {bit}) - ({column} & {bit}) WHERE shard = ?1");
            run(&connection, &sql, [shard]);
            found(&ground, &seal, &(shard, column, byte));
            run(&connection, &sql, [shard]);
        }
    }
    check(&ground, &seal).unwrap();
}

/// Makes each change, with everything that can be made right made right, and looks; gives what is found.
fn each_is_found(change: impl Fn(&Forgery) -> Vec<Forgery>) -> Vec<Difference> {
    let ground = Ground::new();
    let seal = seal_of(&ground);
    let connection = ground.open("journal.db");
    let mut differences = Vec::new();
    for before in Forgery::of(&ground) {
        for forged in change(&before) {
            // As it is, then with versions and chains made right as well: then only the seal can tell.
            for forged in [forged.clone(), forged.chained()] {
                forged.put(&connection);
                differences.push(found(&ground, &seal, &forged));
                before.put(&connection);
            }
        }
    }
    check(&ground, &seal).unwrap();
    assert!(differences.len() > 20, "only {} changes were made", differences.len());
    differences
}

#[test]
fn every_removed_event_is_found_and_its_stream_named() {
    let differences = each_is_found(|before| {
        let removed = |(commit, record)| {
            let mut forged = before.clone();
            forged.records(commit).remove(record);
            forged
        };
        before.events().into_iter().map(removed).collect()
    });
    assert!(differences.iter().all(|difference| difference.place.stream.is_some()), "{differences:#?}");
}

#[test]
fn every_inserted_event_is_found_wherever_it_is_put() {
    each_is_found(|before| {
        let copied = |from: (usize, usize)| {
            (0..before.commits.len()).map(move |to| {
                let mut forged = before.clone();
                let copy = forged.record(from).clone();
                forged.records(to).insert(0, copy);
                forged
            })
        };
        before.events().into_iter().flat_map(copied).collect()
    });
}

#[test]
fn every_two_swapped_events_are_found() {
    each_is_found(|before| {
        let events = before.events();
        let pairs =
            events.iter().enumerate().flat_map(|(at, one)| events[at + 1..].iter().map(move |other| (*one, *other)));
        let swapped = |(one, other)| {
            let mut forged = before.clone();
            let (first, second) = (forged.record(one).clone(), forged.record(other).clone());
            *forged.record(one) = second;
            *forged.record(other) = first;
            forged
        };
        pairs.map(swapped).collect()
    });
}

#[test]
fn every_changed_removed_or_doubled_outcome_or_use_is_found() {
    each_is_found(|before| {
        let places = before.places(|kind| !matches!(kind, Kind::Event(_)));
        let forged = |at: (usize, usize)| {
            let (mut changed, mut removed, mut doubled) = (before.clone(), before.clone(), before.clone());
            match changed.record(at).kind.as_mut().unwrap() {
                Kind::Outcome(outcome) => outcome.actor.push('x'),
                Kind::Usage(usage) => usage.used_at_us -= 1,
                Kind::Event(_) => unreachable!("events are left out"),
            }
            removed.records(at.0).remove(at.1);
            let copy = doubled.record(at).clone();
            doubled.records(at.0).push(copy);
            [changed, removed, doubled]
        };
        places.into_iter().flat_map(forged).collect()
    });
}

#[test]
fn every_removed_inserted_or_swapped_commit_is_found() {
    each_is_found(|before| {
        let commits = 0..before.commits.len();
        let forged = |at: usize| {
            let (mut removed, mut doubled, mut swapped) = (before.clone(), before.clone(), before.clone());
            removed.commits.remove(at);
            // In front of all: the last one twice would be a new one behind the seal, where it is fine.
            doubled.commits.insert(0, before.commits[at].clone());
            swapped.commits.swap(at, (at + 1) % before.commits.len());
            [removed, doubled, swapped]
        };
        commits.flat_map(forged).collect()
    });
}

/// A commit of nothing but outcomes, in the middle, with everything right: no chain of events can tell.
#[test]
fn a_forged_commit_without_events_is_found_by_the_seal_and_by_nothing_else() {
    let ground = Ground::new();
    let seal = seal_of(&ground);
    let connection = ground.open("journal.db");
    for before in Forgery::of(&ground) {
        let (commit, record) = before.places(|kind| matches!(kind, Kind::Outcome(_)))[0];
        let mut forged = before.clone();
        let outcome = forged.record((commit, record)).clone();
        forged.commits.insert(1, before.commits[commit].clone());
        *forged.records(1) = vec![outcome];
        forged.put(&connection);
        assert!(is_sound_without_the_seal(&ground));
        let difference = found(&ground, &seal, &forged);
        assert_eq!(difference.place.shard, Some(before.shard), "{difference}");
        before.put(&connection);
    }
}

#[test]
fn a_store_that_was_cut_short_or_is_another_is_told() {
    let ground = Ground::new();
    let seal = seal_of(&ground);
    let connection = ground.open("journal.db");
    for before in Forgery::of(&ground) {
        let mut cut = before.clone();
        cut.commits.pop();
        cut.put(&connection);
        assert!(is_sound_without_the_seal(&ground));
        found(&ground, &seal, &cut);
        before.put(&connection);
    }
    let other = verify_journal_against(&*ground.subject().journal, &seal, b"another").unwrap_err();
    assert!(other.to_string().starts_with("seal: store is abab"), "{other}");
}

#[test]
fn what_comes_after_a_seal_is_fine_and_counted() {
    let ground = Ground::new();
    let connection = ground.open("journal.db");
    let whole: Vec<Forgery> = Forgery::of(&ground);
    for before in &whole {
        let mut earlier = before.clone();
        earlier.commits.truncate(2);
        earlier.put(&connection);
    }
    let seal = seal_of(&ground);
    let mut sealed_events = 0;
    for before in &whole {
        sealed_events += before.events().iter().filter(|(commit, _)| *commit < 2).count() as u64;
        before.put(&connection);
    }
    let since = check(&ground, &seal).unwrap();
    let commits: usize = whole.iter().map(|shard| shard.commits.len() - 2).sum();
    let events: usize = whole.iter().map(|shard| shard.events().len()).sum();
    assert_eq!(since, Since { commits: commits as u64, events: events as u64 - sealed_events });
    assert!(since.events > 0);
}
