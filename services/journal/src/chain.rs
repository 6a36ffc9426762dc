//! The hash chain of a stream: each event vouches for all before it.

use contract::proto::journal::Event;
use prost::Message;
use sha2::{Digest, Sha256};

/// A link of a chain.
pub type Hash = [u8; 32];

/// What the first event of a stream is chained to.
pub const START: Hash = [0; 32];

/// A stream's chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {version} of {stream:?} does not fit the hash chain: the store was changed from outside")]
pub struct BrokenChain {
    /// The stream.
    pub stream: String,
    /// The version of the first event that does not fit.
    pub version: u64,
}

/// The hash of `event` after `previous`: SHA-256 over `previous` and the event's bytes with `hash` left empty.
pub fn hash(previous: &Hash, event: &Event) -> Hash {
    let canonical = if event.hash.is_empty() {
        event.encode_to_vec()
    } else {
        Event { hash: Vec::new(), ..event.clone() }.encode_to_vec()
    };
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(canonical);
    hasher.finalize().into()
}

/// Checks that `event` bears the hash that follows from `previous`, and gives it for the next check.
pub fn verify(previous: &Hash, event: &Event) -> Result<Hash, BrokenChain> {
    let expected = hash(previous, event);
    if event.hash == expected {
        return Ok(expected);
    }
    Err(BrokenChain { stream: event.stream.clone(), version: event.version })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn chain_of_two() -> [Event; 2] {
        let mut first = Event { stream: "licensee/acme".into(), version: 1, data: vec![1], ..Event::default() };
        first.hash = hash(&START, &first).to_vec();
        let mut second = Event { stream: "licensee/acme".into(), version: 2, data: vec![2], ..Event::default() };
        second.hash = hash(&first.hash.as_slice().try_into().unwrap(), &second).to_vec();
        [first, second]
    }

    /// Golden: a change here breaks every chain that was ever written.
    #[test]
    fn the_hash_is_sha_256_over_previous_hash_and_bytes_without_hash() {
        let event = Event { stream: "user/u".into(), version: 1, ..Event::default() };
        let mut bytes = vec![0; 32];
        bytes.extend(b"\x0a\x06user/u\x10\x01");
        assert_eq!(hash(&START, &event), <[u8; 32]>::from(Sha256::digest(bytes)));
    }

    #[test]
    fn a_sound_chain_holds() {
        let [first, second] = chain_of_two();
        let after_first = verify(&START, &first).unwrap();
        assert_eq!(verify(&after_first, &second).unwrap().as_slice(), second.hash);
    }

    #[test]
    fn a_changed_or_missing_event_breaks_the_chain() {
        let [first, mut second] = chain_of_two();
        assert_eq!(verify(&START, &second).unwrap_err().version, 2);
        let after_first = verify(&START, &first).unwrap();
        second.data = vec![3];
        assert_eq!(verify(&after_first, &second).unwrap_err().version, 2);
    }
}
