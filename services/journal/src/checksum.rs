//! The checksum of a commit, which every store keeps beside it.

use sha2::{Digest, Sha256};

use crate::{NewCommit, StoredCommit, chain::Hash};

/// Bits of a commit's number below its shard, in the number that stands for both.
const NUMBER_BITS: u32 = 40;

impl NewCommit {
    /// The first 8 bytes of SHA-256 over shard and number, first position, records, time and block.
    pub(crate) fn checksum(&self) -> u64 {
        let recorded_at_us = self.recorded_at.timestamp_micros();
        checksum(self.shard, self.number, self.first_position, self.records, recorded_at_us, &self.block)
    }
}

impl StoredCommit {
    /// Whether it is as it was written.
    pub(crate) fn is_sound(&self) -> bool {
        let recorded_at_us = self.recorded_at.timestamp_micros();
        let expected =
            checksum(self.shard, self.number, self.first_position, self.records, recorded_at_us, &self.block);
        self.checksum == expected
    }
}

/// What the first commit of a shard is chained to.
pub const COMMIT_START: Hash = [0; 32];

impl StoredCommit {
    /// A hash over this commit and all before it in its shard, whose hash is `previous` ([`COMMIT_START`] for the first):
    /// SHA-256 over `previous` and the bytes that the checksum is made of.
    ///
    /// Seals hold it: it must never change.
    pub fn hash_after(&self, previous: &Hash) -> Hash {
        let recorded_at_us = self.recorded_at.timestamp_micros();
        let mut hasher = Sha256::new();
        hasher.update(previous);
        feed(&mut hasher, self.shard, self.number, self.first_position, self.records, recorded_at_us, &self.block);
        hasher.finalize().into()
    }
}

/// Stored data depends on it: it must never change.
fn checksum(shard: u16, number: u64, first_position: u64, records: u32, recorded_at_us: i64, block: &[u8]) -> u64 {
    let mut hasher = Sha256::new();
    feed(&mut hasher, shard, number, first_position, records, recorded_at_us, block);
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hasher.finalize());
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn feed(
    hasher: &mut Sha256,
    shard: u16,
    number: u64,
    first_position: u64,
    records: u32,
    recorded_at_us: i64,
    block: &[u8],
) {
    let place = (u64::from(shard) << NUMBER_BITS) | number;
    hasher.update(place.to_be_bytes());
    hasher.update(first_position.to_be_bytes());
    hasher.update(records.to_be_bytes());
    hasher.update(recorded_at_us.to_be_bytes());
    hasher.update(block);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use licensing::Instant;

    use super::*;

    /// Golden: a change here means that every store out there is found damaged.
    #[test]
    fn the_checksum_never_changes() {
        let commit = NewCommit {
            shard: 3,
            number: 7,
            first_position: 11,
            records: 2,
            block: vec![1, 2, 3],
            recorded_at: Instant::from_timestamp_micros(5).unwrap(),
        };
        let mut bytes = vec![0, 0, 3, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5];
        bytes.extend([1, 2, 3]);
        let digest = <[u8; 32]>::from(Sha256::digest(bytes));
        assert_eq!(commit.checksum().to_be_bytes(), digest[..8]);
    }

    /// Golden: a change here means that no seal out there holds any more.
    #[test]
    fn the_hash_over_commits_never_changes() {
        let commit = StoredCommit {
            shard: 3,
            number: 7,
            first_position: 11,
            records: 2,
            recorded_at: Instant::from_timestamp_micros(5).unwrap(),
            checksum: 0,
            block: vec![1, 2, 3],
        };
        let mut bytes = vec![9; 32];
        bytes.extend([0, 0, 3, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3]);
        assert_eq!(commit.hash_after(&[9; 32]), <[u8; 32]>::from(Sha256::digest(bytes)));
    }
}
