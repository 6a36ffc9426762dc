//! A licensee with a past: what tests begin with, and a long story is told by.

use chrono::Duration;
use cqrs_es::test::{AggregateResultValidator, TestFramework};
use licensing::*;

use crate::adapter::{Adapter, At, Happened, Refused, World, pass_time};

/// One licensee, its world and its clock.
#[derive(Clone)]
pub struct Case {
    pub licensee: Licensee,
    pub world: World,
    pub now: Instant,
    pub history: Vec<Happened>,
}

pub fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub fn users(names: &[&str]) -> Vec<UserId> {
    names.iter().map(|name| user(name)).collect()
}

pub fn duo() -> ProductId {
    ProductId::new("duo")
}

pub fn pro() -> AddOnId {
    AddOnId::new("duo_pro")
}

pub fn enterprise() -> AddOnId {
    AddOnId::new("duo_enterprise")
}

pub fn days(days: i64) -> Duration {
    Duration::days(days)
}

pub fn hours(hours: i64) -> Duration {
    Duration::hours(hours)
}

/// The smallest time there is.
pub fn moment() -> Duration {
    Duration::microseconds(1)
}

pub fn orders(orders: &[(&str, i64)]) -> Vec<AddOnOrder> {
    orders.iter().map(|(add_on, quantity)| AddOnOrder { add_on: AddOnId::new(add_on), quantity: *quantity }).collect()
}

pub fn paid(add_on: AddOnId, quantity: u32) -> PaidAddOn {
    PaidAddOn { product: duo(), add_on, quantity: Seats::known(quantity) }
}

pub fn purchase(add_on: &str, quantity: i64) -> Command {
    Command::PurchaseSeats { add_on: AddOnId::new(add_on), quantity, channel: Channel::Sales }
}

pub fn set_quantity(add_on: &str, quantity: i64) -> Command {
    Command::ChangeSeatQuantity { add_on: AddOnId::new(add_on), quantity }
}

pub fn trial(add_on: &str, started_by: Option<&str>) -> Command {
    let contact_email = Some(EmailAddress::new("Boss@example.com".to_owned()));
    Command::StartTrial { add_on: AddOnId::new(add_on), contact_email, started_by: started_by.map(user) }
}

pub fn cancel(effective_at: Option<Instant>) -> Command {
    Command::CancelSubscription { effective_at }
}

pub fn join(name: &str, role: Role) -> Command {
    Command::AddMember { user: user(name), role, user_type: UserType::Human, details_changed: false }
}

pub fn leave(name: &str) -> Command {
    Command::RemoveMember { user: user(name) }
}

pub fn status(name: &str, status: UserStatus) -> Command {
    Command::ChangeMemberStatus { user: user(name), status }
}

pub fn assign(name: &str) -> Command {
    Command::AssignSeat { product: duo(), user: user(name) }
}

pub fn assign_many(names: &[&str], mode: AssignMode) -> Command {
    Command::AssignSeats { product: duo(), users: users(names), mode }
}

pub fn remove(name: &str) -> Command {
    Command::RemoveSeat { product: duo(), user: user(name) }
}

pub fn remove_many(names: &[&str]) -> Command {
    Command::RemoveSeats { product: duo(), users: users(names) }
}

pub fn sync(version: &str) -> Command {
    Command::SynchronizeInstance { version: version.parse().unwrap() }
}

pub fn given_seat(name: &str, add_on: AddOnId, cause: AssignmentCause) -> Event {
    Event::SeatAssigned { user: user(name), product: duo(), add_on, cause }
}

pub fn taken_seat(name: &str, reason: RemovalReason) -> Event {
    Event::SeatRemoved { user: user(name), product: duo(), reason, evidence: None }
}

/// A seat taken by R22, with its evidence.
pub fn surplus_seat(name: &str, rank: u32, last_used_at: Option<Instant>) -> Event {
    let evidence = Some(OverageEvidence { rank, last_used_at });
    Event::SeatRemoved { user: user(name), product: duo(), reason: RemovalReason::Overage, evidence }
}

pub fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}

impl Case {
    /// Nobody has heard of the licensee yet.
    pub fn new() -> Self {
        Self {
            licensee: Licensee::default(),
            world: World {
                catalogue: Catalogue::built_in().unwrap(),
                uses: Default::default(),
                statuses: Default::default(),
                past: Vec::new(),
                contact_email: Some(EmailAddress::new("boss@example.com".to_owned())),
            },
            now: "2025-01-01T00:00:00Z".parse().unwrap(),
            history: Vec::new(),
        }
    }

    /// A group on gitlab.com with a year of `ultimate`, 100 base seats.
    pub fn ultimate(add_ons: &[(&str, i64)]) -> Self {
        Self::subscribed(Offering::GitlabCom, "ultimate", add_ons)
    }

    /// A year of `plan` from now, 100 base seats; an instance doesn't know of it yet.
    pub fn subscribed(offering: Offering, plan: &str, add_ons: &[(&str, i64)]) -> Self {
        let mut case = Self::new();
        let start = StartSubscription { offering, plan: PlanId::new(plan), ..case.start(add_ons) };
        case.tell(Command::StartSubscription(start));
        case
    }

    /// An instance that has fetched what it bought.
    pub fn synced(plan: &str, add_ons: &[(&str, i64)], version: &str) -> Self {
        let mut case = Self::subscribed(Offering::SelfManaged, plan, add_ons);
        case.tell(sync(version));
        case
    }

    /// Paid Duo Pro with these holders, who joined and got their seats in this order.
    pub fn with_pro(seats: i64, holders: &[&str]) -> Self {
        let mut case = Self::ultimate(&[("duo_pro", seats)]);
        case.join_all(holders);
        holders.iter().for_each(|name| {
            case.tell(assign(name));
        });
        case
    }

    /// A start with nothing against it: a year of `ultimate` from now on gitlab.com, 100 base seats.
    pub fn start(&self, add_ons: &[(&str, i64)]) -> StartSubscription {
        StartSubscription {
            offering: Offering::GitlabCom,
            subscription: SubscriptionId::parse("A-1").unwrap(),
            plan: PlanId::new("ultimate"),
            seats: 100,
            starts_at: self.now,
            ends_at: self.now + days(365),
            instance_version: None,
            add_ons: (!add_ons.is_empty()).then(|| orders(add_ons)),
        }
    }

    /// A renewal, at once and for a year, that changes nothing else.
    pub fn renewal(&self) -> RenewSubscription {
        RenewSubscription {
            subscription: SubscriptionId::parse("A-2").unwrap(),
            ends_at: self.now + days(365),
            starts_at: None,
            plan: None,
            seats: None,
            add_ons: None,
        }
    }

    /// A renewal, for a year, that begins at `starts_at`.
    pub fn renewal_at(&self, starts_at: Instant) -> RenewSubscription {
        RenewSubscription { starts_at: Some(starts_at), ends_at: starts_at + days(365), ..self.renewal() }
    }

    pub fn join_all(&mut self, names: &[&str]) {
        for name in names {
            self.tell(join(name, Role::Developer));
        }
    }

    /// The command, through the given/when/then framework, over everything that happened.
    pub fn when(&self, command: Command) -> AggregateResultValidator<Adapter> {
        let framework = TestFramework::<Adapter>::with(self.world.clone());
        framework.given(self.history.clone()).when(At(self.now, command))
    }

    /// Events that take effect now.
    pub fn now(&self, events: impl IntoIterator<Item = Event>) -> Vec<Happened> {
        events.into_iter().map(|event| Happened(self.now, event)).collect()
    }

    pub fn refuses(&self, command: Command, code: Code) {
        self.when(command).then_expect_error(Refused(code));
    }

    pub fn context(&self) -> Context<'_> {
        Context { catalogue: &self.world.catalogue, now: self.now, facts: &self.world }
    }

    /// What the domain says; nothing happens yet.
    pub fn decide(&self, command: &Command) -> Result<Decision, Refusal> {
        decide(&self.licensee, command, &self.context())
    }

    /// Tells a command that is not refused.
    pub fn tell(&mut self, command: Command) -> Decision {
        let decision = self.decide(&command).unwrap_or_else(|refusal| panic!("{command:?} was refused: {refusal}"));
        self.happen(&decision.events);
        decision
    }

    /// Whatever the domain would say, this happened.
    pub fn happen(&mut self, events: &[Event]) {
        for event in events {
            self.licensee.evolve(event, self.now);
            self.history.push(Happened(self.now, event.clone()));
            self.world.past.push(event.clone());
        }
    }

    pub fn wait(&mut self, time: Duration) -> Vec<Happened> {
        self.wait_until(self.now + time)
    }

    /// Moves the clock, and gives what happened on the way.
    pub fn wait_until(&mut self, until: Instant) -> Vec<Happened> {
        let happened = pass_time(&mut self.licensee, until, &self.world);
        self.history.extend_from_slice(&happened);
        self.world.past.extend(happened.iter().map(|Happened(_, event)| event.clone()));
        self.now = until;
        happened
    }

    /// The names and times of what happened on the way.
    pub fn wait_named(&mut self, time: Duration) -> Vec<(&'static str, Instant)> {
        self.wait(time).iter().map(|Happened(at, event)| (event.name(), *at)).collect()
    }

    pub fn summary(&self) -> Summary {
        self.licensee.account().summary(&self.world.catalogue)
    }

    pub fn product(&self) -> ProductSummary {
        self.summary().products.remove(0).1
    }

    pub fn subscription(&self) -> SubscriptionSummary {
        self.summary().subscription.unwrap()
    }

    pub fn holders(&self) -> Vec<String> {
        self.licensee.holders(&duo()).map(|user| user.to_string()).collect()
    }

    /// What is armed, as an operator sees it.
    pub fn timers(&self) -> Vec<(&'static str, Instant)> {
        let timers = self.licensee.account().armed_timers(&self.world.catalogue);
        timers.iter().map(|timer| (timer.kind.as_str(), timer.due)).collect()
    }

    /// Uses Code Suggestions so long ago.
    pub fn note_use(&mut self, name: &str, ago: Duration) {
        self.world.uses.insert(user(name), self.now - ago);
    }
}
