//! What every store has to do, written once over the port. Each test file runs it on one store.

mod past;
pub mod samples;

use std::{any::Any, collections::BTreeMap, sync::Arc, time::Duration};

use contract::proto::journal::{Event, Outcome, record::Kind};
use journal::{
    Batch, DetailChange, Head, HistoryFilter, Journal, JournalError, LicenseeDetails, Person, Position, Snapshot,
    StatusReason, StoredCommit, StreamIndex, Stretch, beginnings, chain, read_ahead,
};
// Not every test file runs them.
#[allow(unused_imports)]
pub use past::*;
use samples::{Sample, at, event, membership_of, outcome, timer, usage};

/// Long enough for any machine; nothing waits for as long as this unless it is broken.
pub const LONG: Duration = Duration::from_secs(120);

/// Makes one store, and opens it again as often as it is asked to.
pub trait Maker {
    /// Opens the store; the one opened before has been dropped.
    fn open(&self) -> Opened;
}

/// An open store; dropping it closes the store in order.
pub struct Opened {
    pub journal: Arc<dyn Journal>,
    pub index: Arc<dyn StreamIndex>,
    /// What keeps the store open; dropped last.
    pub store: Box<dyn Any + Send + Sync>,
}

impl Opened {
    pub fn append(&self, sample: &mut Sample, shard: u16, kinds: Vec<Kind>) {
        self.journal.append(&Batch { commits: vec![sample.commit(shard, kinds)], ..Batch::default() }).unwrap();
    }

    pub fn wait_until_indexed(&self) {
        for head in self.journal.heads().unwrap() {
            assert!(self.index.wait_until(head.shard, head.commit_number, LONG).unwrap());
        }
    }

    pub fn all_commits(&self) -> Vec<StoredCommit> {
        let mut commits = Vec::new();
        for shard in 0..self.journal.shard_count() {
            commits.extend(self.journal.read(shard, 0, usize::MAX).unwrap());
        }
        commits
    }
}

/// Makes a `#[test]` of each function that is named.
#[macro_export]
macro_rules! conformance_tests {
    ($maker:expr; $($name:ident)*) => {
        $(#[test]
        fn $name() {
            $crate::conformance::$name(&$maker);
        })*
    };
}

/// Compares every answer of the index with what the commits say.
pub fn assert_index_equals_journal(opened: &Opened) {
    opened.wait_until_indexed();
    let expected = Expected::from_commits(&opened.all_commits());
    for (stream, events) in &expected.streams {
        let found = opened.index.stream(stream, 0, usize::MAX).unwrap();
        let found: Vec<_> = found.into_iter().map(|stored| (stored.position, stored.event)).collect();
        assert_eq!(&found, events, "{stream}");
        let head = opened.index.stream_head(stream).unwrap().unwrap();
        let last = &events.last().unwrap().1;
        assert_eq!((head.version, head.hash.as_slice()), (last.version, last.hash.as_slice()));
        assert!(opened.index.has_stream(stream).unwrap());
    }
    let ids: Vec<&str> = expected.outcomes.keys().map(String::as_str).collect();
    let found = opened.index.outcomes(&ids).unwrap();
    let found: Vec<_> =
        found.into_iter().map(|stored| stored.map(|stored| (stored.position, stored.outcome))).collect();
    assert_eq!(found, expected.outcomes.values().cloned().map(Some).collect::<Vec<_>>());
    for (user, last_use_us) in &expected.last_uses_us {
        assert_eq!(opened.index.last_uses(&[user]).unwrap(), [Some(at(*last_use_us))]);
    }
    for (user, licensees) in &expected.memberships {
        assert_eq!(&opened.index.memberships(user).unwrap(), licensees);
    }
    let timers = opened.index.timers().unwrap();
    assert!(timers.is_sorted_by_key(|timer| timer.due_at));
    let timers: BTreeMap<_, _> = timers.into_iter().map(|timer| (timer.licensee, timer.due_at)).collect();
    assert_eq!(timers, expected.timers);
}

/// What the commits say, found in the plainest way.
#[derive(Default)]
struct Expected {
    streams: BTreeMap<String, Vec<(Position, Event)>>,
    outcomes: BTreeMap<String, (Position, Outcome)>,
    last_uses_us: BTreeMap<String, i64>,
    memberships: BTreeMap<String, Vec<String>>,
    timers: BTreeMap<String, licensing::Instant>,
}

impl Expected {
    fn from_commits(commits: &[StoredCommit]) -> Self {
        let mut expected = Self::default();
        for stored in commits {
            let commit = stored.decode().unwrap();
            assert_eq!(commit.records.len(), stored.records as usize);
            for (position, record) in (stored.first_position..).zip(commit.records) {
                expected.add(Position { shard: stored.shard, position }, record.kind.unwrap());
            }
            for timer in commit.timers {
                match timer.due_at_us {
                    Some(due_at_us) => expected.timers.insert(timer.licensee, at(due_at_us)),
                    None => expected.timers.remove(&timer.licensee),
                };
            }
        }
        expected
    }

    fn add(&mut self, position: Position, kind: Kind) {
        match kind {
            Kind::Event(event) => {
                match membership_of(&event) {
                    Some(journal::MembershipChange::Added { user, licensee }) => {
                        let licensees = self.memberships.entry(user).or_default();
                        licensees.retain(|other| *other != licensee);
                        licensees.push(licensee);
                        licensees.sort();
                    }
                    Some(journal::MembershipChange::Removed { user, licensee }) => {
                        self.memberships.entry(user).or_default().retain(|other| *other != licensee);
                    }
                    None => {}
                }
                self.streams.entry(event.stream.clone()).or_default().push((position, event));
            }
            Kind::Outcome(outcome) => {
                let later = self
                    .outcomes
                    .get(&outcome.command_id)
                    .is_none_or(|(_, kept)| outcome.recorded_at_us >= kept.recorded_at_us);
                if later {
                    self.outcomes.insert(outcome.command_id.clone(), (position, outcome));
                }
            }
            Kind::Usage(usage) => {
                let last_use_us = self.last_uses_us.entry(usage.user).or_insert(i64::MIN);
                *last_use_us = usage.used_at_us.max(*last_use_us);
            }
        }
    }
}

/// Adds a bit of everything to a store: `rounds` commits on each of three shards.
pub fn fill(opened: &Opened, sample: &mut Sample, rounds: u64) {
    for _ in 0..rounds {
        for commit in sample.next_round() {
            opened.journal.append(&Batch { commits: vec![commit], ..Batch::default() }).unwrap();
        }
    }
}

pub fn what_is_appended_is_read_back(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    let batch = Batch {
        commits: vec![
            sample.commit(3, vec![event("licensee/a", 1), outcome("c-1")]),
            sample.commit(3, vec![event("licensee/a", 2)]),
            sample.commit(0, vec![usage("u", 5)]),
        ],
        ..Batch::default()
    };
    opened.journal.append(&batch).unwrap();
    let found = opened.journal.read(3, 0, usize::MAX).unwrap();
    assert_eq!(found.len(), 2);
    for (stored, new) in found.iter().zip(&batch.commits) {
        assert_eq!(
            (stored.shard, stored.number, stored.first_position, stored.records, stored.recorded_at),
            (new.shard, new.number, new.first_position, new.records, new.recorded_at)
        );
        assert_eq!(stored.block, new.block);
        assert_eq!(stored.head(), new.head());
    }
    assert_eq!(opened.journal.read(3, 1, usize::MAX).unwrap(), found[1..]);
    assert_eq!(opened.journal.read(3, 2, usize::MAX).unwrap(), []);
    assert_eq!(opened.journal.read(0, 0, usize::MAX).unwrap().len(), 1);
    assert_eq!(opened.journal.read(1, 0, usize::MAX).unwrap(), []);
}

pub fn numbers_and_positions_have_no_gaps(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    fill(&opened, &mut sample, 20);
    for shard in 0..3 {
        let (mut number, mut position) = (0, 0);
        for commit in opened.journal.read(shard, 0, usize::MAX).unwrap() {
            assert_eq!((commit.number, commit.first_position), (number + 1, position + 1));
            (number, position) = (commit.number, position + u64::from(commit.records));
        }
        let head = opened.journal.heads().unwrap()[usize::from(shard)];
        assert_eq!(head, Head { shard, commit_number: number, position });
    }
}

pub fn a_commit_that_does_not_follow_its_head_writes_nothing(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    opened.append(&mut sample, 1, vec![event("licensee/a", 1), outcome("c-1")]);
    let heads = opened.journal.heads().unwrap();
    let right = sample.clone().commit(1, vec![event("licensee/a", 2)]);
    let beside = sample.clone().commit(2, vec![event("licensee/b", 1)]);
    for (number, first_position) in [(1, 1), (1, 3), (3, 3), (2, 2), (2, 4), (0, 3), (u64::MAX, 3), (2, u64::MAX)] {
        let wrong = journal::NewCommit { number, first_position, ..right.clone() };
        // The sound commit beside it, the clock and the details must not be written either.
        let batch = Batch {
            commits: vec![beside.clone(), wrong],
            clock: Some(at(9)),
            details: vec![DetailChange::PutPerson(person("u"))],
            news: vec![],
        };
        let error = opened.journal.append(&batch).unwrap_err();
        let JournalError::Conflict { shard, head, offered_number, offered_first_position } = error else {
            panic!("{error}");
        };
        assert_eq!((shard, head), (1, heads[1]));
        assert_eq!((offered_number, offered_first_position), (number, first_position));
        assert_eq!(opened.journal.heads().unwrap(), heads);
        assert_eq!(opened.journal.clock().unwrap(), None);
        assert_eq!(opened.journal.person("u").unwrap(), None);
        assert_eq!(opened.journal.read(2, 0, usize::MAX).unwrap(), []);
    }
    opened.journal.append(&Batch { commits: vec![beside, right], ..Batch::default() }).unwrap();
}

pub fn a_shard_beyond_the_count_is_refused(maker: &impl Maker) {
    let opened = maker.open();
    let shards = opened.journal.shard_count();
    let mut sample = Sample::default();
    let batch = Batch { commits: vec![sample.commit(shards, vec![usage("u", 1)])], ..Batch::default() };
    let is_refused = |error| matches!(error, JournalError::UnknownShard { shard, .. } if shard == shards);
    assert!(is_refused(opened.journal.append(&batch).unwrap_err()));
    assert!(is_refused(opened.journal.read(shards, 0, 1).unwrap_err()));
    assert!(is_refused(opened.index.wait_until(shards, 0, LONG).unwrap_err()));
}

pub fn two_commits_with_the_same_number_conflict_within_a_batch(maker: &impl Maker) {
    let opened = maker.open();
    let commit = Sample::default().commit(0, vec![usage("u", 1)]);
    let batch = Batch { commits: vec![commit.clone(), commit], ..Batch::default() };
    assert!(matches!(opened.journal.append(&batch), Err(JournalError::Conflict { .. })));
    assert_eq!(opened.journal.heads().unwrap()[0].commit_number, 0);
}

pub fn reading_keeps_to_its_bound_but_always_gets_on(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    fill(&opened, &mut sample, 10);
    let all = opened.journal.read(1, 0, usize::MAX).unwrap();
    let sizes: Vec<usize> = all.iter().map(|commit| commit.block.len()).collect();
    let first_three = sizes[..3].iter().sum();
    for (max_bytes, expected) in [(0, 1), (1, 1), (sizes[0], 1), (first_three - 1, 2), (first_three, 3)] {
        assert_eq!(opened.journal.read(1, 0, max_bytes).unwrap(), all[..expected], "{max_bytes} bytes");
    }
    let mut found = Vec::new();
    while let [last] = opened.journal.read(1, found.len() as u64, 1).unwrap().as_slice() {
        found.push(last.clone());
    }
    assert_eq!(found, all);
}

pub fn what_is_read_ahead_is_what_is_there(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    fill(&opened, &mut sample, 10);
    let journal = &*opened.journal;
    let read = |heads: &[Head], max_bytes| {
        let stretches = |stretches: &mut dyn Iterator<Item = Result<Stretch, JournalError>>| {
            stretches.collect::<Result<Vec<_>, _>>().unwrap()
        };
        read_ahead(journal, heads, max_bytes, stretches).unwrap()
    };
    for max_bytes in [0, 1_000, usize::MAX] {
        assert_eq!(read(&beginnings(journal), max_bytes).concat(), opened.all_commits(), "{max_bytes} bytes");
    }
    assert!(read(&beginnings(journal), 0).iter().all(|stretch| stretch.len() == 1));
    let behind = journal.read(1, 0, usize::MAX).unwrap();
    let [first, rest @ ..] = behind.as_slice() else { panic!("nothing in the shard") };
    assert_eq!(read(&[first.head()], usize::MAX), [rest]);
    // Whoever has enough goes, whatever would follow.
    let first = read_ahead(journal, &beginnings(journal), 0, |stretches| stretches.next().unwrap().unwrap());
    assert_eq!(first.unwrap(), opened.all_commits()[..1]);
}

pub fn the_clock_is_kept_and_never_goes_back(maker: &impl Maker) {
    let opened = maker.open();
    assert_eq!(opened.journal.clock().unwrap(), None);
    for (set, expected) in [(7, 7), (5, 7), (9, 9)] {
        opened.journal.append(&Batch { clock: Some(at(set)), ..Batch::default() }).unwrap();
        assert_eq!(opened.journal.clock().unwrap(), Some(at(expected)));
    }
    drop(opened);
    assert_eq!(maker.open().journal.clock().unwrap(), Some(at(9)));
}

fn person(user: &str) -> Person {
    Person {
        user: user.into(),
        username: format!("nick-{user}"),
        name: format!("Name of {user}"),
        email: format!("{user}@example.com"),
    }
}

fn put_details(opened: &Opened, details: Vec<DetailChange>) {
    opened.journal.append(&Batch { details, ..Batch::default() }).unwrap();
}

pub fn r30_details_are_kept_and_replaced(maker: &impl Maker) {
    let opened = maker.open();
    let renamed = Person { username: "neo".into(), ..person("u-1") };
    let acme = LicenseeDetails { licensee: "acme".into(), name: "Acme".into(), contact_email: None };
    let acme_now = LicenseeDetails { contact_email: Some("a@acme.test".into()), ..acme.clone() };
    put_details(
        &opened,
        vec![
            DetailChange::PutPerson(person("u-1")),
            DetailChange::PutPerson(person("u-2")),
            DetailChange::PutPerson(renamed.clone()),
            DetailChange::PutLicensee(acme),
            DetailChange::PutLicensee(acme_now.clone()),
        ],
    );
    drop(opened);
    let journal = maker.open().journal;
    assert_eq!(journal.person("u-1").unwrap(), Some(renamed.clone()));
    let persons = journal.persons(&["u-2", "nobody", "u-1", "u-2"]).unwrap();
    assert_eq!(persons, [Some(person("u-2")), None, Some(renamed), Some(person("u-2"))]);
    assert_eq!(journal.licensee_details("acme").unwrap(), Some(acme_now.clone()));
    assert_eq!(journal.licensees_details(&["none", "acme"]).unwrap(), [None, Some(acme_now)]);
    assert_eq!(journal.users_named("neo").unwrap(), ["u-1"]);
    assert_eq!(journal.users_named("nick-u-1").unwrap(), [""; 0]);
}

pub fn users_of_one_name_are_all_told(maker: &impl Maker) {
    let opened = maker.open();
    let twin = |user: &str| DetailChange::PutPerson(Person { username: "twin".into(), ..person(user) });
    put_details(&opened, vec![twin("u-2"), twin("u-1")]);
    assert_eq!(opened.journal.users_named("twin").unwrap(), ["u-1", "u-2"]);
    let of_names = opened.journal.users_of_names(&["nobody", "twin", "no\0name", "twin"]).unwrap();
    assert_eq!(of_names, [vec![], vec!["u-1", "u-2"], vec![], vec!["u-1", "u-2"]]);
    assert_eq!(opened.journal.users_of_names(&[]).unwrap(), Vec::<Vec<String>>::new());
}

pub fn r29_erasing_a_person_erases_the_reasons_too(maker: &impl Maker) {
    let opened = maker.open();
    let reason = |user: &str, command: &str| StatusReason {
        command_id: command.into(),
        user: user.into(),
        reason: "as was asked".into(),
    };
    put_details(
        &opened,
        vec![
            DetailChange::PutPerson(person("gone")),
            DetailChange::PutPerson(person("stays")),
            DetailChange::PutReason(reason("gone", "c-1")),
            DetailChange::PutReason(reason("gone", "c-2")),
            DetailChange::PutReason(reason("stays", "c-2")),
        ],
    );
    assert_eq!(opened.journal.status_reasons("gone").unwrap(), [reason("gone", "c-1"), reason("gone", "c-2")]);
    put_details(&opened, vec![DetailChange::ErasePerson { user: "gone".into() }]);
    assert_eq!(opened.journal.person("gone").unwrap(), None);
    assert_eq!(opened.journal.status_reasons("gone").unwrap(), []);
    assert_eq!(opened.journal.users_named("nick-gone").unwrap(), [""; 0]);
    assert_eq!(opened.journal.person("stays").unwrap(), Some(person("stays")));
    assert_eq!(opened.journal.status_reasons("stays").unwrap(), [reason("stays", "c-2")]);
}

pub fn a_store_that_is_opened_again_has_everything(maker: &impl Maker) {
    let mut sample = Sample::default();
    let opened = maker.open();
    fill(&opened, &mut sample, 15);
    let (heads, commits) = (opened.journal.heads().unwrap(), opened.all_commits());
    drop(opened);
    let opened = maker.open();
    assert_eq!(opened.journal.heads().unwrap(), heads);
    assert_eq!(opened.all_commits(), commits);
    assert_index_equals_journal(&opened);
    fill(&opened, &mut sample, 5);
    assert_index_equals_journal(&opened);
}

pub fn the_index_equals_the_journal(maker: &impl Maker) {
    let opened = maker.open();
    fill(&opened, &mut Sample::default(), 60);
    assert_index_equals_journal(&opened);
    let head = opened.journal.heads().unwrap();
    assert_eq!(opened.index.progress().unwrap(), head);
    assert!(opened.index.wait_for_lag_below(1, LONG).unwrap());
}

pub fn waiting_for_what_is_not_committed_ends_at_its_timeout(maker: &impl Maker) {
    let opened = maker.open();
    assert!(!opened.index.wait_until(0, 1, Duration::from_millis(1)).unwrap());
    assert!(!opened.index.wait_for_lag_below(0, Duration::from_millis(1)).unwrap());
}

pub fn what_is_unknown_is_none(maker: &impl Maker) {
    let opened = maker.open();
    fill(&opened, &mut Sample::default(), 1);
    opened.wait_until_indexed();
    assert!(!opened.index.has_stream("licensee/nobody").unwrap());
    assert_eq!(opened.index.stream_head("licensee/nobody").unwrap(), None);
    assert_eq!(opened.index.stream("licensee/nobody", 0, 10).unwrap(), []);
    assert_eq!(opened.index.outcome("never").unwrap(), None);
    assert_eq!(opened.index.last_uses(&["nobody"]).unwrap(), [None]);
    assert_eq!(opened.index.memberships("nobody").unwrap(), [""; 0]);
    assert_eq!(opened.index.snapshot("licensee/nobody").unwrap(), None);
}

pub fn bulk_reads_keep_the_order_that_was_asked_for(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    opened.append(&mut sample, 0, vec![outcome("c-1"), usage("u-1", 1), outcome("c-2")]);
    opened.append(&mut sample, 1, vec![outcome("c-3"), usage("u-3", 3), usage("u-1", 2)]);
    opened.append(&mut sample, 2, vec![usage("u-1", 1)]);
    opened.wait_until_indexed();
    let found = opened.index.outcomes(&["c-3", "never", "c-1", "c-2", "c-3"]).unwrap();
    let positions: Vec<_> = found.iter().map(|stored| stored.as_ref().map(|stored| stored.position)).collect();
    let position = |shard, position| Some(Position { shard, position });
    assert_eq!(positions, [position(1, 1), None, position(0, 1), position(0, 3), position(1, 1)]);
    assert_eq!(found[3].as_ref().unwrap().outcome.command_id, "c-2");
    let last_uses = opened.index.last_uses(&["u-3", "never", "u-1"]).unwrap();
    assert_eq!(last_uses, [Some(at(3)), None, Some(at(2))]);
}

pub fn r34_of_an_id_used_anew_the_later_outcome_holds(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    let outcome_at =
        |recorded_at_us| Kind::Outcome(Outcome { command_id: "key".into(), recorded_at_us, ..Outcome::default() });
    // In one commit, in a later commit, and in a shard that is indexed after but was recorded before.
    for (shard, recorded_at_us, latest_us) in [(1, 30, 30), (1, 40, 40), (0, 20, 40), (2, 50, 50), (3, 10, 50)] {
        opened.append(
            &mut sample,
            shard,
            vec![usage("u", 1), outcome_at(recorded_at_us - 5), outcome_at(recorded_at_us)],
        );
        opened.wait_until_indexed();
        let stored = opened.index.outcome("key").unwrap().unwrap();
        assert_eq!(stored.outcome.recorded_at_us, latest_us);
    }
}

pub fn r34_whoever_reuses_an_id_does_not_take_it_over(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    let first = Outcome { command_id: "key".into(), recorded_at_us: 1, ..Outcome::default() };
    let refused = Outcome { recorded_at_us: 2, id_reused: true, ..first.clone() };
    opened.append(&mut sample, 0, vec![Kind::Outcome(first.clone())]);
    opened.append(&mut sample, 0, vec![Kind::Outcome(refused)]);
    opened.wait_until_indexed();
    assert_eq!(opened.index.outcome("key").unwrap().unwrap().outcome, first);
}

pub fn a_stream_is_read_from_any_version_within_a_limit(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    for version in 1..=10 {
        opened.append(&mut sample, 0, vec![event("licensee/a", version), event("licensee/b", version)]);
    }
    opened.wait_until_indexed();
    for (after, limit, expected) in
        [(0, 3, 1..4), (3, 3, 4..7), (8, 5, 9..11), (10, 5, 0..0), (u64::MAX, 5, 0..0), (0, 0, 0..0)]
    {
        let found = opened.index.stream("licensee/b", after, limit).unwrap();
        let versions: Vec<u64> = found.iter().map(|stored| stored.event.version).collect();
        assert_eq!(versions, expected.collect::<Vec<u64>>(), "after {after}, limit {limit}");
        assert!(found.iter().all(|stored| stored.event.stream == "licensee/b"));
    }
}

pub fn the_hash_chain_of_a_stream_holds_as_read(maker: &impl Maker) {
    let opened = maker.open();
    fill(&opened, &mut Sample::default(), 30);
    opened.wait_until_indexed();
    let mut hash = chain::START;
    for stored in opened.index.stream("licensee/0", 0, usize::MAX).unwrap() {
        hash = chain::verify(&hash, &stored.event).unwrap();
    }
    assert_eq!(opened.index.stream_head("licensee/0").unwrap().unwrap().hash, hash);
}

pub fn a_history_is_filtered_and_paged(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    let typed = |version: u64| {
        let r#type = if version.is_multiple_of(3) { "Third" } else { "Other" };
        let effective_at_us = i64::try_from(version * 10).unwrap();
        let Kind::Event(event) = event("licensee/a", version) else { unreachable!() };
        Kind::Event(Event { r#type: r#type.into(), effective_at_us, ..event })
    };
    opened.append(&mut sample, 5, (1..=30).map(typed).collect());
    opened.append(&mut sample, 5, vec![event("licensee/b", 1)]);
    opened.wait_until_indexed();
    let all = HistoryFilter { limit: 100, ..HistoryFilter::default() };
    let check = |filter: HistoryFilter, expected: &[u64], more: bool| {
        let page = opened.index.history("licensee/a", &filter).unwrap();
        let versions: Vec<u64> = page.items.iter().map(|stored| stored.event.version).collect();
        assert_eq!((versions.as_slice(), page.more), (expected, more), "{filter:?}");
    };
    let thirds = vec!["Third".to_owned(), "Unheard".to_owned()];
    check(HistoryFilter { limit: 3, ..all.clone() }, &[1, 2, 3], true);
    check(HistoryFilter { after_version: 28, limit: 2, ..all.clone() }, &[29, 30], false);
    check(HistoryFilter { from: Some(at(40)), to: Some(at(70)), ..all.clone() }, &[4, 5, 6], false);
    check(HistoryFilter { types: thirds.clone(), limit: 4, ..all.clone() }, &[3, 6, 9, 12], true);
    check(HistoryFilter { types: thirds.clone(), after_version: 24, ..all.clone() }, &[27, 30], false);
    check(HistoryFilter { types: thirds, from: Some(at(100)), limit: 1, ..all.clone() }, &[12], true);
    check(HistoryFilter { types: vec!["Unheard".into()], ..all.clone() }, &[], false);
    check(HistoryFilter { version_min: 5, version_max: Some(7), ..all.clone() }, &[5, 6, 7], false);
    check(HistoryFilter { version_min: 5, version_max: Some(7), after_version: 6, ..all.clone() }, &[7], false);
    check(HistoryFilter { version_max: Some(7), after_version: 7, ..all.clone() }, &[], false);
    check(HistoryFilter { from: Some(at(301)), ..all.clone() }, &[], false);
    let newest = HistoryFilter { newest_first: true, ..all };
    check(HistoryFilter { version_min: 5, version_max: Some(7), ..newest.clone() }, &[7, 6, 5], false);
    check(HistoryFilter { version_min: 5, version_max: Some(7), after_version: 6, ..newest.clone() }, &[5], false);
    check(HistoryFilter { limit: 3, ..newest.clone() }, &[30, 29, 28], true);
    check(HistoryFilter { limit: 3, after_version: 3, ..newest.clone() }, &[2, 1], false);
    check(
        HistoryFilter { types: vec!["Third".into()], limit: 2, after_version: 30, ..newest.clone() },
        &[27, 24],
        true,
    );
    check(HistoryFilter { from: Some(at(40)), to: Some(at(70)), ..newest }, &[6, 5, 4], false);
}

pub fn memberships_follow_the_events(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    let joins = |licensee: &str, version| samples::member_event(licensee, version, "u", true);
    let leaves = |licensee: &str, version| samples::member_event(licensee, version, "u", false);
    opened.append(&mut sample, 0, vec![joins("b", 1), joins("a", 1), joins("c", 1), leaves("a", 2)]);
    opened.wait_until_indexed();
    assert_eq!(opened.index.memberships("u").unwrap(), ["b", "c"]);
    opened.append(&mut sample, 0, vec![leaves("c", 2), joins("c", 3), leaves("b", 2), joins("a", 3)]);
    opened.wait_until_indexed();
    assert_eq!(opened.index.memberships("u").unwrap(), ["a", "c"]);
    assert_eq!(opened.index.are_members("a", &["nobody", "u", "u"]).unwrap(), [false, true, true]);
    assert_eq!(opened.index.are_members("b", &["u"]).unwrap(), [false]);
}

pub fn the_last_word_on_a_timer_holds(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    for timers in [vec![timer("a", Some(5)), timer("b", Some(3))], vec![timer("a", Some(2))], vec![timer("b", None)]] {
        let commit = sample.commit_with_timers(0, vec![usage("u", 1)], timers);
        opened.journal.append(&Batch { commits: vec![commit], ..Batch::default() }).unwrap();
    }
    opened.wait_until_indexed();
    let timers = opened.index.timers().unwrap();
    assert_eq!(timers, [journal::NextDue { licensee: "a".into(), due_at: at(2) }]);
}

pub fn snapshots_never_get_older(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    opened.append(&mut sample, 0, (1..=9).map(|version| event("licensee/a", version)).collect());
    opened.wait_until_indexed();
    let snapshot = |version, state_version, byte| Snapshot { version, state_version, bytes: vec![byte; 5_000] };
    for (put, expected) in [
        (snapshot(5, 1, 1), snapshot(5, 1, 1)),
        (snapshot(4, 1, 2), snapshot(5, 1, 1)),
        (snapshot(9, 1, 3), snapshot(9, 1, 3)),
        (snapshot(8, 2, 4), snapshot(8, 2, 4)),
    ] {
        opened.index.put_snapshot("licensee/a", &put).unwrap();
        assert_eq!(opened.index.snapshot("licensee/a").unwrap(), Some(expected));
    }
    drop(opened);
    let opened = maker.open();
    assert_eq!(opened.index.snapshot("licensee/a").unwrap(), Some(snapshot(8, 2, 4)));
}

pub fn the_largest_snapshots_come_first(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    let sizes = [("licensee/a", 10), ("licensee/b", 100_000), ("licensee/c", 0), ("licensee/d", 3_000)];
    opened.append(&mut sample, 0, sizes.iter().map(|(stream, _)| event(stream, 1)).collect());
    opened.wait_until_indexed();
    for (stream, size) in sizes {
        let snapshot = Snapshot { version: 1, state_version: 1, bytes: vec![7; size] };
        opened.index.put_snapshot(stream, &snapshot).unwrap();
    }
    let largest = |limit| opened.index.largest_snapshots(limit).unwrap();
    let expected = [("licensee/b", 100_000), ("licensee/d", 3_000), ("licensee/a", 10)];
    assert_eq!(largest(3), expected.map(|(stream, bytes)| (stream.to_owned(), bytes)));
    assert_eq!((largest(0).len(), largest(10).len()), (0, 4));
}

pub fn an_append_wakes_who_follows(maker: &impl Maker) {
    let opened = maker.open();
    let watch = opened.journal.watch();
    let seen = watch.generation();
    let follower = std::thread::spawn(move || watch.wait_beyond(seen, LONG));
    opened.append(&mut Sample::default(), 0, vec![usage("u", 1)]);
    assert!(follower.join().unwrap() > seen);
}

pub fn many_threads_read_while_one_writes(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..12)
            .map(|_| {
                scope.spawn(|| {
                    let mut read = 0;
                    while read < 40 {
                        let seen = opened.journal.watch().generation();
                        let commits = opened.journal.read(1, read, 10_000).unwrap();
                        if commits.is_empty() {
                            opened.journal.watch().wait_beyond(seen, LONG);
                        }
                        for commit in commits {
                            assert_eq!(commit.number, read + 1);
                            read = commit.number;
                        }
                    }
                })
            })
            .collect();
        fill(&opened, &mut sample, 40);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
    assert_index_equals_journal(&opened);
}
