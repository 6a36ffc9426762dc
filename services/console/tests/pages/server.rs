//! A console over a store in a temporary folder.

use std::{fmt::Write, sync::Arc};

use api::{Auth, Services};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use console::{Console, DeadLetter, DeadLetters};
use engine::{ClockMode, Options, Running};
use journal::sqlite::{self, SqliteStore};
use licensing::Catalogue;
use past::Past;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tower::ServiceExt;
use views::Views;

pub const START: &str = "2025-01-01T00:00:00Z";

// In the order in which they go.
pub struct Server {
    pub console: Console,
    router: Router,
    interface: Router,
    _running: Running,
    _store: SqliteStore,
    _folder: TempDir,
}

/// One dead letter, which can be sent again.
struct Letters;

impl DeadLetters for Letters {
    fn newest(&self, _limit: usize) -> Result<Vec<DeadLetter>, String> {
        Ok(vec![DeadLetter {
            id: "3/17".to_owned(),
            code: "malformed_event".to_owned(),
            reason: "<b>no</b> licensee".to_owned(),
            time: None,
            topic: "usher.billing.v1".to_owned(),
            key: Some("acme".to_owned()),
            retried_as: None,
        }])
    }

    fn retry(&self, id: &str) -> Result<String, String> {
        if id == "3/17" { Ok("It was sent again.".to_owned()) } else { Err("there is no such dead letter".to_owned()) }
    }
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Server {
    /// `acme` on gitlab.com with members `u-0` to `u-4` and three seats, `inst` an instance, `empty` without members.
    pub async fn new() -> Self {
        Self::start(Auth::none(), tempfile::tempdir().unwrap()).await
    }

    /// The same, where the token of each role is its name.
    pub async fn with_roles(roles: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = String::new();
        for role in roles {
            let digest = Sha256::digest(role.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            });
            writeln!(text, "[[token]]\nsha256 = \"{digest}\"\nactor = \"actor\"\nroles = [\"{role}\"]").unwrap();
        }
        let file = folder.path().join("tokens.toml");
        std::fs::write(&file, text).unwrap();
        Self::start(Auth::tokens(&file).unwrap(), folder).await
    }

    async fn start(auth: Auth, folder: TempDir) -> Self {
        let store = SqliteStore::open(folder.path(), &sqlite::Options::new(engine::EVENT_READER)).unwrap();
        let catalogue = Arc::new(Catalogue::built_in().unwrap());
        let clock = ClockMode::Manual(Some(START.parse().unwrap()));
        let options = Options { clock, ..Options::new(catalogue.clone()) };
        let running = engine::start(store.journal(), store.index(), options).unwrap();
        let views = Views::open(folder.path(), store.journal(), store.journal_path(), catalogue.clone()).unwrap();
        let views = Arc::new(views);
        let past = Past::new(store.index(), store.journal(), views.clone(), catalogue);
        let services = Services {
            webhooks: None,
            engine: running.engine(),
            views,
            index: store.index(),
            past: Arc::new(past),
            journal: store.journal(),
            metrics: Arc::new(|| {
                let text = "usher_refusals_total{code=\"no_seats_available\"} 3\nusher_commands_waiting 41\n\
                            usher_mail_waiting 42\nusher_mail_given_up 7\nusher_webhooks{state=\"enabled\"} 5\n\
                            usher_webhooks{state=\"disabled\"} 1\nusher_webhook_lanes_failing 2\n\
                            usher_webhook_records_behind 43\n";
                text.to_owned()
            }),
        };
        let console = Console::new(
            api::router_with(services.clone(), auth.clone()),
            services.clone(),
            auth,
            Some(Arc::new(Letters)),
            None,
        );
        let (router, interface) = (console.router(), api::router(services));
        let server = Self { console, router, interface, _running: running, _store: store, _folder: folder };
        server.fill().await;
        server
    }

    async fn fill(&self) {
        for (licensee, offering) in [("acme", "gitlab_com"), ("inst", "self_managed"), ("empty", "gitlab_com")] {
            self.message("billing.v1.SubscriptionStarted", json!({
                "licensee": licensee, "name": format!("{licensee} Inc."), "offering": offering, "subscription": "A-1",
                "plan": "premium", "seats": 10, "starts_at": START, "ends_at": "2026-01-01T00:00:00Z",
                "instance_version": "17.6", "add_ons": [{"add_on": "duo_pro", "quantity": 3}],
            })).await;
        }
        for number in 0..5 {
            self.member("acme", &format!("u-{number}"), &format!("name-{number}")).await;
        }
        self.member("inst", "u-0", "name-0").await;
    }

    pub async fn member(&self, licensee: &str, user: &str, name: &str) {
        self.message("directory.v1.MemberAdded", json!({
            "licensee": licensee, "user": user, "username": name, "name": name, "email": format!("{user}@example.com"),
            "role": "developer", "type": "human",
        })).await;
    }

    /// Has a message accepted, past the console.
    pub async fn message(&self, kind: &str, data: Value) {
        let message = envelope(kind, data);
        let request = Request::post("/v1/events").header("content-type", "application/cloudevents+json");
        let response =
            self.interface.clone().oneshot(request.body(Body::from(message.to_string())).unwrap()).await.unwrap();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let results: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(results["results"][0]["outcome"], "accepted", "{results}");
    }

    /// Makes `big` with this many members from `m-00000` on and a seat for each; the first `bots` can't have one.
    pub async fn with_many(&self, members: usize, bots: usize) {
        let start = json!({
            "licensee": "big", "name": "Big Inc.", "offering": "gitlab_com", "subscription": "B-1", "plan": "premium",
            "seats": members, "starts_at": START, "ends_at": "2026-01-01T00:00:00Z",
            "add_ons": [{"add_on": "duo_pro", "quantity": members}],
        });
        let mut messages = vec![envelope("billing.v1.SubscriptionStarted", start)];
        messages.extend((0..members).map(|number| {
            let user = format!("m-{number:05}");
            let user_type = if number < bots { "bot" } else { "human" };
            envelope("directory.v1.MemberAdded", json!({
                "licensee": "big", "user": user, "username": user, "name": user, "email": format!("{user}@example.com"),
                "role": "developer", "type": user_type,
            }))
        }));
        for some in messages.chunks(1_000) {
            let request = Request::post("/v1/events").header("content-type", "application/cloudevents-batch+json");
            let request = request.body(Body::from(Value::from(some).to_string())).unwrap();
            let response = self.interface.clone().oneshot(request).await.unwrap();
            let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            let results = answer["results"].as_array().unwrap();
            assert_eq!(results.len(), some.len());
            assert!(results.iter().all(|result| result["outcome"] == "accepted"));
        }
    }

    /// What the interface says, past the console.
    pub async fn interface(&self, path: &str) -> Value {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = self.interface.clone().oneshot(request).await.unwrap();
        serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
    }

    /// Has time go on.
    pub async fn put_clock(&self, now: &str) {
        let request = Request::put("/v1/clock").header("content-type", "application/json");
        let body = Body::from(json!({ "now": now }).to_string());
        let response = self.interface.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
    }

    pub async fn assigned(&self) -> u64 {
        self.interface("/v1/licensees/acme").await["products"]["duo"]["assigned"].as_u64().unwrap()
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// As somebody who has signed in with a token.
    pub async fn get_as(&self, token: &str, path: &str) -> Reply {
        self.send(Request::get(path).header("cookie", cookie(token)).body(Body::empty()).unwrap()).await
    }

    /// Sends a form, as a page of ours does.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        self.send(form_of(path).header("sec-fetch-site", "same-origin").body(encoded(form)).unwrap()).await
    }

    pub async fn post_as(&self, token: &str, path: &str, form: &[(&str, &str)]) -> Reply {
        let request = form_of(path).header("sec-fetch-site", "same-origin").header("cookie", cookie(token));
        self.send(request.body(encoded(form)).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        Reply { status: parts.status, headers: parts.headers, text }
    }

    /// An answer whose body has no end, for somebody who has signed in with a token.
    pub async fn open_as(&self, token: &str, path: &str) -> axum::response::Response {
        let request = Request::get(path).header("cookie", cookie(token)).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// An answer whose body has no end.
    pub async fn open(&self, path: &str) -> axum::response::Response {
        self.router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
    }
}

fn envelope(kind: &str, data: Value) -> Value {
    let id = uuid::Uuid::now_v7().to_string();
    json!({"specversion": "1.0", "source": "/test", "id": id, "type": format!("usher.{kind}"), "time": START,
        "data": data})
}

pub fn cookie(token: &str) -> String {
    format!("usher_session={}", URL_SAFE_NO_PAD.encode(token))
}

fn form_of(path: &str) -> axum::http::request::Builder {
    Request::post(path).header("content-type", "application/x-www-form-urlencoded")
}

fn encoded(form: &[(&str, &str)]) -> Body {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into()
}
