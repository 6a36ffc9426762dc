//! The routes, one file a group.

mod clock;
mod diff;
mod document;
mod events;
mod explain;
mod health;
mod history;
mod known;
mod licensees;
mod members;
mod rebuild;
mod refusals;
mod seats;
mod sync;
mod timers;
mod undo;
mod users;
mod webhooks;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    middleware,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    BODY_BYTES_MAX, Services,
    app::App,
    auth::Auth,
    grpc::{self, ACCESS_SERVICE, Closing},
    health::Health,
    layers::{self, Gate},
    problem::{Problem, ProblemCode},
};

pub(crate) use members::{Parameters as MembersParameters, check_wanted as check_members_wanted};

/// As [`router_with`], where nobody has to say who they are.
pub fn router(services: Services) -> Router {
    router_with(services, Auth::none())
}

/// As [`router_until`], where nobody says that the streams are to end.
pub fn router_with(services: Services, auth: Auth) -> Router {
    router_until(services, auth, Closing::default())
}

/// Everything that usher serves to callers who are known by `auth`: `/v1`, gRPC, health, metrics and the OpenAPI
/// document. What would stay open for as long as a caller likes ends once `closing` says so.
pub fn router_until(services: Services, auth: Auth, closing: Closing) -> Router {
    let app = App::new(services);
    let gate = Gate::new(auth, Some(app.clone()));
    let (from_tables, _document) = from_tables().split_for_parts();
    let (from_memory, _document) = from_memory().split_for_parts();
    let (process, _document) = process().split_for_parts();
    let router = from_tables
        .route_layer(middleware::from_fn_with_state(app.clone(), layers::wait_until_caught_up))
        .merge(from_memory)
        .route_layer(middleware::from_fn(layers::refuse_unsupported))
        .merge(process)
        .merge(grpc::access_routes(&app, closing))
        .merge(grpc::health_routes(&app, &[ACCESS_SERVICE]));
    framed(router, gate).with_state(app)
}

/// As [`process_router_with`], where nobody has to say who they are.
pub fn process_router(health: Health) -> Router {
    process_router_with(health, Auth::none())
}

/// What a process serves that answers no callers: health, metrics and the OpenAPI document, to those known by `auth`.
pub fn process_router_with(health: Health, auth: Auth) -> Router {
    let (process, _document) = process().split_for_parts();
    framed(process.merge(grpc::health_routes(&health, &[])), Gate::new(auth, None)).with_state(health)
}

/// What happens to every request, whatever is asked for.
fn framed<S: Clone + Send + Sync + 'static>(router: Router<S>, gate: Gate) -> Router<S> {
    // The last layer is the outermost.
    router
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(middleware::from_fn_with_state(gate, layers::admit))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(layers::catch_panics())
        .layer(middleware::from_fn(layers::speak_grpc))
        .layer(middleware::from_fn(layers::observe))
}

/// What is below `/v1`.
pub(crate) fn contract() -> OpenApiRouter<App> {
    from_tables().merge(from_memory())
}

/// What is answered from memory where it can be; it waits for what a reader wants to have seen by itself.
fn from_memory() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(users::access))
}

/// What is answered from tables, or changes something.
fn from_tables() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(events::submit))
        .routes(routes!(licensees::list))
        .routes(routes!(licensees::show))
        .routes(routes!(members::list))
        .routes(routes!(seats::assign, seats::remove))
        .routes(routes!(seats::assign_many))
        .routes(routes!(seats::remove_many))
        .routes(routes!(sync::synchronize))
        .routes(routes!(undo::undo))
        .routes(routes!(history::list))
        .routes(routes!(diff::show))
        .routes(routes!(explain::show))
        .routes(routes!(refusals::list))
        .routes(routes!(users::show))
        .routes(routes!(timers::list))
        .routes(routes!(clock::show, clock::advance))
        .routes(routes!(webhooks::add, webhooks::list))
        .routes(routes!(webhooks::show, webhooks::remove))
        .routes(routes!(webhooks::enable))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::replay))
        .routes(routes!(webhooks::test))
        .routes(routes!(rebuild::show, rebuild::start, rebuild::abort))
}

/// What tells about the process.
pub(crate) fn process<S: Clone + Send + Sync + 'static>() -> OpenApiRouter<S>
where
    Health: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(document::show))
}

async fn nothing_here() -> Problem {
    Problem::new(ProblemCode::NotFound, "nothing is at this path: see /openapi.json for what there is")
}

async fn other_method() -> Problem {
    Problem::new(ProblemCode::MethodNotAllowed, "the path does not know this method: see the header Allow")
}
