//! `usher serve`: runs the server.

use std::{
    future::IntoFuture,
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process,
    sync::Arc,
    time::Duration,
};

use axum::Router;
use clap::Args;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
    time::{MissedTickBehavior, interval, timeout},
};

use super::Config;
use crate::{
    cli::{ClockArgs, StoreArgs},
    config::{Auth, ListenAddress, NonEmpty, Roles, ServerSettings, Settings, store_folder},
    error::CommandError,
    exit::ExitStatus,
    output,
    store::{Clock, DEFAULT_FOLDER, Store},
};

/// How long requests that run may take to end once the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two clean-ups of the metrics.
const METRICS_UPKEEP_EVERY: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "\
Once it answers, one line of standard output says where:
  usher listens on http://127.0.0.1:8080
SIGTERM or SIGINT ends it in order: what runs is finished, for 10 seconds at most, then it
exits with 0. A second signal ends it at once.

Examples:
  usher serve
  usher serve --data-dir /var/lib/usher --listen 127.0.0.1:9090
  usher serve --clock manual:2026-01-01T00:00:00Z
  USHER_DATA_DIR=/var/lib/usher usher serve";

/// Runs the server: the HTTP interface over an embedded store
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    #[command(flatten)]
    pub(super) listen: ListenArgs,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    clock: ClockArgs,

    /// Kafka to publish to and consume from, host:port,…; not available in this version [env: USHER_KAFKA]
    #[arg(long, value_name = "SERVERS")]
    kafka: Option<NonEmpty>,

    /// Which parts to run: api,ingest,relay,views,timers,notify; less than all is not available in this version
    /// [env: USHER_ROLES] [default: all]
    #[arg(long, value_name = "ROLES")]
    roles: Option<Roles>,

    /// Who may call: none, tokens:FILE, jwks:FILE or jwks:URL; only none is available in this version, and only on a
    /// loopback address [env: USHER_AUTH] [default: none]
    #[arg(long, value_name = "AUTH")]
    auth: Option<Auth>,

    /// Server that sends mail; not available in this version [env: USHER_SMTP]
    #[arg(long, value_name = "URL")]
    smtp: Option<NonEmpty>,
}

/// Where to listen.
#[derive(Debug, Clone, Args)]
pub struct ListenArgs {
    /// Address and port to listen on; port 0 for any free one [env: USHER_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<ListenAddress>,
}

impl ServeArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings {
            listen: self.listen.listen,
            clock: self.clock.clock,
            kafka: self.kafka.clone(),
            roles: self.roles.clone(),
            auth: self.auth.clone(),
            smtp: self.smtp.clone(),
            ..self.store.settings()
        }
    }
}

/// Why the server did not run, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can't be had.
    #[error("cannot listen on {address}: choose another --listen, or stop what listens there")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The runtime or the signals can't be had.
    #[error("cannot start the server: raise the limits on threads and open files")]
    Start(#[source] io::Error),
    /// Metrics can't be collected.
    #[error("cannot collect metrics: report this")]
    Metrics(#[source] BuildError),
    /// It stopped by itself.
    #[error("the server stopped by itself: see the cause, then start it again")]
    Stopped(#[source] io::Error),
}

/// Does it.
pub fn run(config: &Config) -> Result<ExitStatus, CommandError> {
    let settings = ServerSettings::read(&config.settings)?;
    let folder: PathBuf = store_folder(&config.layers)?.unwrap_or_else(|| DEFAULT_FOLDER.into());
    let catalogue = config.catalogue()?;
    // First, as a second server with the same settings is told so before it touches the store.
    let server = Server::bind(settings.listen)?;
    let store = Store::open(&folder, catalogue, Clock::Mode(settings.clock))?;
    server.serve(&store)
}

/// A server that has its address and its metrics, but answers nobody yet.
pub(super) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    metrics: PrometheusHandle,
}

impl Server {
    /// Takes the address. Metrics are collected from then on; once a process.
    pub(super) fn bind(ListenAddress(address): ListenAddress) -> Result<Self, ServeError> {
        let in_listen = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(in_listen)?;
        listener.set_nonblocking(true).map_err(in_listen)?;
        let address = listener.local_addr().map_err(in_listen)?;
        let metrics = PrometheusBuilder::new().install_recorder().map_err(ServeError::Metrics)?;
        Ok(Self { listener, address, metrics })
    }

    /// Serves until a signal comes, and says where on standard output.
    pub(super) fn serve(self, store: &Store) -> Result<ExitStatus, CommandError> {
        let views = store.open_views()?;
        let metrics = self.metrics.clone();
        let router = api::router(store.services(views, Arc::new(move || metrics.render())));
        let runtime = Builder::new_multi_thread().enable_all().build().map_err(ServeError::Start)?;
        let served = self.run_on(&runtime, router);
        // What still runs is not waited for: it had its time.
        runtime.shutdown_background();
        served?;
        tracing::info!("usher stops");
        Ok(ExitStatus::Done)
    }

    fn run_on(self, runtime: &Runtime, router: Router) -> Result<(), CommandError> {
        runtime.block_on(async {
            let mut signals = Signals::listen().map_err(ServeError::Start)?;
            let listener = tokio::net::TcpListener::from_std(self.listener).map_err(ServeError::Start)?;
            tokio::spawn(keep_up(self.metrics));
            output::line(&format!("usher listens on http://{}", self.address))?;
            Ok(serve_until_signal(listener, router, &mut signals).await?)
        })
    }
}

async fn serve_until_signal(
    listener: tokio::net::TcpListener,
    router: Router,
    signals: &mut Signals,
) -> Result<(), ServeError> {
    let (stop, stopping) = oneshot::channel::<()>();
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        // A sender that is gone means the same.
        let _ = stopping.await;
    });
    let mut server = tokio::spawn(server.into_future());
    tokio::select! {
        ended = &mut server => return ended.map_err(io::Error::other).flatten().map_err(ServeError::Stopped),
        () = signals.next() => {}
    }
    tracing::info!("stopping: no new requests are taken");
    drop(stop);
    tokio::select! {
        ended = timeout(STOP_TIMEOUT, &mut server) => match ended {
            Ok(ended) => ended.map_err(io::Error::other).flatten().map_err(ServeError::Stopped),
            Err(_) => {
                tracing::warn!(after_s = STOP_TIMEOUT.as_secs(), "requests that still ran were cut off");
                server.abort();
                Ok(())
            }
        },
        () = signals.next() => {
            tracing::warn!("a second signal: stopped at once");
            process::exit(ExitStatus::Problem.code().into())
        }
    }
}

/// Cleans up behind the metrics, which otherwise would hold every sample until somebody asks for them.
async fn keep_up(metrics: PrometheusHandle) {
    let mut ticks = interval(METRICS_UPKEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        metrics.run_upkeep();
    }
}

/// The signals that end a server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
