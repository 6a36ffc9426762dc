//! What is published: licensees with fewer seats than are asked for.

use serde_json::{Value, json};

use super::dice::Dice;
use crate::check::Sent;

pub const LICENSEES: u64 = 20;
/// Members that a licensee has for itself at first.
const OWN_MEMBERS: u64 = 8;
/// Users who are members of several licensees.
const SHARED_USERS: u64 = 6;
/// Each of them is a member of every so-maniest licensee.
const SHARED_BY: u64 = 3;
/// What a subscription is for: more than is bought at first, so that some purchases fit and others don't.
const SUBSCRIPTION_SEATS: u64 = 12;
const FIRST_QUANTITY: u64 = 4;
const SOURCE: &str = "/load";
const TIME: &str = "2025-01-01T00:00:00Z";

/// A line to be published.
#[derive(Debug, Clone)]
pub struct Message {
    pub line: String,
    pub sent: Sent,
}

/// Makes messages, each with an id of its own.
pub struct Messages {
    dice: Dice,
    made: u64,
}

impl Messages {
    pub fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), made: 0 }
    }

    /// The licensees and their first members.
    pub fn beginning(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        for number in 0..LICENSEES {
            let licensee = licensee(number);
            messages.push(self.event("billing.v1.SubscriptionStarted", json!({
                "licensee": licensee, "name": licensee, "offering": "gitlab_com", "subscription": format!("S-{number}"),
                "plan": "premium", "seats": SUBSCRIPTION_SEATS,
                "starts_at": TIME, "ends_at": "2026-01-01T00:00:00Z",
                "add_ons": [{"add_on": "duo_pro", "quantity": FIRST_QUANTITY}]
            })));
            for user in members(number) {
                messages.push(self.joins(&licensee, &user, "developer"));
            }
        }
        messages
    }

    /// Some of everything that may happen, for all licensees.
    pub fn round(&mut self) -> Vec<Message> {
        let mut messages: Vec<Message> = (0..LICENSEES).flat_map(|number| self.of_licensee(number)).collect();
        for _ in 0..3 {
            let (shared, own) = (self.shared_user(), self.own_user());
            messages.extend([shared, own].map(|user| self.changes_status(&user)));
        }
        messages.extend(self.hopeless());
        messages
    }

    fn of_licensee(&mut self, number: u64) -> Vec<Message> {
        let name = licensee(number);
        let user = self.member(number);
        let mut messages = Vec::new();
        if self.dice.once_in(2) {
            let users = [&user, &self.member(number)];
            let mode = self.dice.one_of(&["all_or_nothing", "best_effort"]);
            let data = json!({"licensee": name, "product": "duo", "users": users, "mode": mode});
            messages.push(self.event("seats.v1.AssignSeats", data));
        }
        if self.dice.once_in(4) {
            let data = json!({"licensee": name, "product": "duo", "users": [user]});
            messages.push(self.event("seats.v1.RemoveSeats", data));
        }
        if self.dice.once_in(5) {
            let quantity = 1 + self.dice.below(6);
            let data = json!({"licensee": name, "add_on": "duo_pro", "quantity": quantity});
            messages.push(self.event("billing.v1.SeatQuantityChanged", data));
        }
        if self.dice.once_in(6) {
            let quantity = if self.dice.once_in(2) { 1 } else { SUBSCRIPTION_SEATS };
            let data = json!({"licensee": name, "add_on": "duo_pro", "quantity": quantity, "channel": "portal"});
            messages.push(self.event("billing.v1.SeatsPurchased", data));
        }
        if self.dice.once_in(6) {
            let newcomer = format!("u-{number:02}-n{}", self.made);
            messages.push(self.joins(&name, &newcomer, "developer"));
        }
        if self.dice.once_in(5) {
            let role = self.dice.one_of(&["guest", "minimal_access", "owner"]);
            messages.push(self.joins(&name, &user, role));
        }
        if self.dice.once_in(10) {
            messages.push(self.event("directory.v1.MemberRemoved", json!({"licensee": name, "user": user})));
        }
        if self.dice.once_in(2) {
            messages.push(self.uses(&user));
        }
        messages
    }

    /// What can only be refused: an unknown type, an unknown licensee, data that make no sense, and what is no event.
    fn hopeless(&mut self) -> Vec<Message> {
        let nobody = json!({"licensee": "nobody", "product": "duo", "users": ["u-nobody"]});
        let mut messages = vec![
            self.event("billing.v1.SeatsStolen", json!({"licensee": licensee(0)})),
            self.event("seats.v1.AssignSeats", nobody),
            self.event("directory.v1.MemberAdded", json!({"licensee": licensee(1), "user": 7})),
        ];
        self.made += 1;
        let text = format!("no event, number {}", self.made);
        messages.push(Message { line: text.clone(), sent: Sent::Garbage { text } });
        messages
    }

    fn joins(&mut self, licensee: &str, user: &str, role: &str) -> Message {
        let data = json!({
            "licensee": licensee, "user": user, "username": user, "name": user, "email": format!("{user}@example.com"),
            "role": role, "type": "human"
        });
        self.event("directory.v1.MemberAdded", data)
    }

    fn changes_status(&mut self, user: &str) -> Message {
        // Whoever may have lost a seat comes back as often as not.
        let name = self.dice.one_of(&["UserBlocked", "UserDeactivated", "UserReactivated", "UserReactivated"]);
        self.event(&format!("directory.v1.{name}"), json!({"user": user, "reason": "because"}))
    }

    fn uses(&mut self, user: &str) -> Message {
        let seconds = self.made;
        let at = format!("2024-06-01T{:02}:{:02}:{:02}Z", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        let message = self.event("usage.v1.CodeSuggestionsUsed", json!({"user": user, "used_at": at}));
        let command_id = message.sent.command_id().unwrap().to_owned();
        Message { sent: Sent::Use { command_id, user: user.to_owned(), at }, ..message }
    }

    fn event(&mut self, name: &str, data: Value) -> Message {
        self.made += 1;
        let id = format!("m-{}", self.made);
        let event = json!({
            "specversion": "1.0", "source": SOURCE, "id": id, "type": format!("usher.{name}"), "time": TIME, "data": data
        });
        Message { line: event.to_string(), sent: Sent::Event { command_id: format!("{SOURCE}#{id}") } }
    }

    fn member(&mut self, number: u64) -> String {
        let members = members(number);
        members[self.dice.below(members.len() as u64) as usize].clone()
    }

    fn shared_user(&mut self) -> String {
        shared_user(self.dice.below(SHARED_USERS))
    }

    fn own_user(&mut self) -> String {
        own_user(self.dice.below(LICENSEES), self.dice.below(OWN_MEMBERS))
    }
}

/// The id of a licensee.
pub fn licensee(number: u64) -> String {
    format!("lic-{number:02}")
}

/// The first members of a licensee.
pub fn members(number: u64) -> Vec<String> {
    let own = (0..OWN_MEMBERS).map(|place| own_user(number, place));
    let shared = (0..SHARED_USERS).filter(|user| user % SHARED_BY == number % SHARED_BY).map(shared_user);
    own.chain(shared).collect()
}

fn own_user(number: u64, place: u64) -> String {
    format!("u-{number:02}-{place}")
}

fn shared_user(number: u64) -> String {
    format!("shared-{number}")
}
