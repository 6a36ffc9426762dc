//! A process that is killed loses nothing that was acknowledged.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[allow(dead_code, reason = "only the helpers are needed here")]
mod conformance;

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use conformance::{
    Opened, assert_index_equals_journal,
    samples::{READER, Sample},
};
use journal::{
    Batch,
    sqlite::{Options, SqliteStore},
};

/// Tells the child where to write.
const FOLDER: &str = "USHER_JOURNAL_TEST_FOLDER";
const ACKNOWLEDGED: &str = "acknowledged";

fn open(folder: &Path) -> Opened {
    let store = SqliteStore::open(folder, &Options::new(READER)).unwrap();
    Opened { journal: store.journal(), index: store.index(), store: Box::new(store) }
}

fn next_batch(sample: &mut Sample) -> Batch {
    Batch { commits: sample.next_round(), ..Batch::default() }
}

/// The child: writes until it is killed.
#[test]
#[ignore = "started by the test below"]
fn child_that_writes() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let opened = open(Path::new(&folder));
    let mut sample = Sample::default();
    for _ in 0..100_000 {
        opened.journal.append(&next_batch(&mut sample)).unwrap();
        println!("{ACKNOWLEDGED}");
    }
}

/// Kills a child once it acknowledged some rounds; gives how many it acknowledged in all.
fn write_and_kill(folder: &Path, rounds: usize) -> usize {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["child_that_writes", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut acknowledged = 0;
    for _ in lines.filter(|line| line.contains(ACKNOWLEDGED)) {
        acknowledged += 1;
        if acknowledged == rounds {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    acknowledged
}

#[test]
fn what_was_acknowledged_outlives_a_kill_and_the_index_follows() {
    for rounds in [1, 2, 9, 60, 300] {
        let folder = tempfile::tempdir().unwrap();
        let acknowledged = write_and_kill(folder.path(), rounds);
        assert!(acknowledged >= rounds, "the child ended by itself");
        let opened = open(folder.path());
        let mut sample = Sample::default();
        let mut expected = Vec::new();
        let kept = opened.journal.heads().unwrap()[0].commit_number;
        // One round more may have been written without being acknowledged, but none in part.
        assert!([acknowledged as u64, acknowledged as u64 + 1].contains(&kept), "{kept} of {acknowledged}");
        for _ in 0..kept {
            expected.extend(sample.next_round());
        }
        expected.sort_by_key(|commit| (commit.shard, commit.number));
        let found = opened.all_commits();
        assert!(found.iter().map(|commit| &commit.block).eq(expected.iter().map(|commit| &commit.block)));
        assert_index_equals_journal(&opened);
        opened.journal.append(&next_batch(&mut sample)).unwrap();
        assert_index_equals_journal(&opened);
    }
}
