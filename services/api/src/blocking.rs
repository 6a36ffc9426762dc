//! Work that blocks, such as a read of a table, on threads that may be blocked.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::problem::Problem;

/// A bound for work that blocks. Clones share it.
#[derive(Clone)]
pub(crate) struct BlockingJobs(Arc<Semaphore>);

impl BlockingJobs {
    /// As many jobs at most may run or wait for a thread at one time; what exceeds that is told to come back later.
    pub(crate) fn at_most(jobs: usize) -> Self {
        Self(Arc::new(Semaphore::new(jobs)))
    }

    /// Does work on a thread that may be blocked.
    pub(crate) async fn run<T, E>(&self, work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Send + 'static,
        Problem: From<E>,
    {
        let permit = Arc::clone(&self.0).try_acquire_owned().map_err(|_| Problem::overloaded())?;
        let job = tokio::task::spawn_blocking(move || {
            let _held_while_it_runs = permit;
            work()
        });
        Ok(job.await.map_err(|failure| Problem::internal(&failure))??)
    }
}
