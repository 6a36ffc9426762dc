//! Cursors: opaque texts that say where a page ended, each bound to the query that it came from.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::error::ViewsError;

/// The longest cursor that is looked at, bytes; those made here are shorter.
const CURSOR_BYTES_MAX: usize = 512;
const SEAL_BYTES: usize = 8;

/// Stands for a query: what is listed, and by which filters and order.
pub struct Seal([u8; SEAL_BYTES]);

impl Seal {
    /// The seal of a query, told by its parts.
    pub fn of(parts: &[Option<&str>]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            // With the length before it, no two lists of parts are the same bytes.
            let bytes = part.map_or(u64::MAX, |text| text.len() as u64).to_be_bytes();
            hasher.update(bytes);
            hasher.update(part.unwrap_or_default());
        }
        Self(first_bytes(hasher))
    }

    /// A cursor of this query for a place.
    pub fn close(&self, place: &str) -> String {
        URL_SAFE_NO_PAD.encode([self.mark(place.as_bytes()).as_slice(), place.as_bytes()].concat())
    }

    /// The place that a cursor of this query stands for.
    ///
    /// # Errors
    /// [`ViewsError::InvalidCursor`] on every other text.
    pub fn open(&self, cursor: &str) -> Result<String, ViewsError> {
        if cursor.len() > CURSOR_BYTES_MAX {
            return Err(ViewsError::InvalidCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| ViewsError::InvalidCursor)?;
        let (mark, place) = bytes.split_first_chunk::<SEAL_BYTES>().ok_or(ViewsError::InvalidCursor)?;
        if *mark != self.mark(place) {
            return Err(ViewsError::InvalidCursor);
        }
        // No place that was ever given has a character zero, which not every database takes.
        let place = String::from_utf8(place.to_vec()).ok().filter(|place| !place.contains('\0'));
        place.ok_or(ViewsError::InvalidCursor)
    }

    /// What a cursor begins with: it binds the place to the query, so that neither can be another's nor cut short.
    fn mark(&self, place: &[u8]) -> [u8; SEAL_BYTES] {
        first_bytes(Sha256::new().chain_update(self.0).chain_update(place))
    }
}

fn first_bytes(hasher: Sha256) -> [u8; SEAL_BYTES] {
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hasher.finalize());
    [a, b, c, d, e, f, g, h]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_with_its_own_query_only() {
        let queries = [
            vec![Some("members"), Some("acme"), None],
            vec![Some("members"), Some("acme"), Some("")],
            vec![Some("membersacme"), None, None],
            vec![Some("members"), Some("acme")],
        ];
        let cursor = Seal::of(&queries[0]).close("u-7");
        assert_eq!(Seal::of(&queries[0]).open(&cursor).unwrap(), "u-7");
        for other in &queries[1..] {
            assert!(matches!(Seal::of(other).open(&cursor), Err(ViewsError::InvalidCursor)), "{other:?}");
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let seal = Seal::of(&[]);
        let not_a_text = URL_SAFE_NO_PAD.encode([seal.mark(&[0xff]).as_slice(), &[0xff]].concat());
        for bad in ["", "u-7", "ü", "====", &not_a_text, &seal.close("\0"), &seal.close(&"x".repeat(CURSOR_BYTES_MAX))]
        {
            assert!(matches!(seal.open(bad), Err(ViewsError::InvalidCursor)), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_cursor_that_was_cut_or_changed_is_refused() {
        let seal = Seal::of(&[Some("members")]);
        let cursor = seal.close("u-700");
        let bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
        for length in 0..bytes.len() {
            let cut = URL_SAFE_NO_PAD.encode(&bytes[..length]);
            assert!(matches!(seal.open(&cut), Err(ViewsError::InvalidCursor)), "{length} bytes were taken");
        }
        let other = URL_SAFE_NO_PAD.encode([&bytes[..SEAL_BYTES], b"u-701"].concat());
        assert!(matches!(seal.open(&other), Err(ViewsError::InvalidCursor)));
        assert_eq!(seal.open(&cursor).unwrap(), "u-700");
    }
}
