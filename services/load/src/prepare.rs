//! The company, made on the server or told to the brokers.

use chrono::{DateTime, Days, Utc};
use http::StatusCode;
use kafka::Courier;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    Company, LoadError, Server, Target,
    company::Member,
    crew::{Crew, Standing},
    request::{Asked, BATCH, Messages, as_text, member_added},
};

/// How many events one request takes in, and how many members one page shows.
const AT_ONCE: usize = 1_000;
/// How many seats one command gives.
const SEATS_AT_ONCE: usize = 10_000;
/// For how long the licensees have paid, days.
const TERM_DAYS: u64 = 365;

/// A company that is there.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(crate) company: Company,
    /// The members of each licensee.
    pub(crate) crews: Vec<Crew>,
    /// The server's clock by then.
    pub(crate) now: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Clock {
    now: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Licensee {
    subscription: Option<Subscription>,
    products: Products,
}

#[derive(Deserialize)]
struct Subscription {
    status: String,
}

#[derive(Deserialize)]
struct Products {
    duo: Product,
}

#[derive(Deserialize)]
struct Product {
    quantity: u32,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Listed>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    user: String,
    status: String,
    assigned: bool,
}

/// Makes what is missing of a company; `tell` hears how many members are there. What is there already stays as it is, and
/// members beyond the number count as well. Brokers alone say nothing of what there is: they are told of everybody anew, and
/// when it is done, the servers behind them may still be at it.
///
/// # Errors
/// [`LoadError`] if server or brokers can't be reached, or the server refuses.
pub async fn prepare(target: &Target, company: Company, mut tell: impl FnMut(u64)) -> Result<Prepared, LoadError> {
    let mut messages = Messages::new(&company);
    let mut crews = Vec::new();
    match target {
        Target::Server(server) | Target::Both(server, _) => {
            let clock = server.demand(&Asked::get("/v1/clock".to_owned())).await?;
            let Clock { now } = understood(&clock, "/v1/clock")?;
            let mut done = 0;
            for licensee in 0..company.licensees {
                let mut setup = Setup { server, company: &company, licensee, now, messages: &mut messages };
                let crew = setup.crew(&mut |members| tell(done + members)).await?;
                done += crew.len() as u64;
                crews.push(crew);
            }
            Ok(Prepared { company, crews, now })
        }
        Target::Brokers(courier) => {
            let now = Utc::now();
            for licensee in 0..company.licensees {
                let crew = tell_brokers(courier, &company, licensee, now, &mut messages).await?;
                crews.push(crew);
                tell(u64::from(licensee + 1) * u64::from(company.members));
            }
            Ok(Prepared { company, crews, now })
        }
    }
}

/// Makes one licensee on a server.
struct Setup<'a> {
    server: &'a Server,
    company: &'a Company,
    licensee: u32,
    now: DateTime<Utc>,
    messages: &'a mut Messages,
}

impl Setup<'_> {
    async fn crew(&mut self, tell: &mut dyn FnMut(u64)) -> Result<Crew, LoadError> {
        let found = self.find().await?;
        let mut crew = Crew::with_quantity(self.company.quantity());
        if let Some(found) = &found {
            crew.set_quantity(found.products.duo.quantity);
            self.list(&mut crew, tell).await?;
        }
        let is_paid = found.and_then(|found| found.subscription).is_some_and(|paid| paid.status == "active");
        if !is_paid {
            let started = started(self.company, self.licensee, self.now);
            let event = self.messages.event(STARTED, self.now, &started);
            self.send(vec![event]).await?;
            crew.set_quantity(self.company.quantity());
        }
        self.add_members(&mut crew, tell).await?;
        self.give_seats(&mut crew).await?;
        Ok(crew)
    }

    async fn find(&self) -> Result<Option<Licensee>, LoadError> {
        let asked = Asked::get(format!("/v1/licensees/{}", self.name()));
        match self.server.demand(&asked).await {
            Ok(body) => understood(&body, &asked.path).map(Some),
            Err(LoadError::Refused { status, .. }) if status == StatusCode::NOT_FOUND.as_u16() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Notes everybody who is there.
    async fn list(&self, crew: &mut Crew, tell: &mut dyn FnMut(u64)) -> Result<(), LoadError> {
        let first = format!("/v1/licensees/{}/members?limit={AT_ONCE}", self.name());
        let mut asked = Asked::get(first.clone());
        loop {
            let body = self.server.demand(&asked).await?;
            let Page { items, next_cursor } = understood(&body, &asked.path)?;
            for Listed { user, status, assigned } in items {
                let Some(number) = self.company.number_of(self.licensee, &user) else { continue };
                crew.note(number, standing(&status, assigned));
            }
            tell(crew.len() as u64);
            let Some(cursor) = next_cursor else { return Ok(()) };
            asked = Asked::get(format!("{first}&cursor={cursor}"));
        }
    }

    async fn add_members(&mut self, crew: &mut Crew, tell: &mut dyn FnMut(u64)) -> Result<(), LoadError> {
        while let missing @ 1.. = (self.company.members as usize).saturating_sub(crew.len()) {
            let events = (0..missing.min(AT_ONCE))
                .map(|_| {
                    let member = Member { licensee: self.licensee, number: crew.add() };
                    self.messages.event(ADDED, self.now, &member_added(self.company, member))
                })
                .collect();
            self.send(events).await?;
            tell(crew.len() as u64);
        }
        Ok(())
    }

    /// Gives the seats that are free, as far as there is anybody without one.
    async fn give_seats(&self, crew: &mut Crew) -> Result<(), LoadError> {
        let path = format!("/v1/licensees/{}/products/duo/seats/assign", self.name());
        loop {
            let numbers = crew.seat_first(SEATS_AT_ONCE);
            if numbers.is_empty() {
                return Ok(());
            }
            let user = |number| self.company.user(Member { licensee: self.licensee, number });
            let users: Vec<String> = numbers.into_iter().map(user).collect();
            self.server.demand(&Asked::post(path.clone(), &json!({"users": users, "mode": "best_effort"}))).await?;
        }
    }

    /// Sends events, of which none may be refused.
    async fn send(&self, events: Vec<Value>) -> Result<(), LoadError> {
        let asked = Asked::events(BATCH, &Value::Array(events));
        let body = self.server.demand(&asked).await?;
        let answer: Value = understood(&body, &asked.path)?;
        let results = answer["results"].as_array().map_or(&[][..], Vec::as_slice);
        match results.iter().find(|result| result["outcome"] == "refused") {
            None => Ok(()),
            Some(refused) => Err(LoadError::Refused { status: 200, asked: asked.path, said: refused.to_string() }),
        }
    }

    fn name(&self) -> String {
        self.company.licensee(self.licensee)
    }
}

/// Tells brokers of one licensee: each topic has its order, so the next one begins when the brokers have the one before.
async fn tell_brokers(
    courier: &Courier,
    company: &Company,
    licensee: u32,
    now: DateTime<Utc>,
    messages: &mut Messages,
) -> Result<Crew, LoadError> {
    let mut crew = Crew::with_quantity(company.quantity());
    deliver(courier, vec![messages.event(STARTED, now, &started(company, licensee, now))]).await?;
    while let missing @ 1.. = (company.members as usize).saturating_sub(crew.len()) {
        let events = (0..missing.min(AT_ONCE)).map(|_| {
            let member = Member { licensee, number: crew.add() };
            messages.event(ADDED, now, &member_added(company, member))
        });
        deliver(courier, events.collect()).await?;
    }
    loop {
        let numbers = crew.seat_first(SEATS_AT_ONCE);
        if numbers.is_empty() {
            return Ok(crew);
        }
        let users: Vec<String> = numbers.into_iter().map(|number| company.user(Member { licensee, number })).collect();
        let data = json!({
            "licensee": company.licensee(licensee), "product": "duo", "users": users, "mode": "best_effort",
        });
        deliver(courier, vec![messages.event("usher.seats.v1.AssignSeats", now, &data)]).await?;
    }
}

/// Delivers events side by side.
async fn deliver(courier: &Courier, events: Vec<Value>) -> Result<(), LoadError> {
    let mut deliveries = JoinSet::new();
    for event in events {
        let courier = courier.clone();
        deliveries.spawn(async move { courier.deliver(event.to_string().as_bytes()).await });
    }
    while let Some(delivered) = deliveries.join_next().await {
        delivered.map_err(LoadError::Ended)??;
    }
    Ok(())
}

const STARTED: &str = "usher.billing.v1.SubscriptionStarted";
const ADDED: &str = "usher.directory.v1.MemberAdded";

/// The data of `SubscriptionStarted` for a licensee.
fn started(company: &Company, licensee: u32, now: DateTime<Utc>) -> Value {
    let ends_at = now.checked_add_days(Days::new(TERM_DAYS)).unwrap_or(now);
    let name = company.licensee(licensee);
    json!({
        "licensee": name, "name": name, "offering": "gitlab_com", "subscription": company.subscription(licensee),
        "plan": "ultimate", "seats": company.subscription_seats(), "starts_at": as_text(now),
        "ends_at": as_text(ends_at), "add_ons": [{"add_on": "duo_pro", "quantity": company.quantity()}],
    })
}

fn standing(status: &str, assigned: bool) -> Standing {
    match status {
        "active" if assigned => Standing::Seat,
        "active" => Standing::NoSeat,
        _ => Standing::Away,
    }
}

fn understood<'a, T: Deserialize<'a>>(body: &'a [u8], path: &str) -> Result<T, LoadError> {
    serde_json::from_slice(body).map_err(|error| LoadError::Refused {
        status: 200,
        asked: path.to_owned(),
        said: format!("what cannot be understood: {error}"),
    })
}
