//! A header of a request.

use axum::http::HeaderMap;

use crate::problem::Problem;

/// The header's text, if it was sent; sent twice, or as no text, it can't be read.
pub(crate) fn single_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    text.map(Some).ok_or_else(|| Problem::malformed(format!("the header {name} is not valid: send it once, in ASCII")))
}
