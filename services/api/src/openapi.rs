//! The OpenAPI document, made from the routes.

use axum::http::Method;
use utoipa::{
    OpenApi as _,
    openapi::{
        Content, OpenApi, Ref, RefOr, Required, Response,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        schema::{ObjectBuilder, OneOfBuilder, Schema, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    auth::is_open,
    layers::MIN_POSITION,
    preview::{Previewed, PreviewedAnswer, PreviewedEvent},
    problem::PROBLEM_JSON,
    routes,
    schema::{MemberSort, ProblemDetails},
};

const CONTRACT_PREFIX: &str = "/v1/";
/// What is below decides nothing, so that there is nothing to preview, to repeat or to be bound to a version.
const DECIDES_NOTHING: &str = "/v1/views/";
const JSON: &str = "application/json";
/// How the document calls the way in which callers prove who they are.
const BEARER: &str = "bearer";

/// The head of the document.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Usher",
        description = "Decides who may hold a seat of a licensed add-on, and keeps the history of every decision."
    ),
    tags(
        (name = "events", description = "Messages of billing, directory and usage"),
        (name = "licensees", description = "Who holds licences, and what happened to them"),
        (name = "seats", description = "Giving and taking seats"),
        (name = "users", description = "Users, and what they may use"),
        (name = "webhooks", description = "Events, posted to whoever asked for them"),
        (name = "time", description = "The clock, and what is due"),
        (name = "process", description = "How the process is"),
    ),
    components(schemas(MemberSort, Previewed, PreviewedAnswer, PreviewedEvent, ProblemDetails))
)]
struct Head;

/// The OpenAPI 3.1 document of everything that [`router`](crate::router) serves, but for the page at `/`.
pub fn openapi() -> OpenApi {
    let routes = OpenApiRouter::with_openapi(Head::openapi()).merge(routes::contract()).merge(routes::process());
    let mut document = routes.into_openapi();
    for (path, item) in &mut document.paths.paths {
        let is_contract = path.starts_with(CONTRACT_PREFIX);
        complete(item, is_contract, !path.starts_with(DECIDES_NOTHING));
        if let Some(read) = item.get.as_mut().filter(|_| is_open(&Method::GET, path)) {
            read.security = Some(Vec::new());
        }
    }
    document.components.get_or_insert_default().add_security_scheme(BEARER, bearer());
    document.security = Some(vec![SecurityRequirement::new(BEARER, [""; 0])]);
    document
}

/// The token that a caller needs, unless the server runs without authentication.
fn bearer() -> SecurityScheme {
    let description = "a token from whoever runs this server, or from its issuer; none is needed where it runs without";
    SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build())
}

/// Adds what all operations have in common.
fn complete(item: &mut PathItem, is_contract: bool, has_terms: bool) {
    let changing = [&mut item.put, &mut item.post, &mut item.delete];
    for operation in changing.into_iter().flatten() {
        add_problems(operation);
        if has_terms {
            add_parameter(operation, idempotency_key());
            add_parameter(operation, if_match());
            add_parameter(operation, dry_run());
            add_preview(operation);
        }
    }
    if let Some(read) = &mut item.get {
        if is_contract {
            add_parameter(read, min_position());
        }
        add_problems(read);
    }
}

fn add_parameter(operation: &mut Operation, parameter: Parameter) {
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
}

fn add_problems(operation: &mut Operation) {
    let mut response = Response::new("any error (RFC 9457)");
    let content = Content::new(Some(Ref::from_schema_name("ProblemDetails")));
    response.content.insert(PROBLEM_JSON.to_owned(), RefOr::T(content));
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
}

/// What a change answers is one thing or a preview.
fn add_preview(operation: &mut Operation) {
    let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") else { return };
    let Some(RefOr::T(content)) = response.content.get_mut(JSON) else { return };
    if let Some(answer) = content.schema.take() {
        let preview = Ref::from_schema_name("Previewed");
        content.schema = Some(RefOr::T(Schema::OneOf(OneOfBuilder::new().item(answer).item(preview).build())));
    }
}

fn dry_run() -> Parameter {
    let description = "true for a preview: nothing is changed, and the answer holds the events that there would be, or the \
                       refusal";
    ParameterBuilder::new()
        .name("dry_run")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::Boolean)))
        .build()
}

fn if_match() -> Parameter {
    header("If-Match", "the ETag of a licensee or preview: where anything has moved since, nothing is done (412)")
}

fn min_position() -> Parameter {
    header(MIN_POSITION, "a position that some change answered with: the read waits up to 2 s until it sees the change")
}

fn idempotency_key() -> Parameter {
    header("Idempotency-Key", "the caller's own name for the change: sent again under it, nothing happens twice")
}

fn header(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}
