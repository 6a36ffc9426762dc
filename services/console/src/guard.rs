//! What keeps other sites' pages, and what a page shows, from acting in a visitor's name.

use std::any::Any;

use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::failure::{Failure, Problem};

/// Nothing but our own files, none of it inline, and nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Opened by another site's page, a window of ours shares nothing with it.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

type AnswerPanic = fn(Box<dyn Any + Send>) -> Response;

/// A handler panicked.
#[derive(Debug, thiserror::Error)]
#[error("a page panicked")]
struct Panicked;

/// Turns a panic of a handler into a page that says so.
pub(crate) fn catch_panics() -> CatchPanicLayer<AnswerPanic> {
    let answer: AnswerPanic = |_| Failure::defect(&Panicked).into_response();
    CatchPanicLayer::custom(answer)
}

/// Adds the headers that every answer of the console has.
pub(crate) async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses a change that a page of another site asks for.
pub(crate) async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read || is_from_here(request.headers()) {
        return next.run(request).await;
    }
    let detail = "the form came from another site, so nothing was done: open usher's own page and try again";
    Failure::from(Problem::new(StatusCode::FORBIDDEN, "other_site", detail)).into_response()
}

/// Whether a page of ours sent it. Every browser says so with a form, in one way or the other; what says nothing is none,
/// and has the interface to talk to.
fn is_from_here(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site == "same-origin";
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let authority = origin.and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    host.is_some() && authority == host
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_a_page_of_ours_may_send_a_form() {
        for ours in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("host", "usher:8080"), ("origin", "http://usher:8080")],
            &[("host", "usher"), ("origin", "https://usher")],
        ] {
            assert!(is_from_here(&headers(ours)), "{ours:?}");
        }
        for others in [
            &[][..],
            &[("host", "usher")],
            &[("sec-fetch-site", "cross-site"), ("host", "usher"), ("origin", "http://usher")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("host", "usher"), ("origin", "http://evil")],
            &[("host", "usher"), ("origin", "null")],
            &[("origin", "null")],
        ] {
            assert!(!is_from_here(&headers(others)), "{others:?}");
        }
    }

    #[test]
    fn nothing_inline_runs() {
        assert!(POLICY.contains("default-src 'none'") && !POLICY.contains("unsafe"));
    }
}
