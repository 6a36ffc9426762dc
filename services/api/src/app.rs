//! What all handlers share.

use std::sync::Arc;

use engine::{Answer, Call, Claim, Done};
use journal::Positions;
use tokio::sync::Semaphore;

use crate::{Services, problem::Problem};

/// How many reads may run or wait for a thread at one time; what exceeds that is told to come back later.
const BLOCKING_JOBS_MAX: usize = 512;

/// The state of the router. Clones share it.
#[derive(Clone)]
pub(crate) struct App {
    services: Services,
    blocking_jobs: Arc<Semaphore>,
}

/// What a command answered, and up to where one has to read to see what it did.
pub(crate) struct Accepted {
    pub(crate) answer: Answer,
    pub(crate) positions: Positions,
}

impl App {
    pub(crate) fn new(services: Services) -> Self {
        Self { services, blocking_jobs: Arc::new(Semaphore::new(BLOCKING_JOBS_MAX)) }
    }

    pub(crate) const fn services(&self) -> &Services {
        &self.services
    }

    /// Does work that blocks, such as a read of a table, on a thread that may be blocked.
    pub(crate) async fn blocking<T, E>(
        &self,
        work: impl FnOnce(&Services) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Send + 'static,
        Problem: From<E>,
    {
        let permit = Arc::clone(&self.blocking_jobs).try_acquire_owned().map_err(|_| Problem::overloaded())?;
        let services = self.services.clone();
        let job = tokio::task::spawn_blocking(move || {
            let _held_while_it_runs = permit;
            work(&services)
        });
        Ok(job.await.map_err(|failure| Problem::internal(&failure))??)
    }

    /// Takes a request's key, if it has one; whether the same request took it before.
    pub(crate) async fn claim(&self, claim: Option<Claim>) -> Result<bool, Problem> {
        let Some(claim) = claim else { return Ok(false) };
        let Done { outcome, duplicate, positions, .. } = self.services.engine.try_claim(claim)?.answer().await?;
        match outcome {
            Ok(_) => Ok(duplicate),
            Err(refusal) => Err(Problem::refused(refusal).with_position(&positions)),
        }
    }

    /// Hands a command to the engine and waits for its outcome; a refusal is a problem.
    pub(crate) async fn call(&self, call: Call) -> Result<Accepted, Problem> {
        let Done { outcome, positions, .. } = self.services.engine.try_call(call)?.answer().await?;
        match outcome {
            Ok(answer) => Ok(Accepted { answer, positions }),
            Err(refusal) => Err(Problem::refused(refusal).with_position(&positions)),
        }
    }
}
