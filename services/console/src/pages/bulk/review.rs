//! What a change of many seats would do (R37), before it is decided on.

use std::collections::HashSet;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use licensing::{LicenseeId, ProductId};
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    Action,
    people::{Line, NEXT_PORTION, PORTION, People},
};
use crate::{
    Console,
    failure::{Failure, Problem},
    fields::Fields,
    html::{Tab, chip, hidden, in_words, licensee_page, notice, problem_notice, seats},
    interface::{Answer, Ask},
    pages::{licensee_now, members_query::MembersQuery, parse_licensee, seats::ways_to_a_seat},
    visitor::Visitor,
    wire::{Licensee, PreviewOfMany},
};

/// The page.
pub(crate) async fn review(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let licensee = parse_licensee(&licensee)?;
    let now = licensee_now(&console, &visitor, &licensee).await?;
    let action = Action::of(&fields)?;
    let people = People::of(&console, &licensee, action, &fields).await?;
    show(&console, &visitor, &now, &fields, (action, people), None).await
}

/// The page, after what was decided on could not be done as it was shown.
pub(super) async fn show(
    console: &Console,
    visitor: &Visitor,
    licensee: &Licensee,
    fields: &Fields,
    (action, people): (Action, People),
    stopped_by: Option<&Problem>,
) -> Result<Response, Failure> {
    if people.lines.is_empty() && people.next_portion.is_some() {
        return Ok(nobody_yet(visitor, licensee, fields, (action, &people)).into_response());
    }
    let Some((product, pool)) = licensee.product(fields.text("product")) else {
        return Err(Failure::not_found("the catalogue has no product: see usher's --catalog"));
    };
    let ask = Ask::post(action.target(&licensee.licensee, product).with("dry_run", "true"), &action.body(&people));
    let previewed = match console.interface().ask::<PreviewOfMany>(visitor, ask).await {
        Ok(preview) => Ok(preview),
        Err(Failure::Problem(problem)) if problem.is_refusal() => Err(problem),
        Err(failure) => return Err(failure),
    };
    let seats = Seats { assigned: pool.assigned, quantity: pool.quantity };
    let scene = Scene { licensee: &licensee.licensee, product, action, people: &people, fields, seats };
    let content = html! {
        h2 { (action.title()) }
        @if let Some(problem) = stopped_by { (problem_notice(problem)) }
        @if people.next_portion.is_some() {
            (notice("warn", "This is a portion of those whom the filter finds", &html! {
                "One command takes 10,000 people at most, and only as many are looked for as are found in a moment: these are "
                (people.lines.len()) ". Once they are done, the next page offers the next portion, with a preview of its own."
            }))
        }
        @match &previewed {
            Ok(preview) => (would_happen(&scene, preview)),
            Err(problem) => (would_be_refused(visitor, &scene, problem)),
        }
    };
    let page = licensee_page(visitor, licensee, (Tab::Seats, action.title()), &content);
    let status = match (&previewed, stopped_by) {
        (Err(problem), _) => problem.http_status(),
        (Ok(_), Some(problem)) => problem.http_status(),
        (Ok(_), None) => axum::http::StatusCode::OK,
    };
    Ok((status, page).into_response())
}

/// That a search has looked at some members only, and the way on.
fn nobody_yet(visitor: &Visitor, licensee: &Licensee, fields: &Fields, (action, people): (Action, &People)) -> Markup {
    let content = html! {
        h2 { (action.title()) }
        (notice("info", "Nobody found so far", &html! { "Not everybody has been looked at yet." }))
        (next_portion(&licensee.licensee, action, people, fields))
    };
    licensee_page(visitor, licensee, (Tab::Seats, action.title()), &content)
}

struct Scene<'a> {
    licensee: &'a LicenseeId,
    product: &'a ProductId,
    action: Action,
    people: &'a People,
    fields: &'a Fields,
    seats: Seats,
}

#[derive(Clone, Copy)]
struct Seats {
    assigned: u32,
    quantity: u32,
}

fn would_happen(scene: &Scene<'_>, preview: &Answer<PreviewOfMany>) -> Markup {
    let answer = &preview.value.answer;
    let changed: HashSet<&str> = answer.assigned.iter().chain(&answer.removed).map(licensing::UserId::as_str).collect();
    let count = u32::try_from(changed.len()).unwrap_or(u32::MAX);
    let Seats { assigned, quantity } = scene.seats;
    let is_removal = scene.action == Action::Remove;
    let after = if is_removal { assigned.saturating_sub(count) } else { assigned.saturating_add(count) };
    let seats = seats(count);
    if count == 0 {
        return html! {
            (notice("info", "Nothing would change", &html! { (why_nothing(scene.action)) }))
            (next_portion(scene.licensee, scene.action, scene.people, scene.fields))
            (table(scene, &changed))
            (back(scene))
        };
    }
    let decision = if is_removal { format!("Remove {seats}") } else { format!("Assign {seats}") };
    html! {
        div.card data-decision {
            p.big { (decision) }
            p { (assigned) " of " (quantity) " seats are assigned now, " strong { (after) } " afterwards." }
            form.actions method="post" action={ "/licensees/" (scene.licensee) "/seats/apply" } {
                (kept(scene, scene.action))
                (hidden("version", &preview.version.map(|version| version.to_string()).unwrap_or_default()))
                (hidden("key", &Uuid::now_v7().to_string()))
                @let tone = if is_removal { "danger" } else { "primary" };
                button #decide class={ "button " (tone) } type="submit" { (decision) }
                a.button href={ "/licensees/" (scene.licensee) "/seats" } { "Cancel" }
            }
        }
        (table(scene, &changed))
    }
}

fn would_be_refused(visitor: &Visitor, scene: &Scene<'_>, problem: &Problem) -> Markup {
    let can_be_partial = scene.action == Action::Assign
        && matches!(problem.code.as_str(), "invalid_user_id_present" | "not_enough_seats");
    let at_fault: HashSet<&str> = problem.users.iter().map(licensing::UserId::as_str).collect();
    html! {
        (problem_notice(problem))
        (ways_to_a_seat(visitor, scene.licensee, problem))
        @if can_be_partial {
            form.actions method="post" action={ "/licensees/" (scene.licensee) "/seats/review" } {
                (kept(scene, Action::AssignWhoCan))
                button.button.primary type="submit" { "Assign to whoever can have one, in this order" }
                a.button href={ "/licensees/" (scene.licensee) "/seats" } { "Back" }
            }
        } @else { (back(scene)) }
        @if !scene.people.lines.is_empty() {
            (lines(&scene.people.lines, |line| match &line.user {
                Ok(user) if at_fault.contains(user.as_str()) => chip("bad", "Can't have a seat"),
                Ok(_) => chip("plain", "Nothing done"),
                Err(code) => chip("bad", &in_words(code)),
            }))
        }
    }
}

/// Why a preview has no events.
const fn why_nothing(action: Action) -> &'static str {
    match action {
        Action::AssignWhoCan => "Nobody of those chosen can have a seat, or they have one.",
        Action::Assign | Action::Remove => "Everybody chosen is as they would be.",
    }
}

/// What a form carries on.
fn kept(scene: &Scene<'_>, action: Action) -> Markup {
    html! {
        (hidden("action", action.as_str()))
        (hidden("product", scene.product.as_str()))
        (hidden("people", &scene.people.kept()))
        @if let Some(next) = &scene.people.next_portion { (hidden(NEXT_PORTION, next)) (filter_fields(scene.fields)) }
    }
}

/// The filter that people were chosen by, for a next portion of them.
fn filter_fields(fields: &Fields) -> Markup {
    html! { (hidden("scope", "filter")) (MembersQuery::of(fields).first_page().hidden_fields()) }
}

/// Leads on to those whom a filter finds behind the ones of a portion, if there are any.
pub(super) fn next_portion(licensee: &LicenseeId, action: Action, people: &People, fields: &Fields) -> Markup {
    html! {
        @if let Some(next) = &people.next_portion {
            form.actions method="post" action={ "/licensees/" (licensee) "/seats/review" } {
                (hidden("action", action.as_str()))
                (hidden("product", fields.text("product")))
                (filter_fields(fields))
                (hidden(PORTION, next))
                button.button.primary type="submit" { "Look at the next portion" }
            }
        }
    }
}

fn back(scene: &Scene<'_>) -> Markup {
    html! { p { a.button href={ "/licensees/" (scene.licensee) "/seats" } { "Back to the seats" } } }
}

fn table(scene: &Scene<'_>, changed: &HashSet<&str>) -> Markup {
    let (would, otherwise) = match scene.action {
        Action::Assign => ("Gets a seat", "Has a seat"),
        Action::AssignWhoCan => ("Gets a seat", "Nothing changes"),
        Action::Remove => ("Loses the seat", "Has no seat"),
    };
    lines(&scene.people.lines, |line| match &line.user {
        Ok(user) if changed.contains(user.as_str()) => {
            chip(if would == "Gets a seat" { "good" } else { "warn" }, would)
        }
        Ok(_) => chip("plain", otherwise),
        Err(code) => chip("bad", &in_words(code)),
    })
}

/// A line for each of the people, with what becomes of them.
pub(super) fn lines(people: &[Line], verdict: impl Fn(&Line) -> Markup) -> Markup {
    html! {
        div.table-frame role="region" aria-label="Line by line" tabindex="0" {
            table {
                thead { tr { th scope="col" { "Line" } th scope="col" { "User" } th scope="col" { "Result" } } }
                tbody {
                    @for (number, line) in (1..).zip(people) {
                        tr { td.quiet { (number) } td.who { (line.label) } td { (verdict(line)) } }
                    }
                }
            }
        }
    }
}
