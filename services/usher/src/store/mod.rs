//! The one place that names a concrete store: opens it and puts the crates on it together.

mod clock;
mod database;
mod error;
mod told;
mod truth;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant as Stopwatch},
};

use api::{Health, RenderMetrics, Services};
use chrono::Utc;
use console::Owners;
use engine::{ClockMode, Engine, Running, Shared};
use journal::{
    Duty, Held, IndexInspection, Journal, JournalError, Positions, StreamIndex,
    overlay::{self, Overlay},
    postgres::{DatabaseUrl, Migrated, PostgresStore},
    sqlite::{self, SqliteStore},
};
use licensing::{Catalogue, Instant};
use notify::{
    NotifyError,
    webhooks::{AddressRules, Registry},
};
use past::Past;
use views::{Rebuilt, Views, Watcher};

pub use clock::Clock;
pub use database::{NodeOptions, Part};
pub use error::{NodeError, StoreError};
pub use told::Told;
use told::ToldOnce;
pub use truth::Truth;

use crate::config::{ShardCount, StorePlace};
use database::DatabaseNode;

/// Where the store is, unless something else is said.
pub const DEFAULT_FOLDER: &str = "./usher-data";

/// What a store's folder may hold; any of it says that a store is or was here.
const STORE_FILES: &[&str] = &["journal.db", "index.db", "views.db"];
/// How long the read models may make no step forward before it is given up.
const STANDSTILL_MAX: Duration = Duration::from_secs(60);
/// How long one wait for the read models lasts, until it is looked how far they are.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Where it is.
    pub place: StorePlace,
    /// Into how many shards it is divided; `None` for any number, and the usual one if it is new.
    pub shards: Option<ShardCount>,
    /// What is sold.
    pub catalogue: Arc<Catalogue>,
    /// What moves its clock.
    pub clock: Clock,
    /// How this process takes part, if others can too; `None` for not at all: whatever is decided stays in memory, on top of
    /// the store as it is, and nothing is written.
    pub part: Option<Part>,
    /// Which addresses are taken for webhooks.
    pub address_rules: AddressRules,
}

/// An open store with its engine running. Dropping it leaves the other nodes first, then stops the engine.
pub struct Store {
    // In this order they go.
    node: Option<DatabaseNode>,
    running: Running,
    /// What is decided here stays there, where this process takes no part.
    overlay: Option<Overlay>,
    opened: Opened,
    place: StorePlace,
    catalogue: Arc<Catalogue>,
    told: ToldOnce,
    address_rules: AddressRules,
}

/// What keeps the store, once it is opened.
enum Opened {
    Folder(Box<SqliteStore>),
    Database(Box<PostgresStore>),
}

impl Store {
    /// Opens a store; makes it if there is none.
    pub fn open(options: StoreOptions) -> Result<Self, StoreError> {
        let StoreOptions { place, shards, catalogue, clock, part, address_rules } = options;
        let in_journal = |source| StoreError::Journal { place: place.clone(), source };
        let opened = Opened::open(&place, shards).map_err(in_journal)?;
        let found = opened.journal().shard_count();
        if let Some(ShardCount(expected)) = shards.filter(|ShardCount(count)| *count != found) {
            return Err(StoreError::ShardCount { place, expected, found });
        }
        let overlay = if part.is_some() { None } else { Some(opened.overlay().map_err(in_journal)?) };
        let mut engine_options = engine::Options::new(Arc::clone(&catalogue));
        engine_options.clock = clock.mode(&*opened.journal()).map_err(in_journal)?;
        // Nobody else knows of what is only in memory.
        engine_options.shared = if overlay.is_some() { None } else { opened.shared() };
        let (journal, index) = match &overlay {
            Some(overlay) => (overlay.journal(), overlay.index()),
            None => (opened.journal(), opened.index()),
        };
        let running = engine::start(journal, index, engine_options)
            .map_err(|source| StoreError::Engine { place: place.clone(), source })?;
        let node = match (&opened, &part) {
            (Opened::Folder(_), _) | (_, None) => None,
            (Opened::Database(store), Some(part)) => Some(DatabaseNode::join(store, &running.engine(), part)),
        };
        let node = node.transpose().map_err(|source| StoreError::Node { place: place.clone(), source })?;
        if let (Some(node), Some(Part::Passing(duties))) = (&node, &part)
            && duties.contains(&Duty::Write)
        {
            node.wait_for_writers().map_err(|source| StoreError::Node { place: place.clone(), source })?;
        }
        let told = opened.told();
        Ok(Self { node, running, overlay, opened, place, catalogue, told, address_rules })
    }

    /// Opens a store, which has to be there.
    pub fn open_existing(options: StoreOptions) -> Result<Self, StoreError> {
        expect_at(&options.place)?;
        Self::open(options)
    }

    /// Makes the store in a database if there is none, and brings it to the newest format.
    pub fn migrate(url: &Arc<DatabaseUrl>, shards: Option<ShardCount>) -> Result<Migrated, StoreError> {
        let mut options = database::options(shards);
        options.expect_shards = shards.map(|ShardCount(count)| count);
        let place = || StorePlace::Database(url.clone());
        let in_journal = |source| StoreError::Journal { place: place(), source };
        let migrated = PostgresStore::migrate(url, &options).map_err(in_journal)?;
        let store = PostgresStore::open(url, &options).map_err(in_journal)?;
        Views::prepare_postgres(store.pool(), store.store_id(), store.journal().shard_count())
            .map_err(|source| StoreError::Views { place: place(), source })?;
        let told = ToldOnce::in_database(store.pool(), store.store_id().to_vec()).get();
        told.map_err(|source| StoreError::Notify { place: place(), source: Box::new(source) })?;
        Ok(migrated)
    }

    /// The way into the engine.
    pub fn engine(&self) -> Engine {
        self.running.engine()
    }

    /// The truth, with whatever this process has on top of it.
    pub fn journal(&self) -> Arc<dyn Journal> {
        self.overlay.as_ref().map_or_else(|| self.opened.journal(), Overlay::journal)
    }

    /// The index over it.
    pub fn index(&self) -> Arc<dyn StreamIndex> {
        self.overlay.as_ref().map_or_else(|| self.opened.index(), Overlay::index)
    }

    /// The index of the store itself, to be held against its journal.
    pub fn inspected_index(&self) -> Arc<dyn IndexInspection> {
        match &self.opened {
            Opened::Folder(store) => store.inspected_index(),
            Opened::Database(store) => store.inspected_index(),
        }
    }

    /// Whether whatever is decided here stays in memory.
    pub const fn is_apart(&self) -> bool {
        self.overlay.is_some()
    }

    /// What is sold, and under which numbers.
    pub const fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// Waits until somebody decides about every shard of the store.
    pub fn wait_for_writers(&self) -> Result<(), StoreError> {
        let Some(node) = &self.node else { return Ok(()) };
        node.wait_for_writers().map_err(|source| StoreError::Node { place: self.place.clone(), source })
    }

    /// Tells where the node that decides a shard is reached, if that is another one; `None` where there are no others.
    pub fn owners(&self) -> Option<Owners> {
        self.node.as_ref().and_then(DatabaseNode::owners).map(|owners| Arc::new(owners) as Owners)
    }

    /// Gives what this process decides to others, if there are any; from then on it forwards. Blocks.
    pub fn hand_over(&self) {
        if let Some(node) = &self.node {
            node.hand_over();
        }
    }

    /// Opens the read models, and waits until they show all that the store holds by now.
    pub fn open_views(&self) -> Result<Arc<Views>, StoreError> {
        let views = self.open_views_as_they_are()?;
        self.wait_for(&views, STANDSTILL_MAX)?;
        Ok(views)
    }

    /// Opens the read models; they may show less than the store holds, for as long as nobody keeps them up to date.
    pub fn open_views_as_they_are(&self) -> Result<Arc<Views>, StoreError> {
        let (journal, catalogue) = (self.opened.journal(), Arc::clone(&self.catalogue));
        let opened = match &self.opened {
            Opened::Folder(store) => {
                let folder = store.journal_path().parent().unwrap_or(Path::new("."));
                Views::open(folder, journal, store.journal_path(), catalogue)
            }
            Opened::Database(store) => {
                let feeds = self.node.as_ref().map(DatabaseNode::project).unwrap_or_default();
                Views::open_postgres(store.pool(), store.store_id(), journal, catalogue, feeds)
            }
        };
        opened.map(Arc::new).map_err(|source| StoreError::Views { place: self.place.clone(), source })
    }

    /// Makes the read models anew and puts them in the place of those that live. This process may not have them open.
    pub fn rebuild_views(&self, watcher: &mut Watcher<'_>) -> Result<Rebuilt, StoreError> {
        let (journal, catalogue) = (self.journal(), &self.catalogue);
        let rebuilt = match &self.opened {
            Opened::Folder(store) => {
                let folder = store.journal_path().parent().unwrap_or(Path::new("."));
                Views::rebuild(folder, &journal, store.journal_path(), catalogue, watcher)
            }
            Opened::Database(store) => {
                // So that they are made of all that the store holds by now, if nobody else keeps them.
                if let Err(error) = self.open_views() {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "the read models could not be brought up to date before");
                }
                Views::rebuild_postgres(store.pool(), store.store_id(), &journal, catalogue, watcher)
            }
        };
        rebuilt.map_err(|source| StoreError::Rebuild { place: self.place.clone(), source: Box::new(source) })
    }

    /// Waits until the read models show all that the store holds by now, as long as they come nearer: without a step
    /// forward for `standstill_max` it is an error.
    pub fn wait_for(&self, views: &Views, standstill_max: Duration) -> Result<(), StoreError> {
        let in_views = |source| StoreError::Views { place: self.place.clone(), source };
        let heads =
            self.journal().heads().map_err(|source| StoreError::Journal { place: self.place.clone(), source })?;
        let wanted: Positions = heads.into_iter().filter(|head| head.position > 0).collect();
        let (mut reached, mut last_step) = (views.positions(), Stopwatch::now());
        while !views.wait_for(&wanted, LOOK_EVERY).map_err(in_views)? {
            let now_reached = views.positions();
            if now_reached != reached {
                (reached, last_step) = (now_reached, Stopwatch::now());
            } else if last_step.elapsed() > standstill_max {
                return Err(StoreError::Standstill { place: self.place.clone() });
            }
        }
        Ok(())
    }

    /// Clears away the last traces of what was erased; false if something stands in the way. In a folder the tables are
    /// written anew in any case, in a database where it `is_rewrite`, as others wait meanwhile.
    pub fn finish_erasures(&self, is_rewrite: bool) -> Result<bool, JournalError> {
        match &self.opened {
            Opened::Folder(store) => store.finish_erasures(),
            Opened::Database(store) if is_rewrite => store.rewrite_erased(),
            Opened::Database(store) => store.finish_erasures(),
        }
    }

    /// What tells this store from every other.
    pub fn store_id(&self) -> &[u8] {
        self.opened.store_id()
    }

    /// The shards whose events this process brings to Kafka: with a store for itself all of them.
    pub fn relayed(&self) -> Held {
        match &self.node {
            Some(node) => node.relay(),
            None => Held::of_all(self.journal().shard_count()),
        }
    }

    /// The shards of which this process tells people and programs: with a store for itself all of them.
    pub fn notified(&self) -> Held {
        match &self.node {
            Some(node) => node.notify(),
            None => Held::of_all(self.journal().shard_count()),
        }
    }

    /// Opens what is kept of what people and programs were told, for this process to go on with.
    pub fn told(&self) -> Result<Told, StoreError> {
        self.told.get().map_err(|source| self.cannot_tell(source))
    }

    /// The error of a store whose people and programs can't be told of it.
    pub fn cannot_tell(&self, source: NotifyError) -> StoreError {
        StoreError::Notify { place: self.place.clone(), source: Box::new(source) }
    }

    /// What tells how the process is; without `views` where it has none.
    pub fn health(&self, views: Option<Arc<Views>>, metrics: RenderMetrics) -> Health {
        Health::new(self.engine(), self.journal(), self.index(), views, metrics)
    }

    /// Whether other processes may work on the store too.
    pub const fn is_shared(&self) -> bool {
        self.node.is_some()
    }

    /// What the interface stands on.
    pub fn services(&self, views: Arc<Views>, metrics: RenderMetrics) -> Services {
        let (index, journal) = (self.index(), self.journal());
        let past = Past::new(index.clone(), journal.clone(), views.clone(), Arc::clone(&self.catalogue));
        let webhooks = Some(Arc::new(self.webhook_registry()));
        Services { engine: self.engine(), views, index, past: Arc::new(past), journal, webhooks, metrics }
    }

    /// Where webhooks are registered.
    fn webhook_registry(&self) -> Registry {
        let told = self.told.clone();
        Registry::new(move || Ok(told.get()?.webhooks), self.journal(), self.store_id(), self.address_rules)
    }

    /// What time it is for this store, also where it is only looked at.
    pub fn now(&self) -> Result<Instant, JournalError> {
        let kept = self.engine().now();
        Ok(match clock::clock_as_before(&*self.journal())? {
            ClockMode::System => Utc::now().max(kept),
            ClockMode::Manual(_) | ClockMode::EventTime(_) => kept,
        })
    }
}

/// Fails where there is no store.
fn expect_at(place: &StorePlace) -> Result<(), StoreError> {
    let is_there = match place {
        StorePlace::Folder(folder) => STORE_FILES.iter().any(|file| folder.join(file).exists()),
        StorePlace::Database(url) => {
            PostgresStore::is_in(url).map_err(|source| StoreError::Journal { place: place.clone(), source })?
        }
    };
    if is_there { Ok(()) } else { Err(StoreError::NoStore { place: place.clone() }) }
}

impl Opened {
    fn open(place: &StorePlace, shards: Option<ShardCount>) -> Result<Self, JournalError> {
        match place {
            StorePlace::Folder(folder) => {
                let mut options = sqlite::Options::new(engine::EVENT_READER);
                options.shards = shards.map_or(options.shards, |ShardCount(count)| count);
                SqliteStore::open(folder, &options).map(|store| Self::Folder(Box::new(store)))
            }
            StorePlace::Database(url) => {
                PostgresStore::open(url, &database::options(shards)).map(|store| Self::Database(Box::new(store)))
            }
        }
    }

    fn store_id(&self) -> &[u8] {
        match self {
            Self::Folder(store) => store.store_id(),
            Self::Database(store) => store.store_id(),
        }
    }

    /// Where what is told of it is kept.
    fn told(&self) -> ToldOnce {
        match self {
            Self::Folder(store) => {
                let folder = store.journal_path().parent().unwrap_or(Path::new("."));
                ToldOnce::in_folder(folder.to_owned(), store.store_id().to_vec())
            }
            Self::Database(store) => ToldOnce::in_database(store.pool(), store.store_id().to_vec()),
        }
    }

    fn journal(&self) -> Arc<dyn Journal> {
        match self {
            Self::Folder(store) => store.journal(),
            Self::Database(store) => store.journal(),
        }
    }

    fn index(&self) -> Arc<dyn StreamIndex> {
        match self {
            Self::Folder(store) => store.index(),
            Self::Database(store) => store.index(),
        }
    }

    /// A layer of memory on top.
    fn overlay(&self) -> Result<Overlay, JournalError> {
        Overlay::over(self.journal(), self.index(), overlay::Options::new(engine::EVENT_READER))
    }

    /// What the engine needs to know of a store that is not for this process alone.
    fn shared(&self) -> Option<Shared> {
        match self {
            Self::Folder(_) => None,
            Self::Database(store) => Some(Shared { users: store.users(), held: store.held() }),
        }
    }
}
