//! Taking back what a command did to seats: what that would do (R37), and doing it.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use licensing::UserId;
use maud::{Markup, html};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{licensee_now, parse_licensee, toggle::wait_until_shown};
use crate::{
    Console,
    failure::{Failure, Problem},
    fields::Fields,
    html::{Tab, chip, hidden, in_words, licensee_page, notice, problem_notice, seats},
    interface::{Answer, Ask, Target},
    visitor::Visitor,
    wire::{Licensee, PreviewedUndoing, Undone},
};

/// How many users are listed.
const USERS_SHOWN: usize = 1_000;

/// What undoing a command would do.
pub(crate) async fn review(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let licensee = licensee_now(&console, &visitor, &parse_licensee(&licensee)?).await?;
    preview(&console, &visitor, &licensee, command_id(&fields)?, None).await
}

/// Undoes it, if nothing has changed since that was shown.
pub(crate) async fn apply(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let licensee = licensee_now(&console, &visitor, &parse_licensee(&licensee)?).await?;
    let command_id = command_id(&fields)?;
    let (version, key) = fields.looked_at()?;
    let ask = Ask::post(target(&licensee), &body(command_id)).if_version(Some(version)).once(key);
    match console.interface().ask::<Undone>(&visitor, ask).await {
        Ok(answer) => {
            wait_until_shown(&console, &visitor, &licensee.licensee, answer.position.as_deref()).await?;
            let after = licensee_now(&console, &visitor, &licensee.licensee).await?;
            Ok(done(&visitor, &after, &answer.value).into_response())
        }
        Err(Failure::Problem(problem)) if problem.is_refusal() => {
            preview(&console, &visitor, &licensee, command_id, Some(&problem)).await
        }
        Err(failure) => Err(failure),
    }
}

fn command_id(fields: &Fields) -> Result<&str, Failure> {
    match fields.text("command_id") {
        "" => Err(Failure::malformed("the form does not say which command: choose one in the history")),
        command_id => Ok(command_id),
    }
}

fn target(licensee: &Licensee) -> Target {
    Target::new(format!("/v1/licensees/{}/undo", licensee.licensee))
}

fn body(command_id: &str) -> Value {
    json!({ "command_id": command_id })
}

/// The preview; after what was decided on could not be done, with why.
async fn preview(
    console: &Console,
    visitor: &Visitor,
    licensee: &Licensee,
    command_id: &str,
    stopped_by: Option<&Problem>,
) -> Result<Response, Failure> {
    let ask = Ask::post(target(licensee).with("dry_run", "true"), &body(command_id));
    let (shown, mut status) = match console.interface().ask::<PreviewedUndoing>(visitor, ask).await {
        Ok(answer) => (would_happen(licensee, command_id, &answer), StatusCode::OK),
        Err(Failure::Problem(problem)) if problem.is_refusal() => (problem_notice(&problem), problem.http_status()),
        Err(failure) => return Err(failure),
    };
    let mut why = html! {};
    if let Some(problem) = stopped_by {
        (why, status) = (problem_notice(problem), problem.http_status());
    }
    let content = html! {
        h2 { "Undo a command" }
        p.quiet { "Command " code { (command_id) } }
        (why)
        (shown)
        p { a href={ "/licensees/" (licensee.licensee) "/history" } { "Back to the history" } }
    };
    Ok((status, licensee_page(visitor, licensee, (Tab::History, "Undo"), &content)).into_response())
}

fn would_happen(licensee: &Licensee, command_id: &str, preview: &Answer<PreviewedUndoing>) -> Markup {
    let undone = &preview.value.answer;
    let (restored, removed) = (undone.restored.len(), undone.removed.len());
    if restored == 0 && removed == 0 {
        return html! {
            (notice("info", "Nothing would change", &html! { "No seat that it moved can be moved back now." }))
            (table(undone, "Gets the seat back", "Loses the seat"))
        };
    }
    html! {
        div.card data-decision {
            p.big { "Undo: " (seats(restored)) " given back, " (seats(removed)) " taken" }
            p.quiet { "What billing sold stays as it is. An undoing can be undone." }
            form.actions method="post" action={ "/licensees/" (licensee.licensee) "/undo/apply" } {
                (hidden("command_id", command_id))
                (hidden("version", &preview.version.map(|version| version.to_string()).unwrap_or_default()))
                (hidden("key", &Uuid::now_v7().to_string()))
                button #decide.button.danger type="submit" { "Undo it" }
                a.button href={ "/licensees/" (licensee.licensee) "/history" } { "Cancel" }
            }
        }
        (table(undone, "Gets the seat back", "Loses the seat"))
    }
}

fn done(visitor: &Visitor, licensee: &Licensee, undone: &Undone) -> Markup {
    let title = format!("Undone: {} given back, {} taken", seats(undone.restored.len()), seats(undone.removed.len()));
    let content = html! {
        (notice("good", &title, &html! {
            a href={ "/licensees/" (licensee.licensee) "/history" } { "Back to the history" }
        }))
        (table(undone, "Got the seat back", "Lost the seat"))
    };
    licensee_page(visitor, licensee, (Tab::History, "Undone"), &content)
}

/// Each user whose seat the command had moved, with what becomes of it.
fn table(undone: &Undone, given: &str, taken: &str) -> Markup {
    let rows = |users: &'_ [UserId], tone: &'static str, words: &str| -> Vec<(String, Markup)> {
        users.iter().map(|user| (user.to_string(), chip(tone, words))).collect()
    };
    let mut all = rows(&undone.restored, "good", given);
    all.extend(rows(&undone.removed, "warn", taken));
    all.extend(undone.failed.iter().map(|failed| (failed.user.to_string(), chip("bad", &in_words(&failed.code)))));
    let left_out = all.len().saturating_sub(USERS_SHOWN);
    html! {
        @if !all.is_empty() {
            div.table-frame role="region" aria-label="User by user" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "User" } th scope="col" { "Result" } } }
                    tbody {
                        @for (user, verdict) in all.iter().take(USERS_SHOWN) { tr { td.who { (user) } td { (verdict) } } }
                    }
                }
            }
            @if left_out > 0 { p.quiet { "And " (left_out) " more." } }
        }
    }
}
