//! What a change of many seats did.

use std::collections::HashMap;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use licensing::UserId;
use maud::html;

use super::{Action, people::People, review};
use crate::{
    Console,
    failure::Failure,
    fields::Fields,
    html::{Tab, chip, in_words, licensee_page, notice},
    interface::Ask,
    pages::{licensee_now, parse_licensee, toggle::wait_until_shown},
    visitor::Visitor,
    wire::Outcome,
};

/// Does what was decided on, if nothing has changed since it was shown.
pub(crate) async fn apply(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let licensee = parse_licensee(&licensee)?;
    let now = licensee_now(&console, &visitor, &licensee).await?;
    let action = Action::of(&fields)?;
    let people = People::of(&console, &licensee, action, &fields).await?;
    let Some((product, _)) = now.product(fields.text("product")) else {
        return Err(Failure::not_found("the catalogue has no product: see usher's --catalog"));
    };
    let (version, key) = fields.looked_at()?;
    let ask = Ask::post(action.target(&licensee, product), &action.body(&people)).if_version(Some(version)).once(key);
    let answer = match console.interface().ask::<Outcome>(&visitor, ask).await {
        Ok(answer) => answer,
        Err(Failure::Problem(problem)) if problem.is_refusal() => {
            return review::show(&console, &visitor, &now, &fields, (action, people), Some(&problem)).await;
        }
        Err(failure) => return Err(failure),
    };
    wait_until_shown(&console, &visitor, &licensee, answer.position.as_deref()).await?;
    let done = answer.value;
    let changed = done.assigned.len() + done.removed.len();
    let verdicts = verdicts(&done);
    let title = match (action, changed) {
        (Action::Remove, 1) => "1 seat was removed".to_owned(),
        (Action::Remove, count) => format!("{count} seats were removed"),
        (_, 1) => "1 seat was assigned".to_owned(),
        (_, count) => format!("{count} seats were assigned"),
    };
    let content = html! {
        (notice("good", &title, &html! { a href={ "/licensees/" (licensee) "/seats" } { "Back to the seats" } }))
        (review::next_portion(&licensee, action, &people, &fields))
        (review::lines(&people.lines, |line| match &line.user {
            Ok(user) => {
                let (tone, words) = verdicts.get(user).map_or(("plain", "Nothing done"), |(tone, words)| (tone, words));
                chip(tone, words)
            }
            Err(code) => chip("bad", &in_words(code)),
        }))
    };
    let after = licensee_now(&console, &visitor, &licensee).await?;
    Ok(licensee_page(&visitor, &after, (Tab::Seats, &title), &content).into_response())
}

/// What became of each user, and how it is coloured.
fn verdicts(done: &Outcome) -> HashMap<&UserId, (&'static str, String)> {
    let mut verdicts = HashMap::new();
    for (users, tone, words) in [
        (&done.assigned, "good", "Got a seat"),
        (&done.already_assigned, "plain", "Had a seat"),
        (&done.removed, "good", "Lost the seat"),
        (&done.without_seat, "plain", "Had no seat"),
    ] {
        verdicts.extend(users.iter().map(|user| (user, (tone, words.to_owned()))));
    }
    verdicts.extend(done.failed.iter().map(|failed| (&failed.user, ("bad", in_words(&failed.code)))));
    verdicts
}
