//! The pages, one file each, and the way to each of them.

mod bulk;
mod failed;
mod history;
mod licensees;
mod members_found;
mod members_query;
mod operations;
mod seats;
mod sign_in;
mod subscription;
mod subscription_change;
mod toggle;
mod undo;
mod what_if;
mod why;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header::REFRESH},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use licensing::LicenseeId;
use maud::Markup;

use crate::{
    Console, assets, changes,
    failure::{Failure, Problem},
    fields::parse_licensee,
    interface::Target,
    visitor::Visitor,
    wire::Licensee,
};

pub(crate) use what_if::Answers;

/// After how many seconds a page looks again whose answer is not there yet.
const REFRESH_SECONDS: &str = "1";

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/", get(licensees::list))
        .route("/licensees", get(licensees::list))
        .route("/licensees/{licensee}", get(seats::show))
        .route("/licensees/{licensee}/seats", get(seats::show))
        .route("/licensees/{licensee}/seats/review", post(bulk::review))
        .route("/licensees/{licensee}/seats/apply", post(bulk::apply))
        .route("/licensees/{licensee}/seats/{product}/{user}", post(toggle::flip))
        .route("/licensees/{licensee}/members/{user}/why", get(why::show))
        .route("/licensees/{licensee}/subscription", get(subscription::show))
        .route("/licensees/{licensee}/subscription/sync", post(subscription::synchronize))
        .route("/licensees/{licensee}/subscription/apply", post(subscription_change::apply))
        .route("/licensees/{licensee}/history", get(history::show))
        .route("/licensees/{licensee}/undo/review", post(undo::review))
        .route("/licensees/{licensee}/undo/apply", post(undo::apply))
        .route("/licensees/{licensee}/changes", get(changes::listen))
        .route(changes::OF_ALL, get(changes::listen_to_all))
        .route("/operations", get(operations::show))
        .route("/operations/dead-letters/retry", post(operations::retry))
        .route("/sign-in", get(sign_in::ask).post(sign_in::take))
        .route("/sign-out", post(sign_in::end))
        .route("/assets/console.css", get(assets::styles))
        .route("/assets/console.js", get(assets::script))
        .route("/assets/theme.js", get(assets::theme))
        .route("/assets/icon.svg", get(assets::icon))
        .method_not_allowed_fallback(only_forms)
        .layer(DefaultBodyLimit::max(api::BODY_BYTES_MAX))
}

/// An address that a form is sent to has nothing to show by itself.
async fn only_forms() -> Failure {
    let detail = "this address only takes what a form sends: begin with the page of the form";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "only_forms", detail).into()
}

/// A page whose answer is on its way: the browser asks again, also without script, at `address` if there is one, else at the
/// same.
fn comes_again(page: Markup, address: Option<&str>) -> Response {
    let again = address.and_then(|address| HeaderValue::try_from(format!("{REFRESH_SECONDS}; url={address}")).ok());
    let again = again.unwrap_or(HeaderValue::from_static(REFRESH_SECONDS));
    (StatusCode::ACCEPTED, [(REFRESH, again)], page).into_response()
}

/// The licensee as it is now, if the visitor may see it. Whoever may change it has it ready for a preview or a change, which
/// would be slow on a licensee with very many members that nobody has touched since usher was started.
async fn licensee_now(console: &Console, visitor: &Visitor, licensee: &LicenseeId) -> Result<Licensee, Failure> {
    let target = Target::new(format!("/v1/licensees/{licensee}"));
    let now: Licensee = console.interface().get(visitor, target).await?;
    if visitor.caller.changes_seats_of(licensee) || visitor.caller.sends_billing {
        console.services().engine.read_ahead(licensee, now.members);
    }
    Ok(now)
}
