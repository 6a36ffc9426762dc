//! How failures of what lies below are answered: a caller learns what to do, the log learns why.

use std::error::Error;

use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use engine::{ClockRefused, EngineError};
use journal::{JournalError, with_causes};
use past::PastError;
use views::ViewsError;

use super::{Problem, ProblemCode};
use crate::BODY_BYTES_MAX;

impl Problem {
    /// A defect of usher: the caller did nothing wrong.
    pub(crate) fn internal(cause: &dyn Error) -> Self {
        tracing::error!(cause = with_causes(cause), "a request failed");
        Self::new(ProblemCode::InternalError, "usher failed on this request: report it, with the time, to the operator")
    }

    /// The store or what is derived from it can't be used now.
    pub(crate) fn unavailable(cause: &dyn Error) -> Self {
        tracing::error!(cause = with_causes(cause), "a request can't be served");
        let detail = "usher's store can't be used now: try again, a change under the same id, and see usher's log";
        Self::new(ProblemCode::Unavailable, detail)
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Busy => Self::overloaded(),
            EngineError::Stopped
            | EngineError::NotHeld { .. }
            | EngineError::NoHolder { .. }
            | EngineError::Unanswered { .. }
            | EngineError::Untold => Self::new(ProblemCode::Unavailable, error.to_string()),
            EngineError::Store(_) => Self::unavailable(&error),
            EngineError::Unreadable { .. } | EngineError::Thread(_) => Self::internal(&error),
        }
    }
}

impl From<ClockRefused> for Problem {
    fn from(refused: ClockRefused) -> Self {
        let code = match refused {
            ClockRefused::Backwards { .. } => ProblemCode::ClockBackwards,
            ClockRefused::NotManual => ProblemCode::ClockNotManual,
        };
        Self::new(code, refused.to_string())
    }
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<ViewsError> for Problem {
    fn from(error: ViewsError) -> Self {
        match error {
            ViewsError::InvalidCursor => Self::malformed(error.to_string()),
            ViewsError::ExpiredCursor => Self::new(ProblemCode::CursorExpired, error.to_string()),
            ViewsError::RebuildUnderWay => Self::new(ProblemCode::RebuildRunning, error.to_string()),
            other => Self::unavailable(&other),
        }
    }
}

impl From<PastError> for Problem {
    fn from(error: PastError) -> Self {
        match error {
            PastError::Journal(error) => error.into(),
            PastError::Views(error) => error.into(),
            PastError::BeingPrepared { .. } => Self::new(ProblemCode::BeingPrepared, error.to_string()),
            PastError::Event { .. } | PastError::Thread(_) => Self::internal(&error),
        }
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::malformed(deepest_cause(&rejection))
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::malformed(deepest_cause(&rejection))
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            let detail = format!("the body is larger than {BODY_BYTES_MAX} bytes: split it");
            return Self::new(ProblemCode::BodyTooLarge, detail);
        }
        Self::malformed("the body ended before it was complete: send it again")
    }
}

/// What is behind an error in the end: it names the parameter, the errors in front of it the library that read it.
fn deepest_cause(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use axum::{http::StatusCode, response::IntoResponse};

    use super::*;

    #[test]
    fn a_full_queue_is_answered_with_when_to_come_back() {
        let response = Problem::from(EngineError::Busy).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key("retry-after"));
    }
}
