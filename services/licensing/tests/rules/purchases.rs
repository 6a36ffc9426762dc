//! R7 to R12: what is paid for.

use licensing::*;

use crate::case::*;

#[test]
fn r07_a_purchase_needs_an_active_subscription() {
    let mut case = Case::new();
    case.join_all(&["a"]);
    case.refuses(purchase("duo_pro", 1), Code::SubscriptionNotActive);
    let begins = case.now + days(1);
    let start = StartSubscription { starts_at: begins, ..case.start(&[]) };
    case.tell(Command::StartSubscription(start));
    case.refuses(purchase("duo_pro", 1), Code::SubscriptionNotActive);
    case.wait_until(begins);
    let bought = Event::SeatsPurchased(SeatsPurchased {
        product: duo(),
        add_on: pro(),
        quantity: Seats::known(3),
        total: Seats::known(3),
        channel: Channel::Sales,
    });
    case.when(purchase("duo_pro", 3)).then_expect_events(case.now([bought]));
    case.tell(cancel(None));
    case.refuses(purchase("duo_pro", 1), Code::SubscriptionNotActive);
}

#[test]
fn r07_the_plan_must_allow_the_add_on_and_the_quantity_be_one_at_least() {
    let premium = Case::subscribed(Offering::GitlabCom, "premium", &[]);
    let ultimate = Case::ultimate(&[]);
    for (case, add_on, refusal) in [
        (&premium, "duo_pro", None),
        (&premium, "duo_enterprise", Some(Code::PlanNotEligible)),
        (&ultimate, "duo_pro", None),
        (&ultimate, "duo_enterprise", None),
    ] {
        let code = case.when(purchase(add_on, 1)).inspect_result().err().map(|refused| refused.0);
        assert_eq!(code, refusal, "{add_on}");
    }
    for quantity in [0, -1, i64::MIN, i64::MAX, i64::from(u32::MAX) + 1] {
        ultimate.refuses(purchase("duo_pro", quantity), Code::InvalidQuantity);
    }
}

#[test]
fn r08_of_the_same_add_on_the_quantity_is_added() {
    let mut case = Case::ultimate(&[("duo_pro", 60)]);
    let bought = Event::SeatsPurchased(SeatsPurchased {
        product: duo(),
        add_on: pro(),
        quantity: Seats::known(15),
        total: Seats::known(75),
        channel: Channel::Sales,
    });
    case.when(purchase("duo_pro", 15)).then_expect_events(case.now([bought]));
    case.tell(purchase("duo_pro", 15));
    assert_eq!(case.product().quantity, 75);
}

#[test]
fn r09_the_total_never_exceeds_the_base_seats() {
    let mut case = Case::ultimate(&[("duo_pro", 60)]);
    let exceeds = Code::QuantityExceedsSubscriptionSeats;
    case.refuses(purchase("duo_pro", 41), exceeds);
    case.refuses(purchase("duo_pro", i64::from(u32::MAX)), exceeds);
    case.refuses(purchase("duo_enterprise", 101), exceeds);
    case.refuses(set_quantity("duo_pro", 101), exceeds);
    let renewal = RenewSubscription { seats: Some(59), ..case.renewal() };
    case.refuses(Command::RenewSubscription(renewal), exceeds);
    case.refuses(Command::ChangeSubscriptionSeats { seats: 59 }, exceeds);
    let fresh = Case::new();
    fresh.refuses(Command::StartSubscription(fresh.start(&[("duo_pro", 101)])), exceeds);
    case.tell(purchase("duo_pro", 40));
    assert_eq!(case.product().quantity, 100);
}

#[test]
fn r10_another_add_on_changes_it_up_and_down_and_seats_stay_but_for_the_surplus() {
    let mut case = Case::with_pro(10, &["a", "b", "c"]);
    let changed = |from, add_on, quantity| {
        Event::AddOnChanged(AddOnChanged {
            product: duo(),
            from,
            add_on,
            quantity: Seats::known(quantity),
            channel: Channel::Sales,
        })
    };
    let upgrade = case.now([changed(pro(), enterprise(), 5)]);
    case.when(purchase("duo_enterprise", 5)).then_expect_events(upgrade);
    case.tell(purchase("duo_enterprise", 5));
    assert_eq!((case.product().quantity, case.product().assigned), (5, 3));

    let downgrade = case.now([changed(enterprise(), pro(), 2), surplus_seat("c", 1, None)]);
    case.when(purchase("duo_pro", 2)).then_expect_events(downgrade);
}

#[test]
fn r11_the_total_can_be_set_up_and_down_and_0_withdraws_the_add_on() {
    let mut case = Case::with_pro(2, &["a", "b"]);
    let set = |quantity| Event::SeatQuantityChanged { product: duo(), add_on: pro(), quantity };
    case.when(set_quantity("duo_pro", 9)).then_expect_events(case.now([set(9)]));
    case.when(set_quantity("duo_pro", 1)).then_expect_events(case.now([set(1), surplus_seat("b", 1, None)]));
    case.refuses(set_quantity("duo_pro", -1), Code::InvalidQuantity);

    let retained = Event::SeatsRetained {
        product: duo(),
        add_on: pro(),
        trial: false,
        quantity: 2,
        seats: 2,
        grace_ends_at: case.now + days(28),
    };
    case.when(set_quantity("duo_pro", 0)).then_expect_events(case.now([set(0), retained]));
    case.tell(set_quantity("duo_pro", 0));
    case.refuses(set_quantity("duo_pro", 5), Code::AddOnNotHeld);
}

#[test]
fn r11_the_add_on_must_be_the_one_that_is_paid_for() {
    let mut case = Case::ultimate(&[("duo_pro", 5)]);
    case.tell(trial("duo_enterprise", None));
    case.refuses(set_quantity("duo_enterprise", 5), Code::AddOnNotHeld);
    case.refuses(set_quantity("duo_max", 5), Code::AddOnNotHeld);
}

#[test]
fn r12_enterprise_is_sold_by_sales_only() {
    let case = Case::ultimate(&[]);
    let through = |add_on, channel| Command::PurchaseSeats { add_on, quantity: 1, channel };
    case.refuses(through(enterprise(), Channel::Portal), Code::SalesOnly);
    for (add_on, channel) in [(enterprise(), Channel::Sales), (pro(), Channel::Portal), (pro(), Channel::Sales)] {
        assert!(case.when(through(add_on, channel)).inspect_result().is_ok());
    }
}
