//! How the process is.

use std::{sync::Arc, time::Duration};

use engine::Engine;
use journal::{Journal, Positions, StreamIndex};
use tokio::time::timeout;
use views::Views;

use crate::{
    RenderMetrics,
    blocking::BlockingJobs,
    gauges,
    problem::{Problem, ProblemCode},
};

/// How long the engine may take to answer when it is asked whether it does.
const ENGINE_WAIT_MAX: Duration = Duration::from_secs(2);

/// How many may ask at a time whether the process is ready.
const CHECKS_MAX: usize = 16;

/// What tells how a process is. Clones share it.
#[derive(Clone)]
pub struct Health(Arc<Parts>);

struct Parts {
    engine: Engine,
    journal: Arc<dyn Journal>,
    index: Arc<dyn StreamIndex>,
    views: Option<Arc<Views>>,
    metrics: RenderMetrics,
    checks: BlockingJobs,
}

impl Health {
    /// Of a process with these parts; without `views` where it has none.
    pub fn new(
        engine: Engine,
        journal: Arc<dyn Journal>,
        index: Arc<dyn StreamIndex>,
        views: Option<Arc<Views>>,
        metrics: RenderMetrics,
    ) -> Self {
        Self(Arc::new(Parts { engine, journal, index, views, metrics, checks: BlockingJobs::at_most(CHECKS_MAX) }))
    }

    /// Whether commands and reads are answered; if not, the problem with it.
    pub(crate) async fn check_ready(&self) -> Result<(), Problem> {
        check_engine(&self.0.engine).await?;
        let parts = self.0.clone();
        let checked = self.0.checks.run(move || -> Result<_, Problem> {
            parts.journal.heads()?;
            parts.index.progress()?;
            Ok(parts.views.as_ref().map_or(Ok(true), |views| views.wait_for(&Positions::default(), Duration::ZERO))?)
        });
        if checked.await? {
            return Ok(());
        }
        Err(Problem::new(ProblemCode::Unavailable, "the read models do not answer: see usher's log"))
    }

    /// The metrics of the process, as Prometheus reads them.
    pub(crate) fn render_metrics(&self) -> String {
        let Parts { engine, views, metrics, .. } = &*self.0;
        gauges::set(engine, views.as_deref());
        metrics()
    }
}

async fn check_engine(engine: &Engine) -> Result<(), Problem> {
    let answer = timeout(ENGINE_WAIT_MAX, engine.try_probe()?.answer()).await;
    let answer = answer.map_err(|_| Problem::new(ProblemCode::Unavailable, "the engine does not answer in time"))?;
    answer.map(|_always_refused| ()).map_err(Problem::from)
}
