//! Usher's web console: pages for those who assign seats, renew subscriptions, audit and operate.
//!
//! The console is a caller of usher's interface like any other: [`Console::router`] stands in front of the interface's
//! router and asks it in the same process, with the visitor's own token. So it shows and does nothing that the visitor
//! could not with that token, and says no in the same words. Pages are made here, whole, and work without script; the
//! script in `assets` only spares reloads.

mod assets;
mod changes;
mod dead_letters;
mod failure;
mod fields;
mod guard;
mod html;
mod interface;
mod pages;
mod visitor;
mod wire;

use std::sync::Arc;

use api::{Auth, Services};
use axum::{Router, middleware};
use tokio::sync::{Semaphore, watch};

use changes::Streams;
pub use dead_letters::{DeadLetter, DeadLetters};
use interface::Interface;
use pages::Answers;

/// Where other nodes reach the one that decides a shard; `None` while nobody does who can be reached.
pub type Owners = Arc<dyn Fn(u16) -> Option<String> + Send + Sync>;

/// The pages, over an interface.
#[derive(Clone)]
pub struct Console {
    parts: Arc<Parts>,
}

struct Parts {
    interface: Interface,
    services: Services,
    auth: Auth,
    dead_letters: Option<Arc<dyn DeadLetters>>,
    owners: Option<Owners>,
    streams: Streams,
    what_ifs: Answers,
    charts: Semaphore,
    closing: watch::Sender<bool>,
}

impl Console {
    /// Over the router of the interface, which stands on `services` and knows its callers by `auth`; without `dead_letters`
    /// where there is no broker, without `owners` where no other process shares the store.
    pub fn new(
        interface: Router,
        services: Services,
        auth: Auth,
        dead_letters: Option<Arc<dyn DeadLetters>>,
        owners: Option<Owners>,
    ) -> Self {
        let (closing, _) = watch::channel(false);
        let (interface, streams) = (Interface::new(interface), Streams::default());
        let parts = Parts {
            interface,
            services,
            auth,
            dead_letters,
            owners,
            streams,
            what_ifs: Answers::default(),
            charts: Semaphore::new(1),
            closing,
        };
        Self { parts: Arc::new(parts) }
    }

    /// The pages, and behind them the interface, whose requests go past the pages unchanged.
    pub fn router(&self) -> Router {
        let beside = self.parts.interface.router();
        pages::routes()
            .layer(middleware::from_fn(guard::refuse_other_sites))
            .layer(guard::catch_panics())
            .layer(middleware::from_fn(guard::protect))
            .with_state(self.clone())
            .fallback_service(beside)
    }

    /// Ends what would otherwise stay open for as long as somebody looks: to be called before the server waits for the
    /// requests that run.
    pub fn close(&self) {
        self.parts.closing.send_replace(true);
    }

    fn interface(&self) -> &Interface {
        &self.parts.interface
    }

    fn services(&self) -> &Services {
        &self.parts.services
    }

    fn auth(&self) -> &Auth {
        &self.parts.auth
    }
}
