//! On what terms a change is asked for: as a preview (R37), or only if nothing has moved since.

use axum::{
    extract::{FromRequestParts, Query},
    http::{HeaderMap, header::IF_MATCH, request::Parts},
};
use engine::Order;
use serde::Deserialize;

use super::header::single_header;
use crate::problem::{Problem, ProblemCode};

/// On what terms a change is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Terms {
    /// Nothing is to be done, but told what would be.
    pub(crate) is_preview: bool,
    /// The version that is asked for.
    pub(crate) if_match: Option<IfMatch>,
}

/// What `If-Match` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// This version.
    Version(u64),
    /// One that nothing of usher's has.
    Foreign,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(default)]
    dry_run: Option<String>,
}

impl Terms {
    /// The order on these terms.
    ///
    /// # Errors
    /// `version_changed` where no version could fit.
    pub(crate) fn of(self, order: Order) -> Result<Order, Problem> {
        let order = if self.is_preview { Order::Preview(Box::new(order)) } else { order };
        match self.if_match {
            None => Ok(order),
            Some(IfMatch::Version(version)) => Ok(Order::IfVersion { version, order: Box::new(order) }),
            Some(IfMatch::Foreign) => Err(version_changed("no version has the ETag that If-Match names")),
        }
    }
}

/// What it is for is not as the caller saw it.
pub(crate) fn version_changed(what: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemCode::VersionChanged, format!("{what}, so nothing was done: look again, then decide anew"))
}

impl<S: Send + Sync> FromRequestParts<S> for Terms {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(parameters) = Query::<Parameters>::from_request_parts(parts, state).await?;
        Ok(Self { is_preview: is_preview(parameters.dry_run.as_deref())?, if_match: if_match(&parts.headers)? })
    }
}

/// What can't be read is refused: a preview that was misspelt must not be done.
fn is_preview(dry_run: Option<&str>) -> Result<bool, Problem> {
    match dry_run {
        None | Some("false") => Ok(false),
        Some("true" | "") => Ok(true),
        Some(_) => Err(Problem::malformed("dry_run is neither true nor false: use one of them")),
    }
}

fn if_match(headers: &HeaderMap) -> Result<Option<IfMatch>, Problem> {
    let Some(text) = single_header(headers, IF_MATCH.as_str())? else { return Ok(None) };
    match text.trim() {
        // Whatever there is.
        "*" => Ok(None),
        list if list.matches('"').count() > 2 => {
            Err(Problem::malformed("If-Match names several versions: send the one that you saw"))
        }
        tag => Ok(Some(version_of(tag).map_or(IfMatch::Foreign, IfMatch::Version))),
    }
}

/// The version in a strong tag such as `"v57"`.
fn version_of(tag: &str) -> Option<u64> {
    let digits = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_a_version_and_others_none() {
        assert_eq!(version_of("\"v57\""), Some(57));
        for other in ["v57", "\"57\"", "W/\"v57\"", "\"v\"", "\"v+1\"", "\"\"", ""] {
            assert_eq!(version_of(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_preview_is_spelt_right_or_refused() {
        assert!(is_preview(Some("true")).unwrap() && is_preview(Some("")).unwrap());
        assert!(!is_preview(None).unwrap() && !is_preview(Some("false")).unwrap());
        for bad in ["1", "yes", "TRUE", "tru"] {
            assert!(is_preview(Some(bad)).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_version_is_asked_for_by_one_tag() {
        let headers = |value: &str| HeaderMap::from_iter([(IF_MATCH, value.parse().unwrap())]);
        assert_eq!(if_match(&HeaderMap::new()).unwrap(), None);
        assert_eq!(if_match(&headers("*")).unwrap(), None);
        assert_eq!(if_match(&headers("\"v3\"")).unwrap(), Some(IfMatch::Version(3)));
        assert_eq!(if_match(&headers("W/\"v3\"")).unwrap(), Some(IfMatch::Foreign));
        assert!(if_match(&headers("\"v3\", \"v4\"")).is_err());
    }
}
