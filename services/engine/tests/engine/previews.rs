//! R37: previews, and commands that are bound to one.

use contract::{event::StreamEvent, incoming::from_json};
use engine::{Call, ClockRefused, IdempotencyKey, Order, Preview, PreviewEvent, Reply};
use licensing::{Code, Command};
use serde_json::{Value, json};

use crate::fixture::*;

fn as_order(message: &Value) -> Order {
    Order::Message(Box::new(from_json(message.to_string().as_bytes())))
}

fn as_call(id: &str, key: Option<&str>, command: Command) -> Order {
    let key = key.map(|key| IdempotencyKey::new(key, &[b"content"]).unwrap());
    Order::Call(Box::new(Call { key, ..call(id, None, command) }))
}

impl Fixture {
    fn reply(&self, order: Order) -> Reply {
        self.engine().submit(order).unwrap().wait().unwrap()
    }

    /// What an order would do; fails if anything was written.
    fn preview(&self, order: Order) -> Preview {
        let before = self.journal().heads().unwrap();
        let Reply::Previewed(preview) = self.reply(Order::Preview(Box::new(order))) else { panic!("no preview") };
        assert_eq!(self.journal().heads().unwrap(), before, "nothing is written");
        *preview
    }

    /// The events of a licensee behind the first so many, as a preview shows them.
    fn shown_after(&self, before: usize, id: &str) -> Vec<PreviewEvent> {
        let shown = |event| PreviewEvent::from(StreamEvent::Licensee { licensee: licensee(id), event });
        self.stream(&format!("licensee/{id}")).iter().skip(before).map(|record| shown(event(record))).collect()
    }
}

fn events(preview: &Preview) -> &[PreviewEvent] {
    preview.outcome.as_ref().unwrap()
}

#[test]
fn r37_a_smaller_quantity_names_who_would_lose_the_seat_and_the_command_does_just_that() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 3, &["u-1", "u-2", "u-3"]);
    for member in ["u-1", "u-2", "u-3"] {
        fixture.call("acme", assign(member));
    }
    let fewer =
        message("billing.v1.SeatQuantityChanged", json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 1}));
    let preview = fixture.preview(as_order(&fewer));
    let removed: Vec<_> = events(&preview).iter().filter(|event| event.type_name == "SeatRemoved").collect();
    assert_eq!(removed.len(), 2, "{preview:#?}");
    assert!(removed.iter().all(|event| event.data["reason"] == "overage"), "{removed:#?}");

    let before = fixture.names("acme").len();
    assert_eq!(preview.version, Some(before as u64));
    fixture.accept(&fewer);
    assert_eq!(events(&preview), fixture.shown_after(before, "acme"));
}

#[test]
fn r37_a_status_reaches_the_licensees_and_a_new_member_has_the_users_status() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 1, &["u-1"]);
    fixture.with_pro("globex", 1, &["u-1"]);
    fixture.call("acme", assign("u-1"));
    let blocked = message("directory.v1.UserBlocked", json!({"user": "u-1"}));
    let preview = fixture.preview(as_order(&blocked));
    let names: Vec<_> =
        events(&preview).iter().map(|event| (event.stream.as_str(), event.type_name.as_str())).collect();
    let expected = [
        ("user/u-1", "UserBlocked"),
        ("licensee/acme", "MemberStatusChanged"),
        ("licensee/acme", "SeatRemoved"),
        ("licensee/globex", "MemberStatusChanged"),
    ];
    assert_eq!(names, expected);
    fixture.accept(&blocked);
    assert_eq!(events(&fixture.preview(as_order(&message("directory.v1.UserBlocked", json!({"user": "u-1"}))))), []);
    fixture.accept(&started("initech", 10, Some(1)));
    let joins = fixture.preview(as_order(&member_added("initech", "u-1")));
    assert_eq!(events(&joins)[0].data["status"], "blocked");
}

#[test]
fn r37_what_would_be_refused_says_so_and_is_not_kept() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 1, &["u-1", "u-2"]);
    fixture.call("acme", assign("u-1"));
    let preview = fixture.preview(as_call("acme", Some("key"), assign("u-2")));
    assert_eq!(preview.outcome.unwrap_err().code, Code::NoSeatsAvailable);
    let unknown = message("billing.v1.SubscriptionSeatsChanged", json!({"licensee": "nobody", "seats": 5}));
    assert_eq!(fixture.preview(as_order(&unknown)).outcome.unwrap_err().code, Code::UnknownLicensee);
    assert_eq!(fixture.code(&unknown), "unknown_licensee");
    assert!(fixture.send(&unknown).duplicate, "the id was free until the command itself came");
}

#[test]
fn r37_a_preview_does_not_look_at_ids() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1", "u-2"]);
    let keyed = |member: &str| as_call("acme", Some("key"), assign(member));
    let Reply::Done(done) = fixture.reply(keyed("u-1")) else { panic!() };
    assert!(done.outcome.is_ok());
    fixture.call("acme", Command::RemoveSeat { product: duo(), user: user("u-1") });
    for member in ["u-1", "u-2"] {
        assert_eq!(events(&fixture.preview(keyed(member)))[0].type_name, "SeatAssigned", "{member}");
    }
    let other = IdempotencyKey::new("key", &[b"other"]).unwrap();
    let other = Order::Call(Box::new(call("acme", Some(other), assign("u-2"))));
    assert_eq!(events(&fixture.preview(other)).len(), 1);

    let seats = |seats: i64| {
        let data = json!({"licensee": "acme", "seats": seats});
        message_as("same", DAY_ONE, "billing.v1.SubscriptionSeatsChanged", data)
    };
    fixture.accept(&seats(20));
    assert_eq!(events(&fixture.preview(as_order(&seats(20)))).len(), 1, "what it would do under an id of its own");
    assert_eq!(fixture.preview(as_order(&seats(0))).outcome.unwrap_err().code, Code::InvalidQuantity);
}

#[test]
fn r37_the_clock_tells_what_would_happen_on_its_way() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 1, &["u-1"]);
    fixture.call("acme", assign("u-1"));
    let before = fixture.names("acme").len();
    let to = at("2027-01-01T00:00:00Z");
    let preview = fixture.preview(Order::AdvanceClock(to));
    assert!(events(&preview).iter().any(|event| event.type_name == "SeatRemoved"), "{preview:#?}");
    fixture.advance("2027-01-01T00:00:00Z");
    assert_eq!(events(&preview), fixture.shown_after(before, "acme"));
    let back = Order::Preview(Box::new(Order::AdvanceClock(at(DAY_ONE))));
    assert_eq!(fixture.reply(back), Reply::Moved(Err(ClockRefused::Backwards { now: to })));
}

#[test]
fn a_command_for_another_version_does_nothing() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1", "u-2"]);
    let seen = fixture.preview(as_call("acme", None, assign("u-1"))).version.unwrap();
    let bound = |key, member| {
        let order = Box::new(as_call("acme", Some(key), assign(member)));
        fixture.reply(Order::IfVersion { version: seen, order })
    };
    assert!(matches!(bound("first", "u-1"), Reply::Done(done) if done.events == 1));
    assert_eq!(bound("second", "u-2"), Reply::OtherVersion { found: seen + 1 });
    assert_eq!(fixture.holders("acme"), ["u-1"]);
    assert!(matches!(bound("first", "u-1"), Reply::Done(done) if done.duplicate), "what was done is answered again");
    let order = Box::new(as_call("acme", Some("second"), assign("u-2")));
    let again = fixture.reply(Order::IfVersion { version: seen + 1, order });
    assert!(matches!(again, Reply::Done(done) if done.events == 1), "the key was not used up");
}
