//! Messages of billing, directory and usage over HTTP, instead of from a topic.

use axum::{Json, extract::State};
use contract::incoming::{Incoming, NotABatch, batch_from_json, from_json, is_json_object};
use engine::{Done, Engine, Ticket};
use licensing::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    app::App,
    extract::{CloudEvents, RequestHead},
    problem::{Problem, ProblemCode},
    schema,
};

/// The longest `id` that is given back, in characters: the longest that a message may have.
const ID_CHARS_MAX: usize = 255;

/// What became of the events, in their order.
#[derive(Serialize, ToSchema)]
pub(super) struct Results {
    /// One for each event.
    results: Vec<EventResult>,
}

/// What became of an event.
#[derive(Serialize, ToSchema)]
pub(super) struct EventResult {
    /// The event's `id`; null if it can't be read.
    id: Option<String>,
    /// What became of it.
    outcome: Outcome,
    /// Why it was refused, or for a duplicate, why the first one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    code: Option<licensing::Code>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Up to where one has to read to see what it did, with every licensee.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    /// How many events followed from it.
    events: u32,
}

/// What became of an event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Accepted,
    Duplicate,
    Refused,
}

/// An event that is with the engine.
struct Submitted {
    id: Option<String>,
    ticket: Ticket<Done>,
}

/// Takes one CloudEvent, or up to 1,000 at once; each is accepted or refused by itself, in order.
#[utoipa::path(post, path = "/v1/events", operation_id = "submit_events", tag = "events",
    request_body(content(
        (schema::CloudEvent = "application/cloudevents+json"),
        (Vec<schema::CloudEvent> = "application/cloudevents-batch+json"),
    )),
    responses((status = 200, body = Results)))]
pub(super) async fn submit(
    State(app): State<App>,
    head: RequestHead,
    body: CloudEvents,
) -> Result<Json<Results>, Problem> {
    if let CloudEvents::One(bytes) = &body
        && !is_json_object(bytes)
    {
        return Err(Problem::malformed("the body is not a JSON object: send a CloudEvent in the JSON format"));
    }
    // Under the same key the events are handed in again: by their own ids nothing happens twice.
    app.claim(head.claim(body.bytes())?).await?;
    let submitted = match body {
        CloudEvents::One(bytes) => vec![submit_one(&app.services().engine, &bytes)?],
        CloudEvents::Batch(bytes) => app.blocking(move |services| submit_batch(&services.engine, &bytes)).await?,
    };
    let mut results = Vec::with_capacity(submitted.len());
    for Submitted { id, ticket } in submitted {
        results.push(EventResult::new(id, ticket.answer().await?));
    }
    Ok(Json(Results { results }))
}

fn submit_one(engine: &Engine, bytes: &[u8]) -> Result<Submitted, Problem> {
    let incoming = from_json(bytes);
    let id = id_of(&incoming).or_else(|| readable_id(bytes));
    Ok(Submitted { id, ticket: engine.try_message(incoming)? })
}

/// Hands in all or nothing: once the first has its place in the queue, the others wait for theirs. Blocks.
fn submit_batch(engine: &Engine, bytes: &[u8]) -> Result<Vec<Submitted>, Problem> {
    let events = batch_from_json(bytes)?;
    let mut ids: Vec<Option<String>> = events.iter().map(id_of).collect();
    if ids.contains(&None) {
        fill_in_ids(&mut ids, bytes);
    }
    let mut submitted = Vec::with_capacity(events.len());
    for (id, incoming) in ids.into_iter().zip(events) {
        let ticket = if submitted.is_empty() { engine.try_message(incoming)? } else { engine.message(incoming)? };
        submitted.push(Submitted { id, ticket });
    }
    Ok(submitted)
}

fn id_of(incoming: &Incoming) -> Option<String> {
    incoming.key.as_ref().map(|key| key.id().to_owned())
}

/// The ids of events that have one, but no `source` that could be read with it.
fn fill_in_ids(ids: &mut [Option<String>], batch: &[u8]) {
    let events: Vec<&RawValue> = serde_json::from_slice(batch).unwrap_or_default();
    for (id, event) in ids.iter_mut().zip(events) {
        if id.is_none() {
            *id = readable_id(event.get().as_bytes());
        }
    }
}

fn readable_id(event: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: String,
    }
    let OnlyId { id } = serde_json::from_slice(event).ok()?;
    Some(id).filter(|id| (1..=ID_CHARS_MAX).contains(&id.chars().count()))
}

impl EventResult {
    fn new(id: Option<String>, done: Done) -> Self {
        let outcome = match &done.outcome {
            _ if done.duplicate => Outcome::Duplicate,
            Ok(_) => Outcome::Accepted,
            Err(_) => Outcome::Refused,
        };
        let (code, detail) = match done.outcome {
            Ok(_) => (None, None),
            Err(Refusal { code, detail, .. }) => (Some(code), Some(detail)),
        };
        let position = Some(done.positions).filter(|positions| !positions.is_empty());
        Self {
            id,
            outcome,
            code,
            detail,
            position: position.map(|positions| positions.to_string()),
            events: done.events,
        }
    }
}

impl From<NotABatch> for Problem {
    fn from(error: NotABatch) -> Self {
        let code = match error {
            NotABatch::NoArray => ProblemCode::MalformedRequest,
            NotABatch::TooLong { .. } => ProblemCode::TooManyEvents,
        };
        Self::new(code, error.to_string())
    }
}
