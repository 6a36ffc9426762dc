//! Problems as gRPC tells them: a status with the problem's detail, its code in the metadata, and when to try again.

use std::{collections::HashMap, time::Duration};

use axum::http::StatusCode;
use tonic::{
    Code, Status,
    metadata::{MetadataMap, MetadataValue},
};
use tonic_types::{ErrorDetails, StatusExt};

use super::proto;
use crate::problem::{AnyCode, Problem, ProblemCode, RETRY_AFTER};

/// Where a status bears the problem's code.
const CODE: &str = "usher-code";
/// Who gives out the codes, for `google.rpc.ErrorInfo`.
const DOMAIN: &str = "usher";

impl From<Problem> for Status {
    fn from(problem: Problem) -> Self {
        let code = problem.code().as_str();
        let mut details = ErrorDetails::with_error_info(code, DOMAIN, HashMap::new());
        if let Some(after) = retry_after(&problem) {
            details.set_retry_info(Some(after));
        }
        let mut metadata = MetadataMap::new();
        metadata.insert(CODE, MetadataValue::from_static(code));
        Status::with_error_details_and_metadata(status_of(problem.code()), problem.detail(), details, metadata)
    }
}

impl From<Problem> for proto::Problem {
    fn from(problem: Problem) -> Self {
        let retry_after_ms = retry_after(&problem).and_then(|after| u32::try_from(after.as_millis()).ok());
        Self {
            status: status_of(problem.code()).into(),
            code: problem.code().as_str().to_owned(),
            detail: problem.detail().to_owned(),
            retry_after_ms,
        }
    }
}

/// The HTTP status that means the same, for whoever counts them.
pub(crate) fn http_status_of(status: &Status) -> StatusCode {
    match status.code() {
        Code::Ok => StatusCode::OK,
        // What bears no code of ours says that a caller does not keep to the protocol, whatever it is called there.
        _ if !status.metadata().contains_key(CODE) => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound | Code::Unimplemented => StatusCode::NOT_FOUND,
        Code::FailedPrecondition => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::PAYLOAD_TOO_LARGE,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::InvalidArgument => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The status by which gRPC tells a code.
fn status_of(code: AnyCode) -> Code {
    match code {
        // Over HTTP it is named by a path of things that are there or not; here it is an argument.
        AnyCode::Interface(ProblemCode::UnknownFeature) => return Code::InvalidArgument,
        AnyCode::Interface(ProblemCode::NotFound | ProblemCode::MethodNotAllowed | ProblemCode::NotSupportedYet) => {
            return Code::Unimplemented;
        }
        AnyCode::Interface(_) | AnyCode::Domain(_) => {}
    }
    match code.http_status() {
        400 | 415 | 422 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        409 | 412 => Code::FailedPrecondition,
        413 => Code::ResourceExhausted,
        503 => Code::Unavailable,
        _ => Code::Internal,
    }
}

fn retry_after(problem: &Problem) -> Option<Duration> {
    (status_of(problem.code()) == Code::Unavailable).then_some(RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt;

    use super::*;

    fn status(code: ProblemCode) -> Status {
        Problem::new(code, "why").into()
    }

    #[test]
    fn a_problem_keeps_its_meaning_its_code_and_its_words() {
        for (problem, code) in [
            (ProblemCode::MalformedRequest, Code::InvalidArgument),
            (ProblemCode::UnknownFeature, Code::InvalidArgument),
            (ProblemCode::UnknownUser, Code::NotFound),
            (ProblemCode::Unauthenticated, Code::Unauthenticated),
            (ProblemCode::Forbidden, Code::PermissionDenied),
            (ProblemCode::NotFound, Code::Unimplemented),
            (ProblemCode::InternalError, Code::Internal),
            (ProblemCode::NotYetVisible, Code::Unavailable),
            (ProblemCode::Overloaded, Code::Unavailable),
        ] {
            let status = status(problem);
            assert_eq!((status.code(), status.message()), (code, "why"), "{problem}");
            let told = status.metadata().get(CODE).and_then(|code| code.to_str().ok());
            assert_eq!(told, Some(problem.as_str()));
        }
    }

    #[test]
    fn only_what_is_worth_trying_again_says_when() {
        let after = |code| status(code).get_details_retry_info().and_then(|info| info.retry_delay);
        assert_eq!(after(ProblemCode::NotYetVisible), Some(RETRY_AFTER));
        assert_eq!(after(ProblemCode::UnknownUser), None);
    }

    #[test]
    fn a_status_counts_as_its_problem_does_over_http() {
        for problem in ProblemCode::ALL.iter().filter(|code| [401, 403, 500, 503].contains(&code.http_status())) {
            assert_eq!(http_status_of(&status(*problem)).as_u16(), problem.http_status(), "{problem}");
        }
        assert_eq!(http_status_of(&Status::internal("the caller sent nonsense")), StatusCode::BAD_REQUEST);
        assert_eq!(http_status_of(&Problem::unknown_licensee().into()), StatusCode::NOT_FOUND);
    }
}
