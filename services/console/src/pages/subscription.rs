//! The subscription of a licensee, and what would happen if it were renewed or changed.

use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use licensing::{Phase, ProductId, ProductSummary};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    comes_again, licensee_now, parse_licensee,
    seats::grace_notice,
    toggle::wait_until_shown,
    what_if::{self, WhatIf},
};
use crate::{
    Console,
    failure::Failure,
    fields::Fields,
    html::{
        Tab, add_on_name, chip, day, day_and_time, empty, in_words, licensee_page, moment, notice, plan_name,
        problem_notice, product_chip, seats_meter, timer_words,
    },
    interface::{Ask, Target},
    visitor::Visitor,
    wire::{Licensee, Page, Timer},
};

/// The page.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let licensee = licensee_now(&console, &visitor, &parse_licensee(&licensee)?).await?;
    let fields = Fields::of_query(query.as_deref());
    let asked = WhatIf::of(&fields, &licensee)?;
    let news = html! { @if fields.text("done") == "yes" { (done(&licensee)) } };
    let Rendered { content, again } = render(&console, &visitor, &licensee, asked.as_ref(), &news).await?;
    Ok(match again {
        Some(again) => comes_again(content, Some(&again)),
        None => content.into_response(),
    })
}

/// What was asked for under *What if?* is done.
fn done(licensee: &Licensee) -> Markup {
    let history = format!("/licensees/{}/history", licensee.licensee);
    notice(
        "good",
        "It is done",
        &html! {
            "What holds now is below. " a href=(history) { "The history" } " has each event, and can undo what it did to seats; "
            a href={ (history) "?type=SeatRemoved" } { "who lost a seat" } " leads on to why."
        },
    )
}

/// The instance fetches what was recorded for it (R17).
pub(crate) async fn synchronize(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let licensee = parse_licensee(&licensee)?;
    let target = Target::new(format!("/v1/licensees/{licensee}/sync"));
    let ask = Ask::post(target, &json!({ "version": fields.text("version") }));
    let problem = match console.interface().ask::<Value>(&visitor, ask).await {
        Ok(answer) => {
            wait_until_shown(&console, &visitor, &licensee, answer.position.as_deref()).await?;
            return Ok(Redirect::to(&format!("/licensees/{licensee}/subscription")).into_response());
        }
        Err(Failure::Problem(problem)) if problem.is_refusal() || problem.status == 400 => problem,
        Err(failure) => return Err(failure),
    };
    let now = licensee_now(&console, &visitor, &licensee).await?;
    let page = render(&console, &visitor, &now, None, &problem_notice(&problem)).await?;
    Ok((problem.http_status(), page.content).into_response())
}

/// A page.
pub(super) struct Rendered {
    pub(super) content: Markup,
    /// Where the page comes again, if what was asked for is not there yet.
    again: Option<String>,
}

/// The page below what there is to say first, maybe with what would happen.
pub(super) async fn render(
    console: &Console,
    visitor: &Visitor,
    licensee: &Licensee,
    asked: Option<&WhatIf>,
    news: &Markup,
) -> Result<Rendered, Failure> {
    let target = Target::new("/v1/timers").with("licensee", licensee.licensee.as_str());
    let timers: Page<Timer> = console.interface().get(visitor, target).await?;
    let answer = match asked {
        Some(asked) => Some(what_if::answer(console, visitor, licensee, asked).await?),
        None => None,
    };
    let content = html! {
        (news)
        @for pool in licensee.products.values() { (grace_notice(pool)) }
        div.cards {
            (plan(licensee))
            @for (product, pool) in &licensee.products { (add_on(product, pool)) }
            @if licensee.is_instance() { (instance(visitor, licensee)) }
        }
        (what_if::section(visitor, licensee, asked, answer.as_ref()))
        (coming(&timers.items))
    };
    let content = licensee_page(visitor, licensee, (Tab::Subscription, "Subscription"), &content);
    let again = match answer {
        Some(what_if::Answer::OnItsWay { again }) => Some(again),
        Some(what_if::Answer::Known(_)) | None => None,
    };
    Ok(Rendered { content, again })
}

fn plan(licensee: &Licensee) -> Markup {
    let Some(subscription) = &licensee.subscription else {
        let what = html! { "It starts when billing sends " code { "SubscriptionStarted" } "." };
        return html! { section.card { h2 { "Plan" } (empty("No subscription yet", &what)) } };
    };
    let tone = match subscription.status {
        Phase::Active => "good",
        Phase::Scheduled => "info",
        Phase::Grace => "warn",
        Phase::Ended => "bad",
    };
    let word = serde_json::to_value(subscription.status).ok();
    let word = word.as_ref().and_then(Value::as_str).unwrap_or_default();
    html! {
        section.card {
            div.heading { h2 { "Plan" } (chip(tone, &in_words(word))) }
            p.big { (plan_name(subscription.plan.as_str())) }
            dl {
                dt { "Seats" } dd { (subscription.seats) }
                dt { "Term" } dd { (day(subscription.starts_at)) " – " (day(subscription.ends_at)) }
                @if let Some(ends_at) = subscription.grace_ends_at { dt { "Grace until" } dd { (day(ends_at)) } }
                dt { "Subscription" } dd { code { (subscription.id) } }
            }
        }
    }
}

fn add_on(product: &ProductId, pool: &ProductSummary) -> Markup {
    html! {
        section.card {
            div.heading { h2 { (in_words(product.as_str())) } (product_chip(pool)) }
            @match &pool.add_on {
                None => (empty("No add-on", &html! { "Buy one, or start a trial, through billing." })),
                Some(add_on) => {
                    p.big { (add_on_name(add_on.as_str())) @if pool.trial { " trial" } }
                    (seats_meter(pool))
                    dl {
                        dt { "Free" } dd { (pool.available) }
                        dt { "Until" } dd { (moment(pool.ends_at, "No end")) }
                    }
                }
            }
        }
    }
}

fn instance(visitor: &Visitor, licensee: &Licensee) -> Markup {
    let version = licensee.instance_version.as_deref().unwrap_or_default();
    html! {
        section.card {
            h2 { "Instance" }
            dl {
                dt { "Last sync" }
                dd { @if let Some(at) = licensee.last_synced_at { (day_and_time(at)) } @else { span.quiet { "Never" } } }
                dt { "Version" } dd { @if version.is_empty() { span.quiet { "Unknown" } } @else { (version) } }
            }
            @if visitor.caller.changes_seats_of(&licensee.licensee) {
                form.actions method="post" action={ "/licensees/" (licensee.licensee) "/subscription/sync" } {
                    label.field {
                        "Version that it runs"
                        input name="version" value=(version) required placeholder="17.5.2" size="10";
                    }
                    button #sync.button type="submit" { "Synchronise" }
                }
            }
        }
    }
}

fn coming(timers: &[Timer]) -> Markup {
    html! {
        section.card {
            h2 { "What comes by itself" }
            @if timers.is_empty() { p.quiet { "Nothing is due." } }
            dl { @for timer in timers { dt { (day_and_time(timer.due_at)) } dd { (timer_words(&timer.kind)) } } }
        }
    }
}
