//! Messages that make a licensee with many members, as JSON Lines for `usher ingest -`, to look at how quick pages are:
//!
//!     cargo run --release -p console@0.1.0 --example many_members -- 1000000 |
//!         usher ingest - --clock event-time --data-dir /tmp/many
//!
//! Every second member has a seat, every third uses it, every hundredth is blocked; ids, user names and times go in
//! different orders.

use std::io::{self, BufWriter, Write};

use serde_json::{Value, json};

/// How many users one command takes at most (R24).
const USERS_AT_ONCE: u64 = 10_000;

fn main() -> io::Result<()> {
    let members: u64 = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let mut out = BufWriter::new(io::stdout().lock());
    write(
        &mut out,
        "billing.v1.SubscriptionStarted",
        0,
        &json!({
            "licensee": "many", "name": "Many Members Ltd", "offering": "gitlab_com", "subscription": "A-1",
            "plan": "ultimate", "seats": members, "starts_at": "2025-01-01T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z",
            "add_ons": [{"add_on": "duo_pro", "quantity": members}],
        }),
    )?;
    for number in 0..members {
        let user = format!("u-{number:07}");
        let username = format!("{:07}-{user}", mixed(number, members));
        write(
            &mut out,
            "directory.v1.MemberAdded",
            1,
            &json!({
                "licensee": "many", "user": user, "username": username, "name": format!("Member {number}"),
                "email": format!("{user}@example.com"), "role": "developer", "type": "human",
            }),
        )?;
    }
    let holders: Vec<String> = (0..members).step_by(2).map(|number| format!("u-{number:07}")).collect();
    for (day, users) in (2..).zip(holders.chunks(usize::try_from(USERS_AT_ONCE).unwrap_or(usize::MAX))) {
        let data = json!({"licensee": "many", "product": "duo", "users": users, "mode": "best_effort"});
        write(&mut out, "seats.v1.AssignSeats", day, &data)?;
    }
    for number in (0..members).step_by(3) {
        let used_at = format!("2025-0{}-{:02}T12:00:00Z", 1 + mixed(number, members) % 6, 1 + number % 28);
        let data = json!({"user": format!("u-{number:07}"), "used_at": used_at});
        write(&mut out, "usage.v1.CodeSuggestionsUsed", 200, &data)?;
    }
    for number in (1..members).step_by(100) {
        write(&mut out, "directory.v1.UserBlocked", 201, &json!({"user": format!("u-{number:07}")}))?;
    }
    out.flush()
}

/// Each number once, in an order that looks like none.
fn mixed(number: u64, of: u64) -> u64 {
    number.wrapping_mul(7_368_787) % of.max(1)
}

fn write(out: &mut impl Write, kind: &str, day: u64, data: &Value) -> io::Result<()> {
    let (month, day) = (1 + day / 28, 1 + day % 28);
    let id = uuid::Uuid::now_v7().to_string();
    let message = json!({"specversion": "1.0", "source": "/many", "id": id, "type": format!("usher.{kind}"),
        "time": format!("2025-{month:02}-{day:02}T00:00:00Z"), "data": data});
    writeln!(out, "{message}")
}
