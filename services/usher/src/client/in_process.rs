//! A store that is opened here, asked through the same interface as a server.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http,
};
use contract::event::{self, StreamEvent, StreamName};
use licensing::{Account, Catalogue, Instant, LicenseeId};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use views::LicenseeView;

use super::{ANSWER_BYTES_MAX, ClientError, Problem, Request, Response};
use crate::{
    moment,
    store::{Store, StoreOptions},
};

/// How many events are read at one go.
const EVENTS_AT_ONCE: usize = 10_000;

/// A store that is opened here.
pub struct InProcess {
    // In this order they go: the router holds on to what the store is made of.
    router: Router,
    runtime: Runtime,
    store: Store,
    catalogue: Arc<Catalogue>,
}

impl InProcess {
    /// Opens a store that exists.
    pub fn open(options: StoreOptions) -> Result<Self, ClientError> {
        let catalogue = Arc::clone(&options.catalogue);
        let store = Store::open_existing(options)?;
        let views = store.open_views()?;
        let router = api::router(store.services(views, Arc::new(String::new)));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(ClientError::Runtime)?;
        Ok(Self { router, runtime, store, catalogue })
    }

    pub(super) fn send(&self, request: &Request<'_>) -> Result<Response, ClientError> {
        let http_request =
            to_http(request).map_err(|source| ClientError::Request { target: request.target.to_string(), source })?;
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(http_request).await;
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await.map_err(|error| ClientError::Answer {
                target: request.target.to_string(),
                source: error.into_inner(),
            })?;
            Ok(Response { status, body: body.into() })
        })
    }

    /// The users that bear a name, whomever they belong to.
    pub fn users_named(&self, username: &str) -> Result<Vec<String>, ClientError> {
        Ok(self.store.journal().users_named(username)?)
    }

    /// Folds the licensee's events that had taken effect at an instant.
    pub(super) fn licensee_as_of(&self, licensee: &LicenseeId, at: Instant) -> Result<Value, ClientError> {
        let now = self.store.now()?;
        if at > now {
            return Err(ClientError::Future { at: moment::to_text(at), now: moment::to_text(now) });
        }
        let target = format!("licensee/{licensee}");
        let view = self.fold(licensee, at)?.ok_or_else(|| unknown_at(licensee, at))?;
        serde_json::to_value(view).map_err(|source| ClientError::Answer { target, source: Box::new(source) })
    }

    fn fold(&self, licensee: &LicenseeId, at: Instant) -> Result<Option<LicenseeView>, ClientError> {
        let stream = StreamName::Licensee(licensee.clone()).to_string();
        let index = self.store.index();
        let mut account = Account::default();
        let mut last_position = None;
        let mut read = 0;
        loop {
            let events = index.stream(&stream, read, EVENTS_AT_ONCE)?;
            let Some(last) = events.last() else { break };
            read = last.event.version;
            for stored in &events {
                let effective_at = instant_of(stored.event.effective_at_us);
                if effective_at > at {
                    continue;
                }
                let decoded = event::decode(&stored.event.r#type, stored.event.schema_version, &stored.event.data);
                match decoded
                    .map_err(|source| ClientError::Answer { target: stream.clone(), source: Box::new(source) })?
                {
                    StreamEvent::Licensee { event, .. } => account.evolve(&event, effective_at),
                    StreamEvent::User { .. } => {}
                }
                last_position = Some(stored.position);
            }
        }
        let Some(position) = last_position else { return Ok(None) };
        let details = self.store.journal().licensee_details(licensee.as_str())?;
        Ok(Some(LicenseeView {
            licensee: licensee.clone(),
            name: details.map(|details| details.name),
            summary: account.summary(&self.catalogue),
            position,
        }))
    }
}

fn to_http(request: &Request<'_>) -> Result<http::Request<Body>, http::Error> {
    let builder = http::Request::builder().uri(request.target.to_string());
    let Some(body) = request.body else { return builder.body(Body::empty()) };
    let mut builder = builder.method(http::Method::POST).header(http::header::CONTENT_TYPE, "application/json");
    if let Some(key) = request.idempotency_key {
        builder = builder.header("idempotency-key", key);
    }
    builder.body(Body::from(body.to_string()))
}

fn instant_of(us: i64) -> Instant {
    Instant::from_timestamp_micros(us).unwrap_or_default()
}

fn unknown_at(licensee: &LicenseeId, at: Instant) -> Problem {
    Problem {
        status: 404,
        code: licensing::Code::UnknownLicensee.to_string(),
        detail: format!("nothing had happened to {licensee} at {}: name a later time", moment::to_text(at)),
        users: Vec::new(),
    }
}
