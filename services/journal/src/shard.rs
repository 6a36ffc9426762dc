//! Which shard an id belongs to.

use sha2::{Digest, Sha256};

/// The shard of a licensee or user, among `shards`: the first 8 bytes of SHA-256 over the id, big-endian, modulo `shards`.
///
/// Stored data depends on it: it must never change.
pub fn shard_of(id: &str, shards: u16) -> u16 {
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(id.as_bytes()));
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    // The remainder is below `shards`, so it fits; a store without shards does not exist.
    number.checked_rem(u64::from(shards)).and_then(|shard| u16::try_from(shard).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: a change here means that every store out there is read wrongly.
    #[test]
    fn shards_never_move() {
        let of_16 = ["acme", "globex", "u-1", "u-2", ""].map(|id| shard_of(id, 16));
        assert_eq!(of_16, [0, 7, 9, 5, 4]);
        assert_eq!(shard_of("acme", 1), 0);
        assert_eq!(shard_of("acme", u16::MAX), 34362);
    }

    #[test]
    fn ids_spread_over_all_shards() {
        let mut counts = [0u32; 16];
        for number in 0..16_000 {
            counts[usize::from(shard_of(&format!("licensee-{number}"), 16))] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
