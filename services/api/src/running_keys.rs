//! Under which keys requests are being answered at the moment (R34).

use std::{collections::HashSet, sync::Arc};

use engine::IdempotencyKey;
use parking_lot::Mutex;

use crate::problem::{Problem, ProblemCode};

/// The keys, each with what is asked for under it, of the requests that this process answers. There are never more than
/// such requests.
///
/// Another content under the same key is not in the way: the engine decides one after the other, and refuses the second.
#[derive(Clone, Default)]
pub(crate) struct RunningKeys(Arc<Mutex<HashSet<IdempotencyKey>>>);

/// A request that is being answered under its key. Dropping it ends that.
pub(crate) struct Running {
    keys: RunningKeys,
    key: IdempotencyKey,
}

impl RunningKeys {
    /// Begins to answer a request under its key, unless the same is being answered already.
    pub(crate) fn begin(&self, key: &IdempotencyKey) -> Result<Running, Problem> {
        if !self.0.lock().insert(key.clone()) {
            let detail = "the first request with this key still runs: ask again in a second, under the same key";
            return Err(Problem::new(ProblemCode::InProgress, detail));
        }
        Ok(Running { keys: self.clone(), key: key.clone() })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.keys.0.lock().remove(&self.key);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn r34_a_key_is_free_again_once_its_request_is_answered() {
        let keys = RunningKeys::default();
        let key = |key, content: &[u8]| IdempotencyKey::new(key, &[content]).unwrap();
        let first = keys.begin(&key("k-1", b"a")).ok().unwrap();
        assert!(keys.begin(&key("k-1", b"a")).is_err());
        let others = [keys.begin(&key("k-1", b"b")), keys.begin(&key("k-2", b"a"))];
        assert!(others.iter().all(Result::is_ok));
        assert!(keys.begin(&key("k-1", b"a")).is_err(), "the second took the place of the first");
        drop(first);
        assert!(keys.begin(&key("k-1", b"a")).is_ok());
    }
}
