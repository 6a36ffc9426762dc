//! Messages of billing, directory and usage over HTTP, instead of from a topic.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use contract::incoming::{Incoming, MessageKey, NotABatch, batch_from_json, from_json, is_json_object};
use engine::{Done, Engine, Order, Preview, Ticket};
use journal::Positions;
use licensing::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    app::{App, Ordered},
    auth::Principal,
    extract::{CloudEvents, RequestHead, Terms},
    preview::previewed,
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

/// An event as it was read.
struct Event {
    id: Option<String>,
    incoming: Incoming,
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
    caller: Principal,
    head: RequestHead,
    body: CloudEvents,
) -> Result<Response, Problem> {
    if let CloudEvents::One(bytes) = &body
        && !is_json_object(bytes)
    {
        return Err(Problem::malformed("the body is not a JSON object: send a CloudEvent in the JSON format"));
    }
    let terms = head.terms();
    let events = match body {
        CloudEvents::One(bytes) => vec![read_one(&bytes)],
        CloudEvents::Batch(_) if terms != Terms::default() => {
            return Err(Problem::malformed("dry_run and If-Match are for a single event: send it by itself"));
        }
        CloudEvents::Batch(bytes) => app.blocking(move |_| read_batch(&bytes)).await?,
    };
    check_may_send(&caller, &events)?;
    let claim = head.claim(&content_of(&events))?;
    // Under the same key the events are handed in again: by their own ids nothing happens twice.
    let _claimed = match terms.is_preview {
        true => None,
        false => Some(app.claim(claim).await?),
    };
    if terms != Terms::default() {
        return submit_on_terms(&app, events, terms).await;
    }
    let submitted = match events.len() {
        // The first never waits for its place.
        ..=1 => submit_all(&app.services().engine, events)?,
        _ => app.blocking(move |services| submit_all(&services.engine, events)).await?,
    };
    let mut results = Vec::with_capacity(submitted.len());
    for Submitted { id, ticket } in submitted {
        results.push(EventResult::new(id, ticket.answer().await?));
    }
    Ok(Json(Results { results }).into_response())
}

/// Events that are only previewed (R37), or bound to a version.
async fn submit_on_terms(app: &App, events: Vec<Event>, terms: Terms) -> Result<Response, Problem> {
    let mut results = Vec::with_capacity(events.len());
    for Event { id, incoming } in events {
        match app.order(Order::Message(Box::new(incoming)), terms).await? {
            Ordered::Done(done) => results.push(EventResult::new(id, done)),
            // As the event itself would be answered.
            Ordered::Previewed(Preview { outcome: Err(refusal), .. }) => {
                results.push(EventResult::refused(id, refusal))
            }
            Ordered::Previewed(preview) => return previewed(preview),
        }
    }
    Ok(Json(Results { results }).into_response())
}

fn read_one(bytes: &[u8]) -> Event {
    let incoming = from_json(bytes);
    Event { id: id_of(&incoming).or_else(|| readable_id(bytes)), incoming }
}

fn read_batch(bytes: &[u8]) -> Result<Vec<Event>, NotABatch> {
    let events = batch_from_json(bytes)?;
    let mut ids: Vec<Option<String>> = events.iter().map(id_of).collect();
    if ids.contains(&None) {
        fill_in_ids(&mut ids, bytes);
    }
    Ok(ids.into_iter().zip(events).map(|(id, incoming)| Event { id, incoming }).collect())
}

/// What events say: who sends them, under which ids, and each one's content (R34).
fn content_of(events: &[Event]) -> Vec<u8> {
    let mut content = Vec::new();
    for Event { incoming, .. } in events {
        let id = incoming.key.as_ref().map(MessageKey::command_id).unwrap_or_default();
        content.extend_from_slice(&(id.len() as u64).to_be_bytes());
        content.extend_from_slice(id.as_bytes());
        content.extend_from_slice(&incoming.digest);
    }
    content
}

/// One event that may not be sent stops them all.
fn check_may_send(caller: &Principal, events: &[Event]) -> Result<(), Problem> {
    let Some(foreign) = events.iter().position(|event| !caller.may_send(&event.incoming.type_name)) else {
        return Ok(());
    };
    let number = foreign + 1;
    let detail =
        format!("event {number} is of a type that the token's roles do not send, nothing was done: leave it out");
    Err(Problem::forbidden(caller.actor(), detail))
}

/// Hands in all or nothing: once the first has its place in the queue, the others wait for theirs, and block.
fn submit_all(engine: &Engine, events: Vec<Event>) -> Result<Vec<Submitted>, Problem> {
    let mut submitted = Vec::with_capacity(events.len());
    for Event { id, incoming } in events {
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
    fn refused(id: Option<String>, refusal: Refusal) -> Self {
        Self::new(id, Done { outcome: Err(refusal), duplicate: false, events: 0, positions: Positions::default() })
    }

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
