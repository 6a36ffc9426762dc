//! The OpenAPI document, made from the routes.

use utoipa::{
    OpenApi as _,
    openapi::{
        Content, OpenApi, Ref, RefOr, Required, Response,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        schema::{ObjectBuilder, Type},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    layers::MIN_POSITION,
    problem::PROBLEM_JSON,
    routes,
    schema::{MemberSort, ProblemDetails},
};

const CONTRACT_PREFIX: &str = "/v1/";

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
        (name = "time", description = "The clock, and what is due"),
        (name = "process", description = "How the process is"),
    ),
    components(schemas(MemberSort, ProblemDetails))
)]
struct Head;

/// The OpenAPI 3.1 document of everything that [`router`](crate::router) serves, but for the page at `/`.
pub fn openapi() -> OpenApi {
    let routes = OpenApiRouter::with_openapi(Head::openapi()).merge(routes::contract()).merge(routes::process());
    let mut document = routes.into_openapi();
    for (path, item) in &mut document.paths.paths {
        let is_contract = path.starts_with(CONTRACT_PREFIX);
        complete(item, is_contract);
    }
    document
}

/// Adds what all operations have in common.
fn complete(item: &mut PathItem, is_contract: bool) {
    let changing = [&mut item.put, &mut item.post, &mut item.delete];
    for operation in changing.into_iter().flatten() {
        add_parameter(operation, idempotency_key());
        add_problems(operation);
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
