//! Who looks, and how a browser keeps that.
//!
//! The token itself is kept in a cookie that no script can read and that no other site's page sends along. It is held
//! against what callers are known by at every request, as a bearer token is: whoever is struck off a list is out at once.

use api::Caller;
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue, Method,
        header::{COOKIE, ORIGIN},
        request::Parts,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Console, failure::Failure};

const COOKIE_NAME: &str = "usher_session";
/// How long a browser keeps somebody signed in, seconds: a working day.
const SESSION_S_MAX: u32 = 8 * 60 * 60;
/// The longest token that fits into a cookie, bytes: browsers take 4,096 bytes, and the encoding adds a third.
pub(crate) const TOKEN_BYTES_MAX: usize = 2_900;

/// Whoever looks at a page.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// What is known of them.
    pub(crate) caller: Caller,
    token: Option<String>,
}

impl Visitor {
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Whether there is something to sign out of.
    pub(crate) const fn is_signed_in(&self) -> bool {
        self.token.is_some()
    }
}

impl FromRequestParts<Console> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Failure> {
        let token = session_token(&parts.headers).filter(|_| console.auth().asks_for_tokens());
        match console.auth().caller(token.as_deref()).await {
            Ok(caller) => Ok(Self { caller, token }),
            Err(_) => Err(Failure::SignIn { next: next_of(parts) }),
        }
    }
}

/// Where to go on after signing in: a form that was sent is not sent again.
fn next_of(parts: &Parts) -> String {
    let is_page = parts.method == Method::GET;
    let path = parts.uri.path_and_query().filter(|_| is_page);
    path.map_or_else(|| "/".to_owned(), ToString::to_string)
}

/// The token in the cookie of a request.
fn session_token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, encoded) = pairs.find(|(name, _)| *name == COOKIE_NAME)?;
    String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}

/// What keeps a token in the browser that sent these headers.
pub(crate) fn session_cookie(headers: &HeaderMap, token: &str) -> Option<HeaderValue> {
    let encoded = URL_SAFE_NO_PAD.encode(token);
    cookie(headers, &encoded, SESSION_S_MAX)
}

/// What makes the browser forget it.
pub(crate) fn ended_session_cookie(headers: &HeaderMap) -> Option<HeaderValue> {
    cookie(headers, "", 0)
}

fn cookie(headers: &HeaderMap, value: &str, max_age_s: u32) -> Option<HeaderValue> {
    // The browser itself says by which scheme it came, whatever stands between it and us.
    let is_secure = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_was_kept() {
        let cookie = session_cookie(&HeaderMap::new(), "a;b=\"ü").unwrap();
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        let sent = HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(format!("x=1; {pair}; y=2")).unwrap())]);
        assert_eq!(session_token(&sent).as_deref(), Some("a;b=\"ü"));
        assert_eq!(session_token(&HeaderMap::new()), None);
    }

    #[test]
    fn the_longest_token_fits_into_a_cookie() {
        let cookie = session_cookie(&HeaderMap::new(), &"x".repeat(TOKEN_BYTES_MAX)).unwrap();
        assert!(cookie.len() < 4_096, "{}", cookie.len());
    }

    #[test]
    fn no_script_and_no_other_site_gets_the_cookie_and_over_https_no_other_wire() {
        let plain = session_cookie(&HeaderMap::new(), "t").unwrap();
        let plain = plain.to_str().unwrap();
        assert!(plain.contains("HttpOnly") && plain.contains("SameSite=Strict") && !plain.contains("Secure"));
        let https = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static("https://usher.example"))]);
        assert!(session_cookie(&https, "t").unwrap().to_str().unwrap().contains("; Secure"));
    }
}
