//! The token that a request shows.

use axum::http::{HeaderMap, header::AUTHORIZATION};

use super::Unauthenticated;

const SCHEME: &str = "Bearer ";
/// The longest token, bytes.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// The bearer token of a request (RFC 6750), from its one header `Authorization`.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<&str, Unauthenticated> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Unauthenticated::NoToken)?;
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let scheme_and_token = text.and_then(|text| text.split_at_checked(SCHEME.len()));
    let token =
        scheme_and_token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case(SCHEME)).map(|(_, token)| token.trim());
    token.filter(|token| (1..=TOKEN_BYTES_MAX).contains(&token.len())).ok_or(Unauthenticated::NoBearer)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn token_of(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        bearer_token(&headers).ok().map(str::to_owned)
    }

    #[test]
    fn one_header_with_the_scheme_bearer_holds_the_token() {
        for value in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            assert_eq!(token_of(&[value]).as_deref(), Some("abc"), "{value:?}");
        }
        let too_long = format!("Bearer {}", "x".repeat(TOKEN_BYTES_MAX + 1));
        for bad in [&[][..], &[""], &["Bearer"], &["Bearer "], &["abc"], &["Basic abc"], &["Bearerabc"], &[&too_long]] {
            assert_eq!(token_of(bad), None, "{bad:.40?}");
        }
        assert_eq!(token_of(&["Bearer abc", "Bearer abc"]), None, "sent twice");
    }
}
