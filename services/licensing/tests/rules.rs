//! The rules of the domain, through given/when/then: what happened, what is asked, what follows.
#![allow(clippy::unwrap_used, missing_docs)]

use chrono::{Duration, TimeZone, Utc};
use licensing::*;

struct Case {
    licensee: Licensee,
    catalogue: Catalogue,
    now: Instant,
    uses: Vec<(UserId, Instant)>,
}

struct Known<'a>(&'a [(UserId, Instant)]);

impl Facts for Known<'_> {
    fn last_uses(&self, users: &[UserId]) -> Vec<Option<Instant>> {
        users.iter().map(|user| self.0.iter().find(|(who, _)| who == user).map(|(_, at)| *at)).collect()
    }

    fn contact_email(&self) -> Option<EmailAddress> {
        Some(EmailAddress::new("boss@example.com".to_owned()))
    }

    fn user_status(&self, _user: &UserId) -> UserStatus {
        UserStatus::Active
    }
}

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

fn duo() -> ProductId {
    ProductId::new("duo")
}

impl Case {
    fn new() -> Self {
        Self {
            licensee: Licensee::default(),
            catalogue: Catalogue::built_in().unwrap(),
            now: Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap(),
            uses: Vec::new(),
        }
    }

    fn ask(&mut self, command: &Command) -> Result<Decision, Code> {
        let context = Context { catalogue: &self.catalogue, now: self.now, facts: &Known(&self.uses) };
        let decision = decide(&self.licensee, command, &context).map_err(|refusal| refusal.code)?;
        decision.events.iter().for_each(|event| self.licensee.evolve(event, self.now));
        Ok(decision)
    }

    /// Moves the clock, and gives the names and times of what happened on the way.
    fn wait(&mut self, time: Duration) -> Vec<(&'static str, Instant)> {
        let until = self.now + time;
        let mut seen = Vec::new();
        while let Some(timer) = self.licensee.next_timer(&self.catalogue).filter(|timer| timer.due <= until) {
            let context = Context { catalogue: &self.catalogue, now: timer.due, facts: &Known(&self.uses) };
            for event in fire(&self.licensee, &timer, &context) {
                self.licensee.evolve(&event, timer.due);
                seen.push((event.name(), timer.due));
            }
        }
        self.now = until;
        seen
    }

    fn start(&mut self, offering: Offering, plan: &str, seats: i64, add_on: Option<(&str, i64)>) {
        let start = StartSubscription {
            offering,
            subscription: SubscriptionId::parse("A-1").unwrap(),
            plan: PlanId::new(plan),
            seats,
            starts_at: self.now,
            ends_at: self.now + Duration::days(365),
            instance_version: None,
            add_ons: add_on.map(|(add_on, quantity)| vec![AddOnOrder { add_on: AddOnId::new(add_on), quantity }]),
        };
        self.ask(&Command::StartSubscription(start)).unwrap();
    }

    fn join(&mut self, names: &[&str]) {
        for name in names {
            let (role, user_type) = (Role::Developer, UserType::Human);
            self.ask(&Command::AddMember { user: user(name), role, user_type, details_changed: false }).unwrap();
        }
    }

    fn buy(&mut self, add_on: &str, quantity: i64, channel: Channel) -> Result<Decision, Code> {
        self.ask(&Command::PurchaseSeats { add_on: AddOnId::new(add_on), quantity, channel })
    }

    fn set(&mut self, add_on: &str, quantity: i64) -> Result<Decision, Code> {
        self.ask(&Command::ChangeSeatQuantity { add_on: AddOnId::new(add_on), quantity })
    }

    fn assign(&mut self, name: &str) -> Result<Decision, Code> {
        self.ask(&Command::AssignSeat { product: duo(), user: user(name) })
    }

    fn product(&self) -> ProductSummary {
        self.licensee.account().summary(&self.catalogue).products.remove(0).1
    }
}

fn pro_with(seats: i64, names: &[&str]) -> Case {
    let mut case = Case::new();
    case.start(Offering::GitlabCom, "ultimate", 100, Some(("duo_pro", seats)));
    case.join(names);
    names.iter().for_each(|name| {
        case.assign(name).unwrap();
    });
    case
}

fn names(decision: &Decision) -> Vec<&'static str> {
    decision.events.iter().map(Event::name).collect()
}

#[test]
fn r02_a_term_ends_in_28_days_of_grace_and_events_bear_their_due_time() {
    let mut case = pro_with(1, &["a"]);
    let end = case.now + Duration::days(365);
    let grace_end = end + Duration::days(28);
    assert_eq!(case.wait(Duration::days(366)), [("SubscriptionExpired", end), ("SeatsRetained", end)]);
    assert_eq!(
        case.wait(Duration::days(60)),
        [("GracePeriodEnded", grace_end), ("SeatRemoved", grace_end), ("GracePeriodEnded", grace_end)]
    );
    assert_eq!(case.product().status, ProductStatus::None);
}

#[test]
fn r05_a_cancellation_for_now_expires_in_the_same_decision() {
    let mut case = pro_with(1, &["a"]);
    let decision = case.ask(&Command::CancelSubscription { effective_at: None }).unwrap();
    assert_eq!(names(&decision), ["SubscriptionCancelled", "SubscriptionExpired", "SeatsRetained"]);
}

#[test]
fn r08_r09_the_same_add_on_adds_up_to_the_base_seats_and_no_further() {
    let mut case = pro_with(60, &[]);
    case.buy("duo_pro", 40, Channel::Portal).unwrap();
    assert_eq!(case.product().quantity, 100);
    assert_eq!(case.buy("duo_pro", 1, Channel::Portal), Err(Code::QuantityExceedsSubscriptionSeats));
    assert_eq!(case.buy("duo_pro", -1, Channel::Portal), Err(Code::InvalidQuantity));
}

#[test]
fn r10_r12_another_add_on_changes_it_and_enterprise_is_sold_by_sales() {
    let mut case = pro_with(10, &["a"]);
    assert_eq!(case.buy("duo_enterprise", 5, Channel::Portal), Err(Code::SalesOnly));
    assert_eq!(names(&case.buy("duo_enterprise", 5, Channel::Sales).unwrap()), ["AddOnChanged"]);
    assert_eq!((case.product().quantity, case.product().assigned), (5, 1));
}

#[test]
fn r13_r14_an_enterprise_trial_lifts_the_pool_and_falls_back_to_pro() {
    let mut case = Case::new();
    case.start(Offering::GitlabCom, "ultimate", 500, Some(("duo_pro", 200)));
    case.join(&["a"]);
    let trial = Command::StartTrial {
        add_on: AddOnId::new("duo_enterprise"),
        contact_email: None,
        started_by: Some(user("a")),
    };
    assert_eq!(names(&case.ask(&trial).unwrap()), ["TrialStarted", "SeatAssigned"]);
    let lifted = case.product();
    assert_eq!((lifted.trial, lifted.quantity, lifted.assigned), (true, 200, 1));
    assert_eq!(case.wait(Duration::days(60)).first().map(|seen| seen.0), Some("TrialExpired"));
    assert_eq!(case.product().add_on, Some(AddOnId::new("duo_pro")));
    assert_eq!(case.ask(&trial), Err(Code::TrialAlreadyUsed));
}

#[test]
fn r16_r17_r18_an_instance_gets_what_was_sold_when_it_synchronises() {
    let mut case = Case::new();
    case.start(Offering::SelfManaged, "ultimate", 10, Some(("duo_pro", 5)));
    case.join(&["a"]);
    assert_eq!(case.product().status, ProductStatus::PendingSync);
    assert_eq!(case.assign("a"), Err(Code::PurchaseNotActive));
    assert_eq!(case.wait(Duration::hours(24)).len(), 1);
    assert_eq!(case.product().status, ProductStatus::Active);
    assert_eq!(case.assign("a"), Err(Code::InstanceVersionTooOld));
    case.ask(&Command::SynchronizeInstance { version: "17.5.2".parse().unwrap() }).unwrap();
    case.assign("a").unwrap();
}

#[test]
fn r20_an_add_on_that_comes_back_in_time_restores_the_seats() {
    let mut case = pro_with(2, &["a", "b"]);
    assert_eq!(names(&case.set("duo_pro", 0).unwrap()), ["SeatQuantityChanged", "SeatsRetained"]);
    case.wait(Duration::days(27));
    let back = case.buy("duo_pro", 1, Channel::Portal).unwrap();
    assert_eq!(names(&back), ["SeatsPurchased", "SeatsRestored", "SeatRemoved"]);
}

#[test]
fn r22_never_used_goes_first_then_the_least_recent_use_the_latest_assigned_first() {
    let mut case = pro_with(5, &["a", "b", "c", "d", "e"]);
    let day = |days| case.now + Duration::days(days);
    case.uses = vec![(user("a"), day(-9)), (user("c"), day(-3)), (user("e"), day(-3))];
    let removed: Vec<(UserId, u32)> = case
        .set("duo_pro", 1)
        .unwrap()
        .events
        .into_iter()
        .filter_map(|event| match event {
            Event::SeatRemoved { user, evidence, .. } => Some((user, evidence.unwrap().rank)),
            _ => None,
        })
        .collect();
    assert_eq!(removed, [(user("d"), 1), (user("b"), 2), (user("a"), 3), (user("e"), 4)]);
}

#[test]
fn r23_refusals_come_in_their_order_and_a_holder_is_a_success_without_an_event() {
    let mut case = pro_with(1, &["a"]);
    assert_eq!(case.assign("a").unwrap().events, []);
    assert_eq!(case.assign("stranger"), Err(Code::NoSeatsAvailable));
    case.set("duo_pro", 2).unwrap();
    assert_eq!(case.assign("stranger"), Err(Code::InvalidUserMembership));
}

#[test]
fn r24_best_effort_reports_each_user_and_all_or_nothing_changes_nothing() {
    let mut case = pro_with(2, &["a"]);
    case.join(&["b", "c"]);
    let users: Vec<UserId> = ["x", "b", "a", "b", "c"].map(user).to_vec();
    let many = |mode| Command::AssignSeats { product: duo(), users: users.clone(), mode };
    assert_eq!(case.ask(&many(AssignMode::AllOrNothing)), Err(Code::InvalidUserIdPresent));
    assert_eq!(
        case.ask(&many(AssignMode::BestEffort)).unwrap().report,
        Report::Assigned {
            assigned: vec![user("b")],
            already_assigned: vec![user("a")],
            failed: vec![(user("x"), Code::InvalidUserMembership), (user("c"), Code::NoSeatsAvailable)],
        }
    );
}

#[test]
fn r25_removing_from_nobody_is_refused_for_many_and_fine_for_one() {
    let mut case = pro_with(1, &["a"]);
    let many = Command::RemoveSeats { product: duo(), users: vec![user("b")] };
    assert_eq!(case.ask(&many), Err(Code::NoAssignmentsFound));
    assert_eq!(case.ask(&Command::RemoveSeat { product: duo(), user: user("b") }).unwrap().events, []);
}

#[test]
fn r26_whoever_is_blocked_or_lowered_loses_the_seat_and_does_not_get_it_back() {
    let mut case = pro_with(1, &["a"]);
    let status = |status| Command::ChangeMemberStatus { user: user("a"), status };
    let blocked = case.ask(&status(UserStatus::Blocked)).unwrap();
    assert_eq!(names(&blocked), ["MemberStatusChanged", "SeatRemoved"]);
    case.ask(&status(UserStatus::Active)).unwrap();
    assert_eq!(case.product().assigned, 0);
    case.assign("a").unwrap();
    let (role, user_type) = (Role::MinimalAccess, UserType::Human);
    let lower = Command::AddMember { user: user("a"), role, user_type, details_changed: false };
    assert_eq!(names(&case.ask(&lower).unwrap()), ["MemberUpdated", "SeatRemoved"]);
}

#[test]
fn r27_the_sweep_finds_nothing_after_the_rules() {
    let mut case = pro_with(2, &["a", "b"]);
    assert_eq!(case.ask(&Command::Sweep).unwrap().events, []);
}

#[test]
fn r29_a_message_about_a_deleted_member_makes_no_event_but_its_removal_does() {
    let mut case = pro_with(1, &["a"]);
    case.ask(&Command::ChangeMemberStatus { user: user("a"), status: UserStatus::Deleted }).unwrap();
    let (role, user_type) = (Role::Owner, UserType::Human);
    let again = Command::AddMember { user: user("a"), role, user_type, details_changed: true };
    assert_eq!(case.ask(&again).unwrap().events, []);
    assert_eq!(names(&case.ask(&Command::RemoveMember { user: user("a") }).unwrap()), ["MemberRemoved"]);
}

#[test]
fn r03_a_renewal_that_begins_at_the_very_end_leaves_no_gap_and_is_made_to_fit() {
    let mut case = pro_with(2, &["a", "b"]);
    let end = case.now + Duration::days(365);
    let renewal = |add_ons: Option<Vec<AddOnOrder>>, seats| {
        Command::RenewSubscription(RenewSubscription {
            subscription: SubscriptionId::parse("A-2").unwrap(),
            ends_at: end + Duration::days(365),
            starts_at: Some(end),
            plan: None,
            seats,
            add_ons,
        })
    };
    assert_eq!(case.ask(&renewal(None, Some(1))), Err(Code::QuantityExceedsSubscriptionSeats));
    assert_eq!(names(&case.ask(&renewal(None, Some(2))).unwrap()), ["RenewalScheduled"]);
    case.buy("duo_pro", 8, Channel::Portal).unwrap();
    assert_eq!(case.wait(Duration::days(366)), [("SubscriptionRenewed", end)]);
    assert_eq!((case.product().quantity, case.product().assigned), (2, 2));
}

#[test]
fn r13_a_trial_on_an_instance_needs_the_contact_and_a_version() {
    let mut case = Case::new();
    case.start(Offering::Dedicated, "ultimate", 10, None);
    let trial = |email: Option<&str>| Command::StartTrial {
        add_on: AddOnId::new("duo_enterprise"),
        contact_email: email.map(|email| EmailAddress::new(email.to_owned())),
        started_by: None,
    };
    assert_eq!(case.ask(&trial(None)), Err(Code::ContactEmailMismatch));
    assert_eq!(case.ask(&trial(Some("other@example.com"))), Err(Code::ContactEmailMismatch));
    assert_eq!(case.ask(&trial(Some("BOSS@example.com"))), Err(Code::InstanceVersionTooOld));
    case.ask(&Command::SynchronizeInstance { version: "16.8".parse().unwrap() }).unwrap();
    assert_eq!(names(&case.ask(&trial(Some("BOSS@example.com"))).unwrap()), ["TrialStarted"]);
    assert_eq!(case.product().status, ProductStatus::PendingSync);
}
