//! `usher ingest --dry-run`: what messages would do.

use std::path::PathBuf;

use serde::Serialize;

use super::{preview::Watcher, report::Report};
use crate::{
    commands::{Config, Use},
    error::CommandError,
    exit::ExitStatus,
    feed::{Sources, Tally, feed_singly},
    output,
    progress::Progress,
    store::{Clock, DEFAULT_FOLDER, Store, StoreOptions},
};

/// What became of the messages, and how many events would follow.
#[derive(Default, Serialize)]
struct Total {
    #[serde(flatten)]
    tally: Tally,
    events: u64,
}

/// Does it.
pub(super) fn run(files: &[PathBuf], config: &Config) -> Result<ExitStatus, CommandError> {
    let clock = Clock::Mode(config.settings.clock.unwrap_or_default());
    let place = config.store_place(DEFAULT_FOLDER)?;
    let options = StoreOptions { clock, ..config.of_use(place, Use::Previewing)? };
    let mut total = Total::default();
    let previewed = preview_all(Sources::of(files), options, Report::new(config.format()), &mut total);
    // The total comes also after an error: it says how far it got.
    output::json_line(&total)?;
    previewed.map(|()| ExitStatus::Done)
}

fn preview_all(
    sources: Sources,
    options: StoreOptions,
    mut report: Report,
    total: &mut Total,
) -> Result<(), CommandError> {
    // First, so that nothing is decided where a file is not there.
    let mut progress = Progress::of_bytes(sources.bytes_total()?);
    let store = Store::open_existing(options)?;
    let mut watcher = Watcher::of(&store)?;
    let Total { tally, events: events_total } = total;
    let previewed = sources.into_iter().try_for_each(|source| {
        feed_singly(&store.engine(), source.open()?, &mut progress, tally, |single| {
            let events = watcher.new_events()?;
            *events_total = events_total.saturating_add(u64::try_from(events.len()).unwrap_or(u64::MAX));
            report.add(&single, &events)
        })
    });
    progress.finish();
    let reported = report.finish(&store);
    previewed.and(reported)
}
