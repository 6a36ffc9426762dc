//! One way to ask usher something, whether it runs elsewhere or its store is opened here.
//!
//! Both ways speak the HTTP interface, so that what is said on the command line and what a server answers can't differ.

mod erased;
mod in_process;
mod problem;
mod remote;
mod target;
mod usernames;

use std::{thread, time::Duration};

use journal::JournalError;
use licensing::Instant;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;

use crate::{
    config::{ServerUrl, Token},
    store::{StoreError, StoreOptions},
};

pub use erased::Erased;
pub use in_process::InProcess;
pub use problem::Problem;
pub use target::Target;

use remote::Remote;

/// The largest answer that is taken, bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What most bodies are.
const JSON: &str = "application/json";
/// What an event of the contract is.
const CLOUD_EVENT: &str = "application/cloudevents+json";
/// The largest page of a list.
const PAGE_ITEMS: usize = 1_000;

/// How often a list is asked for that is being prepared, and after what time again: ten minutes.
const PREPARING_TURNS_MAX: u32 = 600;
const PREPARING_PAUSE: Duration = Duration::from_secs(1);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Usher said no.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// The server can't be reached, or not be understood on the way.
    #[error("cannot talk to {url}: check that usher serve runs there")]
    Unreachable {
        /// Its address.
        url: ServerUrl,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The request can't be put together, which a test rules out.
    #[error("the request {target:?} cannot be put together: report this")]
    Request {
        /// What was to be asked.
        target: String,
        /// Why.
        #[source]
        source: axum::http::Error,
    },
    /// The answer has not the form it should.
    #[error("the answer to {target:?} cannot be understood: check that usher runs there, in the same version")]
    Answer {
        /// What was asked.
        target: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The asynchronous runtime can't be started.
    #[error("cannot start a runtime: raise the limits on threads and open files")]
    Runtime(#[source] std::io::Error),
    /// The store that is opened here can't be read.
    #[error("the store cannot be read: see the cause")]
    Journal(#[from] JournalError),
    /// The store that is opened here can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A moment that has not come.
    #[error("{at} is later than now, {now}: what will be is not known")]
    Future {
        /// The moment.
        at: String,
        /// Now.
        now: String,
    },
}

impl ClientError {
    /// Whether the question itself was wrong.
    pub fn is_wrong_usage(&self) -> bool {
        match self {
            Self::Future { .. } | Self::Store(StoreError::NoStore { .. }) => true,
            Self::Refused(problem) => problem.is_wrong_usage(),
            _ => false,
        }
    }
}

/// What is done with what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
    Delete,
}

/// What is asked.
struct Request<'a> {
    method: Method,
    target: &'a Target,
    body: Option<&'a Value>,
    /// Of the body, if there is one.
    content_type: &'static str,
    idempotency_key: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// An event of the contract, to be done or previewed.
    const fn event(target: &'a Target, event: &'a Value) -> Self {
        Self { method: Method::Post, target, body: Some(event), content_type: CLOUD_EVENT, idempotency_key: None }
    }
}

/// What a preview answers (R37).
#[derive(Debug, Deserialize)]
pub struct Previewed<T: Default = IgnoredAny> {
    /// What would happen, in order.
    pub events: Vec<PreviewedEvent>,
    /// Of a command for many users what it would answer, without a position; nothing of one that was done before under its
    /// key.
    #[serde(default)]
    pub answer: T,
}

/// An event that would happen.
#[derive(Debug, Deserialize)]
pub struct PreviewedEvent {
    /// The short name of its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// `licensee/{id}` or `user/{id}`.
    pub stream: String,
    /// What would happen, by its type.
    pub data: Value,
}

/// What is answered, whatever it is.
struct Response {
    status: u16,
    body: Vec<u8>,
}

/// Whom to ask.
pub enum Client {
    /// The store, opened here.
    InProcess(Box<InProcess>),
    /// A running server.
    Remote(Remote),
}

impl Client {
    /// Opens a store that is there.
    pub fn in_store(options: StoreOptions) -> Result<Self, ClientError> {
        Ok(Self::InProcess(Box::new(InProcess::open(options)?)))
    }

    /// Gets ready to talk to a server.
    pub fn of_server(url: ServerUrl, token: Option<Token>) -> Self {
        Self::Remote(Remote::new(url, token))
    }

    /// Asks for something.
    pub fn get<T: DeserializeOwned>(&self, target: &Target) -> Result<T, ClientError> {
        let method = Method::Get;
        self.ask(&Request { method, target, body: None, content_type: JSON, idempotency_key: None })
    }

    /// Asks for something that may have to be prepared first: asks again until it is there.
    fn get_once_prepared<T: DeserializeOwned>(&self, target: &Target) -> Result<T, ClientError> {
        for _ in 1..PREPARING_TURNS_MAX {
            match self.get(target) {
                Err(ClientError::Refused(problem)) if problem.is_being_prepared() => thread::sleep(PREPARING_PAUSE),
                answer => return answer,
            }
        }
        self.get(target)
    }

    /// Asks for a change.
    pub fn post<T: DeserializeOwned>(
        &self,
        target: &Target,
        body: &Value,
        idempotency_key: Option<&str>,
    ) -> Result<T, ClientError> {
        let method = Method::Post;
        self.ask(&Request { method, target, body: Some(body), content_type: JSON, idempotency_key })
    }

    /// Asks for something to be taken away.
    pub fn delete<T: DeserializeOwned>(&self, target: &Target) -> Result<T, ClientError> {
        let method = Method::Delete;
        self.ask(&Request { method, target, body: None, content_type: JSON, idempotency_key: None })
    }

    /// Hands in an event of the contract.
    pub fn send_event<T: DeserializeOwned>(&self, event: &Value) -> Result<T, ClientError> {
        let target = Target::new(["v1", "events"]);
        self.ask(&Request::event(&target, event))
    }

    /// Asks what an event of the contract would do.
    pub fn preview_event(&self, event: &Value) -> Result<Previewed, ClientError> {
        let target = Target::new(["v1", "events"]).with("dry_run", "true");
        self.ask(&Request::event(&target, event))
    }

    /// Has the last traces of what was erased cleared away; a server does so by itself.
    pub fn finish_erasures(&self, is_rewrite: bool) -> Result<Erased, ClientError> {
        match self {
            Self::InProcess(store) => store.finish_erasures(is_rewrite),
            Self::Remote(_) => Ok(Erased::ByServer),
        }
    }

    /// Every page of a list, one after another.
    pub fn pages(&self, first: Target) -> Pages<'_> {
        Pages { client: self, next: Some(first.clone()), first }
    }

    /// The instant by which how things were at `at` is asked for.
    pub fn as_of(&self, at: Instant) -> Result<Instant, ClientError> {
        match self {
            Self::InProcess(store) => store.as_of(at),
            Self::Remote(_) => Ok(at),
        }
    }

    fn ask<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, ClientError> {
        let Response { status, body } = match self {
            Self::InProcess(store) => store.send(request)?,
            Self::Remote(server) => server.send(request)?,
        };
        let not_understood = |error: serde_json::Error| ClientError::Answer {
            target: request.target.to_string(),
            source: Box::new(error),
        };
        if (200..300).contains(&status) {
            return serde_json::from_slice(&body).map_err(not_understood);
        }
        Err(serde_json::from_slice::<Problem>(&body).map_or_else(not_understood, ClientError::Refused))
    }
}

/// The pages of a list.
pub struct Pages<'a> {
    client: &'a Client,
    first: Target,
    next: Option<Target>,
}

/// A page, as all lists have them.
#[derive(serde::Deserialize)]
struct Page {
    items: Vec<Value>,
    #[serde(default)]
    next_cursor: Option<String>,
}

impl Iterator for Pages<'_> {
    type Item = Result<Vec<Value>, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        let target = self.next.take()?.with("limit", &PAGE_ITEMS.to_string());
        Some(self.client.get_once_prepared::<Page>(&target).map(|page| {
            self.next = page.next_cursor.map(|cursor| self.first.clone().with("cursor", &cursor));
            page.items
        }))
    }
}
