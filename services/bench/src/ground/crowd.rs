//! Licensees full of members, and the commands that give and take their seats.

use chrono::{DateTime, TimeDelta, Utc};
use contract::incoming::{Incoming, from_json};
use engine::{Call, Engine, IdempotencyKey};
use licensing::{Command, LicenseeId, ProductId, UserId};
use serde_json::{Value, json};

use super::load;
use crate::{error::BenchError, progress};

/// The product whose seats are given.
pub const PRODUCT: &str = "duo";
/// The most users of one command (R24).
const USERS_MAX: u64 = 10_000;
/// Messages under way while a store is filled.
const FILLING: usize = 4_096;
/// So many messages are worth telling about.
const TELL_FROM: u64 = 100_000;

/// So many licensees, each with so many members, and a seat for each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowd {
    /// How many licensees.
    pub licensees: u64,
    /// How many members each has.
    pub members: u64,
}

/// A command of the passes over a crowd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Which licensee.
    pub licensee: u64,
    /// Which of its members.
    pub member: u64,
    /// Whether a seat is given; otherwise it is taken.
    pub is_given: bool,
}

impl Crowd {
    /// The `number`th command: passes over all members, licensee by licensee, in which each gets a seat, then passes in which
    /// each loses it, and so on. So every command changes something, and neighbours have different licensees.
    pub const fn turn(self, number: u64) -> Turn {
        let everybody = self.everybody();
        let (pass, place) = (number / everybody, number % everybody);
        Turn { licensee: place % self.licensees, member: place / self.licensees, is_given: pass.is_multiple_of(2) }
    }

    /// How many members there are in all.
    pub const fn everybody(self) -> u64 {
        let everybody = self.licensees.saturating_mul(self.members);
        if everybody == 0 { 1 } else { everybody }
    }

    /// Makes the licensees and their members.
    ///
    /// # Errors
    /// [`BenchError`] if a message is not accepted.
    pub fn join(self, engine: &Engine) -> Result<(), BenchError> {
        self.join_some(engine, |_licensee| true)
    }

    /// Makes some of the licensees, by their names, and their members.
    ///
    /// # Errors
    /// [`BenchError`] if a message is not accepted.
    pub fn join_some(self, engine: &Engine, is_wanted: impl Fn(&str) -> bool) -> Result<(), BenchError> {
        let wanted: Vec<u64> = (0..self.licensees).filter(|licensee| is_wanted(&licensee_name(*licensee))).collect();
        let starts = wanted.iter().map(|licensee| start(&licensee_name(*licensee), self.members));
        let members = wanted.iter().flat_map(|licensee| {
            (0..self.members).map(move |member| join(&licensee_name(*licensee), &user_name(*licensee, member)))
        });
        accept_all(engine, starts)?;
        accept_all(engine, members)
    }
}

/// What a licensee is called.
pub fn licensee_name(licensee: u64) -> String {
    format!("l-{licensee}")
}

/// What a member is called.
pub fn user_name(licensee: u64, member: u64) -> String {
    format!("u-{licensee}-{member}")
}

impl Turn {
    /// The command, with a key (R34) that no other command has.
    ///
    /// # Errors
    /// [`BenchError::Wrong`] if one of the names is not valid.
    pub fn call(self, key: &str) -> Result<Call, BenchError> {
        let user = parsed(UserId::parse(&user_name(self.licensee, self.member)))?;
        let product = ProductId::new(PRODUCT);
        let (type_name, command) = match self.is_given {
            true => {
                ("PUT /v1/licensees/{licensee}/products/{product}/seats/{user}", Command::AssignSeat { product, user })
            }
            false => (
                "DELETE /v1/licensees/{licensee}/products/{product}/seats/{user}",
                Command::RemoveSeat { product, user },
            ),
        };
        Ok(Call {
            key: Some(parsed(IdempotencyKey::new(key, &[key.as_bytes()]))?),
            type_name: type_name.to_owned(),
            actor: "bench".to_owned(),
            licensee: parsed(LicenseeId::parse(&licensee_name(self.licensee)))?,
            command,
        })
    }

    /// The path of its request.
    pub fn path(self) -> String {
        let (licensee, user) = (licensee_name(self.licensee), user_name(self.licensee, self.member));
        format!("/v1/licensees/{licensee}/products/{PRODUCT}/seats/{user}")
    }

    /// The method of its request.
    pub const fn method(self) -> &'static str {
        if self.is_given { "PUT" } else { "DELETE" }
    }
}

/// Gives seats to the first `count` members of a licensee.
///
/// # Errors
/// [`BenchError`] if they can't have them.
pub fn seat(engine: &Engine, licensee: u64, count: u64) -> Result<(), BenchError> {
    let messages = (0..count).step_by(usize::try_from(USERS_MAX).unwrap_or(1)).map(|first| {
        let users: Vec<String> =
            (first..count.min(first + USERS_MAX)).map(|member| user_name(licensee, member)).collect();
        let data = json!({"licensee": licensee_name(licensee), "product": PRODUCT, "users": users});
        message("usher.seats.v1.AssignSeats", &format!("seat-{licensee}-{first}"), &data)
    });
    accept_all(engine, messages)
}

/// Hands in messages, many at a time; all of them have to be accepted.
///
/// # Errors
/// [`BenchError::Wrong`] with the first that is not.
pub fn accept_all(engine: &Engine, messages: impl Iterator<Item = String>) -> Result<(), BenchError> {
    let mut done = 0_u64;
    load::in_order(
        FILLING,
        messages,
        |message| Ok(engine.message(read(&message))?),
        |ticket| {
            done += 1;
            if done.is_multiple_of(TELL_FROM) {
                progress::tell(&format!("{done} messages are in the store"));
            }
            let answer = ticket.wait()?;
            answer
                .outcome
                .map(|_| ())
                .map_err(|refusal| BenchError::wrong(format!("a message was refused: {refusal:?}")))
        },
    )
}

fn read(message: &str) -> Incoming {
    from_json(message.as_bytes())
}

/// A message that starts a subscription with so many seats of Duo Pro.
pub fn start(licensee: &str, seats: u64) -> String {
    let now = Utc::now();
    let data = json!({
        "licensee": licensee, "name": licensee, "offering": "gitlab_com", "subscription": format!("S-{licensee}"),
        "plan": "ultimate", "seats": seats, "starts_at": now - TimeDelta::days(1),
        "ends_at": now + TimeDelta::days(365), "contact_email": "contact@example.com",
        "add_ons": [{"add_on": "duo_pro", "quantity": seats}],
    });
    message("usher.billing.v1.SubscriptionStarted", &format!("start-{licensee}"), &data)
}

/// A message that makes someone a member.
pub fn join(licensee: &str, user: &str) -> String {
    let data = json!({
        "licensee": licensee, "user": user, "username": format!("{user}-login"), "name": "A Name",
        "email": format!("{user}@example.com"), "role": "developer", "type": "human",
    });
    message("usher.directory.v1.MemberAdded", &format!("join-{licensee}-{user}"), &data)
}

/// A CloudEvent in JSON.
pub fn message(type_name: &str, id: &str, data: &Value) -> String {
    let time: DateTime<Utc> = Utc::now();
    json!({"specversion": "1.0", "id": id, "source": "urn:bench", "type": type_name, "time": time, "data": data})
        .to_string()
}

fn parsed<T, E: std::fmt::Display>(parsed: Result<T, E>) -> Result<T, BenchError> {
    parsed.map_err(|error| BenchError::wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_gets_a_seat_before_anybody_loses_one() {
        let crowd = Crowd { licensees: 2, members: 2 };
        let turns: Vec<(u64, u64, bool)> =
            (0..9).map(|number| crowd.turn(number)).map(|turn| (turn.licensee, turn.member, turn.is_given)).collect();
        assert_eq!(turns[..5], [(0, 0, true), (1, 0, true), (0, 1, true), (1, 1, true), (0, 0, false)]);
        assert_eq!(turns[8], (0, 0, true));
    }
}
