//! Changing a subscription as *What if?* showed it.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use licensing::LicenseeId;

use super::{
    licensee_now, parse_licensee, subscription,
    toggle::wait_until_shown,
    what_if::{WhatIf, refusal},
};
use crate::{
    Console,
    failure::Failure,
    fields::Fields,
    html::problem_notice,
    interface::{Ask, Target},
    visitor::Visitor,
    wire::MessageResults,
};

/// Does what was previewed, if nothing has changed since.
pub(crate) async fn apply(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let licensee = parse_licensee(&licensee)?;
    let now = licensee_now(&console, &visitor, &licensee).await?;
    let asked = WhatIf::of(&fields, &now)?.ok_or_else(|| Failure::malformed("the form does not say what to do"))?;
    let (version, key) = fields.looked_at()?;
    let message = asked.message(&console, &visitor, &now, key);
    let message = message.ok_or_else(|| Failure::malformed("no add-on is held: there is nothing to change"))?;
    let ask = Ask::message(Target::new("/v1/events"), &message).if_version(Some(version));
    let problem = match console.interface().ask::<MessageResults>(&visitor, ask).await {
        Ok(answer) => match answer.value.results.into_iter().next() {
            Some(result) if result.outcome != "refused" => {
                return see_it(&console, &visitor, &licensee, result.position.as_deref()).await;
            }
            result => refusal(result),
        },
        Err(Failure::Problem(problem)) if problem.is_refusal() => *problem,
        Err(failure) => return Err(failure),
    };
    let page = subscription::render(&console, &visitor, &now, Some(&asked), &problem_notice(&problem)).await?;
    Ok((problem.http_status(), page.content).into_response())
}

async fn see_it(
    console: &Console,
    visitor: &Visitor,
    licensee: &LicenseeId,
    position: Option<&str>,
) -> Result<Response, Failure> {
    wait_until_shown(console, visitor, licensee, position).await?;
    Ok(Redirect::to(&format!("/licensees/{licensee}/subscription?done=yes")).into_response())
}
