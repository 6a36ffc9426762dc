//! What happened to a licensee, and what was so on a day.

use api::SeatHistory;
use axum::extract::{Path, RawQuery, State};
use chrono::NaiveDate;
use licensing::Instant;
use maud::{Markup, html};
use serde_json::Value;

use super::{licensee_now, members_query::end_of_day, parse_licensee};
use crate::{
    Console,
    failure::{Failure, Problem},
    fields::Fields,
    html::{
        DayForm, Tab, day as day_of, day_and_time, day_form, empty, event_sentence, event_tone, hidden, licensee_page,
        notice, pager, problem_notice, product_chip, seat_chart, seats_meter,
    },
    interface::Target,
    visitor::Visitor,
    wire::{Event, Licensee, Page},
};

/// How many events stand on a page.
const PER_PAGE: &str = "50";
/// The most steps of the chart.
const CHART_STEPS_MAX: u32 = 240;

/// What can be filtered by: a title, and the types that it stands for.
const KINDS: [(&str, &str); 5] = [
    ("Seats given and taken", "SeatAssigned,SeatRemoved"),
    ("Seats removed", "SeatRemoved"),
    (
        "Subscription and purchases",
        "SubscriptionStarted,SubscriptionActivated,RenewalScheduled,SubscriptionRenewed,SubscriptionSeatsChanged,\
         SubscriptionCancelled,SubscriptionExpired,GracePeriodEnded,SeatsPurchased,SeatQuantityChanged,AddOnChanged,\
         SeatsRetained,SeatsRestored,InstanceSynchronized",
    ),
    ("Trials", "TrialStarted,TrialConverted,TrialExpired"),
    ("Members", "MemberAdded,MemberUpdated,MemberRemoved,MemberStatusChanged"),
];

/// Which part of the history is shown.
struct Query {
    types: String,
    from: String,
    to: String,
    cursor: String,
    as_of: String,
}

impl Query {
    fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        Self { types: text("type"), from: text("from"), to: text("to"), cursor: text("cursor"), as_of: text("as_of") }
    }

    fn link(&self, licensee: &str, cursor: &str) -> String {
        Target::new(format!("/licensees/{licensee}/history"))
            .with_some("type", &self.types)
            .with_some("from", &self.from)
            .with_some("to", &self.to)
            .with_some("as_of", &self.as_of)
            .with_some("cursor", cursor)
            .into_text()
    }

    fn target(&self, licensee: &str) -> Target {
        Target::new(format!("/v1/licensees/{licensee}/events"))
            .with("order", "newest_first")
            .with("limit", PER_PAGE)
            .with_some("type", &self.types)
            .with_some("from", &start_of_day(&self.from))
            .with_some("to", &end_of_given_day(self.last_day()))
            .with_some("cursor", &self.cursor)
    }

    /// The last day of which events are shown: whoever looks back to a day sees what had happened by then.
    fn last_day(&self) -> &str {
        let is_day = self.as_of.parse::<NaiveDate>().is_ok();
        if self.to.is_empty() && is_day { &self.as_of } else { &self.to }
    }

    fn is_filtered(&self) -> bool {
        !(self.types.is_empty() && self.from.is_empty() && self.to.is_empty())
    }
}

fn start_of_day(day: &str) -> String {
    if day.len() == "2026-01-31".len() { format!("{day}T00:00:00Z") } else { day.to_owned() }
}

fn end_of_given_day(day: &str) -> String {
    if day.is_empty() { String::new() } else { end_of_day(day) }
}

/// The page.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Markup, Failure> {
    let licensee = licensee_now(&console, &visitor, &parse_licensee(&licensee)?).await?;
    let query = Query::of(&Fields::of_query(query.as_deref()));
    let id = licensee.licensee.as_str();
    let events = console.interface().get::<Page<Event>>(&visitor, query.target(id)).await;
    let list = match events {
        Ok(page) => timeline(&licensee, &query, &page, visitor.caller.changes_seats_of(&licensee.licensee)),
        Err(Failure::Problem(problem)) if problem.status == 400 => wrong_filter(id, &problem),
        Err(failure) => return Err(failure),
    };
    let is_start = query.cursor.is_empty() && !query.is_filtered();
    let chart = if is_start { seats_over_time(&console, &licensee).await } else { None };
    let past =
        if query.as_of.is_empty() { None } else { Some(as_of(&console, &visitor, &licensee, &query.as_of).await?) };
    let now = console.services().engine.now();
    let content = html! {
        @if is_start {
            section.card aria-label="Seats over time" {
                h2 { "Seats over time" }
                @match &chart {
                    Some(history) => (seat_chart(history)),
                    None => p.quiet { "The history is too long to be drawn here." },
                }
                (day_form(&DayForm {
                    action: &format!("/licensees/{}/history", licensee.licensee),
                    fields: Vec::new(),
                    first: chart.as_ref().map(|history| history.from.date_naive()),
                    today: now.date_naive(),
                    chosen: query.as_of.parse().ok(),
                }))
            }
        }
        @if let Some(past) = past { (past) }
        (filters(&query))
        (list)
    };
    Ok(licensee_page(&visitor, &licensee, (Tab::History, "History"), &content))
}

async fn seats_over_time(console: &Console, licensee: &Licensee) -> Option<SeatHistory> {
    let product = licensee.products.keys().next()?.clone();
    let (services, id) = (console.services().clone(), licensee.licensee.clone());
    // One at a time for all visitors: it reads the whole history.
    let _turn = console.parts.charts.acquire().await.ok()?;
    let walked = tokio::task::spawn_blocking(move || services.seat_history(&id, &product, CHART_STEPS_MAX));
    walked.await.ok().flatten()
}

/// The licensee as it was at the end of a day, or now if the day is today.
async fn as_of(console: &Console, visitor: &Visitor, licensee: &Licensee, day: &str) -> Result<Markup, Failure> {
    let now: Instant = console.services().engine.now();
    let is_today = day.parse::<NaiveDate>().is_ok_and(|day| day == now.date_naive());
    let at = if is_today { now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true) } else { end_of_day(day) };
    let target = Target::new(format!("/v1/licensees/{}", licensee.licensee)).with("as_of", &at);
    let past: Licensee = match console.interface().get(visitor, target).await {
        Ok(past) => past,
        Err(Failure::Problem(problem)) if matches!(problem.status, 400 | 404) => return Ok(no_past(day, &problem)),
        Err(failure) => return Err(failure),
    };
    let seats = format!("/licensees/{}/seats", licensee.licensee);
    let members = if is_today { seats } else { format!("{seats}?as_of={day}") };
    Ok(html! {
        section #that-day.card {
            h2 { "As of the end of " (day) }
            @for pool in past.products.values() { div.heading { (product_chip(pool)) (seats_meter(pool)) } }
            p {
                (past.members) " members, version " (past.version) ". "
                @if let Some(subscription) = &past.subscription {
                    "Subscription of " (subscription.seats) " seats until " (day_of(subscription.ends_at)) ". "
                }
                a href=(members) { "Members of that day" }
            }
        }
    })
}

fn no_past(day: &str, problem: &Problem) -> Markup {
    let why = if problem.status == 404 {
        html! { "The licensee was not there yet on " (day) "." }
    } else {
        html! { (problem.detail) }
    };
    html! { section #that-day.card { (empty("Nothing to show for that day", &why)) } }
}

fn filters(query: &Query) -> Markup {
    html! {
        form.filters role="search" {
            label.grow {
                "What"
                select name="type" {
                    option value="" { "Everything" }
                    @for (title, types) in KINDS { option value=(types) selected[types == query.types] { (title) } }
                }
            }
            label { "From" input type="date" name="from" value=(query.from); }
            label { "To" input type="date" name="to" value=(query.to); }
            button.button type="submit" { "Filter" }
        }
    }
}

fn wrong_filter(licensee: &str, problem: &Problem) -> Markup {
    html! {
        (problem_notice(problem))
        p { a.button href={ "/licensees/" (licensee) "/history" } { "Show everything" } }
    }
}

fn timeline(licensee: &Licensee, query: &Query, page: &Page<Event>, may_undo: bool) -> Markup {
    let id = licensee.licensee.as_str();
    let next = page.next_cursor.as_deref().map(|cursor| query.link(id, cursor));
    if let Some(next) = next.as_deref().filter(|_| page.items.is_empty()) {
        let text = html! { "Not everything has been looked at yet. " a href=(next) rel="next" { "Look further" } };
        return notice("info", "Nothing found so far", &text);
    }
    if page.items.is_empty() {
        let all = format!("/licensees/{id}/history");
        return empty(
            "Nothing happened that fits",
            &html! { "Choose other dates or types. " a href=(all) { "Show everything" } },
        );
    }
    let first = (!query.cursor.is_empty()).then(|| query.link(id, ""));
    html! {
        ol.timeline aria-label="Events, the newest first" { @for event in &page.items { (entry(id, event, may_undo)) } }
        (pager(first.as_deref(), next.as_deref()))
    }
}

/// An event: what, when, by whom, by which command, and with what evidence; for whoever may undo it, with the way there.
pub(super) fn entry(licensee: &str, event: &Event, may_undo: bool) -> Markup {
    let user = event.data.get("user").and_then(Value::as_str);
    html! {
        li class=(event_tone(&event.r#type)) {
            div.what {
                @if let Some(user) = user {
                    a href={ "/licensees/" (licensee) "/members/" (user) "/why" } { (user) }
                    " "
                }
                (event_sentence(&event.r#type, &event.data))
            }
            div.when { (day_and_time(event.effective_at)) " · by " (event.actor) }
            details {
                summary aria-label={ "Evidence of event " (event.version) } { "Evidence" }
                dl {
                    dt { "Event" } dd { (event.r#type) ", version " (event.version) }
                    dt { "Caused by command" } dd { code { (event.command_id) } }
                    dt { "Recorded" } dd { (day_and_time(event.recorded_at)) }
                    @if let Value::Object(fields) = &event.data {
                        @for (name, value) in fields { dt { (name) } dd { code { (plainly(value)) } } }
                    }
                }
                @if may_undo && moves_a_seat(event) { (undo_form(licensee, event)) }
            }
        }
    }
}

/// Whether it is one of what an undoing takes back.
fn moves_a_seat(event: &Event) -> bool {
    matches!(event.r#type.as_str(), "SeatAssigned" | "SeatRemoved")
}

/// Shows what undoing the command behind an event would do.
fn undo_form(licensee: &str, event: &Event) -> Markup {
    html! {
        form method="post" action={ "/licensees/" (licensee) "/undo/review" } {
            (hidden("command_id", &event.command_id))
            button.button type="submit" aria-label={ "Undo the command of event " (event.version) } {
                "Undo what this command did to seats…"
            }
        }
    }
}

/// A value as people read it: a text without its quotes.
fn plainly(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
