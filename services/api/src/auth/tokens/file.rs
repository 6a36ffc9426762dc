//! How a file of tokens is written.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, de::Error};

use crate::auth::actor::Actor;

/// The most tokens of a file.
const TOKENS_MAX: usize = 1_000;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default, rename = "token")]
    tokens: Vec<TokenEntry>,
}

/// One token. What is spelled wrong is no entry: an `expires_at` that went unseen would make a token that never ends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenEntry {
    #[serde(rename = "sha256", deserialize_with = "digest")]
    pub(super) digest: [u8; 32],
    pub(super) actor: Actor,
    pub(super) roles: Vec<String>,
    #[serde(default, deserialize_with = "time")]
    pub(super) expires_at: Option<DateTime<Utc>>,
}

/// Reads the file, or tells where and why it does not fit.
pub(super) fn read_tokens(text: &str) -> Result<Vec<TokenEntry>, String> {
    let Document { tokens } = toml::from_str(text).map_err(|error| told_without_the_text(text, &error))?;
    if !(1..=TOKENS_MAX).contains(&tokens.len()) {
        return Err(format!("it has {} tokens: give 1 to {TOKENS_MAX}, each as a table [[token]]", tokens.len()));
    }
    let mut digests: Vec<&[u8; 32]> = tokens.iter().map(|token| &token.digest).collect();
    digests.sort_unstable();
    if digests.windows(2).any(|pair| matches!(pair, [one, next] if one == next)) {
        return Err("a sha256 stands in it twice: give each token one actor".to_owned());
    }
    Ok(tokens)
}

/// The error without the line that it shows: somebody may have written a token there.
fn told_without_the_text(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("line {line}: {}", error.message())
}

fn digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let invalid = "sha256 is not valid: give the 64 hexadecimal digits of the token's SHA-256";
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).map_err(|_| D::Error::custom(invalid))?;
    Ok(digest)
}

/// A time by RFC 3339, with or without quotation marks.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        toml::Value::Datetime(time) => time.to_string(),
        _ => String::new(),
    };
    let time = DateTime::parse_from_rfc3339(&text);
    let time =
        time.map_err(|_| D::Error::custom("the time is not valid: use RFC 3339, such as 2026-01-31T00:00:00Z"))?;
    Ok(Some(time.to_utc()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const DIGEST: &str = "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef";

    fn problem_of(text: &str) -> String {
        read_tokens(text).map(|tokens| tokens.len()).expect_err("it was taken")
    }

    #[test]
    fn an_entry_has_a_digest_an_actor_and_roles() {
        let text = format!("[[token]]\nsha256 = \"{DIGEST}\"\nactor = \"a\"\nroles = [\"billing\", \"odd\"]");
        let tokens = read_tokens(&text).unwrap();
        let [token] = tokens.as_slice() else { panic!("{} tokens", tokens.len()) };
        assert_eq!((token.digest[0], token.digest[7], token.digest[31]), (0x01, 0xef, 0xef));
        assert_eq!(token.roles, ["billing", "odd"]);
        assert_eq!(token.expires_at, None);
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_line_and_without_its_text() {
        let with = |line: &str| format!("[[token]]\nactor = \"a\"\nroles = []\n{line}\n");
        for bad in [
            "sha256 = \"hunter2\"",
            &format!("sha256 = \"hunter2{}\"", "0".repeat(57)),
            &format!("sha256 = \"+{}\"", "0".repeat(63)),
            "sha256 = hunter2",
            "sha256 = 'hunter2",
            &format!("sha256 = \"{DIGEST}\"\nexpire_at = \"hunter2\""),
            &format!("sha256 = \"{DIGEST}\"\nexpires_at = \"hunter2\""),
            &format!("sha256 = \"{DIGEST}\"\nexpires_at = 2026-01-01T00:00:00"),
        ] {
            let problem = problem_of(&with(bad));
            assert!(problem.starts_with("line "), "{bad:?}: {problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn a_file_without_tokens_or_with_one_twice_is_refused() {
        let entry = format!("[[token]]\nsha256 = \"{DIGEST}\"\nactor = \"a\"\nroles = []\n");
        assert!(problem_of("").contains("0 tokens"));
        assert!(problem_of(&entry.repeat(2)).contains("twice"));
        assert!(problem_of(&entry.repeat(TOKENS_MAX + 1)).contains("1001 tokens"));
    }
}
