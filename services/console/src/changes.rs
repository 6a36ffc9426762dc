//! Tells open pages that something has changed, by server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use licensing::LicenseeId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time::{Instant, interval, timeout_at},
};
use tokio_stream::wrappers::ReceiverStream;

use crate::{Console, failure::Failure, interface::Target, pages::parse_licensee, visitor::Visitor, wire::Licensee};

/// How many pages may listen at a time; those beyond are as old as their last load.
const STREAMS_MAX: usize = 256;
/// How often it is looked, in memory, whether anything moved.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How long one stream lasts: the browser then opens another, and has to be let in anew.
const STREAM_MAX: Duration = Duration::from_secs(10 * 60);

/// The places of those who listen.
pub(crate) struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

/// Gives the version of a licensee whenever it has become another.
pub(crate) async fn listen(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
) -> Result<Response, Failure> {
    let licensee = parse_licensee(&licensee)?;
    let place = Arc::clone(&console.parts.streams.0).try_acquire_owned();
    let place = place.map_err(|_| Failure::unavailable("too many pages listen for changes: reload by hand"))?;
    let shown = console.services().shown_position(&licensee);
    let version = version_of(&console, &visitor, &licensee).await?;
    let (sender, receiver) = mpsc::channel(1);
    let closing = console.parts.closing.subscribe();
    let listener = Listener { console, visitor, licensee, shown, version, sender, closing, _place: place };
    tokio::spawn(listener.run());
    Ok(Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default()).into_response())
}

async fn version_of(console: &Console, visitor: &Visitor, licensee: &LicenseeId) -> Result<u64, Failure> {
    let target = Target::new(format!("/v1/licensees/{licensee}"));
    Ok(console.interface().get::<Licensee>(visitor, target).await?.version)
}

struct Listener {
    console: Console,
    visitor: Visitor,
    licensee: LicenseeId,
    shown: u64,
    version: u64,
    sender: mpsc::Sender<Result<Event, Infallible>>,
    closing: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    /// Until the page is gone, its time is over, usher stops, or it may no longer be seen.
    async fn run(mut self) {
        let Some(end) = Instant::now().checked_add(STREAM_MAX) else { return };
        let (mut closing, sender) = (self.closing.clone(), self.sender.clone());
        tokio::select! {
            _ = timeout_at(end, self.tell()) => {}
            () = sender.closed() => {}
            _ = closing.wait_for(|is_closing| *is_closing) => {}
        }
    }

    async fn tell(&mut self) {
        let mut ticks = interval(LOOK_EVERY);
        if self.send().await.is_err() {
            return;
        }
        loop {
            ticks.tick().await;
            let shown = self.console.services().shown_position(&self.licensee);
            if shown == self.shown {
                continue;
            }
            self.shown = shown;
            let Ok(version) = version_of(&self.console, &self.visitor, &self.licensee).await else { return };
            if version != self.version {
                self.version = version;
                if self.send().await.is_err() {
                    return;
                }
            }
        }
    }

    async fn send(&self) -> Result<(), ()> {
        let event = Event::default().event("version").data(self.version.to_string());
        self.sender.send(Ok(event)).await.map_err(|_| ())
    }
}
