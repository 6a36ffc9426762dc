//! Under the rules that held nothing would have been different, whatever happened: which proves that commands are told
//! rightly, from what is kept of them and from their events alone.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::sync::Arc;

use backtest::{Question, Report, backtest};
use contract::{
    incoming::from_json,
    proto::journal::{Commit, record::Kind},
};
use engine::{Call, ClockMode, Done, Engine, Options, Running, Ticket, start};
use journal::{Batch, Head, Journal, JournalError, LicenseeDetails, Person, StatusReason, StoredCommit, Watch, sqlite};
use licensing::{AssignMode, Catalogue, Code, Command, Instant, LicenseeId, ProductId, UserId};
use serde_json::{Value, json};
use tempfile::TempDir;

const LICENSEES: &[(&str, &str)] =
    &[("acme", "gitlab_com"), ("umbrella", "gitlab_com"), ("box", "self_managed"), ("vault", "dedicated")];
const USERS: u64 = 12;
const MESSAGES: u64 = 1_500;

/// A number after another, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

struct Life {
    dice: Dice,
    now: Instant,
    number: u64,
}

impl Life {
    fn new(seed: u64) -> Self {
        Self { dice: Dice(seed), now: "2024-01-01T00:00:00Z".parse().unwrap(), number: 0 }
    }

    fn user(&mut self) -> String {
        format!("u-{}", self.dice.below(USERS))
    }

    fn users(&mut self) -> Vec<String> {
        (0..self.dice.below(6)).map(|_| self.user()).collect()
    }

    /// Something that somebody sends next, now and then after a long while.
    fn next(&mut self) -> Value {
        let minutes = if self.dice.below(8) == 0 { self.dice.below(60 * 24 * 20) } else { self.dice.below(600) };
        self.now += std::time::Duration::from_secs(60 * minutes);
        self.number += 1;
        let (licensee, offering) = LICENSEES[usize::try_from(self.dice.below(LICENSEES.len() as u64)).unwrap()];
        let (kind, mut data) = self.content(offering);
        if !kind.contains(".User") && !kind.contains("usage") {
            data["licensee"] = json!(licensee);
        }
        json!({
            "specversion": "1.0", "source": "/life", "id": format!("m-{}", self.number), "type": format!("usher.{kind}"),
            "time": self.now, "data": data
        })
    }

    fn content(&mut self, offering: &str) -> (&'static str, Value) {
        let in_days = |now: Instant, days: u64| json!(now + std::time::Duration::from_secs(86_400 * days));
        let now = self.now;
        let add_on = self.dice.one_of(&["duo_pro", "duo_pro", "duo_enterprise", "duo_none"]);
        let plan = self.dice.one_of(&["premium", "ultimate"]);
        let quantity = self.dice.below(9);
        match self.dice.below(22) {
            0 | 1 => {
                let mut data = json!({
                    "name": "N", "offering": offering, "subscription": format!("S-{}", self.number), "plan": plan,
                    "seats": 8, "starts_at": in_days(now, self.dice.below(3)), "ends_at": in_days(now, 30 + quantity * 20),
                    "contact_email": "it@example.com", "instance_version": "17.5"
                });
                if self.dice.below(2) == 0 {
                    data["add_ons"] = json!([{"add_on": add_on, "quantity": quantity}]);
                }
                ("billing.v1.SubscriptionStarted", data)
            }
            2 | 3 => {
                let starts_in = self.dice.below(20);
                let mut data = json!({
                    "subscription": format!("S-{}", self.number), "starts_at": in_days(now, starts_in),
                    "ends_at": in_days(now, 40 + quantity * 20)
                });
                if self.dice.below(2) == 0 {
                    data.as_object_mut().unwrap().remove("starts_at");
                }
                if self.dice.below(2) == 0 {
                    data["plan"] = json!(plan);
                }
                if self.dice.below(2) == 0 {
                    data["seats"] = json!(quantity + 1);
                }
                if self.dice.below(2) == 0 {
                    data["add_ons"] = json!([{"add_on": add_on, "quantity": quantity.max(1)}]);
                }
                ("billing.v1.SubscriptionRenewed", data)
            }
            4 | 5 => {
                let channel = self.dice.one_of(&["portal", "sales"]);
                ("billing.v1.SeatsPurchased", json!({"add_on": add_on, "quantity": quantity, "channel": channel}))
            }
            6 => ("billing.v1.SeatQuantityChanged", json!({"add_on": add_on, "quantity": quantity})),
            7 => ("billing.v1.SubscriptionSeatsChanged", json!({"seats": quantity + 3})),
            8 if self.dice.below(3) == 0 => ("billing.v1.SubscriptionCancelled", json!({})),
            8 | 9 => {
                let email = self.dice.one_of(&["IT@example.com", "no@example.com"]);
                let data = json!({"add_on": add_on, "contact_email": email, "started_by": self.user()});
                ("billing.v1.TrialStarted", data)
            }
            10 | 11 => {
                let user = self.user();
                let role = self.dice.one_of(&["developer", "guest", "minimal_access"]);
                let data = json!({
                    "user": user, "username": user, "name": format!("N{quantity}"), "email": "e", "role": role,
                    "type": "human"
                });
                ("directory.v1.MemberAdded", data)
            }
            12 => ("directory.v1.MemberRemoved", json!({"user": self.user()})),
            13 => ("directory.v1.UserBlocked", json!({"user": self.user()})),
            14 => ("directory.v1.UserReactivated", json!({"user": self.user()})),
            15 | 16 => {
                let mode = self.dice.one_of(&["best_effort", "best_effort", "all_or_nothing"]);
                ("seats.v1.AssignSeats", json!({"product": "duo", "users": self.users(), "mode": mode}))
            }
            17 => ("seats.v1.RemoveSeats", json!({"product": "duo", "users": self.users()})),
            18 => ("seats.v1.SynchronizeInstance", json!({"version": self.dice.one_of(&["17.5", "17.2", "16.7"])})),
            _ => ("usage.v1.CodeSuggestionsUsed", json!({"user": self.user(), "used_at": now})),
        }
    }
}

struct Store {
    // In this order they are dropped.
    _running: Running,
    journal: Arc<dyn Journal>,
    _store: sqlite::SqliteStore,
    _folder: TempDir,
}

/// A store in which all of a life happened, by messages and by calls without a key.
fn lived(seed: u64) -> Store {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sqlite::Options::new(engine::EVENT_READER);
    options.shards = 4;
    let store = sqlite::SqliteStore::open(folder.path(), &options).unwrap();
    let mut options = Options::new(Arc::new(Catalogue::built_in().unwrap()));
    options.clock = ClockMode::EventTime(None);
    let running = start(store.journal(), store.index(), options).unwrap();
    let engine = running.engine();
    let mut life = Life::new(seed);
    let mut tickets: Vec<Ticket<Done>> = Vec::new();
    let (mut done, mut refused) = (0, 0);
    let mut wait = |ticket: Ticket<Done>| {
        *if ticket.wait().unwrap().outcome.is_ok() { &mut done } else { &mut refused } += 1;
    };
    // Not one after another: so a commit holds many of them.
    for number in 0..MESSAGES {
        tickets.push(engine.message(from_json(life.next().to_string().as_bytes())).unwrap());
        if number % 5 == 0 {
            tickets.push(call(&engine, &mut life));
        }
        if number % 10 == 9 {
            tickets.drain(..).for_each(&mut wait);
            undo(&engine, &mut life).into_iter().for_each(&mut wait);
        }
    }
    tickets.into_iter().for_each(wait);
    assert!(done > 500 && refused > 100, "{done} {refused}");
    Store { journal: store.journal(), _running: running, _store: store, _folder: folder }
}

fn call(engine: &Engine, life: &mut Life) -> Ticket<Done> {
    let user = |id: String| UserId::parse(&id).unwrap();
    let product = ProductId::new("duo");
    let command = match life.dice.below(4) {
        0 => Command::AssignSeat { product, user: user(life.user()) },
        1 => Command::RemoveSeat { product, user: user(life.user()) },
        2 => {
            let users = life.users().into_iter().map(user).collect();
            Command::AssignSeats { product, users, mode: AssignMode::AllOrNothing }
        }
        _ => Command::RemoveSeats { product, users: life.users().into_iter().map(user).collect() },
    };
    let (licensee, _) = LICENSEES[usize::try_from(life.dice.below(LICENSEES.len() as u64)).unwrap()];
    let licensee = LicenseeId::parse(licensee).unwrap();
    let call = Call { key: None, type_name: "call".to_owned(), actor: "me".to_owned(), licensee, command };
    engine.try_call(call).unwrap()
}

/// Undoes whatever the last messages did to a licensee, and something that never was.
fn undo(engine: &Engine, life: &mut Life) -> Vec<Ticket<Done>> {
    let (licensee, _) = LICENSEES[usize::try_from(life.dice.below(LICENSEES.len() as u64)).unwrap()];
    let licensee = LicenseeId::parse(licensee).unwrap();
    let found = |number: u64| {
        let command_id = format!("/life#m-{number}");
        let events = engine.find_command(&licensee, &command_id).unwrap();
        (events.is_some() || number == 0).then_some(Command::UndoCommand { command_id, events })
    };
    let last = life.number.saturating_sub(10)..=life.number;
    let commands: Vec<Command> = last.chain([0]).filter_map(found).collect();
    let call = |command| Call {
        key: None,
        type_name: "undo".to_owned(),
        actor: "me".to_owned(),
        licensee: licensee.clone(),
        command,
    };
    commands.into_iter().map(|command| engine.try_call(call(command)).unwrap()).collect()
}

fn asked(journal: &dyn Journal, rules: Catalogue, from: Option<&str>, to: Option<&str>) -> Report {
    let question = Question {
        catalogue: Arc::new(rules),
        held: Arc::new(Catalogue::built_in().unwrap()),
        from: from.map(|at| at.parse().unwrap()),
        to: to.map(|at| at.parse().unwrap()),
        licensees: [].into(),
    };
    backtest(journal, &question, &mut |_| {}).unwrap()
}

fn same(journal: &dyn Journal, from: Option<&str>, to: Option<&str>) -> Report {
    let report = asked(journal, Catalogue::built_in().unwrap(), from, to);
    assert_eq!(report.differences, [], "{from:?} {to:?}");
    assert_eq!((report.licensees_with_differences, report.commands.unreadable), (0, 0));
    report
}

#[test]
fn nothing_is_different_under_the_same_rules() {
    let mut undone = 0;
    for seed in 0..6 {
        let store = lived(seed);
        let report = same(&*store.journal, None, None);
        let not_kept: Vec<Code> = report.commands.not_kept.keys().copied().collect();
        let only_of_undoings = [Code::UnknownLicensee, Code::UnknownCommand, Code::NothingToUndo];
        assert!(not_kept.iter().all(|code| only_of_undoings.contains(code)), "all else is kept: {not_kept:?}");
        undone += report.commands.approximate;
        assert!(report.commands.exact > 500, "{report:?}");
        same(&*store.journal, Some("2024-09-01T00:00:00Z"), None);
        same(&*store.journal, None, Some("2025-02-01T00:00:00Z"));
        same(&*store.journal, Some("2025-01-01T06:30:00Z"), Some("2026-01-01T00:00:00Z"));
    }
    assert!(undone > 0, "{undone} seats were given back by an undoing");
}

#[test]
fn nothing_is_different_where_commands_are_told_by_their_events_alone() {
    let (mut approximate, mut not_kept) = (0, 0);
    for seed in 0..6 {
        let store = lived(seed);
        let report = same(&Older(store.journal.clone()), None, None);
        approximate += report.commands.approximate;
        not_kept += report.commands.not_kept.values().sum::<u64>();
    }
    assert!(approximate > 50 && not_kept > 500, "{approximate} {not_kept}");
}

#[test]
fn other_rules_are_noticed() {
    let rules = include_str!("../../licensing/src/catalogue/default.toml");
    for (from, to) in [("grace_days = 28", "grace_days = 7"), ("trial_seats = 100", "trial_seats = 1")] {
        let changed = Catalogue::from_toml(&rules.replace(from, to)).unwrap();
        let differences: usize =
            (0..3).map(|seed| asked(&*lived(seed).journal, changed.clone(), None, None).differences.len()).sum();
        assert!(differences > 0, "{to}");
    }
}

/// The journal as an older version would have written it: nothing is kept of commands.
struct Older(Arc<dyn Journal>);

fn without_commands(stored: StoredCommit) -> StoredCommit {
    let mut commit: Commit = stored.decode().unwrap();
    for record in &mut commit.records {
        if let Some(Kind::Outcome(outcome)) = &mut record.kind {
            outcome.command.clear();
        }
    }
    let head = Head { shard: stored.shard, commit_number: stored.number - 1, position: stored.first_position - 1 };
    StoredCommit { block: journal::NewCommit::following(head, &commit, stored.recorded_at).block, ..stored }
}

impl Journal for Older {
    fn shard_count(&self) -> u16 {
        self.0.shard_count()
    }

    fn heads(&self) -> Result<Vec<Head>, JournalError> {
        self.0.heads()
    }

    fn clock(&self) -> Result<Option<Instant>, JournalError> {
        self.0.clock()
    }

    fn append(&self, _batch: &Batch) -> Result<(), JournalError> {
        panic!("a back-test writes nothing")
    }

    fn read(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, JournalError> {
        Ok(self.0.read(shard, after_commit, max_bytes)?.into_iter().map(without_commands).collect())
    }

    fn watch(&self) -> Watch {
        self.0.watch()
    }

    fn person(&self, _user: &str) -> Result<Option<Person>, JournalError> {
        panic!("a back-test needs no names")
    }

    fn persons(&self, _users: &[&str]) -> Result<Vec<Option<Person>>, JournalError> {
        panic!("a back-test needs no names")
    }

    fn users_named(&self, _username: &str) -> Result<Vec<String>, JournalError> {
        panic!("a back-test needs no names")
    }

    fn licensee_details(&self, _licensee: &str) -> Result<Option<LicenseeDetails>, JournalError> {
        panic!("a back-test needs no names")
    }

    fn licensees_details(&self, _licensees: &[&str]) -> Result<Vec<Option<LicenseeDetails>>, JournalError> {
        panic!("a back-test needs no names")
    }

    fn status_reasons(&self, _user: &str) -> Result<Vec<StatusReason>, JournalError> {
        panic!("a back-test needs no names")
    }
}
