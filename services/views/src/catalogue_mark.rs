//! What stands for a catalogue: timers and products go by one, and follow only if it is another.

use licensing::Catalogue;
use sha2::{Digest, Sha256};

/// Stands for a catalogue: the same for the same rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CatalogueMark(pub(crate) i64);

impl CatalogueMark {
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(format!("{catalogue:?}")));
        Self(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}
