//! The switch beside each user: gives one seat, or takes it.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use licensing::{LicenseeId, UserId};
use serde_json::Value;

use super::{members_query::MembersQuery, parse_licensee, seats};
use crate::{
    Console,
    failure::Failure,
    fields::Fields,
    interface::{Ask, Target},
    visitor::Visitor,
};

/// Gives or takes the seat, and comes back to the list.
pub(crate) async fn flip(
    State(console): State<Console>,
    visitor: Visitor,
    Path((licensee, product, user)): Path<(String, String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    let licensee = parse_licensee(&licensee)?;
    let user = UserId::parse(&user).map_err(|_| Failure::malformed("the address names no possible user: check it"))?;
    let is_product = product.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !is_product {
        return Err(Failure::malformed("the address names no possible product: check it"));
    }
    let target = Target::new(format!("/v1/licensees/{licensee}/products/{product}/seats/{user}"));
    let ask = match fields.text("to") {
        "assigned" => Ask::put(target),
        "removed" => Ask::delete(target),
        _ => return Err(Failure::malformed("the form does not say what to do: reload the page")),
    };
    let query = MembersQuery::of(&fields);
    match console.interface().ask::<Value>(&visitor, ask).await {
        Ok(answer) => {
            wait_until_shown(&console, &visitor, &licensee, answer.position.as_deref()).await?;
            Ok(Redirect::to(&query.link(licensee.as_str())).into_response())
        }
        Err(Failure::Problem(problem)) if problem.is_refusal() => {
            seats::with_refusal(&console, &visitor, &licensee, &query, &problem).await
        }
        Err(failure) => Err(failure),
    }
}

/// Waits until what was done is to be seen, so that the next page shows it.
pub(super) async fn wait_until_shown(
    console: &Console,
    visitor: &Visitor,
    licensee: &LicenseeId,
    position: Option<&str>,
) -> Result<(), Failure> {
    let ask = Ask::get(Target::new(format!("/v1/licensees/{licensee}"))).behind(position);
    match console.interface().ask::<Value>(visitor, ask).await {
        Ok(_) => Ok(()),
        // It was done all the same.
        Err(Failure::Problem(problem)) if problem.status == 503 => Ok(()),
        Err(failure) => Err(failure),
    }
}
