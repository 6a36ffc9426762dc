//! Why a user has a seat, or none: what the interface explains, with the chain from the message to the event.

use axum::extract::{Path, RawQuery, State};
use licensing::UserId;
use maud::{Markup, html};

use super::{history::entry, licensee_now, members_query::end_of_day, parse_licensee};
use crate::{
    Console,
    failure::Failure,
    fields::Fields,
    html::{Tab, chip, day_and_time, empty, in_words, licensee_page, notice},
    interface::Target,
    visitor::Visitor,
    wire::{Explanation, Licensee, Link, ProductReasons},
};

/// The page.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path((licensee, user)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Markup, Failure> {
    let licensee = licensee_now(&console, &visitor, &parse_licensee(&licensee)?).await?;
    let user = UserId::parse(&user).map_err(|_| Failure::not_found("the address names no possible user: check it"))?;
    let query = Fields::of_query(query.as_deref());
    let day = query.text("as_of");
    let content = match explain(&console, &visitor, &licensee, &user, day).await {
        Ok(explanation) => {
            let name = username(&console, &user).await.unwrap_or_else(|| user.to_string());
            explained(&licensee, &explanation, &name, day)
        }
        Err(Failure::Problem(problem)) if problem.code == "unknown_user" => nobody(&licensee),
        Err(failure) => return Err(failure),
    };
    Ok(licensee_page(&visitor, &licensee, (Tab::Seats, "Why"), &content))
}

async fn explain(
    console: &Console,
    visitor: &Visitor,
    licensee: &Licensee,
    user: &UserId,
    day: &str,
) -> Result<Explanation, Failure> {
    let as_of = if day.is_empty() { String::new() } else { end_of_day(day) };
    let target = Target::new(format!("/v1/licensees/{}/members/{user}/explain", licensee.licensee));
    console.interface().get(visitor, target.with_some("as_of", &as_of)).await
}

/// Whoever was explained to the visitor may be named to them.
async fn username(console: &Console, user: &UserId) -> Option<String> {
    let (services, user) = (console.services().clone(), user.clone());
    tokio::task::spawn_blocking(move || services.username(&user)).await.ok().flatten()
}

fn nobody(licensee: &Licensee) -> Markup {
    empty(
        "The history says nothing of this user",
        &html! {
            a href={ "/licensees/" (licensee.licensee) "/seats" } { "Back to the seats" }
        },
    )
}

fn explained(licensee: &Licensee, explanation: &Explanation, name: &str, day: &str) -> Markup {
    let seats = Target::new(format!("/licensees/{}/seats", licensee.licensee)).with_some("as_of", day);
    html! {
        h2 { "Why? " (name) }
        @if !day.is_empty() {
            (notice("info", "This is the past", &html! { "As of " (day_and_time(explanation.at)) "." }))
        }
        @for sentence in &explanation.sentences { p { (sentence) } }
        @for product in &explanation.products { (product_reasons(licensee, product)) }
        p { a.button href=(seats.into_text()) { "Back to the seats" } }
    }
}

fn product_reasons(licensee: &Licensee, reasons: &ProductReasons) -> Markup {
    let (tone, standing) = match reasons.standing.as_str() {
        "works" => ("good", "Has a seat"),
        "retained" => ("warn", "Has a seat without access"),
        "lost" => ("bad", "Lost the seat"),
        "never_had" => ("plain", "Never had a seat"),
        _ => ("plain", "Unknown"),
    };
    html! {
        section.card {
            div.heading {
                h3 { (in_words(reasons.product.as_str())) }
                (chip(tone, standing))
                @if let Some(rule) = &reasons.rule { span.quiet { "rule " (rule) } }
            }
            @for sentence in &reasons.sentences { p { (sentence) } }
            @if !reasons.chain.is_empty() {
                details {
                    summary { "What brought it about, the oldest first" }
                    @for link in &reasons.chain { (chain_link(licensee, link)) }
                }
            }
        }
    }
}

/// A command, where it came from, and what it did to this user.
fn chain_link(licensee: &Licensee, link: &Link) -> Markup {
    let command = &link.command;
    html! {
        p {
            (chip("info", &in_words(&command.kind)))
            " " code { (command.id) } " by " (command.actor)
            @if let Some(type_name) = &command.r#type { " · " (type_name) }
        }
        ol.timeline { @for event in &link.events { (entry(licensee.licensee.as_str(), event, false)) } }
    }
}
