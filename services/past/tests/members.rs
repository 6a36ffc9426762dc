//! Pages of members as they were.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod fragile;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use contract::incoming::from_json;
use engine::{ClockMode, Done, Engine, Options, Running, Ticket};
use fragile::Fragile;
use journal::{
    Journal,
    sqlite::{self, SqliteStore},
};
use licensing::{Catalogue, LicenseeId, UserStatus};
use past::{Moment, Past, PastError};
use serde_json::{Value, json};
use tempfile::TempDir;
use views::{Looks, MemberSort, MemberSortKey, MembersQuery, Views};

const NOW: &str = "2025-02-01T00:00:00Z";

// In the order in which they go.
struct World {
    past: Past,
    _running: Running,
    _store: SqliteStore,
    _folder: TempDir,
}

impl World {
    /// `acme` with members `u-0` to `u-9`, of whom `u-7` is blocked.
    fn new() -> Self {
        Self::of((0..10).map(user).collect())
    }

    /// `acme` with these members, of whom `u-7` is blocked.
    fn of(users: Vec<String>) -> Self {
        Self::with_names_from(|journal| journal, users)
    }

    /// The same, where the past reads people's names out of what is made of the journal.
    fn with_names_from(names: impl FnOnce(Arc<dyn Journal>) -> Arc<dyn Journal>, users: Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path(), &sqlite::Options::new(engine::EVENT_READER)).unwrap();
        let catalogue = Arc::new(Catalogue::built_in().unwrap());
        let clock = ClockMode::Manual(Some(NOW.parse().unwrap()));
        let options = Options { clock, ..Options::new(catalogue.clone()) };
        let running = engine::start(store.journal(), store.index(), options).unwrap();
        let engine = running.engine();
        let join = |user: &String| {
            let data = json!({
                "licensee": "acme", "user": user, "username": user, "name": format!("Member {user}"),
                "email": format!("{user}@example.com"), "role": "developer", "type": "human",
            });
            hand_in(&engine, "MemberAdded", user, &data)
        };
        let joining: Vec<_> = users.iter().map(join).collect();
        joining.into_iter().for_each(is_accepted);
        accept(&engine, "UserBlocked", "block", &json!({"user": user(7)}));
        assert!(store.index().wait_for_lag_below(1, Duration::from_secs(60)).unwrap());
        let views = Views::open(folder.path(), store.journal(), store.journal_path(), catalogue.clone()).unwrap();
        let past = Past::new(store.index(), names(store.journal()), Arc::new(views), catalogue);
        Self { past, _running: running, _store: store, _folder: folder }
    }

    /// The ids on each page, to the end.
    fn pages(&self, query: &MembersQuery) -> Vec<Vec<String>> {
        self.try_pages(query).unwrap()
    }

    /// The same, asked for until they are there.
    fn pages_once_prepared(&self, query: &MembersQuery) -> Vec<Vec<String>> {
        let began = Instant::now();
        loop {
            match self.try_pages(query) {
                Ok(pages) => return pages,
                Err(PastError::BeingPrepared { done, of }) if done <= of => {
                    assert!(began.elapsed() < Duration::from_secs(60), "it never was there");
                    std::thread::yield_now();
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn try_pages(&self, query: &MembersQuery) -> Result<Vec<Vec<String>>, PastError> {
        let acme = LicenseeId::parse("acme").unwrap();
        let moment = Moment::of(NOW.parse().unwrap());
        let then = self.past.licensee_at(&acme, &moment).unwrap().unwrap();
        let (mut pages, mut query) = (Vec::new(), query.clone());
        loop {
            let page = self.past.members_of(&then, &moment, &query)?;
            pages.push(page.items.iter().map(|member| member.user.to_string()).collect());
            assert!(pages.len() < 100, "the pages have no end");
            let Some(cursor) = page.next_cursor else { return Ok(pages) };
            query.cursor = Some(cursor);
        }
    }
}

fn accept(engine: &Engine, kind: &str, id: &str, data: &Value) {
    is_accepted(hand_in(engine, kind, id, data));
}

fn is_accepted(ticket: Ticket<Done>) {
    let done = ticket.wait().unwrap();
    assert!(done.outcome.is_ok(), "{:?}", done.outcome);
}

fn hand_in(engine: &Engine, kind: &str, id: &str, data: &Value) -> Ticket<Done> {
    let message = json!({"specversion": "1.0", "source": "/test", "id": id, "time": NOW,
        "type": format!("usher.directory.v1.{kind}"), "data": data});
    engine.message(from_json(message.to_string().as_bytes())).unwrap()
}

fn user(number: usize) -> String {
    format!("u-{number}")
}

/// What looks at three members a page.
fn looking_at_three() -> MembersQuery {
    MembersQuery { limit: 100, looks: Looks(3), ..MembersQuery::default() }
}

#[test]
fn a_search_ends_a_page_behind_so_many_who_were_looked_at_and_goes_on() {
    let world = World::new();
    let search = |search: &str| MembersQuery { search: Some(search.to_owned()), ..looking_at_three() };
    assert_eq!(world.pages(&search("U-7")), [vec![], vec![], vec![user(7)], vec![]]);
    assert_eq!(world.pages(&search("nobody")), vec![Vec::<String>::new(); 4]);
    let descending = MemberSort { descending: true, ..MemberSort::default() };
    let backwards = MembersQuery { sort: descending, ..search("7@example") };
    assert_eq!(world.pages(&backwards), [vec![user(7)], vec![], vec![], vec![]]);
}

#[test]
fn a_filter_by_status_or_seat_looks_no_further_either() {
    let world = World::new();
    let blocked = MembersQuery { status: Some(UserStatus::Blocked), ..looking_at_three() };
    assert_eq!(world.pages(&blocked), [vec![], vec![], vec![user(7)], vec![]]);
    let seated = MembersQuery { assigned: Some(true), ..looking_at_three() };
    assert_eq!(world.pages(&seated), vec![Vec::<String>::new(); 4]);
}

#[test]
fn everybody_comes_once_whatever_ends_the_pages() {
    let world = World::new();
    for (looks, limit) in [(1, 1), (3, 2), (2, 3), (100, 4), (100, 10), (10, 10), (0, 5)] {
        let query = MembersQuery { looks: Looks(looks), limit, ..MembersQuery::default() };
        let everybody: Vec<String> = world.pages(&query).concat();
        assert_eq!(everybody, (0..10).map(user).collect::<Vec<_>>(), "{looks} looks, {limit} a page");
        let search = MembersQuery { search: Some("MEMBER U".to_owned()), ..query };
        assert_eq!(world.pages(&search).concat(), everybody, "{looks} looks, {limit} a page");
    }
}

/// In the order of user names, which are the ids here, the last one first.
fn by_username_descending(limit: usize) -> MembersQuery {
    let sort = MemberSort { key: MemberSortKey::Username, descending: true };
    MembersQuery { sort, limit, ..MembersQuery::default() }
}

#[test]
fn a_few_are_sorted_at_once() {
    let world = World::new();
    let expected: Vec<String> = (0..10).rev().map(user).collect();
    assert_eq!(world.pages(&by_username_descending(4)).concat(), expected);
}

#[test]
fn many_are_sorted_aside_and_whoever_asks_meanwhile_is_told_how_far_that_is() {
    let ids: Vec<String> = (0..2_500).map(|number| format!("u-{number:04}")).collect();
    let world = World::of(ids.clone());
    let query = by_username_descending(300);
    let Err(PastError::BeingPrepared { done: 0, of: 2_500 }) = world.try_pages(&query) else {
        panic!("it was there at once");
    };
    let pages = world.pages_once_prepared(&query);
    assert_eq!(pages.len(), 9);
    let expected: Vec<String> = ids.into_iter().rev().collect();
    assert_eq!(pages.concat(), expected);
    assert_eq!(world.pages(&query).concat(), expected, "it is there for whoever comes next");
    let nobody = MembersQuery { search: Some("nobody".to_owned()), ..query };
    assert!(matches!(world.try_pages(&nobody), Err(PastError::BeingPrepared { .. })), "another order");
}

#[test]
fn an_order_whose_preparation_broke_off_is_begun_again() {
    let ids: Vec<String> = (0..2_500).map(|number| format!("u-{number:04}")).collect();
    let world = World::with_names_from(|journal| Arc::new(Fragile::panics_once(journal)), ids.clone());
    let expected: Vec<String> = ids.into_iter().rev().collect();
    assert_eq!(world.pages_once_prepared(&by_username_descending(300)).concat(), expected);
}
