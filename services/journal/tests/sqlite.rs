//! The conformance suite on the embedded store, and what only files can do.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod conformance;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use conformance::{
    Maker, Opened, assert_index_equals_journal, fill,
    samples::{READER, Sample, event, usage},
};
use journal::{
    Batch, DetailChange, Journal, JournalError, Person, Snapshot, StatusReason, StoredCommit, beginnings, read_ahead,
    sqlite::{Options, SqliteStore},
};
use tempfile::TempDir;

/// A store in a folder that goes away with it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The same files in a folder of their own.
    fn copied(&self) -> Self {
        let copy = Self::new();
        for entry in fs::read_dir(self.0.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.path(&entry.file_name().to_string_lossy())).unwrap();
        }
        copy
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn try_open(&self) -> Result<SqliteStore, JournalError> {
        SqliteStore::open(self.0.path(), &options())
    }

    fn is_corrupt(&self) -> bool {
        matches!(self.try_open(), Err(JournalError::Corrupt { .. }))
    }
}

impl Maker for Folder {
    fn open(&self) -> Opened {
        opened(self.try_open().unwrap())
    }
}

fn options() -> Options {
    Options::new(READER)
}

fn opened(store: SqliteStore) -> Opened {
    Opened { journal: store.journal(), index: store.index(), store: Box::new(store) }
}

conformance_tests! {
    Folder::new();
    what_is_appended_is_read_back
    numbers_and_positions_have_no_gaps
    a_commit_that_does_not_follow_its_head_writes_nothing
    a_shard_beyond_the_count_is_refused
    two_commits_with_the_same_number_conflict_within_a_batch
    reading_keeps_to_its_bound_but_always_gets_on
    what_is_read_ahead_is_what_is_there
    the_clock_is_kept_and_never_goes_back
    r30_details_are_kept_and_replaced
    users_of_one_name_are_all_told
    r29_erasing_a_person_erases_the_reasons_too
    a_store_that_is_opened_again_has_everything
    the_index_equals_the_journal
    waiting_for_what_is_not_committed_ends_at_its_timeout
    what_is_unknown_is_none
    bulk_reads_keep_the_order_that_was_asked_for
    r34_of_an_id_used_anew_the_later_outcome_holds
    r34_whoever_reuses_an_id_does_not_take_it_over
    a_stream_is_read_from_any_version_within_a_limit
    the_hash_chain_of_a_stream_holds_as_read
    a_history_is_filtered_and_paged
    memberships_follow_the_events
    the_last_word_on_a_timer_holds
    snapshots_never_get_older
    the_largest_snapshots_come_first
    an_append_wakes_who_follows
    many_threads_read_while_one_writes
    the_last_use_that_was_noted_by_a_moment_is_told
    every_use_is_told_also_of_those_that_are_indexed_at_one_go
    whoever_was_a_member_is_told_for_ever
    a_history_about_somebody_is_what_names_them_and_what_concerns_everybody
    a_user_is_known_from_when_first_named
    personal_events_go_user_by_user_either_way_and_from_any_place
    personal_events_of_some_are_whole_events
    blocks_tell_the_bounds_of_their_times
    a_small_state_is_kept_behind_each_block
    past_states_are_kept_side_by_side
}

/// A closed store with some commits.
fn filled() -> (Folder, Vec<StoredCommit>) {
    let folder = Folder::new();
    let opened = folder.open();
    fill(&opened, &mut Sample::default(), 40);
    opened.wait_until_indexed();
    let commits = opened.all_commits();
    drop(opened);
    assert!(!folder.path("journal.db-wal").exists(), "a store that was closed in order has no WAL");
    (folder, commits)
}

#[test]
fn a_folder_in_use_is_refused_until_it_is_let_go() {
    let folder = Folder::new();
    let first = folder.try_open().unwrap();
    let error = folder.try_open().err().unwrap();
    assert!(matches!(&error, JournalError::InUse { path } if path == folder.0.path()));
    assert!(error.to_string().contains("use another --data-dir"), "{error}");
    drop(first);
    folder.try_open().unwrap();
}

#[test]
fn a_handle_keeps_the_folder_in_use() {
    let folder = Folder::new();
    let journal = folder.try_open().unwrap().journal();
    assert!(matches!(folder.try_open(), Err(JournalError::InUse { .. })));
    drop(journal);
    folder.try_open().unwrap();
}

#[test]
fn a_folder_that_is_a_file_is_an_io_error() {
    let folder = Folder::new();
    fs::write(folder.path("file"), "").unwrap();
    let error = SqliteStore::open(&folder.path("file"), &options()).err().unwrap();
    assert!(matches!(error, JournalError::Io { .. }), "{error}");
}

#[test]
fn the_shard_count_is_fixed_when_the_store_is_made() {
    let folder = Folder::new();
    drop(SqliteStore::open(folder.0.path(), &Options { shards: 5, ..options() }).unwrap());
    assert_eq!(folder.open().journal.shard_count(), 5);
    assert_eq!(Folder::new().open().journal.shard_count(), 16);
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let (folder, _) = filled();
    let connection = rusqlite::Connection::open(folder.path("journal.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = fs::read(folder.path("journal.db")).unwrap();
    let error = folder.try_open().err().unwrap();
    assert!(matches!(error, JournalError::NewerFormat { found: 99, supported: 1, .. }), "{error}");
    assert!(error.to_string().ends_with("upgrade usher"), "{error}");
    assert_eq!(fs::read(folder.path("journal.db")).unwrap(), before);
}

#[test]
fn a_missing_journal_beside_the_rest_is_not_replaced_by_an_empty_one() {
    for rest in ["index.db", "views.db", "journal.db-wal"] {
        let folder = Folder::new();
        fs::write(folder.path(rest), "").unwrap();
        let error = folder.try_open().err().unwrap();
        assert!(matches!(error, JournalError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("journal.db is missing"), "{error}");
        assert!(!folder.path("journal.db").exists());
    }
}

#[test]
fn a_store_that_was_only_half_made_is_made_anew() {
    let folder = Folder::new();
    fs::write(folder.path("journal.db.new"), "half").unwrap();
    fill(&folder.open(), &mut Sample::default(), 1);
}

#[test]
fn a_journal_cut_short_anywhere_is_corrupt() {
    let (folder, _) = filled();
    let length = fs::metadata(folder.path("journal.db")).unwrap().len();
    let pages = (0..length / 4096).map(|page| page * 4096);
    let odd = [1, 15, 16, 99, 100, 101, 2048, 4095, 4097, length - 4097, length - 1];
    for cut in pages.chain(odd) {
        let copy = folder.copied();
        fs::File::options().write(true).open(copy.path("journal.db")).unwrap().set_len(cut).unwrap();
        let result = copy.try_open().map(|_| ());
        assert!(matches!(result, Err(JournalError::Corrupt { .. })), "cut to {cut} of {length}: {result:?}");
    }
}

#[test]
fn a_journal_that_is_something_else_is_corrupt() {
    for content in ["", "not a database", &"x".repeat(10_000)] {
        let folder = Folder::new();
        fs::write(folder.path("journal.db"), content).unwrap();
        assert!(folder.is_corrupt());
        assert_eq!(fs::read_to_string(folder.path("journal.db")).unwrap(), content);
    }
    let folder = Folder::new();
    let foreign = rusqlite::Connection::open(folder.path("journal.db")).unwrap();
    foreign.execute_batch("CREATE TABLE commits (key); PRAGMA user_version = 1;").unwrap();
    drop(foreign);
    assert!(folder.is_corrupt());
}

#[test]
fn a_byte_turned_over_never_gives_other_commits() {
    let (folder, commits) = filled();
    let bytes = fs::read(folder.path("journal.db")).unwrap();
    // A prime stride, so that every kind of place in a page is met.
    let places = (0..100).chain((100..bytes.len()).step_by(461));
    let mut caught = 0;
    for place in places {
        let copy = folder.copied();
        let mut damaged = bytes.clone();
        damaged[place] ^= 0xff;
        fs::write(copy.path("journal.db"), damaged).unwrap();
        match read_all(&copy) {
            Ok(found) => assert_eq!(found, commits, "byte {place}"),
            Err(JournalError::Corrupt { .. } | JournalError::NewerFormat { .. } | JournalError::Io { .. }) => {
                caught += 1
            }
            Err(error) => panic!("byte {place}: {error:?}"),
        }
    }
    assert!(caught > 50, "only {caught} were noticed");
}

fn read_all(folder: &Folder) -> Result<Vec<StoredCommit>, JournalError> {
    let store = folder.try_open()?;
    let journal = store.journal();
    let mut commits = Vec::new();
    for shard in 0..journal.shard_count() {
        commits.extend(journal.read(shard, 0, usize::MAX)?);
    }
    Ok(commits)
}

#[test]
fn a_changed_block_is_caught_by_its_checksum_and_stops_the_index() {
    let (folder, _) = filled();
    let change = "UPDATE commits SET block = zeroblob(length(block)) WHERE key = (1 << 40) | 20";
    rusqlite::Connection::open(folder.path("journal.db")).unwrap().execute(change, []).unwrap();
    fs::remove_file(folder.path("index.db")).unwrap();
    let opened = folder.open();
    let error = opened.journal.read(1, 0, usize::MAX).unwrap_err();
    assert!(error.to_string().contains("checksum of commit 20 of shard 1"), "{error}");
    assert_eq!(opened.journal.read(0, 0, usize::MAX).unwrap().len(), 40);
    let read: Vec<bool> = read_ahead(&*opened.journal, &beginnings(&*opened.journal), usize::MAX, |stretches| {
        stretches.map(|stretch| stretch.is_ok()).collect()
    })
    .unwrap();
    assert_eq!(read, [true, false], "nothing follows the error");
    let error = opened.index.wait_until(1, 20, conformance::LONG).unwrap_err();
    assert!(matches!(error, JournalError::IndexFailed { .. }), "{error}");
    assert!(error.source().unwrap().to_string().contains("checksum"), "{error}");
    // Never silently behind: from now on everything fails.
    assert!(matches!(opened.index.stream("licensee/0", 0, 1), Err(JournalError::IndexFailed { .. })));
    assert!(matches!(opened.index.outcome("never"), Err(JournalError::IndexFailed { .. })));
    assert!(matches!(opened.index.progress(), Err(JournalError::IndexFailed { .. })));
}

#[test]
fn heads_that_disagree_with_the_commits_are_corrupt() {
    for change in [
        "UPDATE heads SET position = position + 1 WHERE shard = 1",
        "UPDATE heads SET commit_number = commit_number - 1 WHERE shard = 2",
        "UPDATE heads SET commit_number = 1, position = 1 WHERE shard = 9",
        "DELETE FROM heads WHERE shard = 15",
        "DELETE FROM commits WHERE key = (1 << 40) | 40",
        "UPDATE commits SET checksum = checksum + 1 WHERE key = (1 << 40) | 40",
        "UPDATE meta SET shards = 17",
        "CREATE TABLE other (id)",
    ] {
        let (folder, _) = filled();
        rusqlite::Connection::open(folder.path("journal.db")).unwrap().execute(change, []).unwrap();
        assert!(folder.is_corrupt(), "{change}");
    }
}

#[test]
fn a_gap_in_the_commits_is_corrupt() {
    let (folder, _) = filled();
    let change = "DELETE FROM commits WHERE key = (1 << 40) | 20";
    rusqlite::Connection::open(folder.path("journal.db")).unwrap().execute(change, []).unwrap();
    let opened = folder.open();
    for after in [0, 19] {
        assert!(matches!(opened.journal.read(1, after, usize::MAX), Err(JournalError::Corrupt { .. })));
    }
}

#[test]
fn a_full_disk_leaves_the_store_as_it_was() {
    let (folder, _) = filled();
    let pages = fs::metadata(folder.path("journal.db")).unwrap().len() / 4096;
    let limited = Options { journal_pages_max: Some(u32::try_from(pages).unwrap() + 8), ..options() };
    let opened = opened(SqliteStore::open(folder.0.path(), &limited).unwrap());
    let before = (opened.journal.heads().unwrap(), opened.all_commits());
    let mut sample = sample_after(&opened);
    let large = sample.clone().commit(4, vec![usage(&"u".repeat(200_000), 1)]);
    let batch = Batch {
        commits: vec![sample.clone().commit(5, vec![usage("u", 1)]), large.clone()],
        details: vec![DetailChange::PutPerson(person(1))],
        ..Batch::default()
    };
    let error = opened.journal.append(&batch).unwrap_err();
    assert!(matches!(error, JournalError::Full { .. }), "{error:?}");
    assert!(error.to_string().contains("free space, nothing was written"), "{error}");
    assert_eq!((opened.journal.heads().unwrap(), opened.all_commits()), before);
    assert_eq!(opened.journal.person("u-000001").unwrap(), None);
    // What still fits is still taken.
    opened.append(&mut sample, 5, vec![usage("u", 1)]);
    assert_index_equals_journal(&opened);
    drop(opened);
    let opened = folder.open();
    opened.journal.append(&Batch { commits: vec![large], ..Batch::default() }).unwrap();
    assert_index_equals_journal(&opened);
}

/// Commits for shards that are still empty.
fn sample_after(opened: &Opened) -> Sample {
    assert!(opened.journal.heads().unwrap().iter().skip(3).all(|head| head.commit_number == 0));
    Sample::default()
}

#[test]
fn an_index_that_cannot_be_trusted_is_rebuilt() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 6] = [
        ("missing", |path| fs::remove_file(path).unwrap()),
        ("empty", |path| fs::write(path, "").unwrap()),
        ("no database", |path| fs::write(path, "x".repeat(5_000)).unwrap()),
        ("cut short", |path| fs::File::options().write(true).open(path).unwrap().set_len(8192).unwrap()),
        ("newer format", |path| change(path, "PRAGMA user_version = 99")),
        ("another store's", |path| change(path, "UPDATE meta SET store_id = x'00'")),
    ];
    for (name, damage) in damages {
        let (folder, commits) = filled();
        damage(&folder.path("index.db"));
        let opened = folder.open();
        assert_eq!(opened.all_commits(), commits, "{name}");
        assert_index_equals_journal(&opened);
    }
}

fn change(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn an_index_that_is_behind_catches_up() {
    let folder = Folder::new();
    let mut sample = Sample::default();
    let opened = folder.open();
    fill(&opened, &mut sample, 10);
    opened.wait_until_indexed();
    drop(opened);
    let old_index = fs::read(folder.path("index.db")).unwrap();
    let opened = folder.open();
    fill(&opened, &mut sample, 20);
    opened.wait_until_indexed();
    drop(opened);
    fs::write(folder.path("index.db"), old_index).unwrap();
    assert_index_equals_journal(&folder.open());
}

#[test]
fn an_index_of_what_is_no_longer_in_the_journal_is_rebuilt() {
    let folder = Folder::new();
    let mut sample = Sample::default();
    let opened = folder.open();
    fill(&opened, &mut sample, 10);
    drop(opened);
    let backup = fs::read(folder.path("journal.db")).unwrap();
    let opened = folder.open();
    let mut other = sample.clone();
    fill(&opened, &mut sample, 10);
    opened.wait_until_indexed();
    let heads = opened.journal.heads().unwrap();
    drop(opened);
    // Restored from the backup, and at once as long as before, but with other events.
    fs::write(folder.path("journal.db"), backup).unwrap();
    let index = fs::read(folder.path("index.db")).unwrap();
    let opened = folder.open();
    assert_index_equals_journal(&opened);
    for round in 0..10 {
        for shard in 0..3 {
            let records = (1..=7).map(|place| event(&format!("licensee/else-{shard}"), round * 7 + place)).collect();
            opened.append(&mut other, shard, records);
        }
    }
    assert_eq!(opened.journal.heads().unwrap(), heads, "only the checksums tell them apart");
    drop(opened);
    fs::write(folder.path("index.db"), index).unwrap();
    assert_index_equals_journal(&folder.open());
}

#[test]
fn a_snapshot_of_events_that_are_gone_is_dropped() {
    let (folder, _) = filled();
    let opened = folder.open();
    let head = opened.index.stream_head("licensee/0").unwrap().unwrap();
    let snapshot = |version| Snapshot { version, state_version: 1, bytes: vec![1, 2, 3] };
    opened.index.put_snapshot("licensee/0", &snapshot(head.version)).unwrap();
    opened.index.put_snapshot("licensee/1", &snapshot(head.version + 1)).unwrap();
    opened.index.put_snapshot("licensee/nobody", &snapshot(1)).unwrap();
    drop(opened);
    let opened = folder.open();
    assert_eq!(opened.index.snapshot("licensee/0").unwrap(), Some(snapshot(head.version)));
    assert_eq!(opened.index.snapshot("licensee/1").unwrap(), None);
    assert_eq!(opened.index.snapshot("licensee/nobody").unwrap(), None);
}

#[test]
fn a_damaged_snapshot_counts_as_none() {
    let (folder, _) = filled();
    let opened = folder.open();
    opened.index.put_snapshot("licensee/0", &Snapshot { version: 1, state_version: 1, bytes: vec![1; 9] }).unwrap();
    drop(opened);
    change(&folder.path("index.db"), "UPDATE snapshots SET bytes = zeroblob(9)");
    assert_eq!(folder.open().index.snapshot("licensee/0").unwrap(), None);
}

#[test]
fn handles_tell_that_the_indexer_was_stopped() {
    let folder = Folder::new();
    let Opened { journal, index, store } = folder.open();
    drop(store);
    journal
        .append(&Batch { commits: vec![Sample::default().commit(0, vec![usage("u", 1)])], ..Batch::default() })
        .unwrap();
    assert!(matches!(index.wait_until(0, 1, conformance::LONG), Err(JournalError::IndexStopped)));
    assert_eq!(index.progress().unwrap()[0].commit_number, 0);
}

const PERSONS: u32 = 6_000;

fn person(number: u32) -> Person {
    let text = |kind: &str| format!("{kind}-{number:06}-{}", "x".repeat(number as usize % 29));
    Person { user: format!("u-{number:06}"), username: text("nick"), name: text("name"), email: text("mail") }
}

fn reason(number: u32) -> StatusReason {
    let user = format!("u-{number:06}");
    StatusReason { command_id: format!("c-{number:06}"), user, reason: format!("text-{number:06}") }
}

fn is_erased(number: u32) -> bool {
    number % 5 < 2
}

/// Fills the erasable tables in no order, so that rows are moved between pages, and erases many.
fn put_and_erase(journal: &dyn Journal) {
    let numbers: Vec<u32> = (0..PERSONS).map(|number| number * 4_127 % PERSONS).collect();
    let put = |number: &u32| [DetailChange::PutPerson(person(*number)), DetailChange::PutReason(reason(*number))];
    for some in numbers.chunks(40) {
        journal.append(&Batch { details: some.iter().flat_map(put).collect(), ..Batch::default() }).unwrap();
    }
    let erased: Vec<u32> = numbers.into_iter().filter(|number| is_erased(*number)).collect();
    for some in erased.chunks(30) {
        let details = some.iter().map(|number| DetailChange::ErasePerson { user: person(*number).user }).collect();
        journal.append(&Batch { details, ..Batch::default() }).unwrap();
    }
}

/// The numbers of all persons of whom something can be read in the bytes of the folder's files.
fn persons_in_files(folder: &Path) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for window in bytes.windows(11) {
            let is_detail = [b"nick-", b"name-", b"mail-", b"text-"].contains(&window.first_chunk().unwrap());
            let digits = is_detail.then(|| std::str::from_utf8(&window[5..]).ok()).flatten();
            found.extend(digits.and_then(|digits| digits.parse::<u32>().ok()));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn remaining() -> Vec<u32> {
    (0..PERSONS).filter(|number| !is_erased(*number)).collect()
}

#[test]
fn r29_nothing_of_an_erased_person_is_left_in_any_file() {
    let folder = Folder::new();
    let store = folder.try_open().unwrap();
    put_and_erase(store.journal().as_ref());
    assert!(store.finish_erasures().unwrap());
    assert_eq!(persons_in_files(folder.0.path()), remaining());
    for number in 0..PERSONS {
        let expected = (!is_erased(number)).then(|| person(number));
        assert_eq!(store.journal().person(&person(number).user).unwrap(), expected);
    }
    assert_eq!(store.journal().users_named(&person(3).username).unwrap(), [person(3).user]);
    assert_eq!(store.journal().status_reasons("u-000003").unwrap(), [reason(3)]);
}

#[test]
fn r29_erasures_are_finished_on_closing() {
    let folder = Folder::new();
    put_and_erase(folder.open().journal.as_ref());
    assert_eq!(persons_in_files(folder.0.path()), remaining());
}

#[test]
fn r29_erasures_that_a_reader_holds_up_are_finished_later() {
    let folder = Folder::new();
    let store = folder.try_open().unwrap();
    store.journal().append(&Batch { details: vec![DetailChange::PutPerson(person(1))], ..Batch::default() }).unwrap();
    let mut outside = rusqlite::Connection::open(store.journal_path()).unwrap();
    let reading = outside.transaction().unwrap();
    let persons: u32 = reading.query_row("SELECT count(*) FROM persons", [], |row| row.get(0)).unwrap();
    assert_eq!(persons, 1);
    let erase = DetailChange::ErasePerson { user: person(1).user };
    store.journal().append(&Batch { details: vec![erase], ..Batch::default() }).unwrap();
    assert!(!store.finish_erasures().unwrap());
    assert_eq!(store.journal().person(&person(1).user).unwrap(), None);
    assert_eq!(persons_in_files(folder.0.path()), [1]);
    drop(reading);
    assert!(store.finish_erasures().unwrap());
    assert_eq!(persons_in_files(folder.0.path()), [0; 0]);
}

#[test]
fn details_never_reach_a_log() {
    let shown = format!("{:?} {:?}", DetailChange::PutPerson(person(7)), DetailChange::PutReason(reason(7)));
    assert!(shown.contains("u-000007"), "{shown}");
    assert!(!["nick-", "name-", "mail-", "text-"].iter().any(|text| shown.contains(text)), "{shown}");
}

#[test]
fn a_store_that_is_closed_right_after_it_was_opened_ends() {
    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let folder = Folder::new();
        // A stop may come at any step of the indexer's loop; often enough it comes at the worst.
        (0..200).for_each(|_| drop(folder.try_open().unwrap()));
        done.send(()).unwrap();
    });
    is_done.recv_timeout(std::time::Duration::from_secs(120)).expect("the indexer missed that it was stopped");
}
