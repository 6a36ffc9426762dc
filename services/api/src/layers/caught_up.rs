//! A read that has to see a change: it waits until the read models have got there.
//!
//! One that names no position waits as well, for all that is committed when it comes, but only for a moment: most callers
//! expect to see what they have just done, and the read models are rarely further behind than that.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use journal::Positions;

use crate::{
    app::App,
    extract::single_header,
    past::is_of_past,
    problem::{Problem, ProblemCode},
};

/// A position that some change answered with.
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
    /// The index, which knows the past.
    Index,
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
        catch_up(&app, source, MIN_POSITION, single_header(request.headers(), MIN_POSITION)?).await?;
    }
    Ok(next.run(request).await)
}

/// Waits until a source has got to a position that some change answered with, sent under a name; without one, for a moment
/// at most.
pub(crate) async fn catch_up(app: &App, source: Source, name: &str, position: Option<&str>) -> Result<(), Problem> {
    match position {
        Some(text) => wait_for(app, source, read_positions(app, name, text)?).await,
        None => wait_a_moment(app, source).await,
    }
}

fn read_positions(app: &App, name: &str, text: &str) -> Result<Positions, Problem> {
    let wanted: Positions = text.parse().map_err(|invalid| Problem::malformed(format!("{name}: {invalid}")))?;
    let shards = app.services().journal.shard_count();
    if wanted.iter().any(|position| position.shard >= shards) {
        return Err(Problem::malformed(format!("{name}: the position is of another store: send one of this")));
    }
    Ok(wanted)
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
    if source == Source::Index {
        return app.blocking(move |services| services.index.wait_for(&wanted, wait_max)).await;
    }
    if app.services().views.positions().cover(&wanted) {
        return Ok(true);
    }
    app.blocking(move |services| services.views.wait_for(&wanted, wait_max)).await
}
