//! What random licensees go through. Times are kept relative, so that a shrunk case still meets its due instants.

use chrono::Duration;
use licensing::*;
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::model::{MAX_USERS, Model};

/// How many users there are.
pub const USERS: usize = 6;

/// A point in time, seen from now.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// So many hours on, or back.
    Hours(i64),
    /// The so-manieth instant to come at which time alone may change something.
    Due(usize),
    /// One microsecond before that.
    BeforeDue(usize),
}

impl When {
    pub fn instant(self, model: &Model) -> Instant {
        let due = |place: usize| {
            let instants = model.instants();
            let place = place.checked_rem(instants.len()).unwrap_or(0);
            instants.get(place).copied().unwrap_or(model.now + Duration::days(1))
        };
        match self {
            When::Hours(hours) => model.now + Duration::hours(hours),
            When::Due(place) => due(place),
            When::BeforeDue(place) => due(place) - Duration::microseconds(1),
        }
    }
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Step {
    Wait(When),
    Use {
        user: usize,
        days_ago: u64,
    },
    Start {
        other_offering: bool,
        plan: &'static str,
        seats: i64,
        starts_at: When,
        ends_at: When,
        version: Option<&'static str>,
        add_ons: Option<Vec<(&'static str, i64)>>,
    },
    Renew {
        plan: Option<&'static str>,
        seats: Option<i64>,
        starts_at: Option<When>,
        ends_at: When,
        add_ons: Option<Vec<(&'static str, i64)>>,
    },
    BaseSeats(i64),
    Cancel(Option<When>),
    Purchase(&'static str, i64, Channel),
    Quantity(&'static str, i64),
    Trial {
        add_on: &'static str,
        email: Option<&'static str>,
        starter: Option<usize>,
    },
    Join {
        user: usize,
        role: Role,
        user_type: UserType,
    },
    Leave(usize),
    Status(usize, UserStatus),
    Assign(&'static str, usize),
    AssignMany(&'static str, Vec<usize>, AssignMode),
    Remove(&'static str, usize),
    RemoveMany(&'static str, Vec<usize>),
    Sync(&'static str),
}

pub fn user(place: usize) -> UserId {
    UserId::parse(&format!("u{place}")).unwrap()
}

fn orders(add_ons: &[(&'static str, i64)]) -> Vec<AddOnOrder> {
    add_ons.iter().map(|(add_on, quantity)| AddOnOrder { add_on: AddOnId::new(add_on), quantity: *quantity }).collect()
}

fn users(places: &[usize]) -> Vec<UserId> {
    places.iter().copied().map(user).collect()
}

impl Step {
    /// The command that the step sends; waiting and using send none.
    pub fn command(&self, model: &Model, offering: Offering) -> Option<Command> {
        Some(match self.clone() {
            Step::Wait(_) | Step::Use { .. } => return None,
            Step::Start { other_offering, plan, seats, starts_at, ends_at, version, add_ons } => {
                Command::StartSubscription(StartSubscription {
                    offering: if other_offering { other_than(offering) } else { offering },
                    subscription: SubscriptionId::parse("first").unwrap(),
                    plan: PlanId::new(plan),
                    seats,
                    starts_at: starts_at.instant(model),
                    ends_at: ends_at.instant(model),
                    instance_version: version.map(|version| version.parse().unwrap()),
                    add_ons: add_ons.as_deref().map(orders),
                })
            }
            Step::Renew { plan, seats, starts_at, ends_at, add_ons } => Command::RenewSubscription(RenewSubscription {
                subscription: SubscriptionId::parse("renewed").unwrap(),
                ends_at: ends_at.instant(model),
                starts_at: starts_at.map(|starts_at| starts_at.instant(model)),
                plan: plan.map(PlanId::new),
                seats,
                add_ons: add_ons.as_deref().map(orders),
            }),
            Step::BaseSeats(seats) => Command::ChangeSubscriptionSeats { seats },
            Step::Cancel(at) => Command::CancelSubscription { effective_at: at.map(|at| at.instant(model)) },
            Step::Purchase(add_on, quantity, channel) => {
                Command::PurchaseSeats { add_on: AddOnId::new(add_on), quantity, channel }
            }
            Step::Quantity(add_on, quantity) => Command::ChangeSeatQuantity { add_on: AddOnId::new(add_on), quantity },
            Step::Trial { add_on, email, starter } => Command::StartTrial {
                add_on: AddOnId::new(add_on),
                contact_email: email.map(|email| EmailAddress::new(email.to_owned())),
                started_by: starter.map(user),
            },
            Step::Join { user: place, role, user_type } => {
                Command::AddMember { user: user(place), role, user_type, details_changed: false }
            }
            Step::Leave(place) => Command::RemoveMember { user: user(place) },
            Step::Status(place, status) => Command::ChangeMemberStatus { user: user(place), status },
            Step::Assign(product, place) => Command::AssignSeat { product: ProductId::new(product), user: user(place) },
            Step::AssignMany(product, places, mode) => {
                Command::AssignSeats { product: ProductId::new(product), users: users(&places), mode }
            }
            Step::Remove(product, place) => Command::RemoveSeat { product: ProductId::new(product), user: user(place) },
            Step::RemoveMany(product, places) => {
                Command::RemoveSeats { product: ProductId::new(product), users: users(&places) }
            }
            Step::Sync(version) => Command::SynchronizeInstance { version: version.parse().unwrap() },
        })
    }
}

const fn other_than(offering: Offering) -> Offering {
    match offering {
        Offering::GitlabCom => Offering::SelfManaged,
        Offering::SelfManaged | Offering::Dedicated => Offering::GitlabCom,
    }
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        1 => (-48..48_i64).prop_map(When::Hours),
        1 => (0..30_i64).prop_map(|days| When::Hours(days * 24)),
        1 => (1..15_i64).prop_map(|weeks| When::Hours(weeks * 7 * 24)),
        3 => (0..6_usize).prop_map(When::Due),
    ]
}

/// The end of a term: mostly a good while away.
fn end() -> impl Strategy<Value = When> {
    prop_oneof![6 => (6..60_i64).prop_map(|weeks| When::Hours(weeks * 7 * 24)), 2 => when()]
}

fn wait() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..30_i64).prop_map(|hours| Step::Wait(When::Hours(hours))),
        3 => (1..10_i64).prop_map(|days| Step::Wait(When::Hours(days * 24))),
        1 => (4..20_i64).prop_map(|weeks| Step::Wait(When::Hours(weeks * 7 * 24))),
        3 => (0..2_usize).prop_map(|place| Step::Wait(When::Due(place))),
        1 => (0..2_usize).prop_map(|place| Step::Wait(When::BeforeDue(place))),
    ]
}

fn plan() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just("premium"), 20 => Just("ultimate"), 1 => Just("gold")]
}

fn add_on() -> impl Strategy<Value = &'static str> {
    prop_oneof![12 => Just("duo_pro"), 12 => Just("duo_enterprise"), 1 => Just("duo_max")]
}

fn quantity() -> impl Strategy<Value = i64> {
    prop_oneof![1 => select(vec![-1, 0, i64::from(u32::MAX), i64::MAX]), 20 => 1..5_i64]
}

fn base_seats() -> impl Strategy<Value = i64> {
    prop_oneof![1 => -1..2_i64, 20 => 2..9_i64]
}

fn add_ons() -> impl Strategy<Value = Option<Vec<(&'static str, i64)>>> {
    option::weighted(0.7, prop_oneof![9 => vec((add_on(), quantity()), 1), 1 => vec((add_on(), quantity()), 0..3)])
}

fn version() -> impl Strategy<Value = &'static str> {
    prop_oneof![1 => select(vec!["16.7.9", "16.8", "17.2"]), 3 => select(vec!["17.3.0-ee", "17.10"])]
}

fn product() -> impl Strategy<Value = &'static str> {
    prop_oneof![30 => Just("duo"), 1 => Just("trio")]
}

fn start() -> impl Strategy<Value = Step> {
    let starts_at = prop_oneof![4 => Just(When::Hours(0)), 1 => when()];
    let other_offering = prop_oneof![12 => Just(false), 1 => Just(true)];
    (other_offering, plan(), base_seats(), starts_at, end(), option::of(version()), add_ons()).prop_map(
        |(other_offering, plan, seats, starts_at, ends_at, version, add_ons)| Step::Start {
            other_offering,
            plan,
            seats,
            starts_at,
            ends_at,
            version,
            add_ons,
        },
    )
}

/// A start with nothing against it.
fn good_start() -> impl Strategy<Value = Step> {
    let plan_and_add_on = select(vec![
        ("premium", None),
        ("premium", Some("duo_pro")),
        ("ultimate", None),
        ("ultimate", Some("duo_pro")),
        ("ultimate", Some("duo_enterprise")),
    ]);
    let starts_in = prop_oneof![3 => Just(0), 1 => 1..240_i64];
    let sizes = (5..9_i64, 1..5_i64);
    (plan_and_add_on, sizes, starts_in, 6..60_i64).prop_map(|((plan, add_on), (seats, quantity), hours, weeks)| {
        Step::Start {
            other_offering: false,
            plan,
            seats,
            starts_at: When::Hours(hours),
            ends_at: When::Hours(weeks * 7 * 24),
            version: Some("17.5"),
            add_ons: add_on.map(|add_on| vec![(add_on, quantity)]),
        }
    })
}

fn renew() -> impl Strategy<Value = Step> {
    let seats = option::of(base_seats());
    (option::of(plan()), seats, option::weighted(0.7, when()), end(), add_ons())
        .prop_map(|(plan, seats, starts_at, ends_at, add_ons)| Step::Renew { plan, seats, starts_at, ends_at, add_ons })
}

fn billing() -> impl Strategy<Value = Step> {
    let channel = select(Channel::ALL);
    let email = option::weighted(0.9, select(vec!["Boss@example.com", "boss@EXAMPLE.com", "other@example.com"]));
    let trial = (add_on(), email, option::weighted(0.7, 0..USERS));
    let new_quantity = prop_oneof![1 => Just(-1), 12 => 0..6_i64];
    prop_oneof![
        1 => start(),
        3 => renew(),
        1 => base_seats().prop_map(Step::BaseSeats),
        1 => option::of(when()).prop_map(Step::Cancel),
        4 => (add_on(), quantity(), channel)
            .prop_map(|(add_on, quantity, channel)| Step::Purchase(add_on, quantity, channel)),
        4 => (add_on(), new_quantity).prop_map(|(add_on, quantity)| Step::Quantity(add_on, quantity)),
        4 => trial.prop_map(|(add_on, email, starter)| Step::Trial { add_on, email, starter }),
    ]
}

fn join(user: impl Strategy<Value = usize>) -> impl Strategy<Value = Step> {
    let role = prop_oneof![1 => Just(Role::MinimalAccess), 4 => select(Role::ALL)];
    let user_type = prop_oneof![8 => Just(UserType::Human), 1 => select(UserType::ALL)];
    (user, role, user_type).prop_map(|(user, role, user_type)| Step::Join { user, role, user_type })
}

fn directory() -> impl Strategy<Value = Step> {
    let status = prop_oneof![12 => Just(UserStatus::Active), 8 => select(UserStatus::ALL)];
    prop_oneof![
        5 => join(0..USERS),
        1 => (0..USERS).prop_map(Step::Leave),
        2 => (0..USERS, status).prop_map(|(user, status)| Step::Status(user, status)),
        4 => (0..USERS, 0..3_u64).prop_map(|(user, days_ago)| Step::Use { user, days_ago }),
    ]
}

fn seats() -> impl Strategy<Value = Step> {
    let list = || vec(0..USERS, 0..=MAX_USERS + 1);
    prop_oneof![
        8 => (product(), 0..USERS).prop_map(|(product, user)| Step::Assign(product, user)),
        5 => (product(), list(), select(AssignMode::ALL))
            .prop_map(|(product, users, mode)| Step::AssignMany(product, users, mode)),
        1 => (product(), 0..USERS).prop_map(|(product, user)| Step::Remove(product, user)),
        1 => (product(), list()).prop_map(|(product, users)| Step::RemoveMany(product, users)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => wait(),
        4 => billing(),
        2 => directory(),
        5 => seats(),
        2 => version().prop_map(Step::Sync),
    ]
}

/// A licensee that mostly has members and a subscription, and then anything.
pub fn story() -> impl Strategy<Value = (Offering, Vec<Step>)> {
    let everybody_joins: Vec<Step> =
        (0..USERS).map(|user| Step::Join { user, role: Role::Developer, user_type: UserType::Human }).collect();
    let beginning = prop_oneof![
        1 => Just(Vec::new()),
        9 => (good_start(), any::<bool>()).prop_map(move |(start, synchronises)| {
            let sync = synchronises.then_some(Step::Sync("17.5"));
            everybody_joins.iter().cloned().chain([start]).chain(sync).collect()
        }),
    ];
    (select(Offering::ALL), beginning, vec(step(), 1..40))
        .prop_map(|(offering, beginning, steps)| (offering, [beginning, steps].concat()))
}
