//! What is asked, step by step.

use std::time::Duration;

use chrono::{DateTime, Days, TimeDelta, Utc};
use fastrand::Rng;
use http::Method;
use serde_json::{Value, json};

use crate::{
    Company, Kind, Mix,
    company::Member,
    crew::Crew,
    prepare::Prepared,
    request::{Asked, Messages, ONE_EVENT, as_text, member_added},
    target::Reach,
};

/// How many users a bulk command is for at most, and how many seats are bought at once at most.
const BULK_MAX: u32 = 50;
/// How many members or events a page has.
const PAGE_ITEMS: u32 = 50;
/// What is asked for in a check.
const FEATURE: &str = "code_suggestions";
const PRODUCT: &str = "duo";
const ADD_ON: &str = "duo_pro";
/// For how long a renewal is, days.
const TERM_DAYS: u64 = 365;

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    pub(crate) order: Order,
    /// By what others see that it took effect, where a look at a user tells.
    pub(crate) sign: Option<Sign>,
}

/// How a step is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// A request to the server.
    Ask(Asked),
    /// A message to the brokers: an event as JSON.
    Tell(Vec<u8>),
}

/// What a look at a user shows from some moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sign {
    pub(crate) user: String,
    /// The status that is shown; `None` for any: the user is known.
    pub(crate) status: Option<&'static str>,
}

/// Makes one step after another: the same ones for the same seed and company.
pub(crate) struct Script {
    company: Company,
    crews: Vec<Crew>,
    mix: Mix,
    reach: Reach,
    messages: Messages,
    dice: Rng,
    /// The server's clock at the start.
    began: DateTime<Utc>,
}

impl Script {
    pub(crate) fn new(prepared: Prepared, mix: Mix, reach: Reach, seed: u64) -> Self {
        let Prepared { company, crews, now } = prepared;
        let messages = Messages::new(&company);
        Self { company, crews, mix, reach, messages, dice: Rng::with_seed(seed), began: now }
    }

    /// The next step, which is due so long after the start; `None` of a company without licensees.
    pub(crate) fn next(&mut self, due_after: Duration) -> Option<Step> {
        let Self { company, crews, mix, reach, messages, dice, began } = self;
        let kind = mix.any(dice);
        let began = *began;
        let licensee = dice.u32(0..company.licensees.max(1));
        let crew = crews.get_mut(licensee as usize)?;
        crew.settle(due_after);
        Some(Scene { licensee, began, due_after, company, crew, reach: *reach, messages, dice }.step(kind))
    }
}

/// A licensee at a moment, of which something is asked.
struct Scene<'a> {
    licensee: u32,
    began: DateTime<Utc>,
    due_after: Duration,
    company: &'a Company,
    crew: &'a mut Crew,
    reach: Reach,
    messages: &'a mut Messages,
    dice: &'a mut Rng,
}

impl Scene<'_> {
    fn step(&mut self, kind: Kind) -> Step {
        let plain = |order| Step { kind, order, sign: None };
        match kind {
            Kind::CheckAccess => {
                let user = self.anybody();
                plain(read(format!("/v1/users/{user}/access?feature={FEATURE}")))
            }
            Kind::ShowUser => plain(read(format!("/v1/users/{}", self.anybody()))),
            Kind::ShowLicensee => plain(self.read_licensee("")),
            Kind::ListMembers => plain(self.read_licensee(&format!("/members?limit={PAGE_ITEMS}"))),
            Kind::ShowHistory => {
                let from = as_text(self.began);
                plain(self.read_licensee(&format!("/events?limit={PAGE_ITEMS}&from={from}")))
            }
            Kind::Use => {
                let data = json!({"user": self.anybody(), "used_at": as_text(self.now())});
                plain(self.message("usage.v1.CodeSuggestionsUsed", &data))
            }
            Kind::Join => self.join(),
            Kind::Leave => self.leave(),
            Kind::Deactivate => self.go_away(kind, "deactivated"),
            Kind::Block => self.go_away(kind, "blocked"),
            Kind::Reactivate => self.come_back(),
            Kind::AssignOne => plain(self.change_one(Verb::Assign)),
            Kind::RemoveOne => plain(self.change_one(Verb::Remove)),
            Kind::AssignMany => plain(self.change_many(Verb::Assign)),
            Kind::RemoveMany => plain(self.change_many(Verb::Remove)),
            Kind::BuySeats => self.buy(),
            Kind::ChangeQuantity => self.set_back(),
            Kind::Renew => plain(self.renew()),
        }
    }

    fn join(&mut self) -> Step {
        let number = self.crew.join(self.due_after);
        let member = Member { licensee: self.licensee, number };
        let data = member_added(self.company, member);
        let sign = Some(Sign { user: self.user(number), status: None });
        Step { kind: Kind::Join, order: self.message("directory.v1.MemberAdded", &data), sign }
    }

    /// Where nobody can leave, somebody joins.
    fn leave(&mut self) -> Step {
        let Some(number) = self.crew.leave(self.dice) else { return self.join() };
        let data = json!({"licensee": self.name(), "user": self.user(number)});
        Step { kind: Kind::Leave, order: self.message("directory.v1.MemberRemoved", &data), sign: None }
    }

    fn go_away(&mut self, kind: Kind, status: &'static str) -> Step {
        let Some(number) = self.crew.go_away(self.dice) else { return self.join() };
        let r#type = if kind == Kind::Block { "UserBlocked" } else { "UserDeactivated" };
        self.status_changed(kind, r#type, number, status)
    }

    /// Where nobody is away for long enough, somebody goes.
    fn come_back(&mut self) -> Step {
        match self.crew.come_back() {
            Some(number) => self.status_changed(Kind::Reactivate, "UserReactivated", number, "active"),
            None => self.go_away(Kind::Deactivate, "deactivated"),
        }
    }

    fn status_changed(&mut self, kind: Kind, r#type: &str, number: u32, status: &'static str) -> Step {
        let user = self.user(number);
        let order = self.message(&format!("directory.v1.{}", r#type), &json!({"user": user}));
        Step { kind, order, sign: Some(Sign { user, status: Some(status) }) }
    }

    fn change_one(&mut self, verb: Verb) -> Order {
        let user = self.one_for(verb);
        if self.reach == Reach::Brokers {
            return self.seats_message(verb, vec![user]);
        }
        let path = format!("/v1/licensees/{}/products/{PRODUCT}/seats/{user}", self.name());
        Order::Ask(Asked { method: verb.method(), path, body: None })
    }

    fn change_many(&mut self, verb: Verb) -> Order {
        let count = self.dice.u32(1..=BULK_MAX);
        let users: Vec<String> = (0..count).map(|_| self.one_for(verb)).collect();
        if self.reach == Reach::Brokers {
            return self.seats_message(verb, users);
        }
        let path = format!("/v1/licensees/{}/products/{PRODUCT}/seats/{}", self.name(), verb.path());
        Order::Ask(Asked::post(path, &verb.data(json!({"users": users}))))
    }

    /// Somebody whose seat changes; where there is none left, anybody.
    fn one_for(&mut self, verb: Verb) -> String {
        let drawn = match verb {
            Verb::Assign => self.crew.seat(self.dice),
            Verb::Remove => self.crew.unseat(self.dice),
        };
        match drawn {
            Some(number) => self.user(number),
            None => self.anybody(),
        }
    }

    fn seats_message(&mut self, verb: Verb, users: Vec<String>) -> Order {
        let data = verb.data(json!({"licensee": self.name(), "product": PRODUCT, "users": users}));
        self.message(verb.message(), &data)
    }

    /// Some more seats; where the subscription has no room for them, the number goes back.
    fn buy(&mut self) -> Step {
        let more = self.dice.u32(1..=BULK_MAX);
        let quantity = self.crew.quantity() + more;
        if quantity > self.company.subscription_seats() {
            return self.set_back();
        }
        self.crew.set_quantity(quantity);
        let data = json!({"licensee": self.name(), "add_on": ADD_ON, "quantity": more, "channel": "portal"});
        Step { kind: Kind::BuySeats, order: self.message("billing.v1.SeatsPurchased", &data), sign: None }
    }

    fn set_back(&mut self) -> Step {
        let quantity = self.company.quantity();
        self.crew.set_quantity(quantity);
        let data = json!({"licensee": self.name(), "add_on": ADD_ON, "quantity": quantity});
        Step { kind: Kind::ChangeQuantity, order: self.message("billing.v1.SeatQuantityChanged", &data), sign: None }
    }

    fn renew(&mut self) -> Order {
        let ends_at = self.now().checked_add_days(Days::new(TERM_DAYS)).unwrap_or(self.now());
        let subscription = self.company.subscription(self.licensee);
        let data = json!({"licensee": self.name(), "subscription": subscription, "ends_at": as_text(ends_at)});
        self.message("billing.v1.SubscriptionRenewed", &data)
    }

    fn message(&mut self, r#type: &str, data: &Value) -> Order {
        let event = self.messages.event(&format!("usher.{}", r#type), self.now(), data);
        match self.reach {
            Reach::Server => Order::Ask(Asked::events(ONE_EVENT, &event)),
            Reach::Brokers | Reach::Both => Order::Tell(event.to_string().into_bytes()),
        }
    }

    fn read_licensee(&self, what: &str) -> Order {
        read(format!("/v1/licensees/{}{what}", self.name()))
    }

    /// Any member's id, or an id of nobody where there is none.
    fn anybody(&mut self) -> String {
        let number = self.crew.any(self.dice).unwrap_or_default();
        self.user(number)
    }

    fn now(&self) -> DateTime<Utc> {
        let due_after = TimeDelta::from_std(self.due_after).unwrap_or_default();
        self.began.checked_add_signed(due_after).unwrap_or(self.began)
    }

    fn name(&self) -> String {
        self.company.licensee(self.licensee)
    }

    fn user(&self, number: u32) -> String {
        self.company.user(Member { licensee: self.licensee, number })
    }
}

fn read(path: String) -> Order {
    Order::Ask(Asked::get(path))
}

/// What becomes of seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Assign,
    Remove,
}

impl Verb {
    const fn method(self) -> Method {
        match self {
            Self::Assign => Method::PUT,
            Self::Remove => Method::DELETE,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::Remove => "remove",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Assign => "seats.v1.AssignSeats",
            Self::Remove => "seats.v1.RemoveSeats",
        }
    }

    /// What is sent along with users: whoever can't have a seat is left out.
    fn data(self, mut data: Value) -> Value {
        if self == Self::Assign {
            data["mode"] = json!("best_effort");
        }
        data
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::crew::Standing;

    fn script(mix: &str, reach: Reach) -> Script {
        let company = Company { name: "a".into(), licensees: 2, members: 40 };
        let mut crew = Crew::with_quantity(20);
        (0..40).for_each(|number| crew.note(number, if number < 20 { Standing::Seat } else { Standing::NoSeat }));
        let prepared = Prepared { company, crews: vec![crew.clone(), crew], now: DateTime::default() };
        Script::new(prepared, mix.parse().unwrap(), reach, 3)
    }

    fn steps(script: &mut Script, count: usize) -> Vec<Step> {
        (0..count).map(|second| script.next(Duration::from_secs(second as u64)).unwrap()).collect()
    }

    fn event(order: &Order) -> Value {
        match order {
            Order::Tell(event) => serde_json::from_slice(event).unwrap(),
            Order::Ask(Asked { body: Some((_, body)), .. }) => serde_json::from_slice(body).unwrap(),
            Order::Ask(asked) => panic!("no event in {asked:?}"),
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_steps_but_for_the_names_of_messages() {
        let mut one = script("check_access=3,assign_one=2,leave=1", Reach::Both);
        let mut other = script("check_access=3,assign_one=2,leave=1", Reach::Both);
        let mut ids = BTreeMap::new();
        for (step, same) in steps(&mut one, 300).into_iter().zip(steps(&mut other, 300)) {
            match (&step.order, &same.order) {
                (Order::Tell(_), Order::Tell(_)) => {
                    let (event, same) = (event(&step.order), event(&same.order));
                    assert_eq!((&event["data"], &event["time"]), (&same["data"], &same["time"]));
                    *ids.entry(event["id"].to_string()).or_insert(0) += 1;
                    *ids.entry(same["id"].to_string()).or_insert(0) += 1;
                }
                _ => assert_eq!(step, same),
            }
        }
        assert!(ids.len() > 50 && ids.values().all(|count| *count == 1), "{ids:?}");
    }

    #[test]
    fn messages_go_to_brokers_where_there_are_some_and_seats_to_the_server_where_there_is_one() {
        for (mix, reach, by_message) in [
            ("join=1,block=1,use=1,renew=1,buy_seats=1", Reach::Server, false),
            ("join=1,block=1,use=1,renew=1,buy_seats=1", Reach::Both, true),
            ("assign_one=1,remove_one=1,assign_many=1,remove_many=1", Reach::Both, false),
            ("assign_one=1,remove_one=1,assign_many=1,remove_many=1", Reach::Brokers, true),
        ] {
            for step in steps(&mut script(mix, reach), 60) {
                assert_eq!(matches!(step.order, Order::Tell(_)), by_message, "{step:?}");
            }
        }
    }

    #[test]
    fn one_who_joined_can_be_given_a_seat_and_one_who_left_is_asked_for_no_more() {
        let mut script = script("leave=1,join=1,check_access=2", Reach::Server);
        let mut left = Vec::new();
        for step in steps(&mut script, 400) {
            match step.kind {
                Kind::Leave => left.push(event(&step.order)["data"]["user"].as_str().unwrap().to_owned()),
                Kind::CheckAccess => {
                    let Order::Ask(Asked { path, .. }) = step.order else { panic!("no request") };
                    let user = path.split('/').nth(3).unwrap();
                    assert!(!left.iter().any(|gone| gone == user), "{user} has left");
                }
                _ => {}
            }
        }
        assert!(left.len() > 50);
    }

    #[test]
    fn whoever_is_blocked_shows_it_and_comes_back_only_after_others() {
        let mut script = script("block=1,reactivate=1", Reach::Brokers);
        let mut blocked_at = BTreeMap::new();
        for (index, step) in steps(&mut script, 120).into_iter().enumerate() {
            let Some(Sign { user, status }) = step.sign else { continue };
            match status {
                Some("active") => assert!(index - blocked_at.remove(&user).unwrap() > 16, "{user} at {index}"),
                Some(_) => assert_eq!(blocked_at.insert(user, index), None),
                None => {}
            }
        }
    }
}
