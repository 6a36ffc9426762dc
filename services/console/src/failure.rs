//! What can go wrong with a page.

use api::{NotChosen, ProblemCode};
use axum::http::StatusCode;
use licensing::UserId;
use serde::Deserialize;

/// How the interface says no (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Why, for programs.
    pub(crate) code: String,
    /// Why, for people.
    #[serde(default)]
    pub(crate) detail: String,
    /// How many seats are free, where that is the reason.
    #[serde(default)]
    pub(crate) available: Option<u32>,
    /// How many seats were wanted, where that is the reason.
    #[serde(default)]
    pub(crate) requested: Option<u32>,
    /// The users who are the reason.
    #[serde(default)]
    pub(crate) users: Vec<UserId>,
}

/// Why there is no page. What is shown instead, [`pages`](crate::pages) tell.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The interface said no.
    Problem(Box<Problem>),
    /// The visitor has to sign in, and comes back to `next`.
    SignIn { next: String },
}

impl Problem {
    /// One that comes from a page itself.
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        let (status, code, detail) = (status.as_u16(), code.to_owned(), detail.into());
        Self { status, code, detail, available: None, requested: None, users: Vec::new() }
    }

    pub(crate) fn http_status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether what was asked for is on its way.
    pub(crate) fn is_being_prepared(&self) -> bool {
        self.code == ProblemCode::BeingPrepared.as_str()
    }

    /// Whether the same is being done already, by an earlier request under the same key.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.code == ProblemCode::InProgress.as_str()
    }

    /// Whether a rule of the domain, or a change in between, stands against it: not a lack of rights, nor a failure.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self.status, 409 | 412 | 422)
    }
}

impl Failure {
    /// What was sent can't be read.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, "malformed_request", detail).into()
    }

    /// The store does not answer.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).into()
    }

    /// Nothing is there.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail).into()
    }

    /// A defect of usher: the visitor did nothing wrong.
    pub(crate) fn defect(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(cause, "a page could not be made");
        let detail = "usher failed on this page: report it, with the time, to the operator";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail).into()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<NotChosen> for Failure {
    fn from(NotChosen { status, code, detail }: NotChosen) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Problem::new(status, code, detail).into()
    }
}
