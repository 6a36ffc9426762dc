//! The way to usher's interface, in the same process.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{
        HeaderMap, Method, Request,
        header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH},
    },
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::sleep;
use tower::ServiceExt;

use crate::{
    failure::{Failure, Problem},
    visitor::Visitor,
};

/// The largest answer that is taken, bytes: a preview of 10,000 seats is far below it.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
const JSON: &str = "application/json";
const CLOUD_EVENT: &str = "application/cloudevents+json";
/// How often is asked again while the first of two equal questions runs, and how long is waited before.
const IN_PROGRESS_TRIES: u32 = 100;
const IN_PROGRESS_REST: Duration = Duration::from_millis(50);
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const MIN_POSITION: &str = "x-usher-min-position";
const POSITION: &str = "x-usher-position";

/// The interface.
pub(crate) struct Interface(Router);

/// A question to the interface.
#[derive(Clone)]
pub(crate) struct Ask {
    method: Method,
    target: Target,
    body: Option<(&'static str, Vec<u8>)>,
    headers: Vec<(&'static str, String)>,
}

/// What the interface answered.
pub(crate) struct Answer<T> {
    pub(crate) value: T,
    /// The version in its `ETag`, if it has one.
    pub(crate) version: Option<u64>,
    /// Up to where one has to read to see what was done.
    pub(crate) position: Option<String>,
}

/// A path, and a query with everything encoded.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    text: String,
    has_query: bool,
}

impl Interface {
    pub(crate) const fn new(router: Router) -> Self {
        Self(router)
    }

    pub(crate) fn router(&self) -> Router {
        self.0.clone()
    }

    /// Reads something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, visitor: &Visitor, target: Target) -> Result<T, Failure> {
        Ok(self.ask(visitor, Ask::get(target)).await?.value)
    }

    /// Reads a text that is no JSON.
    pub(crate) async fn text(&self, visitor: &Visitor, target: Target) -> Result<String, Failure> {
        let (_, bytes) = self.send(visitor, Ask::get(target)).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Asks for something; what is not answered with success is a failure.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, visitor: &Visitor, ask: Ask) -> Result<Answer<T>, Failure> {
        let (headers, bytes) = self.send(visitor, ask).await?;
        let value = serde_json::from_slice(&bytes).map_err(|error| Failure::defect(&error))?;
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Answer {
            value,
            version: text(ETAG.as_str()).and_then(version_of),
            position: text(POSITION).map(str::to_owned),
        })
    }

    /// Whoever presses twice gets the answer to the first, for which the second waits a while.
    async fn send(&self, visitor: &Visitor, ask: Ask) -> Result<(HeaderMap, Vec<u8>), Failure> {
        for _ in 0..IN_PROGRESS_TRIES {
            match self.send_once(visitor, ask.clone()).await {
                Err(Failure::Problem(problem)) if problem.is_in_progress() => sleep(IN_PROGRESS_REST).await,
                answered => return answered,
            }
        }
        self.send_once(visitor, ask).await
    }

    async fn send_once(&self, visitor: &Visitor, ask: Ask) -> Result<(HeaderMap, Vec<u8>), Failure> {
        // All that can be wrong with it is from a form.
        let unfit = |_| Failure::malformed("the form holds what can't be sent on: reload the page, then try again");
        let request = ask.signed_by(visitor).map_err(unfit)?;
        let Ok(response) = self.0.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.map_err(|error| Failure::defect(&error))?;
        if parts.status.is_success() {
            return Ok((parts.headers, bytes.into()));
        }
        let problem: Problem = serde_json::from_slice(&bytes).map_err(|error| Failure::defect(&error))?;
        Err(Failure::from(problem))
    }
}

impl Ask {
    pub(crate) fn get(target: Target) -> Self {
        Self::of(Method::GET, target)
    }

    pub(crate) fn put(target: Target) -> Self {
        Self::of(Method::PUT, target)
    }

    pub(crate) fn delete(target: Target) -> Self {
        Self::of(Method::DELETE, target)
    }

    pub(crate) fn post(target: Target, body: &Value) -> Self {
        Self { body: Some((JSON, body.to_string().into_bytes())), ..Self::of(Method::POST, target) }
    }

    /// A message as billing would send it.
    pub(crate) fn message(target: Target, body: &Value) -> Self {
        Self { body: Some((CLOUD_EVENT, body.to_string().into_bytes())), ..Self::of(Method::POST, target) }
    }

    /// Only if what it is for still has this version.
    pub(crate) fn if_version(self, version: Option<u64>) -> Self {
        match version {
            Some(version) => self.with(IF_MATCH.as_str(), format!("\"v{version}\"")),
            None => self,
        }
    }

    /// Once, however often it is sent (R34).
    pub(crate) fn once(self, key: &str) -> Self {
        self.with(IDEMPOTENCY_KEY, key.to_owned())
    }

    /// Not before what was done is to be seen.
    pub(crate) fn behind(self, position: Option<&str>) -> Self {
        match position {
            Some(position) => self.with(MIN_POSITION, position.to_owned()),
            None => self,
        }
    }

    fn of(method: Method, target: Target) -> Self {
        Self { method, target, body: None, headers: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn signed_by(self, visitor: &Visitor) -> Result<Request<Body>, axum::http::Error> {
        let Self { method, target, body, headers } = self;
        let mut request = Request::builder().method(method).uri(target.into_text());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(token) = visitor.token() {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        match body {
            Some((content_type, bytes)) => request.header(CONTENT_TYPE, content_type).body(Body::from(bytes)),
            None => request.body(Body::empty()),
        }
    }
}

impl Target {
    /// A path whose parts need no encoding, as those of ids don't.
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { text: path.into(), has_query: false }
    }

    /// Adds a parameter.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.text.extend(form_urlencoded::byte_serialize(name.as_bytes()));
        self.text.push('=');
        self.text.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        self.has_query = true;
        self
    }

    /// Adds a parameter, unless it is empty.
    pub(crate) fn with_some(self, name: &str, value: &str) -> Self {
        if value.is_empty() { self } else { self.with(name, value) }
    }

    /// As it stands in a link.
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// The version in a tag such as `"v57"`.
fn version_of(tag: &str) -> Option<u64> {
    tag.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_has_a_meaning_of_its_own_is_encoded() {
        let target = Target::new("/v1/licensees").with("search", "ü & <b>").with_some("cursor", "").with("x", "1+1");
        assert_eq!(target.into_text(), "/v1/licensees?search=%C3%BC+%26+%3Cb%3E&x=1%2B1");
        assert_eq!(Target::new("/").into_text(), "/");
    }

    #[test]
    fn a_tag_names_a_version() {
        assert_eq!(version_of("\"v57\""), Some(57));
        assert_eq!(version_of("W/\"v57\""), None);
    }
}
