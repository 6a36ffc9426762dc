//! The order of refusals: each test takes a command with everything wrong, and mends one fault after another.

use licensing::*;

use crate::case::*;

/// Mends one fault, in the command or in the world.
type Mend<C> = fn(&mut Case, &mut C);

/// Checks that the faults are told in this order, each until it is mended, and that then nothing is wrong.
fn walk<C: Clone>(mut case: Case, mut command: C, tell: fn(C) -> Command, faults: &[(Code, Mend<C>)]) {
    for (place, (code, mend)) in faults.iter().enumerate() {
        let refusal = case.decide(&tell(command.clone())).err();
        assert_eq!(refusal.map(|refusal| refusal.code), Some(*code), "at fault {place}");
        mend(&mut case, &mut command);
    }
    assert!(case.when(tell(command)).inspect_result().is_ok(), "everything is mended");
}

/// Somebody joined, so that the licensee is known.
fn become_known(case: &mut Case) {
    case.join_all(&["a"]);
}

fn subscribe(case: &mut Case) {
    case.tell(Command::StartSubscription(case.start(&[])));
}

#[test]
fn the_order_of_a_start() {
    let case = Case::ultimate(&[]);
    let start = StartSubscription {
        offering: Offering::SelfManaged,
        plan: PlanId::new("gold"),
        seats: 0,
        starts_at: case.now - days(9),
        ends_at: case.now - days(9),
        ..case.start(&[("duo_max", 0), ("duo_pro", 0), ("duo_enterprise", 0)])
    };
    walk(
        case,
        start,
        Command::StartSubscription,
        &[
            (Code::SubscriptionAlreadyActive, |case, _| {
                case.tell(cancel(None));
            }),
            (Code::OfferingMismatch, |_, start| start.offering = Offering::GitlabCom),
            (Code::UnknownPlan, |_, start| start.plan = PlanId::new("premium")),
            (Code::InvalidQuantity, |_, start| start.seats = 10),
            (Code::InvalidTerm, |case, start| start.ends_at = case.now),
            (Code::InvalidTerm, |case, start| start.ends_at = case.now + days(9)),
            (Code::UnknownAddOn, |_, start| start.add_ons = Some(orders(&[("duo_pro", 0), ("duo_enterprise", 0)]))),
            (Code::ConflictingAddOns, |_, start| start.add_ons = Some(orders(&[("duo_enterprise", 0)]))),
            (Code::InvalidQuantity, |_, start| start.add_ons = Some(orders(&[("duo_enterprise", 11)]))),
            (Code::PlanNotEligible, |_, start| start.plan = PlanId::new("ultimate")),
            (Code::QuantityExceedsSubscriptionSeats, |_, start| start.seats = 11),
        ],
    );
}

#[test]
fn the_order_of_a_renewal() {
    let case = Case::new();
    let renewal = RenewSubscription {
        ends_at: case.now,
        starts_at: Some(case.now - days(1)),
        plan: Some(PlanId::new("gold")),
        seats: Some(0),
        add_ons: Some(orders(&[("duo_max", 0), ("duo_pro", 0), ("duo_enterprise", 0)])),
        ..case.renewal()
    };
    walk(
        case,
        renewal,
        Command::RenewSubscription,
        &[
            (Code::UnknownLicensee, |case, _| become_known(case)),
            (Code::SubscriptionNotActive, |case, _| subscribe(case)),
            (Code::InvalidTerm, |_, renewal| renewal.ends_at += days(9)),
            (Code::UnknownPlan, |_, renewal| renewal.plan = Some(PlanId::new("premium"))),
            (Code::InvalidQuantity, |_, renewal| renewal.seats = Some(10)),
            (Code::UnknownAddOn, |_, renewal| renewal.add_ons = Some(orders(&[("duo_pro", 0), ("duo_enterprise", 0)]))),
            (Code::ConflictingAddOns, |_, renewal| renewal.add_ons = Some(orders(&[("duo_enterprise", 0)]))),
            (Code::InvalidQuantity, |_, renewal| renewal.add_ons = Some(orders(&[("duo_enterprise", 11)]))),
            (Code::PlanNotEligible, |_, renewal| renewal.plan = None),
            (Code::QuantityExceedsSubscriptionSeats, |_, renewal| renewal.seats = None),
        ],
    );
}

#[derive(Clone)]
struct Purchase {
    add_on: &'static str,
    quantity: i64,
    channel: Channel,
}

#[test]
fn the_order_of_a_purchase() {
    let purchase = Purchase { add_on: "duo_max", quantity: 0, channel: Channel::Portal };
    let tell = |purchase: Purchase| Command::PurchaseSeats {
        add_on: AddOnId::new(purchase.add_on),
        quantity: purchase.quantity,
        channel: purchase.channel,
    };
    walk(
        Case::new(),
        purchase,
        tell,
        &[
            (Code::UnknownLicensee, |case, _| become_known(case)),
            (Code::UnknownAddOn, |_, purchase| purchase.add_on = "duo_enterprise"),
            (Code::SubscriptionNotActive, |case, _| {
                let start = StartSubscription { plan: PlanId::new("premium"), ..case.start(&[]) };
                case.tell(Command::StartSubscription(start));
            }),
            (Code::InvalidQuantity, |_, purchase| purchase.quantity = 101),
            (Code::PlanNotEligible, |case, _| {
                let plan = Some(PlanId::new("ultimate"));
                case.tell(Command::RenewSubscription(RenewSubscription { plan, ..case.renewal() }));
            }),
            (Code::SalesOnly, |_, purchase| purchase.channel = Channel::Sales),
            (Code::QuantityExceedsSubscriptionSeats, |_, purchase| purchase.quantity = 100),
        ],
    );
}

#[test]
fn the_order_of_a_quantity_change() {
    walk(
        Case::new(),
        ("duo_max", -1),
        |(add_on, quantity)| set_quantity(add_on, quantity),
        &[
            (Code::UnknownLicensee, |case, _| become_known(case)),
            (Code::SubscriptionNotActive, |case, _| {
                case.tell(Command::StartSubscription(case.start(&[("duo_pro", 5)])));
            }),
            (Code::AddOnNotHeld, |_, change| change.0 = "duo_pro"),
            (Code::InvalidQuantity, |_, change| change.1 = 101),
            (Code::QuantityExceedsSubscriptionSeats, |_, change| change.1 = 100),
        ],
    );
}

#[test]
fn the_order_of_a_seats_change() {
    walk(
        Case::new(),
        0,
        |seats| Command::ChangeSubscriptionSeats { seats },
        &[
            (Code::UnknownLicensee, |case, _| become_known(case)),
            (Code::SubscriptionNotActive, |case, _| {
                case.tell(Command::StartSubscription(case.start(&[("duo_pro", 5)])));
            }),
            (Code::InvalidQuantity, |_, seats| *seats = 4),
            (Code::QuantityExceedsSubscriptionSeats, |_, seats| *seats = 5),
        ],
    );
}

#[test]
fn the_order_of_a_cancellation() {
    let case = Case::new();
    let too_late = case.now + days(365) + moment();
    walk(
        case,
        too_late,
        |at| cancel(Some(at)),
        &[
            (Code::UnknownLicensee, |case, _| become_known(case)),
            (Code::SubscriptionNotActive, |case, _| subscribe(case)),
            (Code::InvalidTerm, |_, at| *at -= moment()),
        ],
    );
}

#[derive(Clone)]
struct Try {
    add_on: &'static str,
    email: &'static str,
}

#[test]
fn the_order_of_a_trial() {
    let tell = |tried: Try| Command::StartTrial {
        add_on: AddOnId::new(tried.add_on),
        contact_email: Some(EmailAddress::new(tried.email.to_owned())),
        started_by: None,
    };
    walk(
        Case::new(),
        Try { add_on: "duo_max", email: "other@example.com" },
        tell,
        &[
            (Code::UnknownLicensee, |case, _| become_known(case)),
            (Code::UnknownAddOn, |_, tried| tried.add_on = "duo_pro"),
            (Code::SubscriptionNotActive, |case, _| {
                let start = StartSubscription {
                    offering: Offering::SelfManaged,
                    plan: PlanId::new("premium"),
                    instance_version: Some("17.5".parse().unwrap()),
                    ..case.start(&[])
                };
                case.tell(Command::StartSubscription(start));
                // The trial that stands in the way until the last but two.
                case.tell(trial("duo_pro", None));
                let plan = Some(PlanId::new("ultimate"));
                case.tell(Command::RenewSubscription(RenewSubscription { plan, ..case.renewal() }));
                case.tell(sync("16.7"));
            }),
            (Code::PlanNotEligible, |case, _| {
                let plan = Some(PlanId::new("premium"));
                case.tell(Command::RenewSubscription(RenewSubscription { plan, ..case.renewal() }));
            }),
            (Code::TrialAlreadyUsed, |case, tried| {
                tried.add_on = "duo_enterprise";
                let plan = Some(PlanId::new("ultimate"));
                case.tell(Command::RenewSubscription(RenewSubscription { plan, ..case.renewal() }));
            }),
            (Code::ConflictingAddOns, |case, _| {
                case.wait(days(60));
            }),
            (Code::ContactEmailMismatch, |_, tried| tried.email = "boss@example.com"),
            (Code::InstanceVersionTooOld, |case, _| {
                case.tell(sync("17.5"));
            }),
        ],
    );
}

#[derive(Clone)]
struct List {
    product: &'static str,
    users: Vec<UserId>,
}

const UNKNOWN_PRODUCT: &str = "trio";

#[test]
fn the_order_of_assigning_one() {
    let tell =
        |(product, name): (&str, &str)| Command::AssignSeat { product: ProductId::new(product), user: user(name) };
    walk(
        Case::new(),
        (UNKNOWN_PRODUCT, "stranger"),
        tell,
        &[
            (Code::UnknownLicensee, |case, _| become_known(case)),
            (Code::UnknownProduct, |_, seat| seat.0 = "duo"),
            (Code::PurchaseNotActive, |case, _| {
                let start = StartSubscription { offering: Offering::SelfManaged, ..case.start(&[("duo_pro", 1)]) };
                case.tell(Command::StartSubscription(start));
                case.tell(sync("16.8"));
                case.tell(assign("a"));
                case.tell(sync("16.7"));
            }),
            (Code::InstanceVersionTooOld, |case, _| {
                case.tell(sync("16.8"));
            }),
            (Code::NoSeatsAvailable, |case, _| {
                case.tell(purchase("duo_pro", 1));
                case.tell(sync("16.8"));
            }),
            (Code::InvalidUserMembership, |case, _| case.join_all(&["stranger"])),
        ],
    );
}

#[test]
fn the_order_of_assigning_many() {
    let tell = |list: List| Command::AssignSeats {
        product: ProductId::new(list.product),
        users: list.users,
        mode: AssignMode::AllOrNothing,
    };
    walk(
        Case::new(),
        List { product: UNKNOWN_PRODUCT, users: Vec::new() },
        tell,
        &[
            (Code::EmptyUserList, |_, list| list.users = vec![user("stranger"); 10_001]),
            (Code::TooManyUsers, |_, list| list.users = users(&["stranger", "a", "b"])),
            (Code::UnknownLicensee, |case, _| become_known(case)),
            (Code::UnknownProduct, |_, list| list.product = "duo"),
            (Code::PurchaseNotActive, |case, _| {
                case.join_all(&["b"]);
                let start = StartSubscription { offering: Offering::SelfManaged, ..case.start(&[("duo_pro", 1)]) };
                case.tell(Command::StartSubscription(start));
                case.tell(sync("16.7"));
            }),
            (Code::InstanceVersionTooOld, |case, _| {
                case.tell(sync("16.8"));
            }),
            (Code::InvalidUserIdPresent, |_, list| list.users = users(&["a", "b"])),
            (Code::NotEnoughSeats, |_, list| list.users = users(&["a"])),
        ],
    );
}

#[test]
fn the_order_of_removing_many() {
    let tell = |list: List| Command::RemoveSeats { product: ProductId::new(list.product), users: list.users };
    walk(
        Case::new(),
        List { product: UNKNOWN_PRODUCT, users: Vec::new() },
        tell,
        &[
            (Code::EmptyUserList, |_, list| list.users = vec![user("a"); 10_001]),
            (Code::TooManyUsers, |_, list| list.users = users(&["a"])),
            (Code::UnknownLicensee, |case, _| become_known(case)),
            (Code::UnknownProduct, |_, list| list.product = "duo"),
            (Code::NoAssignmentsFound, |case, _| {
                case.tell(Command::StartSubscription(case.start(&[("duo_pro", 1)])));
                case.tell(assign("a"));
            }),
        ],
    );
}

#[test]
fn the_order_of_removing_one() {
    let tell = |product: &str| Command::RemoveSeat { product: ProductId::new(product), user: user("a") };
    walk(
        Case::new(),
        UNKNOWN_PRODUCT,
        tell,
        &[(Code::UnknownLicensee, |case, _| become_known(case)), (Code::UnknownProduct, |_, product| *product = "duo")],
    );
}

#[test]
fn the_order_of_a_sync() {
    let tell = |()| sync("17.5");
    walk(
        Case::new(),
        (),
        tell,
        &[
            (Code::UnknownLicensee, |case, ()| become_known(case)),
            (Code::SubscriptionNotActive, |case, ()| {
                let start = StartSubscription { offering: Offering::Dedicated, ..case.start(&[]) };
                case.tell(Command::StartSubscription(start));
            }),
        ],
    );
}
