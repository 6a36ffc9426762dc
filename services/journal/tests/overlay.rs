//! The conformance suite on overlays, and what only they do.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[allow(dead_code, reason = "snapshots, which an overlay does not keep")]
mod conformance;

use std::time::Duration;

use conformance::{
    Maker, Opened, assert_index_equals_journal, fill,
    samples::{READER, Sample, at, event, outcome, timer, usage},
};
use contract::proto::journal::record::Kind;
use journal::{
    Batch, DetailChange, HistoryFilter, JournalError, Person, StatusReason,
    overlay::{Options, Overlay},
    sqlite::{self, SqliteStore},
};
use tempfile::TempDir;

impl Maker for Overlay {
    fn open(&self) -> Opened {
        Opened { journal: self.journal(), index: self.index(), store: Box::new(self.clone()) }
    }
}

fn options() -> Options {
    Options::new(READER)
}

fn on_nothing() -> Overlay {
    Overlay::over_nothing(16, options()).unwrap()
}

// What it keeps is gone with it, and it keeps no snapshots; everything else is as in any store.
conformance_tests! {
    on_nothing();
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
    an_append_wakes_who_follows
    many_threads_read_while_one_writes
    the_last_use_that_was_noted_by_a_moment_is_told
    every_use_is_told_also_of_those_that_are_indexed_at_one_go
    whoever_was_a_member_is_told_for_ever
    a_user_is_known_from_when_first_named
    a_history_about_somebody_is_what_names_them_and_what_concerns_everybody
    personal_events_go_user_by_user_either_way_and_from_any_place
    personal_events_of_some_are_whole_events
    blocks_tell_the_bounds_of_their_times
}

/// A store in a folder, with an overlay on top of it.
struct Beneath {
    overlay: Overlay,
    store: SqliteStore,
    _folder: TempDir,
}

impl Beneath {
    /// A store with so many rounds of a bit of everything.
    fn filled(sample: &mut Sample, rounds: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path(), &sqlite::Options::new(READER)).unwrap();
        let opened = Opened { journal: store.journal(), index: store.index(), store: Box::new(()) };
        fill(&opened, sample, rounds);
        opened.wait_until_indexed();
        let overlay = Overlay::over(store.journal(), store.index(), options()).unwrap();
        Self { overlay, store, _folder: folder }
    }

    fn store(&self) -> Opened {
        Opened { journal: self.store.journal(), index: self.store.index(), store: Box::new(()) }
    }
}

#[test]
fn what_lies_beneath_and_what_is_on_top_are_one_store() {
    let mut sample = Sample::default();
    let beneath = Beneath::filled(&mut sample, 20);
    let on_top = beneath.overlay.open();
    assert_index_equals_journal(&on_top);
    fill(&on_top, &mut sample, 20);
    assert_index_equals_journal(&on_top);
    let in_one = on_top.journal.read(1, 0, usize::MAX).unwrap();
    let mut one_by_one = Vec::new();
    let filter = HistoryFilter { limit: usize::MAX, newest_first: true, ..HistoryFilter::default() };
    let mut newest_first = on_top.index.history("licensee/0", &filter).unwrap().items;
    newest_first.reverse();
    assert_eq!(newest_first, on_top.index.stream("licensee/0", 0, usize::MAX).unwrap());
    let filter = HistoryFilter { limit: newest_first.len() - 1, ..filter };
    assert!(on_top.index.history("licensee/0", &filter).unwrap().more, "of those beneath");
    while let [next] = on_top.journal.read(1, one_by_one.len() as u64, 1).unwrap().as_slice() {
        one_by_one.push(next.clone());
    }
    assert_eq!((in_one.len(), &in_one), (40, &one_by_one));
}

#[test]
fn nothing_reaches_the_store_beneath() {
    let mut sample = Sample::default();
    let beneath = Beneath::filled(&mut sample, 5);
    let store = beneath.store();
    let before = (store.all_commits(), store.journal.clock().unwrap(), store.index.timers().unwrap());
    let on_top = beneath.overlay.open();
    let person = Person { user: "u".into(), username: "n".into(), name: "N".into(), email: "e".into() };
    let reason = StatusReason { command_id: "c".into(), user: "u".into(), reason: "r".into() };
    let commit = sample.commit_with_timers(0, vec![usage("u", 9), outcome("new")], vec![timer("a", Some(5))]);
    let batch = Batch {
        commits: vec![commit],
        clock: Some(at(99)),
        details: vec![DetailChange::PutPerson(person.clone()), DetailChange::PutReason(reason)],
        news: vec![],
    };
    on_top.journal.append(&batch).unwrap();
    assert_eq!((on_top.journal.person("u").unwrap(), on_top.journal.clock().unwrap()), (Some(person), Some(at(99))));
    assert_eq!(on_top.journal.status_reasons("u").unwrap().len(), 1);
    assert!(on_top.index.outcome("new").unwrap().is_some());
    assert_eq!((store.all_commits(), store.journal.clock().unwrap(), store.index.timers().unwrap()), before);
    assert_eq!(store.journal.person("u").unwrap(), None);
    assert_eq!(store.index.outcome("new").unwrap(), None);
}

#[test]
fn what_others_write_beneath_meanwhile_is_not_seen() {
    let mut sample = Sample::default();
    let beneath = Beneath::filled(&mut sample, 3);
    let on_top = beneath.overlay.open();
    let heads = on_top.journal.heads().unwrap();
    let shown = on_top.index.stream("licensee/0", 0, usize::MAX).unwrap();
    let head = on_top.index.stream_head("licensee/0").unwrap();
    let shown_last = |limit| {
        let filter = HistoryFilter { newest_first: true, limit, ..HistoryFilter::default() };
        on_top.index.history("licensee/0", &filter).unwrap()
    };
    let last = shown_last(2);
    let store = beneath.store();
    let mut of_others = sample.clone();
    fill(&store, &mut of_others, 300);
    store.append(&mut of_others, 4, vec![event("licensee/new", 1), outcome("of others")]);
    store.wait_until_indexed();
    assert_eq!(on_top.journal.heads().unwrap(), heads);
    assert_eq!(on_top.index.stream("licensee/0", 0, usize::MAX).unwrap(), shown);
    assert_eq!(on_top.index.stream_head("licensee/0").unwrap(), head);
    assert_eq!(shown_last(2), last);
    assert!(!on_top.index.has_stream("licensee/new").unwrap());
    assert_eq!(on_top.index.outcome("of others").unwrap(), None);
    assert_eq!(on_top.journal.read(4, 0, usize::MAX).unwrap(), []);
    // What is appended follows on what the overlay saw.
    fill(&on_top, &mut sample, 2);
    let Kind::Event(last) = event("licensee/new", 1) else { unreachable!() };
    on_top.append(&mut sample, 4, vec![Kind::Event(last.clone())]);
    assert_eq!(on_top.index.stream("licensee/new", 0, 9).unwrap().len(), 1);
}

#[test]
fn what_the_index_beneath_has_not_got_to_is_there_all_the_same() {
    let mut sample = Sample::default();
    let beneath = Beneath::filled(&mut sample, 10);
    // An index that has seen nothing of what its journal holds.
    let unaware = on_nothing();
    let overlay = Overlay::over(beneath.store.journal(), unaware.index(), options()).unwrap();
    assert_index_equals_journal(&overlay.open());
}

#[test]
fn an_erased_name_beneath_is_gone_on_top() {
    let beneath = on_nothing();
    let person = |user: &str| Person { user: user.into(), username: "n".into(), name: "N".into(), email: "e".into() };
    let put = |user: &str| DetailChange::PutPerson(person(user));
    let reason = StatusReason { command_id: "c".into(), user: "u".into(), reason: "r".into() };
    let details = vec![put("u"), put("v"), DetailChange::PutReason(reason)];
    beneath.journal().append(&Batch { details, ..Batch::default() }).unwrap();
    let overlay = Overlay::over(beneath.journal(), beneath.index(), options()).unwrap();
    let erase = DetailChange::ErasePerson { user: "u".into() };
    overlay.journal().append(&Batch { details: vec![erase], ..Batch::default() }).unwrap();
    assert_eq!(overlay.journal().persons(&["u", "v"]).unwrap(), [None, Some(person("v"))]);
    assert_eq!(overlay.journal().users_named("n").unwrap(), ["v"]);
    assert_eq!(overlay.journal().status_reasons("u").unwrap(), []);
    assert_eq!(beneath.journal().status_reasons("u").unwrap().len(), 1);
}

#[test]
fn memory_is_bounded_and_what_does_not_fit_is_not_taken() {
    let overlay = Overlay::over_nothing(4, Options { bytes_max: 20_000, ..options() }).unwrap();
    let opened = overlay.open();
    let mut sample = Sample::default();
    let full = (1..100).find_map(|version| {
        let commit = sample.commit(0, vec![event("licensee/a", version)]);
        opened.journal.append(&Batch { commits: vec![commit], ..Batch::default() }).err().map(|error| (version, error))
    });
    let (version, error) = full.unwrap();
    assert!(matches!(error, JournalError::OverlayFull { bytes_max: 20_000 }), "{error}");
    assert_eq!(opened.index.stream_head("licensee/a").unwrap().unwrap().version, version - 1);
    assert!(!opened.index.wait_until(0, version, Duration::ZERO).unwrap());
}
