//! A whole usher without a socket.

use std::sync::Arc;

use api::{Auth, RenderMetrics, Services};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request},
};
use engine::{ClockMode, Engine, Options, Running};
use journal::sqlite::{self, SqliteStore};
use licensing::Catalogue;
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

pub const JSON: &str = "application/json";
pub const ONE_EVENT: &str = "application/cloudevents+json";
pub const EVENTS: &str = "application/cloudevents-batch+json";

// In the order in which they go.
pub struct Server {
    router: Router,
    running: Option<Running>,
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
        let store = SqliteStore::open(folder.path(), &sqlite::Options::new(engine::membership_of)).unwrap();
        let catalogue = Arc::new(Catalogue::built_in().unwrap());
        let options = Options { clock, ..Options::new(catalogue.clone()) };
        let running = engine::start(store.journal(), store.index(), options).unwrap();
        let views = Views::open(folder.path(), store.journal(), store.journal_path(), catalogue).unwrap();
        let views = Arc::new(views);
        let services = services(running.engine(), &views, &store, metrics);
        Self {
            router: api::router_with(services, auth),
            running: Some(running),
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

fn services(engine: Engine, views: &Arc<Views>, store: &SqliteStore, metrics: RenderMetrics) -> Services {
    let (views, index, journal) = (views.clone(), store.index(), store.journal());
    let past = Past::new(index.clone(), journal.clone(), views.clone(), engine.catalogue().clone());
    Services { engine, views, index, past: Arc::new(past), journal, metrics }
}
