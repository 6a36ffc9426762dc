//! Random courses of events: whatever a reader saw live, a reader of the past sees again, by either clock.

use chrono::{DateTime, TimeDelta, Utc};
use engine::ClockMode;
use serde_json::{Value, json};

use crate::server::Server;

type Instant = DateTime<Utc>;

const LICENSEES: [&str; 3] = ["acme", "globex", "inst"];
const USERS: u64 = 7;
/// How many events come between two looks, and how many looks are taken.
const EVENTS_A_LOOK: u64 = 12;
const LOOKS: usize = 12;

/// A small generator of numbers that look random and never change.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.roll(choices.len() as u64)).unwrap()]
    }
}

/// Messages of all kinds, most of them sensible, as time goes on.
struct Course {
    dice: Dice,
    now: Instant,
    sent: u64,
}

impl Course {
    fn next(&mut self) -> Value {
        self.now += TimeDelta::minutes(self.dice.one_of(&[0, 1, 60, 600, 2_000, 20_000]));
        let (kind, data) = self.content();
        // Some come late: they are decided at the clock all the same.
        let time = self.now - TimeDelta::hours(self.dice.one_of(&[0, 0, 0, 30]));
        self.message(time, kind, &data)
    }

    /// Moves the clock, and nothing that is looked at.
    fn tick(&mut self) -> Value {
        self.message(self.now, "usage.v1.CodeSuggestionsUsed", &json!({"user": "somebody", "used_at": self.now}))
    }

    fn message(&mut self, time: Instant, kind: &str, data: &Value) -> Value {
        self.sent += 1;
        json!({
            "specversion": "1.0", "source": "/course", "id": format!("m-{}", self.sent), "type": format!("usher.{kind}"),
            "time": time, "data": data,
        })
    }

    fn content(&mut self) -> (&'static str, Value) {
        let licensee = self.dice.one_of(&LICENSEES);
        let user = format!("u-{}", self.dice.roll(USERS));
        let add_on = self.dice.one_of(&["duo_pro", "duo_pro", "duo_enterprise"]);
        let quantity = self.dice.one_of(&[1, 2, 4]);
        match self.dice.roll(30) {
            0..=2 => ("billing.v1.SubscriptionStarted", self.start(licensee)),
            3 => {
                let ends_at = self.now + TimeDelta::days(self.dice.one_of(&[20, 90]));
                (
                    "billing.v1.SubscriptionRenewed",
                    json!({"licensee": licensee, "subscription": "A-2", "ends_at": ends_at}),
                )
            }
            4 if self.dice.roll(3) == 0 => ("billing.v1.SubscriptionCancelled", json!({"licensee": licensee})),
            5 => (
                "billing.v1.SeatsPurchased",
                json!({"licensee": licensee, "add_on": add_on, "quantity": quantity, "channel": "sales"}),
            ),
            6 => (
                "billing.v1.SeatQuantityChanged",
                json!({"licensee": licensee, "add_on": add_on, "quantity": self.dice.one_of(&[0, 1, 3])}),
            ),
            7 => (
                "billing.v1.TrialStarted",
                json!({"licensee": licensee, "add_on": "duo_enterprise", "started_by": user}),
            ),
            8..=13 => ("directory.v1.MemberAdded", self.member(licensee, &user)),
            14 => ("directory.v1.MemberRemoved", json!({"licensee": licensee, "user": user})),
            15 => {
                let kinds = [
                    "directory.v1.UserBlocked",
                    "directory.v1.UserReactivated",
                    "directory.v1.UserReactivated",
                    "directory.v1.UserDeactivated",
                    "directory.v1.UserDeleted",
                ];
                (self.dice.one_of(&kinds), json!({ "user": user }))
            }
            16..=20 => {
                let used_at = self.now - TimeDelta::hours(self.dice.one_of(&[0, 1, 40]));
                ("usage.v1.CodeSuggestionsUsed", json!({"user": user, "used_at": used_at}))
            }
            21 => ("seats.v1.RemoveSeats", json!({"licensee": licensee, "product": "duo", "users": [user]})),
            22 => ("seats.v1.SynchronizeInstance", json!({"licensee": "inst", "version": "17.5"})),
            _ => ("seats.v1.AssignSeats", json!({"licensee": licensee, "product": "duo", "users": [user]})),
        }
    }

    fn start(&mut self, licensee: &str) -> Value {
        let offering = if licensee == "inst" { "self_managed" } else { "gitlab_com" };
        let starts_at = self.now + TimeDelta::days(self.dice.one_of(&[0, 0, 2]));
        json!({
            "licensee": licensee, "name": licensee, "offering": offering, "subscription": "A-1", "plan": "ultimate",
            "seats": 6, "starts_at": starts_at, "ends_at": starts_at + TimeDelta::days(self.dice.one_of(&[15, 60])),
            "instance_version": self.dice.one_of(&["17.4", "17.5"]),
            "add_ons": [{"add_on": "duo_pro", "quantity": 4}],
        })
    }

    fn member(&mut self, licensee: &str, user: &str) -> Value {
        let role = self.dice.one_of(&["minimal_access", "guest", "developer", "developer", "owner"]);
        json!({
            "licensee": licensee, "user": user, "username": user, "name": user, "email": format!("{user}@example.com"),
            "role": role, "type": self.dice.one_of(&["human", "human", "human", "bot"]),
        })
    }
}

/// Everything that may be asked of the past.
fn questions() -> Vec<String> {
    let mut questions = Vec::new();
    for licensee in LICENSEES {
        questions.push(format!("/v1/licensees/{licensee}?"));
        for query in
            ["", "sort=-user", "sort=last_used_at", "sort=-assigned_at&status=active", "assigned=true", "search=U-3"]
        {
            questions.push(format!("/v1/licensees/{licensee}/members?{query}"));
        }
    }
    for number in 0..USERS {
        questions.push(format!("/v1/users/u-{number}?"));
        for feature in ["duo_chat", "root_cause_analysis"] {
            questions.push(format!("/v1/users/u-{number}/access?feature={feature}"));
        }
    }
    questions
}

/// What is answered, names aside: those are today's.
async fn answer(server: &Server, question: &str) -> Value {
    let reply = server.get(question).await;
    let mut body = reply.json();
    if reply.status != 200 {
        return json!([reply.status.as_u16(), body["code"]]);
    }
    strip_names(&mut body);
    body
}

fn strip_names(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| name != "name" && name != "username");
            fields.values_mut().for_each(strip_names);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_names),
        _ => {}
    }
}

/// All items of a list, two a page.
async fn page_by_page(server: &Server, question: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = answer(server, &format!("{question}&limit=2{cursor}")).await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn text(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

struct Look {
    as_of: Instant,
    as_known_at: Instant,
    answers: Vec<Value>,
}

async fn look(server: &Server, course: &mut Course) -> Look {
    let mut answers = Vec::new();
    for question in questions() {
        answers.push(answer(server, &question).await);
    }
    let clock: Instant = server.get("/v1/clock").await.ok()["now"].as_str().unwrap().parse().unwrap();
    let as_known_at = Utc::now();
    let as_known_at = DateTime::from_timestamp_micros(as_known_at.timestamp_micros()).unwrap();
    // What comes next comes later, by both clocks, also what comes late.
    course.now = course.now.max(clock) + TimeDelta::seconds(1);
    while Utc::now().timestamp_micros() <= as_known_at.timestamp_micros() {
        std::hint::spin_loop();
    }
    server.accept(&[course.tick()]).await;
    Look { as_of: clock, as_known_at, answers }
}

async fn play(server: &Server, start: &str, seed: u64) -> Vec<Look> {
    let mut course = Course { dice: Dice(seed), now: start.parse().unwrap(), sent: 0 };
    let mut looks = Vec::new();
    for _ in 0..LOOKS {
        let events: Vec<Value> = (0..EVENTS_A_LOOK).map(|_| course.next()).collect();
        for result in server.events(&events).await {
            // Refusals are part of the game.
            if let Some(position) = result["position"].as_str() {
                server.get_at("/v1/timers", position).await.ok();
            }
        }
        looks.push(look(server, &mut course).await);
    }
    looks
}

async fn check(start: &str, seed: u64, with_known_access: bool) {
    let server = Server::with(ClockMode::EventTime(None), std::sync::Arc::new(String::new));
    let looks = play(&server, start, seed).await;
    let mut found = 0;
    for Look { as_of, as_known_at, answers } in &looks {
        for (question, live) in questions().iter().zip(answers) {
            let of_then = format!("{question}&as_of={}", text(*as_of));
            assert_eq!(answer(&server, &of_then).await, *live, "seed {seed}: {of_then}");
            let as_known = format!("{question}&as_known_at={}", text(*as_known_at));
            if with_known_access || !question.contains("/access") {
                assert_eq!(answer(&server, &as_known).await, *live, "seed {seed}: {as_known}");
            }
            let both = format!("{of_then}&as_known_at={}", text(*as_known_at));
            assert_eq!(answer(&server, &both).await, *live, "seed {seed}: {both}");
            if let Some(items) = live["items"].as_array() {
                found += items.len();
                assert_eq!(page_by_page(&server, &of_then).await, *items, "seed {seed}: {of_then}");
            }
        }
    }
    assert!(found > 100, "seed {seed} played nothing to speak of: {found} members");
}

#[tokio::test]
async fn whatever_was_seen_live_is_seen_again_by_either_clock() {
    for seed in [1, 2, 3] {
        check("2025-01-01T00:00:00Z", seed, true).await;
    }
}

#[tokio::test]
async fn r32_what_was_included_then_is_included_as_of_then() {
    // Under the time of messages nobody knows where the clock stood when something was recorded, but by what followed.
    check("2024-09-20T00:00:00Z", 4, false).await;
}
