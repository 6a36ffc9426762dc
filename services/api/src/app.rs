//! What all handlers share.

use std::sync::Arc;

use axum::{extract::FromRef, response::Response};
use engine::{Answer, Call, Claim, Done, Order, Preview, Reply};
use journal::Positions;
use views::Rebuilding;

use crate::{
    Services,
    blocking::BlockingJobs,
    extract::{Terms, version_changed},
    health::Health,
    preview::previewed,
    problem::Problem,
    running_keys::{Running, RunningKeys},
};

/// How many reads may run or wait for a thread at one time.
const BLOCKING_JOBS_MAX: usize = 512;

/// The state of the router. Clones share it: every request makes some.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

struct Parts {
    services: Services,
    health: Health,
    blocking_jobs: BlockingJobs,
    rebuilding: Rebuilding,
    running_keys: RunningKeys,
}

impl FromRef<App> for Health {
    fn from_ref(app: &App) -> Self {
        app.0.health.clone()
    }
}

/// What a command answered, and up to where one has to read to see what it did.
pub(crate) struct Accepted {
    pub(crate) answer: Answer,
    pub(crate) positions: Positions,
}

/// What became of a command, or would.
pub(crate) enum Called {
    Accepted(Accepted),
    Previewed(Preview),
}

/// What became of an order, or would.
pub(crate) enum Ordered {
    Done(Done),
    Previewed(Preview),
}

/// The engine answered with what belongs to another order.
#[derive(Debug, thiserror::Error)]
#[error("the engine answered with what belongs to another order")]
struct ForeignReply;

/// A request's key is taken; to be kept until the request is answered.
pub(crate) struct Claimed {
    /// Whether the same request took it before.
    pub(crate) was_done: bool,
    _running: Option<Running>,
}

impl Called {
    /// The answer: what `shape` makes of a command that was accepted, or the preview.
    pub(crate) fn answer(self, shape: impl FnOnce(Accepted) -> Result<Response, Problem>) -> Result<Response, Problem> {
        match self {
            Self::Accepted(accepted) => shape(accepted),
            Self::Previewed(preview) => previewed(preview),
        }
    }
}

impl App {
    pub(crate) fn new(services: Services) -> Self {
        let Services { engine, views, index, journal, metrics, past: _, webhooks: _ } = services.clone();
        let rebuilding = Rebuilding::new(views.clone());
        let health = Health::new(engine, journal, index, Some(views), metrics);
        let blocking_jobs = BlockingJobs::at_most(BLOCKING_JOBS_MAX);
        let running_keys = RunningKeys::default();
        Self(Arc::new(Parts { services, health, blocking_jobs, rebuilding, running_keys }))
    }

    /// The rebuilds of this process's read models.
    pub(crate) fn rebuilding(&self) -> &Rebuilding {
        &self.0.rebuilding
    }

    pub(crate) fn services(&self) -> &Services {
        &self.0.services
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
        let app = self.clone();
        self.0.blocking_jobs.run(move || work(app.services())).await
    }

    /// Takes a request's key, if it has one.
    pub(crate) async fn claim(&self, claim: Option<Claim>) -> Result<Claimed, Problem> {
        let Some(claim) = claim else { return Ok(Claimed { was_done: false, _running: None }) };
        let running = self.0.running_keys.begin(&claim.key)?;
        let Done { outcome, duplicate, positions, .. } = self.services().engine.try_claim(claim)?.answer().await?;
        match outcome {
            Ok(_) => Ok(Claimed { was_done: duplicate, _running: Some(running) }),
            Err(refusal) => Err(Problem::refused(refusal).with_position(&positions)),
        }
    }

    /// Hands a command to the engine and waits for its outcome; a refusal is a problem.
    pub(crate) async fn call(&self, (call, terms): (Call, Terms)) -> Result<Called, Problem> {
        // A preview does not look at keys.
        let key = call.key.as_ref().filter(|_| !terms.is_preview);
        let _running = key.map(|key| self.0.running_keys.begin(key)).transpose()?;
        match self.order(Order::Call(Box::new(call)), terms).await? {
            Ordered::Previewed(preview) => Ok(Called::Previewed(preview)),
            Ordered::Done(Done { outcome, positions, .. }) => match outcome {
                Ok(answer) => Ok(Called::Accepted(Accepted { answer, positions })),
                Err(refusal) => Err(Problem::refused(refusal).with_position(&positions)),
            },
        }
    }

    /// Hands an order to the engine, on these terms, and waits for what becomes of it.
    pub(crate) async fn order(&self, order: Order, terms: Terms) -> Result<Ordered, Problem> {
        match self.services().engine.submit(terms.of(order)?)?.answer().await? {
            Reply::Done(done) => Ok(Ordered::Done(*done)),
            Reply::Previewed(preview) => Ok(Ordered::Previewed(*preview)),
            Reply::OtherVersion { found } => Err(version_changed(format!("the version is v{found} by now"))),
            Reply::Moved(Err(refused)) => Err(refused.into()),
            Reply::Moved(Ok(_)) => Err(Problem::internal(&ForeignReply)),
        }
    }
}
