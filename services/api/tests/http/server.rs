//! A whole usher without a socket.

use std::sync::Arc;

use api::{
    Auth, RenderMetrics, Services,
    grpc::{Closing, proto::access_service_client::AccessServiceClient},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request},
};
use engine::{ClockMode, Engine, Options, Running};
use journal::sqlite::{self, SqliteStore};
use licensing::Catalogue;
use notify::{
    sqlite::SqliteNotify,
    webhooks::{AddressRules, Registration, Registry, WebhookStore},
};
use past::Past;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use views::Views;

use crate::{
    messages::{START, member, subscription, user},
    reply::Reply,
    schema_check::check_against_document,
};

/// The id of a webhook.
pub const WEBHOOK: &str = "0193b2a4-7e0b-7cc2-8d3c-0a4f5e6b7c8d";
pub const JSON: &str = "application/json";
pub const ONE_EVENT: &str = "application/cloudevents+json";
pub const EVENTS: &str = "application/cloudevents-batch+json";

// In the order in which they go.
pub struct Server {
    router: Router,
    closing: Closing,
    running: Option<Running>,
    webhooks: Arc<Registry>,
    _views: Arc<Views>,
    _store: SqliteStore,
    _folder: TempDir,
}

impl Server {
    /// Empty, with a manual clock at [`START`].
    pub fn new() -> Self {
        Self::with(ClockMode::Manual(Some(START.parse().unwrap())), Arc::new(String::new))
    }

    pub fn with(clock: ClockMode, metrics: RenderMetrics) -> Self {
        Self::start(clock, metrics, Auth::none())
    }

    /// As [`Self::new`], for those who are known by `auth`.
    pub fn for_callers_of(auth: Auth) -> Self {
        Self::start(ClockMode::Manual(Some(START.parse().unwrap())), Arc::new(String::new), auth)
    }

    fn start(clock: ClockMode, metrics: RenderMetrics, auth: Auth) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path(), &sqlite::Options::new(engine::EVENT_READER)).unwrap();
        let catalogue = Arc::new(Catalogue::built_in().unwrap());
        let options = Options { clock, ..Options::new(catalogue.clone()) };
        let running = engine::start(store.journal(), store.index(), options).unwrap();
        let views = Views::open(folder.path(), store.journal(), store.journal_path(), catalogue).unwrap();
        let views = Arc::new(views);
        let kept: Arc<dyn WebhookStore> = Arc::new(SqliteNotify::open(folder.path(), store.store_id()).unwrap());
        let rules = AddressRules::default();
        let webhooks = Arc::new(Registry::new(move || Ok(kept.clone()), store.journal(), store.store_id(), rules));
        let services = services(running.engine(), &views, &store, &webhooks, metrics);
        let closing = Closing::default();
        Self {
            router: api::router_until(services, auth, closing.clone()),
            closing,
            running: Some(running),
            webhooks,
            _views: views,
            _store: store,
            _folder: folder,
        }
    }

    /// `acme` on gitlab.com with this many members and seats of Duo Pro.
    pub async fn with_acme(members: usize, duo_pro: u32) -> Self {
        let server = Self::new();
        let mut events = vec![subscription("acme", "gitlab_com", duo_pro)];
        events.extend((0..members).map(|number| member("acme", &user(number))));
        server.accept(&events).await;
        server
    }

    /// Registers the webhook [`WEBHOOK`], unless it is there.
    pub fn add_webhook(&self, url: &str) {
        let (id, url) = (WEBHOOK.parse().unwrap(), url.to_owned());
        let webhook = Registration { id, url, licensee: None, types: Vec::new(), secret: None, from: None };
        self.webhooks.add(webhook).unwrap();
    }

    pub fn stop_engine(&mut self) {
        self.running.take();
    }

    /// Sends a request with a token.
    pub async fn send_as(&self, token: &str, method: &str, path: &str, body: (&str, String)) -> Reply {
        let (content_type, body) = body;
        let request = Request::builder().method(method).uri(path).header("content-type", content_type);
        self.send(request.header("authorization", format!("Bearer {token}")).body(body.into()).unwrap()).await
    }

    /// Sends a request; checks whatever comes back against the OpenAPI document.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let reply = Reply { status: parts.status, headers: parts.headers, body };
        check_against_document(&method, &path, &reply);
        reply
    }

    /// What is served, for those who speak something else than HTTP.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// A client that checks access over gRPC.
    pub fn access(&self) -> AccessServiceClient<Router> {
        AccessServiceClient::new(self.router())
    }

    /// Ends all streams.
    pub fn close(&self) {
        self.closing.close();
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Reads what a change at `position` left behind.
    pub async fn get_at(&self, path: &str, position: &str) -> Reply {
        self.send(Request::get(path).header("X-Usher-Min-Position", position).body(Body::empty()).unwrap()).await
    }

    pub async fn put(&self, path: &str) -> Reply {
        self.send(Request::put(path).body(Body::empty()).unwrap()).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Request::delete(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send_body(Method::POST, path, JSON, body.to_string()).await
    }

    pub async fn send_body(&self, method: Method, path: &str, content_type: &str, body: impl Into<Body>) -> Reply {
        let request = Request::builder().method(method).uri(path).header("content-type", content_type);
        self.send(request.body(body.into()).unwrap()).await
    }

    /// The results of a batch.
    pub async fn events(&self, events: &[Value]) -> Vec<Value> {
        let reply = self.send_body(Method::POST, "/v1/events", EVENTS, json!(events).to_string()).await;
        let results = reply.ok()["results"].as_array().unwrap().clone();
        assert_eq!(results.len(), events.len());
        results
    }

    /// Has all of a batch accepted, and waits until it can be read.
    pub async fn accept(&self, events: &[Value]) {
        for result in self.events(events).await {
            assert_eq!(result["outcome"], "accepted", "{result}");
            self.get_at("/v1/timers", result["position"].as_str().unwrap()).await.ok();
        }
    }

    /// Gives seats of Duo to these users of `acme`, and waits until that can be read.
    pub async fn assign(&self, users: &[String]) {
        let reply = self.post("/v1/licensees/acme/products/duo/seats/assign", json!({ "users": users })).await;
        self.get_at("/v1/timers", &reply.position()).await.ok();
    }

    /// Moves the clock.
    pub async fn advance(&self, now: &str) -> Reply {
        self.send_body(Method::PUT, "/v1/clock", JSON, json!({ "now": now }).to_string()).await
    }
}

fn services(
    engine: Engine,
    views: &Arc<Views>,
    store: &SqliteStore,
    webhooks: &Arc<Registry>,
    metrics: RenderMetrics,
) -> Services {
    let (views, index, journal) = (views.clone(), store.index(), store.journal());
    let past = Past::new(index.clone(), journal.clone(), views.clone(), engine.catalogue().clone());
    Services { engine, views, index, past: Arc::new(past), journal, webhooks: Some(webhooks.clone()), metrics }
}
