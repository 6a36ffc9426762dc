//! What would happen if a subscription were renewed or its seats changed (R37).

mod aside;
mod section;

use std::collections::HashMap;

use chrono::{Months, SecondsFormat};
use licensing::{Instant, LicenseeId};
use serde_json::{Value, json};

use crate::{
    Console,
    failure::{Failure, Problem},
    fields::Fields,
    interface::{Ask, Target},
    visitor::Visitor,
    wire::{Licensee, MessagePreview, MessageResult, PreviewEvent},
};

pub(crate) use aside::Answers;
use aside::Question;
pub(super) use section::section;

/// The longest term of a renewal that can be asked for here, in months.
const MONTHS_MAX: u32 = 60;
/// How long a renewal goes unless it is said.
const MONTHS_USUAL: u32 = 12;
/// The longest name of a sender, in characters.
const SOURCE_CHARS_MAX: usize = 255;
/// How many users who would lose their seats are named.
const LOSERS_SHOWN_MAX: usize = 1_000;

/// Something that billing might send.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct WhatIf {
    kind: Kind,
    seats: u32,
    /// How often the page came again for its answer.
    turn: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Renew { months: u32 },
    Change,
}

/// What is said of it.
pub(super) enum Answer {
    /// What would come of it.
    Known(Preview),
    /// It takes longer than a page may: whoever asks again at this address gets it.
    OnItsWay { again: String },
}

/// What would come of it.
pub(super) struct Preview {
    outcome: Result<Foreseen, Problem>,
    /// The user names of those who would lose a seat, as far as they are shown, by id.
    names: HashMap<String, String>,
    version: Option<u64>,
}

/// What would happen.
#[derive(Debug, Default)]
struct Foreseen {
    /// To nobody alone.
    in_common: Vec<PreviewEvent>,
    /// Those who would lose a seat, in the order in which it would go (R22), as far as they are shown.
    losers: Vec<PreviewEvent>,
    /// How many they are in all.
    loser_count: usize,
    /// Whether nothing would happen at all.
    is_nothing: bool,
}

impl Foreseen {
    fn of(events: Vec<PreviewEvent>) -> Self {
        let mut foreseen = Self { is_nothing: events.is_empty(), ..Self::default() };
        for event in events {
            if event.r#type == "SeatRemoved" {
                foreseen.loser_count += 1;
                if foreseen.losers.len() < LOSERS_SHOWN_MAX {
                    foreseen.losers.push(event);
                }
            } else if event.user().is_none() {
                foreseen.in_common.push(event);
            }
        }
        foreseen
    }
}

impl Preview {
    fn refused(problem: Problem) -> Self {
        Self { outcome: Err(problem), names: HashMap::new(), version: None }
    }
}

impl WhatIf {
    /// What the fields ask for, if anything.
    pub(super) fn of(fields: &Fields, licensee: &Licensee) -> Result<Option<Self>, Failure> {
        let kind = match fields.text("what") {
            "" => return Ok(None),
            "renew" => Kind::Renew { months: MONTHS_USUAL },
            "change" => Kind::Change,
            _ => return Err(Failure::malformed("what is neither renew nor change: use the form")),
        };
        let seats = fields.text("seats").parse();
        let seats = seats.map_err(|_| Failure::malformed("seats is not a number of seats: use 0 or more"))?;
        let months = fields.number("months").and_then(|months| u32::try_from(months).ok());
        let kind = match (kind, months) {
            (Kind::Renew { .. }, Some(months)) if (1..=MONTHS_MAX).contains(&months) => Kind::Renew { months },
            (kind, _) => kind,
        };
        // Without a subscription there is nothing to ask about.
        let turn = fields.number("again").unwrap_or(0);
        Ok(licensee.subscription.is_some().then_some(Self { kind, seats, turn }))
    }

    /// As billing would send it; `None` without a subscription, or an add-on that is held.
    pub(super) fn message(&self, console: &Console, visitor: &Visitor, licensee: &Licensee, id: &str) -> Option<Value> {
        let subscription = licensee.subscription.as_ref()?;
        let pool = licensee.products.values().find(|pool| pool.add_on.is_some())?;
        let add_on = pool.add_on.as_ref()?;
        let now = console.services().engine.now();
        let (type_name, data) = match self.kind {
            Kind::Change => (
                "SeatQuantityChanged",
                json!({ "licensee": licensee.licensee, "add_on": add_on, "quantity": self.seats }),
            ),
            Kind::Renew { months } => {
                let ends_at = subscription.ends_at.max(now).checked_add_months(Months::new(months))?;
                let add_ons = match self.seats {
                    0 => json!([]),
                    seats => json!([{ "add_on": add_on, "quantity": seats }]),
                };
                // More than the subscription has would be refused (R9).
                let base_seats = subscription.seats.get().max(self.seats);
                let data = json!({
                    "licensee": licensee.licensee,
                    "subscription": subscription.id,
                    "ends_at": text(ends_at),
                    "seats": base_seats,
                    "add_ons": add_ons,
                });
                ("SubscriptionRenewed", data)
            }
        };
        Some(json!({
            "specversion": "1.0",
            "id": id,
            "source": source_of(visitor),
            "type": format!("usher.billing.v1.{type_name}"),
            "time": text(now),
            "data": data,
        }))
    }

    /// Where the page comes again. It has another address each time: to the part of a page that a browser shows already it
    /// only moves, and asks for nothing.
    fn again(&self, licensee: &LicenseeId) -> String {
        let (what, seats, months, turn) = (self.word(), self.seats, self.months(), self.turn.saturating_add(1));
        format!("/licensees/{licensee}/subscription?what={what}&seats={seats}&months={months}&again={turn}#what-if")
    }

    const fn word(&self) -> &'static str {
        match self.kind {
            Kind::Renew { .. } => "renew",
            Kind::Change => "change",
        }
    }

    const fn months(&self) -> u32 {
        match self.kind {
            Kind::Renew { months } => months,
            Kind::Change => MONTHS_USUAL,
        }
    }
}

/// Who sends: the visitor, through the console.
fn source_of(visitor: &Visitor) -> String {
    format!("console:{}", visitor.caller.actor).chars().take(SOURCE_CHARS_MAX).collect()
}

fn text(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What would come of it now.
pub(super) async fn answer(
    console: &Console,
    visitor: &Visitor,
    licensee: &Licensee,
    asked: &WhatIf,
) -> Result<Answer, Failure> {
    let Some(message) = asked.message(console, visitor, licensee, "preview") else {
        return Ok(Answer::Known(nothing_held()));
    };
    let question = Question::new(visitor, &licensee.licensee, asked);
    let (of_task, visitor) = (console.clone(), visitor.clone());
    let find_out = async move { preview(&of_task, &visitor, &message).await };
    match console.parts.what_ifs.of(question, find_out).await {
        Some(found) => found.map(Answer::Known),
        None => Ok(Answer::OnItsWay { again: asked.again(&licensee.licensee) }),
    }
}

async fn preview(console: &Console, visitor: &Visitor, message: &Value) -> Result<Preview, Failure> {
    let ask = Ask::message(Target::new("/v1/events").with("dry_run", "true"), message);
    let answer = match console.interface().ask::<MessagePreview>(visitor, ask).await {
        Ok(answer) => answer,
        Err(Failure::Problem(problem)) if problem.is_refusal() || problem.status == 403 => {
            return Ok(Preview::refused(*problem));
        }
        Err(failure) => return Err(failure),
    };
    let foreseen = match answer.value {
        MessagePreview::Events(preview) => Foreseen::of(preview.events),
        MessagePreview::Refused(results) => return Ok(Preview::refused(refusal(results.results.into_iter().next()))),
    };
    let names = names_of(console, &foreseen.losers).await;
    Ok(Preview { outcome: Ok(foreseen), names, version: answer.version })
}

/// Whoever may see the licensee may see who its members are.
async fn names_of(console: &Console, losers: &[PreviewEvent]) -> HashMap<String, String> {
    let users: Vec<String> = losers.iter().filter_map(PreviewEvent::user).map(str::to_owned).collect();
    let services = console.services().clone();
    let look_up = move || {
        let names = services.usernames(&users.iter().map(String::as_str).collect::<Vec<_>>());
        users.into_iter().zip(names).filter_map(|(user, name)| Some((user, name?))).collect()
    };
    tokio::task::spawn_blocking(look_up).await.unwrap_or_default()
}

fn nothing_held() -> Preview {
    let problem = Problem::new(axum::http::StatusCode::CONFLICT, "add_on_not_held", "no add-on is held: buy one first");
    Preview::refused(problem)
}

/// Why a message was refused.
pub(super) fn refusal(result: Option<MessageResult>) -> Problem {
    let (code, detail) = result.map_or((None, None), |result| (result.code, result.detail));
    let code = code.unwrap_or_else(|| "refused".to_owned());
    Problem::new(axum::http::StatusCode::CONFLICT, &code, detail.unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_page_comes_again_at_another_address_each_time() {
        let acme = LicenseeId::parse("acme").unwrap();
        let asked = WhatIf { kind: Kind::Renew { months: 3 }, seats: 30, turn: 4 };
        let again = asked.again(&acme);
        assert_eq!(again, "/licensees/acme/subscription?what=renew&seats=30&months=3&again=5#what-if");
    }
}
