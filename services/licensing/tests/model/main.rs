//! The domain against a plain model of its rules, over random stories that shrink.
//!
//! `PROPTEST_CASES` sets how many stories are tried.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod model;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use licensing::*;
use model::{Model, Move, Refused};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use steps::{Step, USERS, story, user};

/// How many stories are tried unless `PROPTEST_CASES` says otherwise.
const STORIES: u32 = 1_000;

/// What lies outside of the licensee, the same for the domain and the model.
#[derive(Clone, Default)]
struct World {
    uses: BTreeMap<UserId, Instant>,
    statuses: BTreeMap<UserId, UserStatus>,
    /// Everything that happened to the licensee.
    past: Vec<Event>,
}

impl Facts for World {
    fn last_uses(&self, users: &[UserId]) -> Vec<Option<Instant>> {
        users.iter().map(|user| self.uses.get(user).copied()).collect()
    }

    fn contact_email(&self) -> Option<EmailAddress> {
        Some(EmailAddress::new("boss@example.com".to_owned()))
    }

    fn user_status(&self, user: &UserId) -> UserStatus {
        self.statuses.get(user).copied().unwrap_or(UserStatus::Active)
    }

    fn past_events(&self, VersionRange { first, last }: VersionRange) -> Vec<PastEvent> {
        let numbered = (1..).zip(&self.past).map(|(version, event)| PastEvent { version, event: event.clone() });
        numbered.filter(|past| (first..=last).contains(&past.version)).collect()
    }
}

/// The built-in catalogue with the model's small numbers, so that random commands meet the limits.
fn catalogue() -> Catalogue {
    let built_in = include_str!("../../src/catalogue/default.toml");
    let small = built_in
        .replace("trial_seats = 100", &format!("trial_seats = {}", model::TRIAL_SEATS))
        .replace("max_users = 10000", &format!("max_users = {}", model::MAX_USERS));
    Catalogue::from_toml(&small).unwrap()
}

/// The domain and the model, side by side.
struct Pair {
    catalogue: Catalogue,
    world: World,
    licensee: Licensee,
    model: Model,
    /// The names of the events and refusals so far.
    seen: BTreeSet<&'static str>,
}

impl Pair {
    fn new() -> Self {
        // Six weeks before the day on which features stop to be open to all (R32).
        let now = "2024-09-05T00:00:00Z".parse().unwrap();
        let (world, licensee) = (World::default(), Licensee::default());
        Self { catalogue: catalogue(), world, licensee, model: Model::new(now), seen: BTreeSet::new() }
    }

    fn context(&self, now: Instant) -> Context<'_> {
        Context { catalogue: &self.catalogue, now, facts: &self.world }
    }

    fn take(&mut self, step: &Step, offering: Offering) -> Result<(), TestCaseError> {
        match step {
            Step::Wait(when) => self.wait_until(when.instant(&self.model).max(self.model.now))?,
            Step::Use { user: place, days_ago } => {
                // On the stroke of midnight, so that uses are often the same.
                let day = self.model.now.date_naive() - chrono::Days::new(*days_ago);
                let used_at = day.and_time(chrono::NaiveTime::MIN).and_utc();
                let last = self.world.uses.entry(user(*place)).or_insert(used_at);
                *last = used_at.max(*last);
                self.model.note_use(&user(*place), used_at);
            }
            // The directory speaks only to the licensees whose member the user is.
            Step::Status(place, status) if !self.note_status(&user(*place), *status) => {}
            _ => self.tell(&step.command(&self.model, offering).unwrap())?,
        }
        self.compare()
    }

    /// Keeps the user's status in the directory, where deleted is final (R29); whether the licensee hears of it.
    fn note_status(&mut self, user: &UserId, status: UserStatus) -> bool {
        let kept = self.world.statuses.entry(user.clone()).or_insert(UserStatus::Active);
        if *kept != UserStatus::Deleted {
            *kept = status;
        }
        self.model.is_member(user)
    }

    fn wait_until(&mut self, until: Instant) -> Result<(), TestCaseError> {
        let mut moves = Vec::new();
        while let Some(timer) = self.licensee.next_timer(&self.catalogue).filter(|timer| timer.due <= until) {
            let events = fire(&self.licensee, &timer, &self.context(timer.due));
            prop_assert!(!events.is_empty(), "{timer:?} fired and nothing happened: it would fire for ever");
            moves.extend(events.iter().filter_map(moved));
            self.fold(&events, timer.due);
        }
        same_moves(moves, self.model.wait_until(until))
    }

    fn tell(&mut self, command: &Command) -> Result<(), TestCaseError> {
        let decision = decide(&self.licensee, command, &self.context(self.model.now));
        let expected = self.model.tell(command, &self.world);
        match (decision, expected) {
            (Ok(decision), Ok((report, moves))) => {
                let before = self.licensee.clone();
                self.fold(&decision.events, self.model.now);
                self.compare_undone(&before, command, &decision.events)?;
                prop_assert_eq!(&decision.report, &report);
                same_moves(decision.events.iter().filter_map(moved).collect(), moves)
            }
            (Err(refusal), Err(expected)) => {
                self.seen.insert(refusal.code.as_str());
                prop_assert_eq!(refused(&refusal), expected);
                Ok(())
            }
            (decision, expected) => {
                prop_assert!(false, "{command:?}: the domain says {decision:?}, the model {expected:?}");
                Ok(())
            }
        }
    }

    /// What would follow if the command that made the last `events` were undone at once, and that again (ADR 16).
    fn compare_undone(&self, before: &Licensee, command: &Command, events: &[Event]) -> Result<(), TestCaseError> {
        let moved = events.iter().filter_map(moved).count();
        let Some(undone) = Undone::of(&self.licensee, &self.world, self.model.now, &self.catalogue, events.len())
        else {
            prop_assert_eq!(moved, 0, "{:?} moved seats and can't be undone", command);
            return Ok(());
        };
        prop_assert_eq!(undone.users, moved, "each move is accounted for");
        let duo = ProductId::new("duo");
        let holders = |licensee: &Licensee| licensee.holders(&duo).collect::<Vec<UserId>>();
        let was_only_asked = matches!(
            command,
            Command::AssignSeat { .. }
                | Command::AssignSeats { .. }
                | Command::RemoveSeat { .. }
                | Command::RemoveSeats { .. }
        );
        if was_only_asked
            && undone.failed.iter().all(|code| *code != Code::PurchaseNotActive && *code != Code::InstanceVersionTooOld)
        {
            prop_assert_eq!(holders(&undone.licensee), holders(before), "undone at once: {:?}", command);
        }
        let quantity = undone.licensee.account().grant(&duo, &self.catalogue).map(|grant| grant.quantity as usize);
        prop_assert!(quantity.is_none_or(|quantity| holders(&undone.licensee).len() <= quantity));
        prop_assert!(
            quantity.is_none() || holders(&undone.licensee).iter().all(|user| undone.licensee.is_eligible(user))
        );
        let again = Undone::of(&undone.licensee, &undone.world, self.model.now, &self.catalogue, undone.events);
        if let Some(again) = again.filter(|again| again.failed.is_empty()) {
            prop_assert_eq!(holders(&again.licensee), holders(&self.licensee), "undone twice: {:?}", command);
        }
        Ok(())
    }

    fn fold(&mut self, events: &[Event], at: Instant) {
        for event in events {
            self.licensee.evolve(event, at);
            self.world.past.push(event.clone());
            self.seen.insert(event.name());
            if let Event::SeatRemoved { reason, .. } = event {
                self.seen.insert(reason.as_str());
            }
        }
    }

    /// Both show the same, and nothing is as it must not be.
    fn compare(&self) -> Result<(), TestCaseError> {
        let account = self.licensee.account();
        let summary = Summary { version: 0, ..account.summary(&self.catalogue) };
        prop_assert_eq!(&summary, &self.model.summary());

        let duo = ProductId::new("duo");
        let holders: Vec<UserId> = self.licensee.holders(&duo).collect();
        prop_assert_eq!(&holders, &self.model.holders());
        let statuses: Vec<(UserId, UserStatus)> =
            self.licensee.roster().members().map(|(user, member)| (user, member.status)).collect();
        prop_assert_eq!(statuses, self.model.statuses());
        let mut timers: Vec<(&str, Instant)> =
            account.armed_timers(&self.catalogue).iter().map(|timer| (timer.kind.as_str(), timer.due)).collect();
        timers.sort_unstable();
        prop_assert_eq!(timers, self.model.timers());
        for place in 0..USERS {
            self.compare_access(&user(place))?;
        }

        let active = summary
            .products
            .iter()
            .map(|(_, product)| product)
            .filter(|product| product.status == ProductStatus::Active);
        for pool in active {
            prop_assert!(pool.assigned <= pool.quantity, "{} seats of {}", pool.assigned, pool.quantity);
        }
        for holder in &holders {
            prop_assert!(self.licensee.is_eligible(holder), "{holder} holds a seat without being eligible");
        }
        if self.licensee.exists() {
            let swept = decide(&self.licensee, &Command::Sweep, &self.context(self.model.now)).unwrap();
            prop_assert_eq!(swept.events, Vec::<Event>::new(), "the sweep found something (R27)");
        }
        Ok(())
    }

    fn compare_access(&self, user: &UserId) -> Result<(), TestCaseError> {
        let licensee = LicenseeId::parse("acme").unwrap();
        let seats: Vec<ProductId> = self.licensee.roster().seats_of(user).cloned().collect();
        let membership = access::Membership { licensee: &licensee, account: self.licensee.account(), seats: &seats };
        let memberships = self.licensee.roster().member(user).map(|_| membership);
        let status = self.world.user_status(user);
        for feature in ["code_suggestions", "root_cause_analysis"] {
            let id = FeatureId::new(feature);
            let access = access::check(status, memberships.as_slice(), &id, self.model.now, &self.catalogue);
            let (reason, grant) = self.model.access(user, status, feature);
            let grants: Vec<_> =
                grant.into_iter().map(|add_on| access::AccessGrant { licensee: licensee.clone(), add_on }).collect();
            prop_assert_eq!(
                access,
                access::Access { allowed: !grants.is_empty(), reason, grants },
                "{} {}",
                user,
                feature
            );
        }
        Ok(())
    }
}

/// A licensee whose last command was undone.
struct Undone {
    licensee: Licensee,
    world: World,
    events: usize,
    /// How many users it tells of.
    users: usize,
    failed: Vec<Code>,
}

impl Undone {
    /// Undoes what made the last so many events; `None` if that moved no seats.
    fn of(licensee: &Licensee, world: &World, now: Instant, catalogue: &Catalogue, last: usize) -> Option<Self> {
        let version = licensee.version();
        let events = VersionRange { first: version + 1 - last as u64, last: version };
        let command = Command::UndoCommand { command_id: "c".to_owned(), events: (last > 0).then_some(events) };
        let decision = match decide(licensee, &command, &Context { catalogue, now, facts: world }) {
            Ok(decision) => decision,
            Err(refusal) => {
                assert!(matches!(refusal.code, Code::UnknownCommand | Code::NothingToUndo), "{refusal}");
                return None;
            }
        };
        let Report::Undone { restored, removed, failed } = decision.report else { panic!("no undoing") };
        let (mut licensee, mut world) = (licensee.clone(), world.clone());
        for event in &decision.events {
            licensee.evolve(event, now);
            world.past.push(event.clone());
        }
        let users = restored.len() + removed.len() + failed.len();
        let failed = failed.into_iter().map(|(_, code)| code).collect();
        Some(Self { licensee, world, events: decision.events.len(), users, failed })
    }
}

/// A seat that an event gave or took.
fn moved(event: &Event) -> Option<Move> {
    match event {
        Event::SeatAssigned { user, add_on, cause, .. } => Some(Move::Given(user.clone(), add_on.clone(), *cause)),
        Event::SeatRemoved { user, reason, evidence, .. } => {
            let evidence = evidence.as_ref().map(|evidence| (evidence.rank, evidence.last_used_at));
            Some(Move::Taken(user.clone(), *reason, evidence))
        }
        _ => None,
    }
}

/// The order among the seats of one step is told by their ranks, not by the place of their events.
fn same_moves(mut domain: Vec<Move>, mut model: Vec<Move>) -> Result<(), TestCaseError> {
    domain.sort();
    model.sort();
    prop_assert_eq!(domain, model);
    Ok(())
}

/// A refusal as far as the model knows it: numbers and users for the codes whose rules name them (R24).
fn refused(refusal: &Refusal) -> Refused {
    let seats = refusal.available.zip(refusal.requested).filter(|_| refusal.code == Code::NotEnoughSeats);
    let users = if refusal.code == Code::InvalidUserIdPresent { refusal.users.clone() } else { Vec::new() };
    Refused { code: refusal.code, available_requested: seats, users }
}

fn config() -> Config {
    let config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { Config { cases: STORIES, ..config } }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_domain_does_what_the_plain_rules_say((offering, steps) in story()) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step, offering)?;
        }
    }
}

/// The comparison is worth as much as the stories: they have to come up against every rule.
#[test]
fn the_stories_meet_every_event_refusal_and_reason_of_the_domain() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..STORIES {
        let (offering, steps) = story().new_tree(&mut runner).unwrap().current();
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step, offering).unwrap();
        }
        seen.append(&mut pair.seen);
    }
    // Those of the contract and the engine, what only a defect could bring about (R27), and what only an undoing says.
    let elsewhere = [
        Code::MalformedEvent,
        Code::UnknownEventType,
        Code::IdempotencyKeyReused,
        Code::UnknownCommand,
        Code::NothingToUndo,
        Code::AlreadyAssigned,
        Code::WithoutSeat,
        Code::AssignedSince,
    ]
    .map(Code::as_str);
    let codes = Code::ALL.iter().map(|code| code.as_str()).filter(|code| !elsewhere.contains(code));
    let reasons =
        RemovalReason::ALL.iter().filter(|reason| **reason != RemovalReason::Swept).map(|reason| reason.as_str());
    let missing: Vec<&str> = codes.chain(reasons).chain(EVENTS).filter(|name| !seen.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

const EVENTS: [&str; 23] = [
    "SubscriptionStarted",
    "SubscriptionActivated",
    "RenewalScheduled",
    "SubscriptionRenewed",
    "SubscriptionSeatsChanged",
    "SubscriptionCancelled",
    "SubscriptionExpired",
    "GracePeriodEnded",
    "SeatsPurchased",
    "SeatQuantityChanged",
    "AddOnChanged",
    "TrialStarted",
    "TrialConverted",
    "TrialExpired",
    "SeatAssigned",
    "SeatRemoved",
    "SeatsRetained",
    "SeatsRestored",
    "InstanceSynchronized",
    "MemberAdded",
    "MemberUpdated",
    "MemberRemoved",
    "MemberStatusChanged",
];
