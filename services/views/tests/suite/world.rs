//! A journal that is written as the engine writes it, with the state that the domain folds beside it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration as StdDuration,
};

use chrono::{Duration, TimeZone, Utc};
use contract::{
    event::{EncodedEvent, encode_licensee_event, encode_user_event},
    proto::journal::{self as wire, Commit, Outcome, Record, Usage, record::Kind},
};
use journal::{Batch, DetailChange, Head, LicenseeDetails, NewCommit, Person, Position, Positions, shard_of};
use licensing::*;
use views::{LicenseesQuery, MemberView, MembersQuery, Page, TimerView, Totals, UserSeat, UserView, Views, ViewsError};

use crate::store::Store;

/// Long enough for any machine; nothing waits for as long as this unless it is broken.
pub const LONG: StdDuration = StdDuration::from_secs(120);

pub const SHARDS: u16 = 4;

pub fn licensee(id: &str) -> LicenseeId {
    LicenseeId::parse(id).unwrap()
}

pub fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

pub fn duo() -> ProductId {
    ProductId::new("duo")
}

pub fn days(days: i64) -> Duration {
    Duration::days(days)
}

/// When every world begins.
pub fn start() -> Instant {
    Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap()
}

pub struct World {
    pub store: Store,
    pub catalogue: Arc<Catalogue>,
    pub now: Instant,
    pub licensees: BTreeMap<LicenseeId, Licensee>,
    /// Where the last event of each licensee lies.
    pub last_events: BTreeMap<LicenseeId, Position>,
    /// Everybody who was named.
    pub users: BTreeMap<UserId, UserStatus>,
    pub uses: BTreeMap<UserId, Instant>,
    pub persons: BTreeMap<UserId, Person>,
    /// Without what follows from the licensees.
    totals: Totals,
    heads: Vec<Head>,
    commands: u64,
}

struct Known<'a>(&'a World);

impl Facts for Known<'_> {
    fn last_uses(&self, users: &[UserId]) -> Vec<Option<Instant>> {
        users.iter().map(|user| self.0.uses.get(user).copied()).collect()
    }

    fn contact_email(&self) -> Option<EmailAddress> {
        None
    }

    fn user_status(&self, user: &UserId) -> UserStatus {
        self.0.users.get(user).copied().unwrap_or(UserStatus::Active)
    }

    fn past_events(&self, _versions: VersionRange) -> Vec<PastEvent> {
        Vec::new()
    }
}

impl World {
    pub fn new() -> Self {
        Self::on(Store::new(SHARDS))
    }

    /// One on a store that is empty.
    pub fn on(store: Store) -> Self {
        Self {
            heads: store.journal().heads().unwrap(),
            store,
            catalogue: Arc::new(Catalogue::built_in().unwrap()),
            now: start(),
            licensees: BTreeMap::new(),
            last_events: BTreeMap::new(),
            users: BTreeMap::new(),
            uses: BTreeMap::new(),
            persons: BTreeMap::new(),
            totals: Totals::default(),
            commands: 0,
        }
    }

    pub fn try_open(&self) -> Result<Views, ViewsError> {
        self.store.try_open(&self.catalogue)
    }

    /// The views, as far as the journal.
    pub fn open(&self) -> Views {
        let views = self.try_open().unwrap();
        self.catch_up(&views);
        views
    }

    pub fn positions(&self) -> Positions {
        self.heads.iter().copied().collect()
    }

    pub fn catch_up(&self, views: &Views) {
        assert!(views.wait_for(&self.positions(), LONG).unwrap());
    }

    /// Runs a command on a licensee at the present moment and commits what follows.
    pub fn ask(&mut self, id: &str, command: &Command) -> Result<(), Code> {
        let licensee = licensee(id);
        let state = self.licensees.get(&licensee).cloned().unwrap_or_default();
        let context = Context { catalogue: &self.catalogue.clone(), now: self.now, facts: &Known(self) };
        match decide(&state, command, &context) {
            Ok(decision) => {
                let kinds = self.licensee_events(&licensee, &decision.events);
                if let Command::AddMember { user, .. } = command {
                    self.users.entry(user.clone()).or_insert(UserStatus::Active);
                }
                self.commit(vec![(licensee.as_str(), kinds)], vec![]);
                Ok(())
            }
            Err(refusal) => {
                self.refuse(licensee.as_str(), licensee.as_str(), &refusal);
                Err(refusal.code)
            }
        }
    }

    /// Moves the clock and commits what time changes on the way.
    pub fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some((due, id)) = self.next_due().filter(|(due, _)| *due <= until) {
            self.now = due;
            let state = self.licensees[&id].clone();
            let timer = state.next_timer(&self.catalogue).unwrap();
            let context = Context { catalogue: &self.catalogue.clone(), now: due, facts: &Known(self) };
            let events = fire(&state, &timer, &context);
            let kinds = self.licensee_events(&id, &events);
            self.commit(vec![(id.as_str(), kinds)], vec![]);
        }
        self.now = until;
    }

    fn next_due(&self) -> Option<(Instant, LicenseeId)> {
        let due = |(id, state): (&LicenseeId, &Licensee)| Some((state.next_timer(&self.catalogue)?.due, id.clone()));
        self.licensees.iter().filter_map(due).min()
    }

    /// The directory sets a user's status: the user's stream and every licensee's in one batch.
    pub fn set_status(&mut self, id: &str, status: UserStatus) {
        let user = user(id);
        let known = self.users.entry(user.clone()).or_insert(UserStatus::Active);
        let changes = *known != status && *known != UserStatus::Deleted;
        let mut parts = Vec::new();
        if changes {
            *known = status;
            let event = match status {
                UserStatus::Active => UserEvent::UserReactivated,
                UserStatus::Blocked => UserEvent::UserBlocked,
                UserStatus::Banned => UserEvent::UserBanned,
                UserStatus::Deactivated => UserEvent::UserDeactivated,
                UserStatus::Deleted => UserEvent::UserDeleted,
            };
            self.totals.events += 1;
            let encoded = encode_user_event(&user, event);
            parts.push((id.to_owned(), vec![self.event(&format!("user/{id}"), 1, encoded)]));
            let members: Vec<LicenseeId> = self.licensees.keys().cloned().collect();
            for licensee in members {
                let state = self.licensees[&licensee].clone();
                let context = Context { catalogue: &self.catalogue.clone(), now: self.now, facts: &Known(self) };
                let command = Command::ChangeMemberStatus { user: user.clone(), status };
                let events = decide(&state, &command, &context).unwrap().events;
                parts.push((licensee.to_string(), self.licensee_events(&licensee, &events)));
            }
        } else {
            let outcome = Outcome { user: id.to_owned(), ..self.outcome("usher.directory.v1.UserBlocked") };
            parts.push((id.to_owned(), vec![Kind::Outcome(outcome)]));
        }
        let mut details = Vec::new();
        if status == UserStatus::Deleted {
            self.persons.remove(&user);
            details.push(DetailChange::ErasePerson { user: id.to_owned() });
        }
        self.commit(parts.iter().map(|(home, kinds)| (home.as_str(), kinds.clone())).collect(), details);
    }

    /// A user uses Code Suggestions now.
    pub fn use_now(&mut self, id: &str) {
        self.use_at(id, self.now);
    }

    pub fn use_at(&mut self, id: &str, at: Instant) {
        let user = user(id);
        self.users.entry(user.clone()).or_insert(UserStatus::Active);
        let last = self.uses.entry(user).or_insert(at);
        *last = at.max(*last);
        let usage = Kind::Usage(Usage { user: id.to_owned(), used_at_us: at.timestamp_micros() });
        self.commit(vec![(id, vec![usage])], vec![]);
    }

    /// Keeps names for a user; the e-mail address is made from the id.
    pub fn put_person(&mut self, id: &str, username: &str, name: &str) {
        let person = Person {
            user: id.to_owned(),
            username: username.to_owned(),
            name: name.to_owned(),
            email: format!("{id}@mail.example"),
        };
        self.persons.insert(user(id), person.clone());
        self.commit(vec![], vec![DetailChange::PutPerson(person)]);
    }

    pub fn put_name(&mut self, id: &str, name: &str) {
        let details = LicenseeDetails { licensee: id.to_owned(), name: name.to_owned(), contact_email: None };
        self.commit(vec![], vec![DetailChange::PutLicensee(details)]);
    }

    /// Keeps a refusal in the shard of `home` under a licensee, or under none.
    pub fn refuse(&mut self, home: &str, named: &str, refusal: &Refusal) {
        self.totals.refusals += 1;
        let outcome = self.outcome("usher.seats.v1.AssignSeats");
        let refusal = Some(wire::Refusal::from(refusal));
        let outcome = Outcome { licensee: named.to_owned(), refusal, ..outcome };
        self.commit(vec![(home, vec![Kind::Outcome(outcome)])], vec![]);
    }

    /// An outcome of a new command that names nobody.
    pub fn outcome(&mut self, type_name: &str) -> Outcome {
        self.commands += 1;
        Outcome {
            command_id: format!("test#{}", self.commands),
            r#type: type_name.to_owned(),
            actor: "tester".to_owned(),
            recorded_at_us: self.now.timestamp_micros(),
            ..Outcome::default()
        }
    }

    /// Commits records, each lot in the shard of its home, all in one batch.
    pub fn commit(&mut self, parts: Vec<(&str, Vec<Kind>)>, details: Vec<DetailChange>) {
        let mut records: BTreeMap<u16, Vec<Record>> = BTreeMap::new();
        for (home, kinds) in parts {
            let lot = kinds.into_iter().map(|kind| Record { kind: Some(kind) });
            records.entry(shard_of(home, SHARDS)).or_default().extend(lot);
        }
        let mut commits = Vec::new();
        for (shard, records) in records.into_iter().filter(|(_, records)| !records.is_empty()) {
            let commit = Commit { records, timers: vec![] };
            let new = NewCommit::following(self.heads[usize::from(shard)], &commit, self.now);
            self.heads[usize::from(shard)] = new.head();
            commits.push(new);
        }
        self.note_last_events(&commits);
        self.store.append(&Batch { commits, details, ..Batch::default() });
    }

    fn note_last_events(&mut self, commits: &[NewCommit]) {
        for new in commits {
            let commit = <Commit as prost::Message>::decode(new.block.as_slice()).unwrap();
            for (position, record) in (new.first_position..).zip(commit.records) {
                let Some(Kind::Event(event)) = record.kind else { continue };
                let Some(id) = event.stream.strip_prefix("licensee/") else { continue };
                self.last_events.insert(licensee(id), Position { shard: new.shard, position });
            }
        }
    }

    fn licensee_events(&mut self, id: &LicenseeId, events: &[Event]) -> Vec<Kind> {
        let mut state = self.licensees.get(id).cloned().unwrap_or_default();
        let mut kinds = Vec::new();
        for event in events {
            state.evolve(event, self.now);
            self.totals.events += 1;
            if let Event::SeatRemoved { reason, .. } = event {
                *self.totals.removals.entry(*reason).or_default() += 1;
            }
            kinds.push(self.event(&format!("licensee/{id}"), state.version(), encode_licensee_event(id, event)));
        }
        if state.exists() {
            self.licensees.insert(id.clone(), state);
        }
        kinds
    }

    pub fn event(&self, stream: &str, version: u64, encoded: EncodedEvent) -> Kind {
        Kind::Event(wire::Event {
            stream: stream.to_owned(),
            version,
            r#type: encoded.type_name.to_owned(),
            schema_version: encoded.schema_version,
            effective_at_us: self.now.timestamp_micros(),
            recorded_at_us: self.now.timestamp_micros(),
            data: encoded.data,
            ..wire::Event::default()
        })
    }
}

/// Histories that are too long to be decided.
impl World {
    /// Members who join many licensees, 500 events a commit; how many events that are.
    pub fn write_long_history(&mut self, licensees: u64, members: u64) -> u64 {
        for first in (0..members).step_by(500) {
            for number in 0..licensees {
                let id = licensee(&format!("l-{number}"));
                let event = |place: u64| {
                    let user = user(&format!("u-{number}-{place}"));
                    let (role, user_type, status) = (Role::Developer, UserType::Human, UserStatus::Active);
                    let joined = Event::MemberAdded { user, role, user_type, status };
                    self.event(&format!("licensee/{id}"), place + 1, encode_licensee_event(&id, &joined))
                };
                let kinds = (first..members.min(first + 500)).map(event).collect();
                self.commit(vec![(id.as_str(), kinds)], vec![]);
            }
        }
        licensees * members
    }
}

/// What licensees are asked for in tests.
impl World {
    pub fn subscribe(&mut self, id: &str, offering: Offering, plan: &str, add_on: Option<(&str, i64)>) {
        let start = StartSubscription {
            offering,
            subscription: SubscriptionId::parse("A-1").unwrap(),
            plan: PlanId::new(plan),
            seats: add_on.map_or(100, |(_, quantity)| quantity.max(100)),
            starts_at: self.now,
            ends_at: self.now + days(365),
            instance_version: Some("17.5.2".parse().unwrap()),
            add_ons: add_on.map(|(add_on, quantity)| vec![AddOnOrder { add_on: AddOnId::new(add_on), quantity }]),
        };
        self.ask(id, &Command::StartSubscription(start)).unwrap();
    }

    pub fn join(&mut self, id: &str, members: &[&str]) {
        for member in members {
            let (role, user_type) = (Role::Developer, UserType::Human);
            self.ask(id, &Command::AddMember { user: user(member), role, user_type, details_changed: false }).unwrap();
        }
    }

    /// Many join in one commit.
    pub fn join_at_once(&mut self, id: &str, members: &[&str]) {
        let (role, user_type) = (Role::Developer, UserType::Human);
        members.iter().for_each(|member| {
            self.users.entry(user(member)).or_insert(UserStatus::Active);
        });
        let join = |member: &&str| Command::AddMember { user: user(member), role, user_type, details_changed: false };
        self.ask_at_once(id, members.iter().map(join));
    }

    /// Many leave in one commit.
    pub fn leave_at_once(&mut self, id: &str, members: &[&str]) {
        self.ask_at_once(id, members.iter().map(|member| Command::RemoveMember { user: user(member) }));
    }

    /// Many commands in one commit; none is refused.
    pub fn ask_at_once(&mut self, id: &str, commands: impl Iterator<Item = Command>) {
        let (licensee, mut kinds) = (licensee(id), Vec::new());
        for command in commands {
            let state = self.licensees.get(&licensee).cloned().unwrap_or_default();
            let context = Context { catalogue: &self.catalogue.clone(), now: self.now, facts: &Known(self) };
            let events = decide(&state, &command, &context).unwrap().events;
            kinds.extend(self.licensee_events(&licensee, &events));
        }
        self.commit(vec![(id, kinds)], vec![]);
    }

    pub fn leave(&mut self, id: &str, member: &str) {
        self.ask(id, &Command::RemoveMember { user: user(member) }).unwrap();
    }

    pub fn assign(&mut self, id: &str, member: &str) {
        self.ask(id, &Command::AssignSeat { product: duo(), user: user(member) }).unwrap();
    }

    pub fn unassign(&mut self, id: &str, member: &str) {
        self.ask(id, &Command::RemoveSeat { product: duo(), user: user(member) }).unwrap();
    }

    /// A licensee on gitlab.com with Duo Pro for its members, who all have a seat.
    pub fn seated(&mut self, id: &str, members: &[&str]) {
        self.subscribe(
            id,
            Offering::GitlabCom,
            "ultimate",
            Some(("duo_pro", i64::try_from(members.len()).unwrap().max(50))),
        );
        self.join(id, members);
        members.iter().for_each(|member| self.assign(id, member));
    }
}

/// Compares every answer of the views with what the domain folded.
impl World {
    pub fn assert_views_equal_the_fold(&self, views: &Views) {
        self.catch_up(views);
        self.assert_licensees_equal(views);
        self.assert_members_equal(views);
        self.assert_timers_equal(views);
        self.assert_users_equal(views);
        assert_eq!(views.totals().unwrap(), self.expected_totals());
    }

    fn assert_licensees_equal(&self, views: &Views) {
        let query = LicenseesQuery { limit: 1_000, ..LicenseesQuery::default() };
        let shown = views.licensees(&query).unwrap().items;
        assert!(shown.iter().map(|view| &view.licensee).eq(self.licensees.keys()));
        for view in shown {
            let state = &self.licensees[&view.licensee];
            assert_eq!(view.summary, state.account().summary(&self.catalogue), "{}", view.licensee);
            assert_eq!(view.position, self.last_events[&view.licensee]);
            assert!(views.has_licensee(&view.licensee).unwrap());
            assert_eq!(views.licensee(&view.licensee).unwrap(), Some(view));
        }
    }

    fn assert_members_equal(&self, views: &Views) {
        for (licensee, state) in &self.licensees {
            let query = MembersQuery { limit: 1_000, ..MembersQuery::default() };
            let shown = views.members(licensee, &query).unwrap();
            let expected: Vec<MemberView> =
                state.roster().members().map(|(user, member)| self.member_view(state, &user, member)).collect();
            assert_eq!(shown, Page { items: expected, next_cursor: None }, "{licensee}");
        }
    }

    fn member_view(&self, state: &Licensee, user: &UserId, member: Member) -> MemberView {
        let seat = state.roster().seat(&duo(), user);
        let person = self.persons.get(user);
        MemberView {
            user: user.clone(),
            username: person.map(|person| person.username.clone()),
            name: person.map(|person| person.name.clone()),
            role: member.role,
            user_type: member.user_type,
            status: member.status,
            assigned: seat.is_some(),
            assigned_at: seat.map(|seat| seat.assigned_at),
            last_used_at: self.uses.get(user).copied(),
        }
    }

    fn assert_timers_equal(&self, views: &Views) {
        let mut all = Vec::new();
        for (id, state) in &self.licensees {
            let armed = state.account().armed_timers(&self.catalogue).into_iter();
            let expected: Vec<TimerView> =
                armed.map(|timer| TimerView { licensee: id.clone(), kind: timer.kind, due_at: timer.due }).collect();
            assert_eq!(views.timers(Some(id)).unwrap(), expected, "{id}");
            all.extend(expected);
        }
        all.sort_by_key(|timer| (timer.due_at, timer.licensee.clone(), timer.kind));
        assert_eq!(views.timers(None).unwrap(), all);
    }

    fn assert_users_equal(&self, views: &Views) {
        for (user, status) in &self.users {
            let expected = UserView { user: user.clone(), status: *status, seats: self.seats_of(user) };
            assert_eq!(views.user(user).unwrap(), Some(expected));
            for feature in ["code_suggestions", "root_cause_analysis"].map(FeatureId::new) {
                let shown = views.access(user, &feature, self.now).unwrap().unwrap();
                assert_eq!(shown, self.expected_access(user, &feature), "{user} {feature}");
            }
        }
    }

    fn seats_of(&self, user: &UserId) -> Vec<UserSeat> {
        let seat = |(id, state): (&LicenseeId, &Licensee)| {
            let seat = state.roster().seat(&duo(), user)?;
            let pool = state.account().pool(&duo())?;
            let last = pool.grace.as_ref().map(|grace| grace.last.add_on.clone());
            let add_on = state.account().grant(&duo(), &self.catalogue).map(|grant| grant.add_on).or(last);
            Some(UserSeat { licensee: id.clone(), product: duo(), add_on, assigned_at: seat.assigned_at })
        };
        self.licensees.iter().filter_map(seat).collect()
    }

    fn expected_access(&self, user: &UserId, feature: &FeatureId) -> access::Access {
        let seats: BTreeMap<&LicenseeId, Vec<ProductId>> = self
            .licensees
            .iter()
            .filter(|(_, state)| state.roster().member(user).is_some())
            .map(|(id, state)| (id, state.roster().seats_of(user).cloned().collect()))
            .collect();
        let memberships: Vec<access::Membership<'_>> = seats
            .iter()
            .map(|(id, seats)| access::Membership { licensee: id, account: self.licensees[*id].account(), seats })
            .collect();
        access::check(self.users[user], &memberships, feature, self.now, &self.catalogue)
    }

    fn expected_totals(&self) -> Totals {
        let members = self.licensees.values().map(|state| state.roster().members().count()).sum::<usize>();
        let seats = self.licensees.values().map(|state| state.holders(&duo()).count()).sum::<usize>();
        Totals {
            licensees: self.licensees.len() as u64,
            members: members as u64,
            seats: seats as u64,
            ..self.totals.clone()
        }
    }
}

/// Every page of a list, `between` run between them.
pub fn all_pages<T>(mut page: impl FnMut(Option<String>) -> Page<T>, mut between: impl FnMut(usize)) -> Vec<T> {
    let (mut items, mut cursor, mut cursors) = (Vec::new(), None, BTreeSet::new());
    loop {
        let Page { items: more, next_cursor } = page(cursor);
        items.extend(more);
        let Some(next) = next_cursor else { return items };
        assert!(cursors.insert(next.clone()), "the pages go round in circles");
        between(cursors.len());
        cursor = Some(next);
    }
}
