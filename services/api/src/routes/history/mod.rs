//! What happened to a licensee.

mod item;
mod look;
mod parameters;

use std::time::Duration;

use axum::{Json, extract::State};
use contract::event::{UnreadableEvent, licensee_stream};
use journal::HistoryFilter;
use licensing::LicenseeId;

use crate::{
    Services,
    answer::Page,
    app::App,
    extract::{LicenseePath, Path, Query},
    problem::{Problem, ProblemCode},
};
use item::HistoryItem;
use look::{Found, found};
use parameters::{Cursor, Parameters};

/// How long a read waits for the index, which is filled behind the commits.
const INDEX_WAIT_MAX: Duration = Duration::from_secs(2);

/// Lists what happened to a licensee, oldest first unless `order` says otherwise. A page that wants only some types or times
/// ends also behind 20,000 events that were looked at: it may have few items, or none, and go on with `next_cursor`.
#[utoipa::path(get, path = "/v1/licensees/{licensee}/events", operation_id = "list_events", tag = "licensees",
    params(LicenseePath, Parameters), responses((status = 200, body = Page<HistoryItem>)))]
pub(super) async fn list(
    State(app): State<App>,
    Path(LicenseePath { licensee }): Path<LicenseePath>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<HistoryItem>>, Problem> {
    let filter = HistoryFilter::from(parameters);
    let page = app.blocking(move |services| read_page(services, &licensee, &filter)).await?;
    Ok(Json(page))
}

fn read_page(services: &Services, licensee: &LicenseeId, filter: &HistoryFilter) -> Result<Page<HistoryItem>, Problem> {
    wait_for_index(services, licensee)?;
    let stream = licensee_stream(licensee);
    let Found { items, next } = found(&*services.index, &stream, filter)?;
    if items.is_empty() && !services.index.has_stream(&stream)? {
        return Err(Problem::unknown_licensee());
    }
    let next_cursor = next.map(|version| Cursor(version).to_string());
    let items: Result<Vec<HistoryItem>, UnreadableEvent> = items.into_iter().map(HistoryItem::try_from).collect();
    Ok(Page { items: items.map_err(|unshowable| Problem::internal(&unshowable))?, next_cursor })
}

/// Waits until all that is committed for the licensee is in the index.
pub(super) fn wait_for_index(services: &Services, licensee: &LicenseeId) -> Result<(), Problem> {
    let shard = journal::shard_of(licensee.as_str(), services.journal.shard_count());
    let heads = services.journal.heads()?;
    let Some(head) = heads.iter().find(|head| head.shard == shard) else { return Ok(()) };
    if services.index.wait_until(shard, head.commit_number, INDEX_WAIT_MAX)? {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::NotYetVisible, "the history is behind what is committed: try again in a second"))
}
