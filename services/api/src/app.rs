//! What all handlers share.

use axum::extract::FromRef;
use engine::{Answer, Call, Claim, Done};
use journal::Positions;

use crate::{Services, blocking::BlockingJobs, problem::Problem, routes::Health};

/// How many reads may run or wait for a thread at one time.
const BLOCKING_JOBS_MAX: usize = 512;

/// The state of the router. Clones share it.
#[derive(Clone)]
pub(crate) struct App {
    services: Services,
    health: Health,
    blocking_jobs: BlockingJobs,
}

impl FromRef<App> for Health {
    fn from_ref(app: &App) -> Self {
        app.health.clone()
    }
}

/// What a command answered, and up to where one has to read to see what it did.
pub(crate) struct Accepted {
    pub(crate) answer: Answer,
    pub(crate) positions: Positions,
}

impl App {
    pub(crate) fn new(services: Services) -> Self {
        let Services { engine, views, index, journal, metrics } = services.clone();
        let health = Health::new(engine, journal, index, Some(views), metrics);
        Self { services, health, blocking_jobs: BlockingJobs::at_most(BLOCKING_JOBS_MAX) }
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
        let services = self.services.clone();
        self.blocking_jobs.run(move || work(&services)).await
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
