//! Errors as RFC 9457 has them.

mod causes;
mod code;

use std::time::Duration;

use axum::{
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    response::{IntoResponse, Response},
};
use journal::Positions;
use licensing::{Code, Refusal, UserId};
use serde::Serialize;

pub use code::ProblemCode;

use crate::answer::set_position;

/// The content type of every error.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// After what time it is worth trying again.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How a caller proves who they are (RFC 6750).
const CHALLENGE: &str = "Bearer";

/// Why a request failed, as it is answered.
///
/// Its detail never holds names, e-mail addresses or free text of the store, nor anything of the machine.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: AnyCode,
    detail: String,
    available: Option<u32>,
    requested: Option<u32>,
    users: Vec<UserId>,
    positions: Positions,
}

/// A code of the domain, or one of this interface.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AnyCode {
    Domain(Code),
    Interface(ProblemCode),
}

/// The members of the JSON object.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: String,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    available: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested: Option<u32>,
    #[serde(skip_serializing_if = "<[UserId]>::is_empty")]
    users: &'a [UserId],
}

impl Problem {
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self::of(AnyCode::Interface(code), detail.into())
    }

    /// A command that the domain refused (R35), or a read that fails for a reason that the domain has a code for.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let Refusal { code, detail, available, requested, users } = refusal;
        Self { available, requested, users, ..Self::of(AnyCode::Domain(code), detail) }
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(ProblemCode::MalformedRequest, detail)
    }

    pub(crate) fn unknown_licensee() -> Self {
        let detail = "nobody has heard of this licensee: start a subscription or add a member first";
        Self::refused(Refusal::new(Code::UnknownLicensee, detail))
    }

    pub(crate) fn unknown_user() -> Self {
        let detail = "nobody ever named this user as a member, in a status or in a use: check the id";
        Self::new(ProblemCode::UnknownUser, detail)
    }

    pub(crate) fn overloaded() -> Self {
        Self::new(ProblemCode::Overloaded, "too many requests wait already, nothing was done: try again in a second")
    }

    /// A caller who is known asked for what they may not have.
    pub(crate) fn forbidden(actor: &str, detail: impl Into<String>) -> Self {
        tracing::info!(actor, "a caller asked for what they may not have");
        Self::new(ProblemCode::Forbidden, detail)
    }

    /// Up to where one has to read to see what is kept of the refusal.
    pub(crate) fn with_position(mut self, positions: &Positions) -> Self {
        self.positions = positions.clone();
        self
    }

    pub(crate) const fn code(&self) -> AnyCode {
        self.code
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    fn of(code: AnyCode, detail: String) -> Self {
        let positions = Positions::default();
        Self { code, detail, available: None, requested: None, users: Vec::new(), positions }
    }

    fn body(&self) -> Body<'_> {
        let code = self.code.as_str();
        Body {
            r#type: format!("urn:usher:error:{code}"),
            title: title_of(code),
            status: self.code.http_status(),
            detail: &self.detail,
            code,
            available: self.available,
            requested: self.requested,
            users: &self.users,
        }
    }
}

impl AnyCode {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            AnyCode::Domain(code) => code.as_str(),
            AnyCode::Interface(code) => code.as_str(),
        }
    }

    pub(crate) const fn http_status(self) -> u16 {
        match self {
            AnyCode::Domain(code) => code.http_status(),
            AnyCode::Interface(code) => code.http_status(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // An object with text for keys can always be written.
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        let header = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some((header::RETRY_AFTER, RETRY_AFTER.as_secs().into())),
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE))),
            _ => None,
        };
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        set_position(&mut response, &self.positions);
        // For who speaks something else than HTTP.
        response.extensions_mut().insert(self);
        response
    }
}

/// `no_seats_available` as people read it: `No seats available`.
fn title_of(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_of_an_error() {
        let of_the_domain = Code::ALL.iter().map(|code| code.http_status());
        let of_the_interface = ProblemCode::ALL.iter().map(|code| code.http_status());
        for status in of_the_domain.chain(of_the_interface) {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(status.is_client_error() || status.is_server_error(), "{status}");
        }
    }

    #[test]
    fn no_two_codes_are_spelled_alike() {
        let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        codes.extend(ProblemCode::ALL.iter().map(|code| code.as_str()));
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    #[test]
    fn a_title_is_the_code_in_words() {
        assert_eq!(title_of("no_seats_available"), "No seats available");
    }
}
