//! The rules once more, as plainly as they can be put: lists, no events, everything that follows from the time worked
//! out from the time. Written from the rules alone, so that a fault has to be made twice to stay hidden.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use licensing::*;

/// Few, so that random commands come up against the limits.
pub const TRIAL_SEATS: u32 = 3;
pub const MAX_USERS: usize = 4;

const GRACE: Duration = Duration::days(28);
const TRIAL_LENGTH: Duration = Duration::days(60);
const SYNC_AFTER: Duration = Duration::hours(24);

/// The add-ons, in order of rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddOn {
    Pro,
    Enterprise,
}

impl AddOn {
    fn named(id: &AddOnId) -> Option<Self> {
        match id.as_str() {
            "duo_pro" => Some(Self::Pro),
            "duo_enterprise" => Some(Self::Enterprise),
            _ => None,
        }
    }

    fn id(self) -> AddOnId {
        AddOnId::new(match self {
            Self::Pro => "duo_pro",
            Self::Enterprise => "duo_enterprise",
        })
    }

    fn sold_with(self, plan: &str) -> bool {
        plan == "ultimate" || (plan == "premium" && self == Self::Pro)
    }

    fn tried_with(self, plan: &str) -> bool {
        plan == if self == Self::Pro { "premium" } else { "ultimate" }
    }

    fn needs(self) -> InstanceVersion {
        let version = if self == Self::Pro { "16.8" } else { "17.3" };
        version.parse().unwrap()
    }

    fn has(self, feature: &str) -> bool {
        self == Self::Enterprise || is_in_pro(feature)
    }
}

/// What is in Duo Pro was open to all until a day (R32).
fn is_in_pro(feature: &str) -> bool {
    ["code_suggestions", "duo_chat"].contains(&feature)
}

#[derive(Debug, Clone)]
struct Subscribed {
    id: SubscriptionId,
    plan: String,
    seats: u32,
    starts_at: Instant,
    ends_at: Instant,
}

impl Subscribed {
    fn phase(&self, now: Instant) -> Phase {
        if now >= self.ends_at + GRACE {
            Phase::Ended
        } else if now >= self.ends_at {
            Phase::Grace
        } else if now >= self.starts_at {
            Phase::Active
        } else {
            Phase::Scheduled
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Paid {
    add_on: AddOn,
    quantity: u32,
}

#[derive(Debug, Clone)]
struct Tried {
    add_on: AddOn,
    ends_at: Instant,
    starter: Option<UserId>,
}

#[derive(Debug, Clone)]
struct Renewal {
    subscription: SubscriptionId,
    plan: Option<String>,
    seats: Option<u32>,
    starts_at: Instant,
    ends_at: Instant,
    paid: Option<Option<Paid>>,
}

/// One reading of what billing sold.
#[derive(Debug, Clone, Default)]
struct Books {
    subscribed: Option<Subscribed>,
    waiting: Option<Renewal>,
    paid: Option<Paid>,
    tried: Option<Tried>,
}

impl Books {
    fn phase(&self, now: Instant) -> Option<Phase> {
        self.subscribed.as_ref().map(|subscribed| subscribed.phase(now))
    }

    fn is_active(&self, now: Instant) -> bool {
        self.phase(now) == Some(Phase::Active)
    }

    /// The term that runs.
    fn active(&self, now: Instant) -> Result<&Subscribed, Code> {
        let subscribed = self.subscribed.as_ref().filter(|subscribed| subscribed.phase(now) == Phase::Active);
        subscribed.ok_or(Code::SubscriptionNotActive)
    }

    /// R14.
    fn grant(&self, now: Instant) -> Option<Granted> {
        if !self.is_active(now) {
            return None;
        }
        match (self.paid, &self.tried) {
            (Some(paid), Some(tried)) if tried.add_on > paid.add_on => {
                Some(Granted { add_on: tried.add_on, trial: true, quantity: paid.quantity.max(TRIAL_SEATS) })
            }
            (Some(paid), _) => Some(Granted { add_on: paid.add_on, trial: false, quantity: paid.quantity }),
            (None, Some(tried)) => Some(Granted { add_on: tried.add_on, trial: true, quantity: TRIAL_SEATS }),
            (None, None) => None,
        }
    }

    /// When what is granted ends.
    fn end_of(&self, granted: Granted) -> Option<Instant> {
        let term = self.subscribed.as_ref()?.ends_at;
        let trial = self.tried.as_ref().filter(|_| granted.trial).map(|tried| tried.ends_at);
        Some(trial.map_or(term, |trial| trial.min(term)))
    }

    /// However the add-on on trial becomes paid, the trial ends (R15).
    fn pay(&mut self, paid: Option<Paid>) {
        self.paid = paid;
        if self.tried.as_ref().is_some_and(|tried| paid.is_some_and(|paid| paid.add_on == tried.add_on)) {
            self.tried = None;
        }
    }

    fn renew(&mut self, renewal: Renewal) {
        let Some(subscribed) = &mut self.subscribed else { return };
        subscribed.id = renewal.subscription;
        subscribed.plan = renewal.plan.unwrap_or_else(|| subscribed.plan.clone());
        subscribed.seats = renewal.seats.unwrap_or(subscribed.seats);
        subscribed.ends_at = renewal.ends_at;
        let (plan, seats) = (subscribed.plan.clone(), subscribed.seats);
        let wanted = renewal.paid.unwrap_or(self.paid);
        let fitting = wanted
            .filter(|paid| paid.add_on.sold_with(&plan))
            .map(|paid| Paid { quantity: paid.quantity.min(seats), ..paid });
        self.pay(fitting);
    }

    fn instants(&self) -> Vec<Instant> {
        let mut instants = Vec::new();
        if let Some(subscribed) = &self.subscribed {
            instants.extend([subscribed.starts_at, subscribed.ends_at, subscribed.ends_at + GRACE]);
        }
        instants.extend(self.waiting.as_ref().map(|renewal| renewal.starts_at));
        instants.extend(self.tried.as_ref().map(|tried| tried.ends_at));
        instants
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Granted {
    add_on: AddOn,
    trial: bool,
    quantity: u32,
}

#[derive(Debug, Clone, Copy)]
struct PoolGrace {
    last: Granted,
    since: Instant,
}

impl PoolGrace {
    fn ends_at(self) -> Instant {
        self.since + GRACE
    }
}

#[derive(Debug, Clone, Copy)]
struct Joined {
    role: Role,
    user_type: UserType,
    status: UserStatus,
}

/// A seat that was given or taken, with what an auditor is told about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Move {
    Given(UserId, AddOnId, AssignmentCause),
    Taken(UserId, RemovalReason, Option<(u32, Option<Instant>)>),
}

/// Why not, as far as programs rely on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub code: Code,
    pub available_requested: Option<(u32, u32)>,
    pub users: Vec<UserId>,
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Self { code, available_requested: None, users: Vec::new() }
    }
}

/// A licensee by the plain rules.
#[derive(Debug, Clone)]
pub struct Model {
    pub now: Instant,
    exists: bool,
    offering: Option<Offering>,
    recorded: Books,
    in_effect: Books,
    granted: Option<Granted>,
    grace: Option<PoolGrace>,
    waiting_since: Option<Instant>,
    last_synced_at: Option<Instant>,
    version: Option<InstanceVersion>,
    ever: BTreeSet<AddOnId>,
    members: BTreeMap<UserId, Joined>,
    /// In the order in which they were given.
    seats: Vec<UserId>,
    moves: Vec<Move>,
    last_uses: BTreeMap<UserId, Instant>,
}

impl Model {
    pub fn new(now: Instant) -> Self {
        Self {
            now,
            exists: false,
            offering: None,
            recorded: Books::default(),
            in_effect: Books::default(),
            granted: None,
            grace: None,
            waiting_since: None,
            last_synced_at: None,
            version: None,
            ever: BTreeSet::new(),
            members: BTreeMap::new(),
            seats: Vec::new(),
            moves: Vec::new(),
            last_uses: BTreeMap::new(),
        }
    }

    pub fn is_member(&self, user: &UserId) -> bool {
        self.members.contains_key(user)
    }

    pub fn note_use(&mut self, user: &UserId, at: Instant) {
        let last = self.last_uses.entry(user.clone()).or_insert(at);
        *last = at.max(*last);
    }

    /// Every instant at which something may change, later than now, in order.
    pub fn instants(&self) -> Vec<Instant> {
        let mut instants = self.recorded.instants();
        instants.extend(self.in_effect.instants());
        instants.extend(self.grace.map(PoolGrace::ends_at));
        instants.extend(self.waiting_since.map(|since| since + SYNC_AFTER));
        instants.retain(|instant| *instant > self.now);
        instants.sort();
        instants.dedup();
        instants
    }

    /// Moves the clock; gives the seats that moved on the way.
    pub fn wait_until(&mut self, until: Instant) -> Vec<Move> {
        while let Some(due) = self.instants().first().copied().filter(|due| *due <= until) {
            self.now = due;
            self.pass_instant();
        }
        self.now = until;
        std::mem::take(&mut self.moves)
    }

    /// "One instant": what is due now, in its order.
    fn pass_instant(&mut self) {
        let now = self.now;
        if self.grace.is_some_and(|grace| grace.ends_at() <= now) {
            self.grace = None;
            self.take_all(RemovalReason::GraceEnded);
        }
        for books in [&mut self.recorded, &mut self.in_effect] {
            if let Some(renewal) = books.waiting.take_if(|renewal| renewal.starts_at <= now) {
                books.renew(renewal);
            }
        }
        self.settle();
        for books in [&mut self.recorded, &mut self.in_effect] {
            books.tried.take_if(|tried| tried.ends_at <= now);
        }
        self.settle();
        if self.waiting_since.is_some_and(|since| since + SYNC_AFTER <= now) {
            self.synchronise();
        }
    }

    fn synchronise(&mut self) {
        self.waiting_since = None;
        self.last_synced_at = Some(self.now);
        self.in_effect = self.recorded.clone();
        self.settle();
    }

    fn synchronises(&self) -> bool {
        matches!(self.offering, Some(Offering::SelfManaged | Offering::Dedicated))
    }

    /// What follows once the books have changed: the pool's grace, surplus, and the first seat of a trial.
    fn settle(&mut self) {
        let now = self.now;
        for books in [&mut self.recorded, &mut self.in_effect] {
            let ended = matches!(books.phase(now), Some(Phase::Grace | Phase::Ended));
            books.tried.take_if(|_| ended);
        }
        if !self.synchronises() {
            self.in_effect = self.recorded.clone();
        }
        if self.recorded.is_active(now) {
            self.ever.extend(self.recorded.paid.map(|paid| paid.add_on.id()));
        }
        let before = std::mem::replace(&mut self.granted, self.in_effect.grant(now));
        match (before, self.granted) {
            (Some(last), None) => self.grace = Some(PoolGrace { last, since: now }),
            (None, Some(_)) => self.grace = None,
            _ => {}
        }
        self.take_surplus();
        self.seat_starter();
    }

    /// R22.
    fn take_surplus(&mut self) {
        let Some(granted) = self.granted else { return };
        let surplus = self.seats.len().saturating_sub(granted.quantity as usize);
        let mut order: Vec<(usize, UserId)> = self.seats.iter().cloned().enumerate().collect();
        // `None` sorts before every use, the oldest use before the newest.
        order.sort_by_key(|(place, user)| (self.last_uses.get(user).copied(), std::cmp::Reverse(*place)));
        for (rank, (_, user)) in (1..).zip(order.into_iter().take(surplus)) {
            let last_use = self.last_uses.get(&user).copied();
            self.take(&user, RemovalReason::Overage, Some((rank, last_use)));
        }
    }

    /// The starter of a trial that takes effect gets a seat then or never (R13).
    fn seat_starter(&mut self) {
        let Some(user) = self.in_effect.tried.as_mut().and_then(|tried| tried.starter.take()) else { return };
        if let Some(tried) = &mut self.recorded.tried {
            tried.starter = None;
        }
        let Some(granted) = self.granted else { return };
        let is_free = self.seats.len() < granted.quantity as usize;
        if is_free && self.version_allows(granted.add_on) && self.is_eligible(&user) && !self.holds(&user) {
            self.give(&user, AssignmentCause::TrialStarter);
        }
    }

    fn give(&mut self, user: &UserId, cause: AssignmentCause) {
        if let Some(granted) = self.granted {
            self.seats.push(user.clone());
            self.moves.push(Move::Given(user.clone(), granted.add_on.id(), cause));
        }
    }

    fn take(&mut self, user: &UserId, reason: RemovalReason, evidence: Option<(u32, Option<Instant>)>) {
        self.seats.retain(|holder| holder != user);
        self.moves.push(Move::Taken(user.clone(), reason, evidence));
    }

    fn take_all(&mut self, reason: RemovalReason) {
        for user in self.seats.clone() {
            self.take(&user, reason, None);
        }
    }

    fn holds(&self, user: &UserId) -> bool {
        self.seats.contains(user)
    }

    /// R21.
    pub fn is_eligible(&self, user: &UserId) -> bool {
        self.members.get(user).is_some_and(|member| member.status == UserStatus::Active && self.may_hold(*member))
    }

    fn may_hold(&self, member: Joined) -> bool {
        let role_suffices = self.offering != Some(Offering::GitlabCom) || member.role != Role::MinimalAccess;
        member.user_type == UserType::Human && role_suffices
    }

    /// R19.
    fn version_allows(&self, add_on: AddOn) -> bool {
        !self.synchronises() || self.version.as_ref().is_some_and(|version| *version >= add_on.needs())
    }

    /// Decides about a command, and does what it says.
    pub fn tell(&mut self, command: &Command, facts: &dyn Facts) -> Result<(Report, Vec<Move>), Refused> {
        let report = self.run(command, facts)?;
        if command.is_billing() && self.synchronises() {
            self.waiting_since.get_or_insert(self.now);
        }
        self.settle();
        Ok((report, std::mem::take(&mut self.moves)))
    }

    fn run(&mut self, command: &Command, facts: &dyn Facts) -> Result<Report, Refused> {
        if let Command::AssignSeats { users, .. } | Command::RemoveSeats { users, .. } = command {
            listed(users)?;
        }
        let may_come_first = matches!(command, Command::StartSubscription(_) | Command::AddMember { .. });
        if !self.exists && !may_come_first {
            return Err(Code::UnknownLicensee.into());
        }
        match command {
            Command::StartSubscription(start) => self.start(start)?,
            Command::RenewSubscription(renewal) => self.renew(renewal)?,
            Command::ChangeSubscriptionSeats { seats } => self.change_base_seats(*seats)?,
            Command::CancelSubscription { effective_at } => self.cancel(*effective_at)?,
            Command::PurchaseSeats { add_on, quantity, channel } => self.purchase(add_on, *quantity, *channel)?,
            Command::ChangeSeatQuantity { add_on, quantity } => self.change_quantity(add_on, *quantity)?,
            Command::StartTrial { add_on, contact_email, started_by } => {
                self.start_trial(
                    add_on,
                    contact_email.is_some() && *contact_email == facts.contact_email(),
                    started_by,
                )?;
            }
            Command::AddMember { user, role, user_type, .. } => {
                self.join(user, *role, *user_type, facts.user_status(user));
            }
            Command::RemoveMember { user } => self.leave(user),
            Command::ChangeMemberStatus { user, status } => self.change_status(user, *status),
            Command::AssignSeat { product, user } => self.assign_one(product, user)?,
            Command::AssignSeats { product, users, mode } => return self.assign_many(product, users, *mode),
            Command::RemoveSeat { product, user } => self.remove_one(product, user)?,
            Command::RemoveSeats { product, users } => return self.remove_many(product, users),
            Command::SynchronizeInstance { version } => self.hear_from_instance(version)?,
            // Compared apart from the stories, behind each of their commands.
            Command::UndoCommand { .. } | Command::Sweep => {}
        }
        Ok(Report::None)
    }

    fn start(&mut self, start: &StartSubscription) -> Result<(), Code> {
        if matches!(self.recorded.phase(self.now), Some(Phase::Active | Phase::Scheduled)) {
            return Err(Code::SubscriptionAlreadyActive);
        }
        if self.offering.is_some_and(|offering| offering != start.offering) {
            return Err(Code::OfferingMismatch);
        }
        let plan = known_plan(&start.plan)?;
        let seats = at_least_one(start.seats)?;
        if start.starts_at >= start.ends_at || start.ends_at <= self.now {
            return Err(Code::InvalidTerm);
        }
        let paid = ordered(start.add_ons.as_deref().unwrap_or_default(), &plan, seats)?;
        self.exists = true;
        self.offering = Some(start.offering);
        if self.synchronises() && start.instance_version.is_some() {
            self.version = start.instance_version.clone();
        }
        let (starts_at, ends_at) = (start.starts_at, start.ends_at);
        let subscribed = Subscribed { id: start.subscription.clone(), plan, seats, starts_at, ends_at };
        self.recorded = Books { subscribed: Some(subscribed), waiting: None, paid, tried: None };
        Ok(())
    }

    fn renew(&mut self, renewal: &RenewSubscription) -> Result<(), Code> {
        let now = self.now;
        let subscribed = self.recorded.subscribed.as_ref().ok_or(Code::SubscriptionNotActive)?;
        let waits_until = renewal.starts_at.filter(|starts_at| *starts_at > now);
        let starts = [Some(now), waits_until, Some(subscribed.starts_at)];
        if starts.iter().flatten().any(|start| renewal.ends_at <= *start) {
            return Err(Code::InvalidTerm);
        }
        let plan = renewal.plan.as_ref().map(known_plan).transpose()?;
        let seats = renewal.seats.map(at_least_one).transpose()?;
        let plan_then = plan.clone().unwrap_or_else(|| subscribed.plan.clone());
        let seats_then = seats.unwrap_or(subscribed.seats);
        let paid = match &renewal.add_ons {
            Some(orders) => Some(ordered(orders, &plan_then, seats_then)?),
            None => {
                self.recorded.paid.map_or(Ok(()), |paid| fits(paid, &plan_then, seats_then))?;
                None
            }
        };
        let subscription = renewal.subscription.clone();
        let starts_at = waits_until.unwrap_or(now);
        let renewal = Renewal { subscription, plan, seats, starts_at, ends_at: renewal.ends_at, paid };
        self.recorded.waiting = None;
        match waits_until {
            Some(_) => self.recorded.waiting = Some(renewal),
            None => self.recorded.renew(renewal),
        }
        Ok(())
    }

    fn change_base_seats(&mut self, seats: i64) -> Result<(), Code> {
        let now = self.now;
        let paid = self.recorded.paid;
        let may_change =
            |subscribed: &&mut Subscribed| matches!(subscribed.phase(now), Phase::Scheduled | Phase::Active);
        let subscribed = self.recorded.subscribed.as_mut().filter(may_change).ok_or(Code::SubscriptionNotActive)?;
        let seats = at_least_one(seats)?;
        if paid.is_some_and(|paid| paid.quantity > seats) {
            return Err(Code::QuantityExceedsSubscriptionSeats);
        }
        subscribed.seats = seats;
        Ok(())
    }

    fn cancel(&mut self, effective_at: Option<Instant>) -> Result<(), Code> {
        let now = self.now;
        let may_end = |subscribed: &&mut Subscribed| matches!(subscribed.phase(now), Phase::Scheduled | Phase::Active);
        let subscribed = self.recorded.subscribed.as_mut().filter(may_end).ok_or(Code::SubscriptionNotActive)?;
        let ends_at = effective_at.map_or(now, |effective_at| effective_at.max(now));
        if ends_at > subscribed.ends_at {
            return Err(Code::InvalidTerm);
        }
        subscribed.ends_at = ends_at;
        self.recorded.waiting = None;
        Ok(())
    }

    fn purchase(&mut self, add_on: &AddOnId, quantity: i64, channel: Channel) -> Result<(), Code> {
        let add_on = AddOn::named(add_on).ok_or(Code::UnknownAddOn)?;
        let subscribed = self.recorded.active(self.now)?;
        let quantity = at_least_one(quantity)?;
        if !add_on.sold_with(&subscribed.plan) {
            return Err(Code::PlanNotEligible);
        }
        if channel == Channel::Portal && add_on == AddOn::Enterprise {
            return Err(Code::SalesOnly);
        }
        let held = self.recorded.paid.filter(|paid| paid.add_on == add_on).map_or(0, |paid| paid.quantity);
        if u64::from(held) + u64::from(quantity) > u64::from(subscribed.seats) {
            return Err(Code::QuantityExceedsSubscriptionSeats);
        }
        self.recorded.pay(Some(Paid { add_on, quantity: held + quantity }));
        Ok(())
    }

    fn change_quantity(&mut self, add_on: &AddOnId, quantity: i64) -> Result<(), Code> {
        let subscribed = self.recorded.active(self.now)?;
        let held = self.recorded.paid.filter(|paid| paid.add_on.id() == *add_on).ok_or(Code::AddOnNotHeld)?;
        let quantity = u32::try_from(quantity).map_err(|_| Code::InvalidQuantity)?;
        if quantity > subscribed.seats {
            return Err(Code::QuantityExceedsSubscriptionSeats);
        }
        self.recorded.paid = (quantity > 0).then_some(Paid { quantity, ..held });
        Ok(())
    }

    fn start_trial(&mut self, id: &AddOnId, is_contact: bool, started_by: &Option<UserId>) -> Result<(), Code> {
        let add_on = AddOn::named(id).ok_or(Code::UnknownAddOn)?;
        let subscribed = self.recorded.active(self.now)?;
        if !add_on.tried_with(&subscribed.plan) {
            return Err(Code::PlanNotEligible);
        }
        if self.ever.contains(id) {
            return Err(Code::TrialAlreadyUsed);
        }
        if self.recorded.tried.is_some() {
            return Err(Code::ConflictingAddOns);
        }
        if self.synchronises() && !is_contact {
            return Err(Code::ContactEmailMismatch);
        }
        if !self.version_allows(AddOn::Pro) {
            return Err(Code::InstanceVersionTooOld);
        }
        let ends_at = subscribed.ends_at.min(self.now + TRIAL_LENGTH);
        self.ever.insert(id.clone());
        self.recorded.tried = Some(Tried { add_on, ends_at, starter: started_by.clone() });
        Ok(())
    }

    fn join(&mut self, user: &UserId, role: Role, user_type: UserType, status: UserStatus) {
        self.exists = true;
        if self.members.get(user).is_some_and(|member| member.status == UserStatus::Deleted) {
            return;
        }
        let joined = Joined { role, user_type, status };
        self.members.insert(user.clone(), joined);
        if self.holds(user) && !self.may_hold(joined) {
            self.take(user, RemovalReason::RoleIneligible, None);
        }
    }

    fn leave(&mut self, user: &UserId) {
        self.members.remove(user);
        if self.holds(user) {
            self.take(user, RemovalReason::MembershipRemoved, None);
        }
    }

    fn change_status(&mut self, user: &UserId, status: UserStatus) {
        let Some(member) = self.members.get_mut(user).filter(|member| member.status != UserStatus::Deleted) else {
            return;
        };
        member.status = status;
        let reason = match status {
            UserStatus::Active => return,
            UserStatus::Blocked => RemovalReason::Blocked,
            UserStatus::Banned => RemovalReason::Banned,
            UserStatus::Deactivated => RemovalReason::Deactivated,
            UserStatus::Deleted => RemovalReason::Deleted,
        };
        if self.holds(user) {
            self.take(user, reason, None);
        }
    }

    fn assign_one(&mut self, product: &ProductId, user: &UserId) -> Result<(), Code> {
        known_product(product)?;
        if self.holds(user) {
            return Ok(());
        }
        let granted = self.assignable()?;
        self.seat(user, granted)
    }

    /// What lets seats be given at all.
    fn assignable(&self) -> Result<Granted, Code> {
        let granted = self.granted.ok_or(Code::PurchaseNotActive)?;
        if !self.version_allows(granted.add_on) {
            return Err(Code::InstanceVersionTooOld);
        }
        Ok(granted)
    }

    fn seat(&mut self, user: &UserId, granted: Granted) -> Result<(), Code> {
        if self.seats.len() >= granted.quantity as usize {
            return Err(Code::NoSeatsAvailable);
        }
        if !self.is_eligible(user) {
            return Err(Code::InvalidUserMembership);
        }
        self.give(user, AssignmentCause::Requested);
        Ok(())
    }

    fn assign_many(&mut self, product: &ProductId, users: &[UserId], mode: AssignMode) -> Result<Report, Refused> {
        let users = listed(users)?;
        known_product(product)?;
        let granted = self.assignable()?;
        let (already_assigned, wanting): (Vec<UserId>, Vec<UserId>) =
            users.into_iter().partition(|user| self.holds(user));
        if mode == AssignMode::AllOrNothing {
            self.all_can_be_seated(&wanting, granted)?;
        }
        let (mut assigned, mut failed) = (Vec::new(), Vec::new());
        for user in wanting {
            match self.seat(&user, granted) {
                Ok(()) => assigned.push(user),
                Err(code) => failed.push((user, code)),
            }
        }
        Ok(Report::Assigned { assigned, already_assigned, failed })
    }

    fn all_can_be_seated(&self, wanting: &[UserId], granted: Granted) -> Result<(), Refused> {
        let invalid: Vec<UserId> = wanting.iter().filter(|user| !self.is_eligible(user)).cloned().collect();
        if !invalid.is_empty() {
            return Err(Refused { users: invalid, ..Code::InvalidUserIdPresent.into() });
        }
        let (free, wanted) = (granted.quantity - self.seats.len() as u32, wanting.len() as u32);
        if wanted > free {
            return Err(Refused { available_requested: Some((free, wanted)), ..Code::NotEnoughSeats.into() });
        }
        Ok(())
    }

    fn remove_one(&mut self, product: &ProductId, user: &UserId) -> Result<(), Code> {
        known_product(product)?;
        if self.holds(user) {
            self.take(user, RemovalReason::Requested, None);
        }
        Ok(())
    }

    fn remove_many(&mut self, product: &ProductId, users: &[UserId]) -> Result<Report, Refused> {
        let users = listed(users)?;
        known_product(product)?;
        let (removed, without_seat): (Vec<UserId>, Vec<UserId>) = users.into_iter().partition(|user| self.holds(user));
        if removed.is_empty() {
            return Err(Code::NoAssignmentsFound.into());
        }
        removed.iter().for_each(|user| self.take(user, RemovalReason::Requested, None));
        Ok(Report::Removed { removed, without_seat })
    }

    fn hear_from_instance(&mut self, version: &InstanceVersion) -> Result<(), Code> {
        match self.offering {
            None => Err(Code::SubscriptionNotActive),
            Some(Offering::GitlabCom) => Err(Code::OfferingMismatch),
            Some(Offering::SelfManaged | Offering::Dedicated) => {
                self.version = Some(version.clone());
                self.synchronise();
                Ok(())
            }
        }
    }

    /// As people see it; the model does not count events.
    pub fn summary(&self) -> Summary {
        let subscription = self.recorded.subscribed.as_ref().map(|subscribed| {
            let status = subscribed.phase(self.now);
            SubscriptionSummary {
                id: subscribed.id.clone(),
                plan: PlanId::new(&subscribed.plan),
                seats: Seats::known(subscribed.seats),
                status,
                starts_at: subscribed.starts_at,
                ends_at: subscribed.ends_at,
                grace_ends_at: (status == Phase::Grace).then_some(subscribed.ends_at + GRACE),
            }
        });
        Summary {
            offering: self.offering,
            version: 0,
            members: self.members.len() as u32,
            subscription,
            products: vec![(ProductId::new("duo"), self.product())],
            last_synced_at: self.last_synced_at,
            instance_version: self.version.clone(),
        }
    }

    fn product(&self) -> ProductSummary {
        let pending = self.recorded.grant(self.now).filter(|_| self.granted.is_none() && self.grace.is_none());
        let (status, shown) = match (self.granted, self.grace, pending) {
            (Some(granted), _, _) => (ProductStatus::Active, Some(granted)),
            (None, Some(grace), _) => (ProductStatus::Grace, Some(grace.last)),
            (None, None, Some(pending)) => (ProductStatus::PendingSync, Some(pending)),
            (None, None, None) => (ProductStatus::None, None),
        };
        let assigned = self.seats.len() as u32;
        let is_active = status == ProductStatus::Active;
        let quantity = shown.map_or(0, |shown| shown.quantity);
        ProductSummary {
            status,
            add_on: shown.map(|shown| shown.add_on.id()),
            trial: shown.is_some_and(|shown| shown.trial),
            quantity,
            assigned,
            available: if is_active { quantity - assigned } else { 0 },
            ends_at: match status {
                ProductStatus::None => None,
                ProductStatus::Active => shown.and_then(|shown| self.in_effect.end_of(shown)),
                ProductStatus::Grace => self.grace.map(|grace| grace.since),
                ProductStatus::PendingSync => shown.and_then(|shown| self.recorded.end_of(shown)),
            },
            grace_ends_at: self.grace.map(PoolGrace::ends_at),
        }
    }

    /// The holders, in order of their ids.
    pub fn holders(&self) -> Vec<UserId> {
        let mut holders = self.seats.clone();
        holders.sort();
        holders
    }

    /// The members with their status.
    pub fn statuses(&self) -> Vec<(UserId, UserStatus)> {
        self.members.iter().map(|(user, member)| (user.clone(), member.status)).collect()
    }

    /// What is armed now, as an operator sees it.
    pub fn timers(&self) -> Vec<(&'static str, Instant)> {
        let mut timers = Vec::new();
        if let Some(subscribed) = &self.recorded.subscribed {
            let ends_at = subscribed.ends_at;
            timers.extend(match subscribed.phase(self.now) {
                Phase::Scheduled if ends_at <= subscribed.starts_at => Some(("subscription_expires", ends_at)),
                Phase::Scheduled => Some(("subscription_activates", subscribed.starts_at)),
                Phase::Active => Some(("subscription_expires", ends_at)),
                Phase::Grace => Some(("grace_ends", ends_at + GRACE)),
                Phase::Ended => None,
            });
        }
        timers.extend(self.recorded.waiting.as_ref().map(|renewal| ("renewal_applies", renewal.starts_at)));
        let term_ends = self.in_effect.subscribed.as_ref().map(|subscribed| subscribed.ends_at);
        let trial_ends = self.in_effect.tried.as_ref().map(|tried| tried.ends_at);
        timers.extend(trial_ends.filter(|ends_at| Some(*ends_at) < term_ends).map(|ends_at| ("trial_ends", ends_at)));
        timers.extend(self.grace.map(|grace| ("seats_removed", grace.ends_at())));
        timers.extend(self.waiting_since.map(|since| ("sync_due", since + SYNC_AFTER)));
        timers.sort();
        timers
    }

    /// Whether the user may use the feature, and why (R31, R32); the grant is the add-on, none for R32.
    pub fn access(
        &self,
        user: &UserId,
        status: UserStatus,
        feature: &str,
    ) -> (access::Reason, Option<Option<AddOnId>>) {
        if status != UserStatus::Active {
            return (access::Reason::UserNotActive, None);
        }
        let holds = self.holds(user);
        if let Some(granted) = self.granted.filter(|granted| holds && granted.add_on.has(feature)) {
            return (access::Reason::Seat, Some(Some(granted.add_on.id())));
        }
        let was_included = is_in_pro(feature) && self.now < "2024-10-17T00:00:00Z".parse::<Instant>().unwrap();
        if was_included && self.is_member(user) && self.in_effect.is_active(self.now) {
            return (access::Reason::Included, Some(None));
        }
        let last = self.granted.or(self.grace.map(|grace| grace.last)).filter(|_| holds);
        match last {
            Some(last) if !last.add_on.has(feature) => (access::Reason::FeatureNotInAddOn, None),
            Some(_) => (access::Reason::Grace, None),
            None => (access::Reason::NoSeat, None),
        }
    }
}

fn known_plan(plan: &PlanId) -> Result<String, Code> {
    match plan.as_str() {
        known @ ("premium" | "ultimate") => Ok(known.to_owned()),
        _ => Err(Code::UnknownPlan),
    }
}

fn known_product(product: &ProductId) -> Result<(), Code> {
    if product.as_str() == "duo" { Ok(()) } else { Err(Code::UnknownProduct) }
}

fn at_least_one(quantity: i64) -> Result<u32, Code> {
    u32::try_from(quantity).ok().filter(|quantity| *quantity >= 1).ok_or(Code::InvalidQuantity)
}

/// The add-ons of a start or renewal, in the order of their refusals.
fn ordered(orders: &[AddOnOrder], plan: &str, seats: u32) -> Result<Option<Paid>, Code> {
    if orders.iter().any(|order| AddOn::named(&order.add_on).is_none()) {
        return Err(Code::UnknownAddOn);
    }
    // There is one product.
    if orders.len() > 1 {
        return Err(Code::ConflictingAddOns);
    }
    let Some(order) = orders.first() else { return Ok(None) };
    let add_on = AddOn::named(&order.add_on).ok_or(Code::UnknownAddOn)?;
    let paid = Paid { add_on, quantity: at_least_one(order.quantity)? };
    fits(paid, plan, seats)?;
    Ok(Some(paid))
}

fn fits(paid: Paid, plan: &str, seats: u32) -> Result<(), Code> {
    if !paid.add_on.sold_with(plan) {
        return Err(Code::PlanNotEligible);
    }
    if paid.quantity > seats {
        return Err(Code::QuantityExceedsSubscriptionSeats);
    }
    Ok(())
}

/// The size counts the list as sent; a user counts at the first mention.
fn listed(users: &[UserId]) -> Result<Vec<UserId>, Code> {
    if users.is_empty() {
        return Err(Code::EmptyUserList);
    }
    if users.len() > MAX_USERS {
        return Err(Code::TooManyUsers);
    }
    let mut unique: Vec<UserId> = Vec::new();
    for user in users {
        if !unique.contains(user) {
            unique.push(user.clone());
        }
    }
    Ok(unique)
}
