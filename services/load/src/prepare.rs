//! The company, made on the server.

use chrono::{DateTime, Days, Utc};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Company, LoadError, Server,
    request::{as_text, event, member_added, post_events},
    server::Asked,
};

/// How many events one request takes in.
const EVENTS_AT_ONCE: usize = 1_000;
/// For how long the licensees have paid, days.
const TERM_DAYS: u64 = 365;
const BATCH: &str = "application/cloudevents-batch+json";

/// A company that is there.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(crate) company: Company,
    /// The server's clock by then.
    pub(crate) now: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Clock {
    now: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Licensee {
    members: u64,
    subscription: Option<Subscription>,
}

#[derive(Deserialize)]
struct Subscription {
    status: String,
}

/// Makes what is missing of a company; `tell` hears how many members are there. What is there already stays as it is.
///
/// # Errors
/// [`LoadError`] if the server can't be reached or refuses.
pub async fn prepare(server: &Server, company: Company, mut tell: impl FnMut(u64)) -> Result<Prepared, LoadError> {
    let clock = server.demand(&Asked::get("/v1/clock".to_owned())).await?;
    let Clock { now } = understood(&clock, "/v1/clock")?;
    let mut done = 0;
    for number in 0..company.licensees {
        let found = find(server, &company.licensee(number)).await?;
        if !is_paid(found.as_ref()) {
            start(server, &company, number, now).await?;
        }
        if found.is_none_or(|licensee| licensee.members < u64::from(company.members)) {
            add_members(server, &company, number, now, &mut |added| tell(done + added)).await?;
        }
        done += u64::from(company.members);
        tell(done);
    }
    Ok(Prepared { company, now })
}

fn is_paid(licensee: Option<&Licensee>) -> bool {
    licensee.and_then(|licensee| licensee.subscription.as_ref()).is_some_and(|paid| paid.status == "active")
}

async fn find(server: &Server, licensee: &str) -> Result<Option<Licensee>, LoadError> {
    let asked = Asked::get(format!("/v1/licensees/{licensee}"));
    match server.demand(&asked).await {
        Ok(body) => understood(&body, &asked.path).map(Some),
        Err(LoadError::Refused { status, .. }) if status == StatusCode::NOT_FOUND.as_u16() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn start(server: &Server, company: &Company, number: u32, now: DateTime<Utc>) -> Result<(), LoadError> {
    let licensee = company.licensee(number);
    let ends_at = now.checked_add_days(Days::new(TERM_DAYS)).unwrap_or(now);
    let data = json!({
        "licensee": licensee, "name": licensee, "offering": "gitlab_com", "subscription": format!("{licensee}-s"),
        "plan": "ultimate", "seats": company.members, "starts_at": as_text(now), "ends_at": as_text(ends_at),
        "add_ons": [{"add_on": "duo_pro", "quantity": company.quantity()}],
    });
    let id = format!("start-{licensee}-{}", as_text(now));
    send(server, vec![event(&source(company), &id, "usher.billing.v1.SubscriptionStarted", now, &data)]).await
}

async fn add_members(
    server: &Server,
    company: &Company,
    licensee: u32,
    now: DateTime<Utc>,
    tell: &mut dyn FnMut(u64),
) -> Result<(), LoadError> {
    let mut members = company.members_of(licensee);
    let mut added = 0;
    loop {
        let events: Vec<Value> = members
            .by_ref()
            .take(EVENTS_AT_ONCE)
            .map(|member| {
                let id = format!("member-{}", company.user(member));
                let data = member_added(company, member);
                event(&source(company), &id, "usher.directory.v1.MemberAdded", now, &data)
            })
            .collect();
        if events.is_empty() {
            return Ok(());
        }
        added += events.len() as u64;
        send(server, events).await?;
        tell(added);
    }
}

/// Sends events, of which none may be refused.
async fn send(server: &Server, events: Vec<Value>) -> Result<(), LoadError> {
    let asked = post_events(BATCH, &Value::Array(events));
    let body = server.demand(&asked).await?;
    let answer: Value = understood(&body, &asked.path)?;
    let results = answer["results"].as_array().map_or(&[][..], Vec::as_slice);
    match results.iter().find(|result| result["outcome"] == "refused") {
        None => Ok(()),
        Some(refused) => Err(LoadError::Refused { status: 200, asked: asked.path, said: refused.to_string() }),
    }
}

fn source(company: &Company) -> String {
    format!("urn:usher:load:{}", company.name)
}

fn understood<'a, T: Deserialize<'a>>(body: &'a [u8], path: &str) -> Result<T, LoadError> {
    serde_json::from_slice(body).map_err(|error| LoadError::Refused {
        status: 200,
        asked: path.to_owned(),
        said: format!("what cannot be understood: {error}"),
    })
}
