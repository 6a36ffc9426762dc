//! Why a user has a seat, or none: what the history says of that user.

use axum::extract::{Path, State};
use licensing::{LicenseeId, UserId};
use maud::{Markup, html};

use super::{history::entry, licensee_now, parse_licensee};
use crate::{
    Console,
    failure::Failure,
    html::{Tab, day, empty, event_sentence, licensee_page, moment, notice, status_chip},
    interface::Target,
    visitor::Visitor,
    wire::{Event, Member, Page},
};

/// What says something about a seat.
const TYPES: &str = "SeatAssigned,SeatRemoved,MemberAdded,MemberUpdated,MemberRemoved,MemberStatusChanged";
/// How many events are read at one go, and how often at most.
const PER_PAGE: &str = "1000";
const PAGES_MAX: usize = 50;
/// How many of the user's events are shown, the newest ones.
const EVENTS_MAX: usize = 100;

/// What was found of a user.
struct Found {
    /// The newest first.
    events: Vec<Event>,
    /// Whether the history goes further back than was read.
    is_cut: bool,
}

/// The page.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path((licensee, user)): Path<(String, String)>,
) -> Result<Markup, Failure> {
    let licensee = licensee_now(&console, &visitor, &parse_licensee(&licensee)?).await?;
    let user = UserId::parse(&user).map_err(|_| Failure::not_found("the address names no possible user: check it"))?;
    let member = member(&console, &visitor, &licensee.licensee, &user).await?;
    let found = events_of(&console, &visitor, &licensee.licensee, &user).await?;
    let content = html! {
        h2 { "Why? " (member.as_ref().and_then(|member| member.username.as_deref()).unwrap_or(user.as_str())) }
        (standing(member.as_ref(), &found))
        @if found.events.is_empty() {
            (empty("The history says nothing of this user", &html! {
                a href={ "/licensees/" (licensee.licensee) "/seats" } { "Back to the seats" }
            }))
        } @else {
            ol.timeline aria-label="What happened to this user, the newest first" {
                @for event in &found.events { (entry(licensee.licensee.as_str(), event)) }
            }
        }
        @if found.is_cut { p.quiet { "The history goes further back than is shown here." } }
    };
    Ok(licensee_page(&visitor, &licensee, (Tab::Seats, "Why"), &content))
}

/// The member of that id; the search finds others as well.
async fn member(
    console: &Console,
    visitor: &Visitor,
    licensee: &LicenseeId,
    user: &UserId,
) -> Result<Option<Member>, Failure> {
    let target = Target::new(format!("/v1/licensees/{licensee}/members"));
    let target = target.with("search", user.as_str()).with("limit", "1000");
    let page: Page<Member> = console.interface().get(visitor, target).await?;
    Ok(page.items.into_iter().find(|member| member.user == *user))
}

async fn events_of(
    console: &Console,
    visitor: &Visitor,
    licensee: &LicenseeId,
    user: &UserId,
) -> Result<Found, Failure> {
    let mut found = Found { events: Vec::new(), is_cut: false };
    let mut cursor = String::new();
    for _ in 0..PAGES_MAX {
        let target = Target::new(format!("/v1/licensees/{licensee}/events"));
        let target = target.with("order", "newest_first").with("type", TYPES).with("limit", PER_PAGE);
        let page: Page<Event> = console.interface().get(visitor, target.with_some("cursor", &cursor)).await?;
        let of_user = |event: &Event| event.data.get("user").and_then(serde_json::Value::as_str) == Some(user.as_str());
        found.events.extend(page.items.into_iter().filter(of_user));
        if found.events.len() > EVENTS_MAX {
            found.events.truncate(EVENTS_MAX);
            break;
        }
        match page.next_cursor {
            Some(next) => cursor = next,
            None => return Ok(found),
        }
    }
    found.is_cut = true;
    Ok(found)
}

/// In a sentence or two.
fn standing(member: Option<&Member>, found: &Found) -> Markup {
    let of_seat = |event: &&Event| matches!(event.r#type.as_str(), "SeatAssigned" | "SeatRemoved");
    let last = found.events.iter().find(of_seat);
    let Some(member) = member else {
        return notice("warn", "No member now", &html! { "Only members can have seats." });
    };
    let (tone, title) = if member.assigned { ("good", "Has a seat") } else { ("info", "Has no seat") };
    html! {
        (notice(tone, title, &html! {
            @match last {
                Some(event) => {
                    "On " (day(event.effective_at)) " the user "
                    (event_sentence(&event.r#type, &event.data)) ", by " (event.actor) "."
                },
                None => "Nobody ever gave this user one.",
            }
        }))
        p { (status_chip(member.status)) " Last use: " (moment(member.last_used_at, "never")) }
    }
}
