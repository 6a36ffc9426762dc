//! Changes of the truth itself.

use audit::Part;
use contract::proto::journal::{Commit, record::Kind};
use prost::Message;

use crate::ground::{Ground, Row, assert_names, put, run};

/// Changes a record, if it is of the kind that is meant.
type Change = fn(&mut Kind) -> bool;

/// The commits of the shard with the most of them.
fn of_busiest_shard(ground: &Ground) -> Vec<Row> {
    let rows = ground.rows();
    let shard = rows.iter().map(Row::shard).max_by_key(|shard| rows.iter().filter(|row| row.shard() == *shard).count());
    rows.into_iter().filter(|row| Some(row.shard()) == shard).collect()
}

#[test]
fn a_store_as_it_was_made_is_sound() {
    let ground = Ground::new();
    let checked = ground.verify().unwrap();
    let rows = ground.rows();
    let events = rows.iter().flat_map(|row| Commit::decode(row.block.as_slice()).unwrap().records);
    let events = events.filter(|record| matches!(record.kind, Some(Kind::Event(_)))).count();
    assert_eq!((checked.commits, checked.events), (rows.len() as u64, events as u64));
    assert_eq!((checked.streams, checked.licensees), (3, 2), "acme, globex and bob");
}

#[test]
fn every_flipped_byte_of_a_commit_is_found_and_the_commit_named() {
    let ground = Ground::tiny();
    let connection = ground.open("journal.db");
    let mut flipped = 0;
    for row in ground.rows() {
        for at in 0..row.block.len() {
            let mut block = row.block.clone();
            block[at] ^= 0x20;
            run(&connection, "UPDATE commits SET block = ?2 WHERE key = ?1", (row.key, block));
            let difference = ground.difference();
            assert_eq!(difference.part, Part::Journal);
            assert_eq!((difference.place.shard, difference.place.commit), (Some(row.shard()), Some(row.number())));
            flipped += 1;
        }
        run(&connection, "UPDATE commits SET block = ?2 WHERE key = ?1", (row.key, &row.block));
    }
    assert!(flipped > 700, "{flipped}");
    ground.verify().unwrap();
}

#[test]
fn a_changed_column_of_a_commit_is_found() {
    let ground = Ground::new();
    let connection = ground.open("journal.db");
    for column in ["first_position", "records", "recorded_at_us", "checksum"] {
        let row = of_busiest_shard(&ground)[1].clone();
        run(&connection, &format!("UPDATE commits SET {column} = {column} + 1 WHERE key = ?1"), [row.key]);
        let difference = ground.difference();
        assert_eq!((difference.part, difference.place.commit), (Part::Journal, Some(2)), "{column}");
        run(&connection, &format!("UPDATE commits SET {column} = {column} - 1 WHERE key = ?1"), [row.key]);
    }
    ground.verify().unwrap();
}

/// Whoever can write the file can make the checksum right: then the chain tells.
#[test]
fn every_changed_byte_of_an_event_is_found_even_with_the_right_checksum() {
    let ground = Ground::tiny();
    let connection = ground.open("journal.db");
    let mut changed = 0;
    for row in ground.rows() {
        let commit = Commit::decode(row.block.as_slice()).unwrap();
        for event in commit.records.iter().filter_map(|record| match &record.kind {
            Some(Kind::Event(event)) => Some(event.encode_to_vec()),
            _ => None,
        }) {
            let start = row.block.windows(event.len()).position(|part| part == event).unwrap();
            for at in start..start + event.len() {
                let mut block = row.block.clone();
                block[at] ^= 0x01;
                put(&connection, &Row { block, ..row.clone() });
                let difference = ground.difference();
                assert_eq!(
                    (difference.part, difference.place.shard),
                    (Part::Journal, Some(row.shard())),
                    "{difference}"
                );
                changed += 1;
            }
            put(&connection, &row);
        }
    }
    assert!(changed > 300, "{changed}");
    ground.verify().unwrap();
}

#[test]
fn what_outcomes_and_uses_say_is_told_from_what_was_derived_from_them() {
    let ground = Ground::new();
    let connection = ground.open("journal.db");
    let changes: [(&str, Change); 3] = [
        ("use", |kind| match kind {
            Kind::Usage(usage) => {
                usage.used_at_us += 1;
                true
            }
            _ => false,
        }),
        ("outcome", |kind| match kind {
            Kind::Outcome(outcome) => {
                outcome.command_id.push('x');
                true
            }
            _ => false,
        }),
        ("refusal", |kind| match kind {
            Kind::Outcome(outcome) => outcome.refusal.as_mut().is_some_and(|refusal| {
                refusal.detail.push('x');
                true
            }),
            _ => false,
        }),
    ];
    for (told, change) in changes {
        let is_changed = |row: &Row| {
            let mut commit = Commit::decode(row.block.as_slice()).unwrap();
            let is_changed = commit.records.iter_mut().filter_map(|record| record.kind.as_mut()).any(change);
            is_changed.then(|| (row.clone(), Row { block: commit.encode_to_vec(), ..row.clone() }))
        };
        let (before, after) = ground.rows().iter().find_map(is_changed).unwrap();
        put(&connection, &after);
        assert!(ground.difference().to_string().contains(told), "{told}: {}", ground.difference());
        put(&connection, &before);
    }
    ground.verify().unwrap();
}

#[test]
fn a_removed_commit_is_found() {
    let ground = Ground::new();
    let connection = ground.open("journal.db");
    let rows = of_busiest_shard(&ground);
    for row in [&rows[0], &rows[1], &rows[rows.len() - 1]] {
        run(&connection, "DELETE FROM commits WHERE key = ?1", [row.key]);
        let difference = ground.difference();
        assert_eq!((difference.part, difference.place.shard), (Part::Journal, Some(row.shard())), "{difference}");
        put(&connection, row);
    }
    ground.verify().unwrap();
}

#[test]
fn an_inserted_commit_is_found() {
    let ground = Ground::new();
    let connection = ground.open("journal.db");
    let last = of_busiest_shard(&ground).pop().unwrap();
    let first_position = last.first_position + i64::from(last.records);
    // The first one, which holds events, once more.
    let first = of_busiest_shard(&ground).remove(0);
    let again = Row { key: last.key + 1, first_position, ..first };
    put(&connection, &again);
    assert_names(&ground.difference(), Part::Journal, "last commit");
    // Also if the head is made to fit.
    let move_head = "UPDATE heads SET commit_number = commit_number + ?2, position = position + ?3 WHERE shard = ?1";
    run(&connection, move_head, (last.shard(), 1, again.records));
    let difference = ground.difference();
    assert_eq!((difference.place.commit, difference.field.as_str()), (Some(again.number()), "version"), "{difference}");
    run(&connection, move_head, (last.shard(), -1, -i64::from(again.records)));
    run(&connection, "DELETE FROM commits WHERE key = ?1", [again.key]);
    ground.verify().unwrap();
}

#[test]
fn swapped_commits_are_found_even_with_the_right_checksums() {
    let ground = Ground::new();
    let connection = ground.open("journal.db");
    let rows = of_busiest_shard(&ground);
    let is_swappable = |pair: &&[Row]| pair[0].records == pair[1].records;
    let pair = rows.windows(2).find(is_swappable).expect("two commits of one length");
    let [first, second] = [&pair[0], &pair[1]];
    put(&connection, &Row { block: second.block.clone(), ..first.clone() });
    put(&connection, &Row { block: first.block.clone(), ..second.clone() });
    let difference = ground.difference();
    assert_eq!((difference.part, difference.place.commit), (Part::Journal, Some(first.number())), "{difference}");
    put(&connection, first);
    put(&connection, second);
    ground.verify().unwrap();
}

#[test]
fn an_event_in_the_stream_or_shard_of_another_is_found() {
    let ground = Ground::new();
    let connection = ground.open("journal.db");
    for to in ["licensee/globex", "user/ann"] {
        let row = ground.rows().into_iter().find(|row| row.number() == 1).unwrap();
        let mut commit = Commit::decode(row.block.as_slice()).unwrap();
        for record in &mut commit.records {
            let Some(Kind::Event(event)) = &mut record.kind else { continue };
            event.stream = to.to_owned();
            let hash = journal::chain::hash(&journal::chain::START, event);
            event.hash = hash.to_vec();
            break;
        }
        put(&connection, &Row { block: commit.encode_to_vec(), ..row.clone() });
        assert_names(&ground.difference(), Part::Journal, "stream is");
        put(&connection, &row);
    }
}

#[test]
fn a_shard_that_was_cut_short_is_found_by_what_was_derived_from_it() {
    let ground = Ground::new();
    let connection = ground.open("journal.db");
    let last = of_busiest_shard(&ground).pop().unwrap();
    run(&connection, "DELETE FROM commits WHERE key = ?1", [last.key]);
    let head = "UPDATE heads SET commit_number = commit_number - 1, position = position - ?2 WHERE shard = ?1";
    run(&connection, head, (last.shard(), last.records));
    let difference = ground.difference();
    assert_ne!(difference.part, Part::Journal, "{difference}");
}
