//! A store that is opened here, asked through the same interface as a server.

use std::{collections::HashMap, sync::Arc, thread, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http,
};
use licensing::{Instant, UserId};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use views::Views;

use super::{ANSWER_BYTES_MAX, ClientError, Erased, Method, Request, Response};
use crate::{
    moment,
    store::{Store, StoreOptions},
};

/// How often it is tried to clear away the last traces of what was erased.
const ERASURE_ATTEMPTS_MAX: u32 = 20;
/// And how long in between.
const ERASURE_RETRY: Duration = Duration::from_millis(100);
/// How many names are looked up at one go.
const NAMES_AT_ONCE: usize = 1_000;

/// How long the read models may make no step forward at the end, until they are left as they are.
const STANDSTILL_MAX: Duration = Duration::from_secs(10);

/// A store that is opened here.
pub struct InProcess {
    // In this order they go: the router holds on to what the store is made of.
    router: Router,
    runtime: Runtime,
    views: Arc<Views>,
    store: Store,
}

impl Drop for InProcess {
    /// What was done here is to be seen by whoever comes next, also by those who read the tables with a client of their own.
    fn drop(&mut self) {
        if self.store.is_apart() {
            return;
        }
        if let Err(error) = self.store.wait_for(&self.views, STANDSTILL_MAX) {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the read models do not show all of it yet");
        }
    }
}

impl InProcess {
    /// Opens a store that exists.
    pub fn open(options: StoreOptions) -> Result<Self, ClientError> {
        let store = Store::open_existing(options)?;
        // Where nothing is to be written, nobody may be there who keeps them up to date.
        let views = if store.is_apart() { store.open_views_as_they_are()? } else { store.open_views()? };
        let router = api::router(store.services(views.clone(), Arc::new(String::new)));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(ClientError::Runtime)?;
        Ok(Self { router, runtime, views, store })
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

    /// The user names of those who have one.
    pub(super) fn usernames(&self, users: &[&UserId]) -> Result<HashMap<UserId, String>, ClientError> {
        let journal = self.store.journal();
        let mut names = HashMap::new();
        for some in users.chunks(NAMES_AT_ONCE) {
            let ids: Vec<&str> = some.iter().map(|user| user.as_str()).collect();
            let persons = journal.persons(&ids)?;
            let named = some.iter().zip(persons).filter_map(|(user, person)| Some(((*user).clone(), person?.username)));
            names.extend(named);
        }
        Ok(names)
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
    let mut builder = builder.method(match request.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Delete => http::Method::DELETE,
    });
    let Some(body) = request.body else { return builder.body(Body::empty()) };
    builder = builder.header(http::header::CONTENT_TYPE, request.content_type);
    if let Some(key) = request.idempotency_key {
        builder = builder.header("idempotency-key", key);
    }
    builder.body(Body::from(body.to_string()))
}
