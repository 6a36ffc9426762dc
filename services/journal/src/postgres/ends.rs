//! Where the shards end, as far as this process knows.

use parking_lot::Mutex;

use crate::Head;

/// The ends of all shards by this process's last look; of those that it writes itself they are exact.
pub(super) struct Ends {
    heads: Mutex<Vec<Head>>,
}

impl Ends {
    /// Starts from all heads, in the order of the shards.
    pub(super) fn new(heads: Vec<Head>) -> Self {
        Self { heads: Mutex::new(heads) }
    }

    /// All ends, in the order of the shards.
    pub(super) fn all(&self) -> Vec<Head> {
        self.heads.lock().clone()
    }

    /// Moves forward to `heads`; whether any of them was news.
    pub(super) fn advance(&self, heads: impl IntoIterator<Item = Head>) -> bool {
        let mut known = self.heads.lock();
        let mut has_moved = false;
        for head in heads {
            let Some(slot) = known.get_mut(usize::from(head.shard)) else { continue };
            if head.commit_number > slot.commit_number {
                *slot = head;
                has_moved = true;
            }
        }
        has_moved
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn head(shard: u16, number: u64) -> Head {
        Head { shard, commit_number: number, position: number }
    }

    #[test]
    fn ends_only_move_forward() {
        let ends = Ends::new(vec![head(0, 3), head(1, 5)]);
        assert!(ends.advance([head(0, 4), head(1, 4), head(9, 9)]));
        assert_eq!(ends.all(), [head(0, 4), head(1, 5)]);
        assert!(!ends.advance([head(0, 4)]));
    }
}
