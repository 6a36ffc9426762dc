//! A store that is opened here, asked through the same interface as a server.

use std::{sync::Arc, thread, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http,
};
use licensing::Instant;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use super::{ANSWER_BYTES_MAX, ClientError, Erased, Request, Response, Target};
use crate::{
    moment,
    store::{Store, StoreOptions},
};

/// How often it is tried to clear away the last traces of what was erased.
const ERASURE_ATTEMPTS_MAX: u32 = 20;
/// And how long in between.
const ERASURE_RETRY: Duration = Duration::from_millis(100);

/// A store that is opened here.
pub struct InProcess {
    // In this order they go: the router holds on to what the store is made of.
    router: Router,
    runtime: Runtime,
    store: Store,
}

impl InProcess {
    /// Opens a store that exists.
    pub fn open(options: StoreOptions) -> Result<Self, ClientError> {
        let store = Store::open_existing(options)?;
        let views = store.open_views()?;
        let router = api::router(store.services(views, Arc::new(String::new)));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(ClientError::Runtime)?;
        Ok(Self { router, runtime, store })
    }

    pub(super) fn send(&self, request: &Request<'_>) -> Result<Response, ClientError> {
        self.answer(request.target, to_http(request))
    }

    pub(super) fn delete(&self, target: &Target) -> Result<Response, ClientError> {
        self.answer(target, http::Request::delete(target.to_string()).body(Body::empty()))
    }

    fn answer(&self, target: &Target, request: http::Result<http::Request<Body>>) -> Result<Response, ClientError> {
        let http_request = request.map_err(|source| ClientError::Request { target: target.to_string(), source })?;
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(http_request).await;
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), ANSWER_BYTES_MAX)
                .await
                .map_err(|error| ClientError::Answer { target: target.to_string(), source: error.into_inner() })?;
            Ok(Response { status, body: body.into() })
        })
    }

    /// The users that bear a name, whomever they belong to.
    pub fn users_named(&self, username: &str) -> Result<Vec<String>, ClientError> {
        Ok(self.store.journal().users_named(username)?)
    }

    /// Has the last traces of what was erased cleared away; a reader that stands in the way is waited for.
    pub(super) fn finish_erasures(&self, is_rewrite: bool) -> Result<Erased, ClientError> {
        for _ in 0..ERASURE_ATTEMPTS_MAX {
            if self.store.finish_erasures(is_rewrite)? {
                return Ok(Erased::Cleared);
            }
            thread::sleep(ERASURE_RETRY);
        }
        Ok(Erased::Later)
    }

    /// The instant by which a past one is asked for: the store's clock may stand behind the machine's, and nothing has
    /// happened in between.
    pub(super) fn as_of(&self, at: Instant) -> Result<Instant, ClientError> {
        let now = self.store.now()?;
        if at > now {
            return Err(ClientError::Future { at: moment::to_text(at), now: moment::to_text(now) });
        }
        Ok(at.min(self.store.engine().now()))
    }
}

fn to_http(request: &Request<'_>) -> Result<http::Request<Body>, http::Error> {
    let builder = http::Request::builder().uri(request.target.to_string());
    let Some(body) = request.body else { return builder.body(Body::empty()) };
    let mut builder = builder.method(http::Method::POST).header(http::header::CONTENT_TYPE, request.content_type);
    if let Some(key) = request.idempotency_key {
        builder = builder.header("idempotency-key", key);
    }
    builder.body(Body::from(body.to_string()))
}
