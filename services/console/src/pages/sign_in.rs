//! Signing in with a token, and out.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};

use crate::{
    Console,
    failure::{Failure, Problem},
    fields::Fields,
    html::{Place, Shell, hidden, notice, page},
    interface::Target,
    visitor::{TOKEN_BYTES_MAX, ended_session_cookie, session_cookie},
};

/// The way to sign in and come back.
pub(super) fn sign_in_link(next: &str) -> String {
    Target::new("/sign-in").with("next", own_page(next)).into_text()
}

/// Asks for a token.
pub(crate) async fn ask(State(console): State<Console>, RawQuery(query): RawQuery) -> Response {
    if !console.auth().asks_for_tokens() {
        return Redirect::to("/licensees").into_response();
    }
    let fields = Fields::of_query(query.as_deref());
    form(fields.text("next"), None).into_response()
}

/// Takes one, if it stands for somebody.
pub(crate) async fn take(State(console): State<Console>, headers: HeaderMap, fields: Fields) -> Response {
    let (token, next) = (fields.text("token"), own_page(fields.text("next")));
    if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
        let why = format!("The token is empty or longer than {TOKEN_BYTES_MAX} characters.");
        return (StatusCode::UNAUTHORIZED, form(next, Some(&why))).into_response();
    }
    if let Err(unknown) = console.auth().caller(Some(token)).await {
        return (StatusCode::UNAUTHORIZED, form(next, Some(&unknown.to_string()))).into_response();
    }
    keep(session_cookie(&headers, token), next)
}

/// Forgets it.
pub(crate) async fn end(headers: HeaderMap) -> Response {
    keep(ended_session_cookie(&headers), "/sign-in")
}

fn keep(cookie: Option<axum::http::HeaderValue>, next: &str) -> Response {
    let Some(cookie) = cookie else {
        let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "the cookie can't be made");
        return Failure::from(problem).into_response();
    };
    ([(SET_COOKIE, cookie)], Redirect::to(next)).into_response()
}

/// A page of ours: nobody is sent elsewhere.
fn own_page(next: &str) -> &str {
    let is_own = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_own && is_plain { next } else { "/licensees" }
}

fn form(next: &str, why_not: Option<&str>) -> Markup {
    let content = html! {
        div.narrow {
            h1 { "Sign in" }
            @if let Some(why) = why_not { (notice("bad", "That token does not work here", &html! { (why) })) }
            form.card.stack method="post" action="/sign-in" {
                (hidden("next", own_page(next)))
                label.field {
                    "Token"
                    input type="password" name="token" required autocomplete="off" spellcheck="false";
                }
                p.quiet { "It stays in this browser for eight hours at most, and ends when you sign out." }
                button.button.primary type="submit" { "Sign in" }
            }
        }
    };
    page(&Shell { title: "Sign in", place: Place::Outside, visitor: None, follows: None }, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(own_page("/licensees/acme/seats?status=active"), "/licensees/acme/seats?status=active");
        for elsewhere in ["", "//evil", "https://evil", "/\\evil", "javascript:x", "/a b", "/ü\r\nx"] {
            assert_eq!(own_page(elsewhere), "/licensees", "{elsewhere:?}");
        }
    }
}
