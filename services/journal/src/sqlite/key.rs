//! Two numbers in one integer key, so that what is read together lies together.

/// Bits of a commit's number below its shard.
const COMMIT_BITS: u32 = 40;
const COMMIT_MASK: i64 = (1 << COMMIT_BITS) - 1;

/// Where a commit lies: ordered by shard, then by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CommitKey(i64);

impl CommitKey {
    /// The key of commit `number` of `shard`; none from number 2^40 on.
    pub(super) fn new(shard: u16, number: u64) -> Option<Self> {
        let number = i64::try_from(number).ok().filter(|number| *number <= COMMIT_MASK)?;
        Some(Self((i64::from(shard) << COMMIT_BITS) | number))
    }

    /// The greatest key of `shard`.
    pub(super) fn last_of(shard: u16) -> Self {
        Self((i64::from(shard) << COMMIT_BITS) | COMMIT_MASK)
    }

    /// The key that an integer stands for; none for one that was never a key.
    pub(super) fn from_integer(integer: i64) -> Option<Self> {
        u16::try_from(integer >> COMMIT_BITS).ok().map(|_| Self(integer))
    }

    /// As it is stored.
    pub(super) fn to_integer(self) -> i64 {
        self.0
    }

    /// The shard.
    pub(super) fn shard(self) -> u16 {
        // Both constructors admit 16 bits only.
        u16::try_from(self.0 >> COMMIT_BITS).unwrap_or(u16::MAX)
    }

    /// The number in the shard.
    pub(super) fn number(self) -> u64 {
        (self.0 & COMMIT_MASK).unsigned_abs()
    }
}

/// Bits of a version below its stream's id.
const VERSION_BITS: u32 = 32;

/// The integer key of an event, ordered by stream, then by version; none beyond 2^31 streams or 2^32 versions.
pub(super) fn event_key(stream_id: i64, version: u64) -> Option<i64> {
    let version = i64::from(u32::try_from(version).ok()?);
    let stream_id = i64::from(u32::try_from(stream_id).ok()?);
    (stream_id < 1 << (63 - VERSION_BITS)).then_some((stream_id << VERSION_BITS) | version)
}

/// The version of an event with this key.
pub(super) fn version_of(key: i64) -> u64 {
    (key & ((1 << VERSION_BITS) - 1)).unsigned_abs()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn commit_keys_keep_shard_and_number() {
        for (shard, number) in [(0, 0), (0, 1), (15, 7), (u16::MAX, (1 << 40) - 1)] {
            let key = CommitKey::new(shard, number).unwrap();
            assert_eq!((key.shard(), key.number()), (shard, number));
            assert_eq!(CommitKey::from_integer(key.to_integer()), Some(key));
        }
    }

    #[test]
    fn commit_keys_order_by_shard_then_number() {
        assert!(CommitKey::new(1, 0) > CommitKey::new(0, (1 << 40) - 1));
        assert!(CommitKey::new(1, 2) > CommitKey::new(1, 1));
        assert!(CommitKey::last_of(1) < CommitKey::new(2, 0).unwrap());
    }

    #[test]
    fn keys_out_of_range_are_none() {
        assert_eq!(CommitKey::new(0, 1 << 40), None);
        assert_eq!(CommitKey::from_integer(-1), None);
        assert_eq!(CommitKey::from_integer(1 << 56), None);
        assert_eq!(event_key(1 << 31, 1), None);
        assert_eq!(event_key(1, 1 << 32), None);
        assert_eq!(event_key(-1, 1), None);
        assert_eq!(event_key((1 << 31) - 1, u64::from(u32::MAX)), Some(i64::MAX));
    }
}
