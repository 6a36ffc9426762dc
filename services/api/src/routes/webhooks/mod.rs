//! Webhooks: who is told of what happens, by events that are posted.
//!
//! What is done with them is nothing that happens to a licensee: it makes no event, and its preview shows none.

mod bodies;
mod shown;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use notify::webhooks::{Registry, RegistryError};
use openssl::sha::sha256;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::{Builder, Uuid};

use crate::{
    answer::Items,
    app::{App, Claimed},
    extract::{JsonBody, Path, RequestHead, parsed},
    preview::nothing_happens,
    problem::{Problem, ProblemCode},
};
use bodies::{AddWebhookBody, ReplayBody, RotateBody};
use shown::{ShownWebhook, WebhookRemoved, WebhookTested, WebhookWithSecret};

/// The path of a webhook.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct WebhookPath {
    /// The webhook.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = String, format = "uuid")]
    webhook: Uuid,
}

/// Registers an address that events are posted to, from now on or from a position on. The answer has the secret that they
/// are signed with, which is not shown again.
#[utoipa::path(post, path = "/v1/webhooks", operation_id = "add_webhook", tag = "webhooks", request_body = AddWebhookBody,
    responses((status = 200, body = WebhookWithSecret)))]
pub(super) async fn add(
    State(app): State<App>,
    head: RequestHead,
    body: JsonBody<AddWebhookBody>,
) -> Result<Response, Problem> {
    let JsonBody { value, content } = body;
    let registration = value.registration(id_of(&head));
    let checked = registration.clone();
    let begun = begin(&app, head, &content, move |registry| Ok(registry.check(&checked)?)).await?;
    let Some(_claimed) = begun else { return Ok(nothing_happens()) };
    answer(&app, move |registry| {
        let webhook = registry.add(registration)?;
        let lanes = registry.lanes(webhook.id)?;
        Ok(WebhookWithSecret::of(webhook, &lanes))
    })
    .await
}

/// Lists all webhooks, oldest first; 100 at most.
#[utoipa::path(get, path = "/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks",
    responses((status = 200, body = Items<ShownWebhook>)))]
pub(super) async fn list(State(app): State<App>) -> Result<Response, Problem> {
    answer(&app, |registry| {
        let all = registry.all()?;
        Ok(Items { items: all.into_iter().map(|(webhook, lanes)| ShownWebhook::of(webhook, &lanes)).collect() })
    })
    .await
}

/// Shows a webhook, how far it is, and what stands in its way.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}", operation_id = "show_webhook", tag = "webhooks", params(WebhookPath),
    responses((status = 200, body = ShownWebhook)))]
pub(super) async fn show(
    State(app): State<App>,
    Path(WebhookPath { webhook }): Path<WebhookPath>,
) -> Result<Response, Problem> {
    answer(&app, move |registry| shown(registry, webhook)).await
}

/// Removes a webhook: nothing more is posted to it.
#[utoipa::path(delete, path = "/v1/webhooks/{webhook}", operation_id = "remove_webhook", tag = "webhooks",
    params(WebhookPath), responses((status = 200, body = WebhookRemoved)))]
pub(super) async fn remove(
    State(app): State<App>,
    Path(WebhookPath { webhook }): Path<WebhookPath>,
    head: RequestHead,
) -> Result<Response, Problem> {
    if is_preview(&head)? {
        return Ok(nothing_happens());
    }
    let _claimed = app.claim(head.claim(&[])?).await?;
    answer(&app, move |registry| Ok(WebhookRemoved { removed: registry.remove(webhook)? })).await
}

/// Enables a webhook that was disabled, which goes on where it stopped; one that fails is tried at once.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/enable", operation_id = "enable_webhook", tag = "webhooks",
    params(WebhookPath), responses((status = 200, body = ShownWebhook)))]
pub(super) async fn enable(
    State(app): State<App>,
    Path(WebhookPath { webhook }): Path<WebhookPath>,
    head: RequestHead,
) -> Result<Response, Problem> {
    let begun = begin(&app, head, &[], move |registry| shown(registry, webhook)).await?;
    let Some(claimed) = begun else { return Ok(nothing_happens()) };
    answer(&app, move |registry| {
        if !claimed.was_done {
            registry.enable(webhook)?;
        }
        shown(registry, webhook)
    })
    .await
}

/// Gives a webhook another secret, which is not shown again. Events are signed with both for a while.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/rotate", operation_id = "rotate_webhook_secret", tag = "webhooks",
    params(WebhookPath), request_body = RotateBody, responses((status = 200, body = WebhookWithSecret)))]
pub(super) async fn rotate(
    State(app): State<App>,
    Path(WebhookPath { webhook }): Path<WebhookPath>,
    head: RequestHead,
    body: JsonBody<RotateBody>,
) -> Result<Response, Problem> {
    let JsonBody { value, content } = body;
    let begun = begin(&app, head, &content, move |registry| shown(registry, webhook)).await?;
    let Some(claimed) = begun else { return Ok(nothing_happens()) };
    answer(&app, move |registry| {
        let (secret, old_valid_for) = value.terms();
        let rotated = match claimed.was_done {
            true => registry.one(webhook)?,
            false => registry.rotate(webhook, secret, old_valid_for)?,
        };
        let lanes = registry.lanes(webhook)?;
        Ok(WebhookWithSecret::of(rotated, &lanes))
    })
    .await
}

/// Posts all events from a position on, in the shards that it is of: again, or, where it lies ahead, without those between.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/replay", operation_id = "replay_webhook", tag = "webhooks",
    params(WebhookPath), request_body = ReplayBody, responses((status = 200, body = ShownWebhook)))]
pub(super) async fn replay(
    State(app): State<App>,
    Path(WebhookPath { webhook }): Path<WebhookPath>,
    head: RequestHead,
    body: JsonBody<ReplayBody>,
) -> Result<Response, Problem> {
    let JsonBody { value: ReplayBody { from }, content } = body;
    let checked = from.clone();
    let begun = begin(&app, head, &content, move |registry| Ok(registry.places(webhook, &checked)?)).await?;
    let Some(claimed) = begun else { return Ok(nothing_happens()) };
    answer(&app, move |registry| {
        if !claimed.was_done {
            registry.replay(webhook, &from)?;
        }
        shown(registry, webhook)
    })
    .await
}

/// Posts a message that says nothing, of the type usher.webhooks.v1.Test, once, and tells what became of it.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/test", operation_id = "test_webhook", tag = "webhooks",
    params(WebhookPath), responses((status = 200, body = WebhookTested)))]
pub(super) async fn test(
    State(app): State<App>,
    Path(WebhookPath { webhook }): Path<WebhookPath>,
    head: RequestHead,
) -> Result<Response, Problem> {
    let begun = begin(&app, head, &[], move |registry| shown(registry, webhook)).await?;
    let Some(_claimed) = begun else { return Ok(nothing_happens()) };
    answer(&app, move |registry| Ok(WebhookTested::from(registry.test(webhook)?))).await
}

fn shown(registry: &Registry, webhook: Uuid) -> Result<ShownWebhook, Problem> {
    Ok(ShownWebhook::of(registry.one(webhook)?, &registry.lanes(webhook)?))
}

/// Asks for something, on a thread that may be blocked, and answers with it.
async fn answer<T: Serialize + Send + 'static>(
    app: &App,
    work: impl FnOnce(&Registry) -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    Ok(Json(ask(app, work).await?).into_response())
}

async fn ask<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Registry) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    app.blocking(move |services| match &services.webhooks {
        Some(registry) => work(registry),
        None => Err(Problem::new(ProblemCode::NotFound, "there are no webhooks here: ask a server of the store")),
    })
    .await
}

/// Begins a change: checks it, and then takes the request's key, as only what can be done does. `None` for a preview,
/// which ends there.
async fn begin<T: Send + 'static>(
    app: &App,
    head: RequestHead,
    content: &[u8],
    check: impl FnOnce(&Registry) -> Result<T, Problem> + Send + 'static,
) -> Result<Option<Claimed>, Problem> {
    let is_preview = is_preview(&head)?;
    ask(app, check).await?;
    if is_preview {
        return Ok(None);
    }
    app.claim(head.claim(content)?).await.map(Some)
}

/// Whether nothing is to be done.
fn is_preview(head: &RequestHead) -> Result<bool, Problem> {
    let terms = head.terms();
    if terms.if_match.is_some() {
        return Err(Problem::malformed("a webhook has no version: leave If-Match away"));
    }
    Ok(terms.is_preview)
}

/// The id of what is registered: one that follows from the request's key, so that it is registered once, or a new one.
fn id_of(head: &RequestHead) -> Uuid {
    let Some(key) = head.idempotency_key() else { return Uuid::now_v7() };
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = sha256(format!("webhook\n{key}").as_bytes());
    Builder::from_custom_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid()
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Unknown => Self::new(ProblemCode::UnknownWebhook, error.to_string()),
            RegistryError::Full => Self::new(ProblemCode::TooManyWebhooks, error.to_string()),
            RegistryError::Store(error) => Self::unavailable(&error),
            RegistryError::NoSecret(_) => Self::internal(&error),
            invalid => Self::malformed(invalid.to_string()),
        }
    }
}
