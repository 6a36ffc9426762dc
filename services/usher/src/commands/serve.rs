//! `usher serve`: runs the server.

use std::{
    future::IntoFuture,
    io,
    net::{SocketAddr, TcpListener},
    process,
    sync::Arc,
    time::Duration,
};

use api::{RenderMetrics, grpc::Closing};
use axum::Router;
use clap::Args;
use console::{Console, DeadLetters};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use notify::{mail::MailSettings, webhooks::WebhookPatience};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
    time::{MissedTickBehavior, interval, timeout},
};
use views::Views;

use super::Config;
use crate::{
    args::{ClockArgs, KafkaArgs, MailArgs, ShardArgs, StoreArgs, WebhookArgs},
    broker::{Broker, BrokerOptions},
    config::{
        Auth, ListenAddress, NodeAddress, Role, Roles, ServerSettings, Settings, broker_parts, kafka_settings,
        mail_settings, node_options, webhook_patience,
    },
    error::CommandError,
    exit::ExitStatus,
    letters::AtBroker,
    notices::Notices,
    output,
    store::{Clock, DEFAULT_FOLDER, Part, Store, StoreError},
};

/// How long requests that run may take to end once the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the read models of a database may make no step forward before callers are answered all the same.
const VIEWS_WAIT: Duration = Duration::from_secs(5);
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
  usher serve --database-url postgres://usher@db/usher --node-listen 10.0.0.5:8081
  USHER_DATA_DIR=/var/lib/usher usher serve";

/// Runs the server: the HTTP interface over a store in a folder, or as one of the nodes on a database
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    #[command(flatten)]
    pub(super) listen: ListenArgs,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    shards: ShardArgs,

    #[command(flatten)]
    kafka: KafkaArgs,

    /// Where to take commands from the other nodes on a database [env: USHER_NODE_LISTEN] [default: 127.0.0.1, any free
    /// port, for nodes on one machine]
    #[arg(long, value_name = "ADDRESS")]
    node_listen: Option<ListenAddress>,

    /// Host and port where other nodes reach --node-listen [env: USHER_NODE_ADDRESS] [default: --node-listen]
    #[arg(long, value_name = "ADDRESS")]
    node_address: Option<NodeAddress>,

    /// Which parts to run, with commas between: api (HTTP), ingest (messages from Kafka), relay (events to Kafka), views
    /// (keeps the read models), timers (what time alone changes), notify (mail, webhooks); ingest and timers decide commands too,
    /// all others hand them on; less than all only on a database [env: USHER_ROLES] [default: all]
    #[arg(long, value_name = "ROLES")]
    roles: Option<Roles>,

    /// Who may call: whoever has a token of a TOML file (tokens:FILE), or a JWT signed by a key of a set (jwks:FILE or
    /// jwks:URL); or anyone (none), on a loopback address only [env: USHER_AUTH] [default: none]
    #[arg(long, value_name = "AUTH")]
    auth: Option<Auth>,

    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    webhooks: WebhookArgs,
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
            shards: self.shards.shards,
            node_listen: self.node_listen,
            node_address: self.node_address.clone(),
            roles: self.roles.clone(),
            auth: self.auth.clone(),
            ..self.kafka.settings().or(self.store.settings()).or(self.mail.settings()).or(self.webhooks.settings())
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
    let place = config.store_place(DEFAULT_FOLDER)?;
    let kafka = kafka_settings(&config.settings)?;
    let mail = mail_settings(&config.settings)?;
    let auth = authentication(&settings.auth)?;
    let part = Part::Node(node_options(&config.settings, &place, &settings.roles)?);
    let options = config.store_options(place, Clock::Mode(settings.clock), part)?;
    // First, as a second server with the same settings is told so before it touches the store.
    let server = Server::bind(settings.listen)?;
    let store = Store::open(options)?;
    // So that whoever is told where it listens is answered; on the other nodes depends whether it can be so.
    if let Err(error) = store.wait_for_writers() {
        tracing::warn!(error = &error as &dyn std::error::Error, "commands are refused until it is otherwise");
    }
    server.serve(
        &store,
        Serving { roles: &settings.roles, auth, kafka, mail, webhooks: webhook_patience(&config.settings) },
    )
}

/// How callers prove who they are.
pub(super) fn authentication(auth: &Auth) -> Result<api::Auth, api::AuthError> {
    match auth {
        Auth::None => Ok(api::Auth::none()),
        Auth::Tokens(file) => api::Auth::tokens(file),
        Auth::Jwks(location) => api::Auth::jwks(location),
    }
}

/// What a server does, and for whom.
pub(super) struct Serving<'a> {
    pub(super) roles: &'a Roles,
    pub(super) auth: api::Auth,
    pub(super) kafka: Option<kafka::Settings>,
    pub(super) mail: Option<MailSettings>,
    pub(super) webhooks: WebhookPatience,
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
    pub(super) fn serve(self, store: &Store, serving: Serving<'_>) -> Result<ExitStatus, CommandError> {
        let Serving { roles, auth, kafka, mail, webhooks } = serving;
        // First: whoever is given a seat from the first answer on is told.
        let notices = roles.contains(Role::Notify).then(|| Notices::start(store, mail, webhooks)).transpose()?;
        let letters = kafka.as_ref().map(|settings| Arc::new(AtBroker(settings.clone())) as Arc<dyn DeadLetters>);
        let closing = Closing::default();
        let (router, console) = self.router(store, roles, auth, letters, closing.clone())?;
        let runtime = Builder::new_multi_thread().enable_all().build().map_err(ServeError::Start)?;
        let mut broker = kafka.map(|settings| start_broker(settings, store, roles, &runtime)).transpose()?;
        let served = self.run_on(&runtime, router, || {
            // First, so that nothing new comes to what is handed over.
            if let Some(broker) = &mut broker {
                broker.stop_intake();
            }
            if let Some(console) = console {
                console.close();
            }
            closing.close();
            store.hand_over();
        });
        drop(broker);
        drop(notices);
        // What still runs is not waited for: it had its time.
        runtime.shutdown_background();
        served?;
        tracing::info!("usher stops");
        Ok(ExitStatus::Done)
    }

    /// What is answered by a process with these roles, with the pages for people if it answers callers at all.
    fn router(
        &self,
        store: &Store,
        roles: &Roles,
        auth: api::Auth,
        letters: Option<Arc<dyn DeadLetters>>,
        closing: Closing,
    ) -> Result<(Router, Option<Console>), StoreError> {
        let metrics = self.metrics.clone();
        let metrics: RenderMetrics = Arc::new(move || {
            measure_memory();
            metrics.render()
        });
        let views = match [Role::Api, Role::Views].iter().any(|role| roles.contains(*role)) {
            true => Some(open_views(store)?),
            false => None,
        };
        Ok(match views {
            Some(views) if roles.contains(Role::Api) => {
                let services = store.services(views, metrics);
                let interface = api::router_until(services.clone(), auth.clone(), closing);
                let console = Console::new(interface, services, auth, letters, store.owners());
                (console.router(), Some(console))
            }
            views => (api::process_router_with(store.health(views, metrics), auth), None),
        })
    }

    /// Calls `before_draining` once a signal came, before it waits for the requests that run.
    fn run_on(
        self,
        runtime: &Runtime,
        router: Router,
        before_draining: impl FnOnce() + Send,
    ) -> Result<(), CommandError> {
        runtime.block_on(async {
            let signals = Signals::listen().map_err(ServeError::Start)?;
            let listener = tokio::net::TcpListener::from_std(self.listener).map_err(ServeError::Start)?;
            tokio::spawn(keep_up(self.metrics));
            output::line(&format!("usher listens on http://{}", self.address))?;
            Ok(serve_until_signal(listener, router, signals, before_draining).await?)
        })
    }
}

fn start_broker(
    settings: kafka::Settings,
    store: &Store,
    roles: &Roles,
    runtime: &Runtime,
) -> Result<Broker, kafka::KafkaError> {
    Broker::start(BrokerOptions {
        settings,
        parts: broker_parts(roles),
        store_id: store.store_id().to_vec(),
        journal: store.journal(),
        relayed: store.relayed(),
        engine: store.engine(),
        runtime: runtime.handle().clone(),
    })
}

fn open_views(store: &Store) -> Result<Arc<Views>, StoreError> {
    if !store.is_shared() {
        return store.open_views();
    }
    let views = store.open_views_as_they_are()?;
    match store.wait_for(&views, VIEWS_WAIT) {
        Err(error @ StoreError::Standstill { .. }) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "reads are out of date until a node with the role views runs"
            );
        }
        waited => waited?,
    }
    Ok(views)
}

async fn serve_until_signal(
    listener: tokio::net::TcpListener,
    router: Router,
    mut signals: Signals,
    before_draining: impl FnOnce() + Send,
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
    tokio::spawn(stop_at_once(signals));
    tokio::task::block_in_place(before_draining);
    if let Ok(ended) = timeout(STOP_TIMEOUT, &mut server).await {
        return ended.map_err(io::Error::other).flatten().map_err(ServeError::Stopped);
    }
    tracing::warn!(after_s = STOP_TIMEOUT.as_secs(), "requests that still ran were cut off");
    server.abort();
    Ok(())
}

/// Ends the process at a second signal, whatever is still to be finished.
async fn stop_at_once(mut signals: Signals) {
    signals.next().await;
    tracing::warn!("a second signal: stopped at once");
    process::exit(ExitStatus::Problem.code().into())
}

/// Tells the memory of this process, as Prometheus' own clients call it.
fn measure_memory() {
    if let Some(memory) = memory_stats::memory_stats() {
        metrics::gauge!("process_resident_memory_bytes").set(memory.physical_mem as f64);
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
