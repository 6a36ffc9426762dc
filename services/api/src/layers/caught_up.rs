//! A read that has to see a change: it waits until the read models have got there.
//!
//! One that names no position waits as well, for all that is committed when it comes, but only for a moment: most callers
//! expect to see what they have just done, and the read models are rarely further behind than that.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method},
    middleware::Next,
    response::Response,
};
use journal::Positions;
use tokio::time::timeout;
use views::ViewsError;

use crate::{
    app::App,
    extract::single_header,
    past::is_of_past,
    problem::{Problem, ProblemCode},
};

/// The header with a position that some change answered with.
pub(crate) const MIN_POSITION: &str = "x-usher-min-position";

/// How long a read waits for the position that it names.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// How long a read waits that names none; then it is answered as far as the read models are.
const UNASKED_WAIT_MAX: Duration = Duration::from_millis(100);

/// What a read is answered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The read models.
    Views,
    /// What the read models have in memory, which is there before the rest.
    Memory,
    /// The index, which knows the past.
    Index,
}

/// What a reader wants to have seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MinPosition<'a> {
    /// What it is called by whoever sends it.
    name: &'static str,
    /// As some change answered with it; without it, a reader waits for a moment at most.
    text: Option<&'a str>,
}

impl<'a> MinPosition<'a> {
    /// What the header says.
    pub(crate) fn of_header(headers: &'a HeaderMap) -> Result<Self, Problem> {
        Ok(Self { name: MIN_POSITION, text: single_header(headers, MIN_POSITION)? })
    }

    /// What a field of this name says.
    pub(crate) const fn of_field(name: &'static str, text: Option<&'a str>) -> Self {
        Self { name, text }
    }

    fn positions(self, app: &App) -> Result<Option<Positions>, Problem> {
        let Self { name, text: Some(text) } = self else { return Ok(None) };
        let wanted: Positions = text.parse().map_err(|invalid| Problem::malformed(format!("{name}: {invalid}")))?;
        let shards = app.services().journal.shard_count();
        if wanted.iter().any(|position| position.shard >= shards) {
            return Err(Problem::malformed(format!("{name}: the position is of another store: send one of this")));
        }
        Ok(Some(wanted))
    }
}

/// Holds a read back until the read models have got to the position in its `X-Usher-Min-Position`; without one, for a
/// moment at most.
pub(crate) async fn wait_until_caught_up(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read {
        let source = if is_of_past(request.uri()) { Source::Index } else { Source::Views };
        catch_up(&app, source, MinPosition::of_header(request.headers())?).await?;
    }
    Ok(next.run(request).await)
}

/// Waits until a source has got to what a reader wants to have seen; where that is not said, for a moment at most.
pub(crate) async fn catch_up(app: &App, source: Source, min_position: MinPosition<'_>) -> Result<(), Problem> {
    match min_position.positions(app)? {
        Some(wanted) => wait_for(app, source, wanted).await,
        None => wait_a_moment(app, source).await,
    }
}

async fn wait_for(app: &App, source: Source, wanted: Positions) -> Result<(), Problem> {
    if has_come(app, source, wanted, WAIT_MAX).await? {
        return Ok(());
    }
    let seconds = WAIT_MAX.as_secs();
    let detail = format!("what is shown has not got to that position within {seconds} s: try again");
    Err(Problem::new(ProblemCode::NotYetVisible, detail))
}

/// Waits for all that is committed now, but only for a moment.
pub(super) async fn wait_a_moment(app: &App, source: Source) -> Result<(), Problem> {
    // Whoever named no position is answered in any case.
    has_come(app, source, app.services().engine.positions(), UNASKED_WAIT_MAX).await.map(|_| ())
}

async fn has_come(app: &App, source: Source, wanted: Positions, wait_max: Duration) -> Result<bool, Problem> {
    let views = &app.services().views;
    match source {
        Source::Index => app.blocking(move |services| services.index.wait_for(&wanted, wait_max)).await,
        Source::Memory if views.memory_is_at(&wanted) => Ok(true),
        Source::Memory => within(wait_max, views.memory_reached(&wanted)).await,
        Source::Views if views.are_at(&wanted) => Ok(true),
        Source::Views if views.feed(&wanted) => within(wait_max, views.reached(&wanted)).await,
        // What other processes feed is asked for, on a thread that may be blocked.
        Source::Views => app.blocking(move |services| services.views.wait_for(&wanted, wait_max)).await,
    }
}

/// Whether something completes within this time.
async fn within(time: Duration, reached: impl Future<Output = Result<(), ViewsError>>) -> Result<bool, Problem> {
    match timeout(time, reached).await {
        Ok(reached) => Ok(reached.map(|()| true)?),
        Err(_elapsed) => Ok(false),
    }
}
