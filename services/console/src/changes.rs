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

use crate::{Console, failure::Failure, fields::parse_licensee, interface::Target, visitor::Visitor, wire::Licensee};

/// Where pages listen that show more than one licensee.
pub(crate) const OF_ALL: &str = "/changes";

/// How many pages may listen at a time; those beyond are as old as their last load.
const STREAMS_MAX: usize = 256;
/// How often it is looked, in memory, whether anything moved of a licensee.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// The same for pages of many licensees, where something moves all the time.
const LOOK_AT_ALL_EVERY: Duration = Duration::from_secs(2);
/// The most licensees of one visitor that are listened for, as many as are shown.
pub(crate) const OWN_MAX: usize = 100;
/// How long one stream lasts: the browser then opens another, and has to be let in anew.
const STREAM_MAX: Duration = Duration::from_secs(10 * 60);

/// The places of those who listen.
pub(crate) struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

/// What a page shows, and so listens for.
#[derive(Debug, Clone)]
pub(crate) enum Watched {
    /// A licensee.
    One(LicenseeId),
    /// These, as far as they are there.
    Own(Vec<LicenseeId>),
    /// All licensees.
    All,
}

impl Watched {
    /// All that a visitor may see.
    pub(crate) fn all_of(visitor: &Visitor) -> Self {
        if visitor.caller.sees_everything { Self::All } else { Self::Own(visitor.caller.licensees.clone()) }
    }

    /// A number that becomes another whenever what is watched does.
    pub(crate) async fn version(&self, console: &Console, visitor: &Visitor) -> Result<u64, Failure> {
        let licensees = match self {
            Self::One(licensee) => return version_of(console, visitor, licensee).await,
            Self::All => {
                catch_up(console, visitor).await;
                return Ok(console.services().shown_records());
            }
            Self::Own(licensees) => licensees,
        };
        let mut sum = 0_u64;
        for licensee in licensees.iter().take(OWN_MAX) {
            match version_of(console, visitor, licensee).await {
                Ok(version) => sum = sum.saturating_add(version),
                Err(Failure::Problem(problem)) if matches!(problem.status, 403 | 404) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(sum)
    }

    /// Moves, in memory, whenever the version may have become another.
    fn shown(&self, console: &Console) -> u64 {
        match self {
            Self::One(licensee) => console.services().shown_position(licensee),
            Self::Own(_) | Self::All => console.services().shown_records(),
        }
    }

    const fn look_every(&self) -> Duration {
        match self {
            Self::One(_) => LOOK_EVERY,
            Self::Own(_) | Self::All => LOOK_AT_ALL_EVERY,
        }
    }
}

/// Gives the version of a licensee whenever it has become another.
pub(crate) async fn listen(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
) -> Result<Response, Failure> {
    let watched = Watched::One(parse_licensee(&licensee)?);
    listen_for(console, visitor, watched).await
}

/// The same for everything that the visitor may see.
pub(crate) async fn listen_to_all(State(console): State<Console>, visitor: Visitor) -> Result<Response, Failure> {
    let watched = Watched::all_of(&visitor);
    listen_for(console, visitor, watched).await
}

async fn listen_for(console: Console, visitor: Visitor, watched: Watched) -> Result<Response, Failure> {
    let place = Arc::clone(&console.parts.streams.0).try_acquire_owned();
    let place = place.map_err(|_| Failure::unavailable("too many pages listen for changes: reload by hand"))?;
    let shown = watched.shown(&console);
    let version = watched.version(&console, &visitor).await?;
    let (sender, receiver) = mpsc::channel(1);
    let closing = console.parts.closing.subscribe();
    let listener = Listener { console, visitor, watched, shown, version, sender, closing, _place: place };
    tokio::spawn(listener.run());
    Ok(Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default()).into_response())
}

/// Waits, as every read of the interface does, until what is committed is shown: a page would else bear the version of before,
/// and be drawn anew at once. Where nothing can be read any more, the page tells what it can all the same.
async fn catch_up(console: &Console, visitor: &Visitor) {
    let target = Target::new("/v1/licensees").with("limit", "1");
    if let Err(failure) = console.interface().get::<serde::de::IgnoredAny>(visitor, target).await {
        tracing::debug!(?failure, "a page can't wait for what is committed");
    }
}

async fn version_of(console: &Console, visitor: &Visitor, licensee: &LicenseeId) -> Result<u64, Failure> {
    let target = Target::new(format!("/v1/licensees/{licensee}"));
    Ok(console.interface().get::<Licensee>(visitor, target).await?.version)
}

struct Listener {
    console: Console,
    visitor: Visitor,
    watched: Watched,
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
        let mut ticks = interval(self.watched.look_every());
        if self.send().await.is_err() {
            return;
        }
        loop {
            ticks.tick().await;
            let shown = self.watched.shown(&self.console);
            if shown == self.shown {
                continue;
            }
            self.shown = shown;
            let Ok(version) = self.watched.version(&self.console, &self.visitor).await else { return };
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
