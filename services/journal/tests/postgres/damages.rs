//! A store or an index that was changed from outside.

use std::error::Error;

use journal::{JournalError, Snapshot, StoredCommit};

use crate::{
    conformance::{self, Maker, Opened, assert_index_equals_journal, fill, samples::Sample},
    ground::{Ground, options},
};

/// A closed store with some commits.
fn filled() -> (Ground, Vec<StoredCommit>) {
    let ground = Ground::new();
    let opened = ground.open();
    fill(&opened, &mut Sample::default(), 40);
    opened.wait_until_indexed();
    let commits = opened.all_commits();
    drop(opened);
    (ground, commits)
}

#[test]
fn heads_that_disagree_with_the_commits_are_corrupt() {
    for change in [
        "UPDATE usher.heads SET position = position + 1 WHERE shard = 1",
        "UPDATE usher.heads SET commit_number = commit_number + 1 WHERE shard = 2",
        "UPDATE usher.heads SET commit_number = 1, position = 1 WHERE shard = 9",
        "DELETE FROM usher.heads WHERE shard = 15",
        "DELETE FROM usher.commits WHERE shard = 1 AND number = 40",
        "UPDATE usher.commits SET checksum = checksum + 1 WHERE shard = 1 AND number = 40",
        "UPDATE usher.meta SET shards = 17",
        "DELETE FROM usher.meta",
        "DROP TABLE usher.heads CASCADE",
    ] {
        let (ground, _) = filled();
        ground.change(change);
        let result = ground.try_store(&options()).map(drop);
        assert!(matches!(result, Err(JournalError::Corrupt { .. })), "{change}: {result:?}");
    }
}

#[test]
fn a_changed_block_is_caught_by_its_checksum_and_stops_the_index() {
    let (ground, _) = filled();
    ground.change(
        "UPDATE usher.commits SET block = set_byte(block, 0, 255 - get_byte(block, 0)) WHERE shard = 1 AND number = 20;
         UPDATE usher_index.meta SET store_id = ''",
    );
    let opened = ground.open();
    let error = opened.journal.read(1, 0, usize::MAX).unwrap_err();
    assert!(error.to_string().contains("checksum of commit 20 of shard 1"), "{error}");
    assert_eq!(opened.journal.read(0, 0, usize::MAX).unwrap().len(), 40);
    let error = opened.index.wait_until(1, 20, conformance::LONG).unwrap_err();
    assert!(matches!(error, JournalError::IndexFailed { .. }), "{error}");
    assert!(error.source().unwrap().to_string().contains("checksum"), "{error}");
    // Never silently behind: from now on everything fails.
    assert!(matches!(opened.index.stream("licensee/0", 0, 1), Err(JournalError::IndexFailed { .. })));
    assert!(matches!(opened.index.outcome("never"), Err(JournalError::IndexFailed { .. })));
    assert!(matches!(opened.index.progress(), Err(JournalError::IndexFailed { .. })));
}

#[test]
fn a_gap_in_the_commits_is_corrupt() {
    let (ground, _) = filled();
    ground.change("DELETE FROM usher.commits WHERE shard = 1 AND number = 20");
    let opened = ground.open();
    for after in [0, 19] {
        assert!(matches!(opened.journal.read(1, after, usize::MAX), Err(JournalError::Corrupt { .. })));
    }
}

#[test]
fn an_index_that_cannot_be_trusted_is_rebuilt() {
    for damage in [
        "DROP SCHEMA usher_index CASCADE",
        "UPDATE usher_index.meta SET store_id = '\\x00'",
        "DELETE FROM usher_index.progress WHERE shard = 1",
        "UPDATE usher_index.progress SET checksum = checksum + 1 WHERE shard = 1",
        "UPDATE usher_index.progress SET commit_number = 41, position = position + 7 WHERE shard = 1",
    ] {
        let (ground, commits) = filled();
        ground.change(damage);
        let opened = ground.open();
        assert_eq!(opened.all_commits(), commits, "{damage}");
        assert_index_equals_journal(&opened);
    }
}

/// How each migration of the index is undone, the newest first.
const UNDONE: [&str; 3] = [
    "DROP FUNCTION usher_index.find_commands; UPDATE usher_index.meta SET format = 3",
    "DROP TABLE usher_index.concerns; ALTER TABLE usher_index.blocks DROP COLUMN state;
     UPDATE usher_index.meta SET format = 2",
    "DROP TABLE usher_index.blocks, usher_index.uses, usher_index.memberships_ever, usher_index.first_named,
                usher_index.past_states;
     ALTER TABLE usher_index.events DROP COLUMN recorded_at_us;
     UPDATE usher_index.meta SET format = 1",
];

#[test]
fn an_index_of_any_format_before_gets_what_it_lacks() {
    for steps in 1..=UNDONE.len() {
        let (ground, commits) = filled();
        let snapshot = Snapshot { version: 1, state_version: 1, bytes: vec![1; 9] };
        let opened = ground.open();
        opened.index.put_snapshot("licensee/0", &snapshot).unwrap();
        drop(opened);
        UNDONE[..steps].iter().for_each(|undone| ground.change(undone));
        let opened = ground.open();
        assert_eq!(opened.all_commits(), commits, "{steps} formats back");
        assert_index_equals_journal(&opened);
        assert_eq!(ground.number("SELECT format::bigint FROM usher_index.meta"), 4);
        assert_eq!(opened.index.memberships_ever("u-0").unwrap(), ["0", "1", "2"]);
        let is_kept = opened.index.snapshot("licensee/0").unwrap() == Some(snapshot);
        assert_eq!(is_kept, steps == 1, "{steps} formats back: filled anew only where rows are missing");
    }
}

#[test]
fn a_damaged_snapshot_counts_as_none() {
    let (ground, _) = filled();
    let opened = ground.open();
    opened.index.put_snapshot("licensee/0", &Snapshot { version: 1, state_version: 1, bytes: vec![1; 9] }).unwrap();
    ground.change("UPDATE usher_index.snapshots SET bytes = '\\x00'");
    assert_eq!(opened.index.snapshot("licensee/0").unwrap(), None);
}

#[test]
fn handles_tell_that_the_indexer_was_stopped() {
    let ground = Ground::new();
    let Opened { journal, index, store } = ground.open();
    drop(store);
    assert!(matches!(index.wait_until(0, 1, conformance::LONG), Err(JournalError::IndexStopped)));
    assert_eq!(index.progress().unwrap()[0].commit_number, 0);
    journal.heads().unwrap();
}
