//! The one place that names a concrete store: opens the folder and puts the crates on it together.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant as Stopwatch},
};

use api::{RenderMetrics, Services};
use chrono::{TimeDelta, Utc};
use engine::{ClockMode, Engine, EngineError, Running};
use journal::{
    Journal, JournalError, Positions, StreamIndex,
    sqlite::{self, SqliteStore},
};
use licensing::{Catalogue, Instant};
use views::{Views, ViewsError};

/// Where the store is, unless something else is said.
pub const DEFAULT_FOLDER: &str = "./usher-data";

/// What a store's folder may hold; any of it says that a store is or was here.
const STORE_FILES: &[&str] = &["journal.db", "index.db", "views.db"];
/// How long the read models may make no step forward before it is given up.
const STANDSTILL_MAX: Duration = Duration::from_secs(60);
/// How long one wait for the read models lasts, until it is looked how far they are.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How far the machine's clock may be from the one that decided by it.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(1);

/// Why a store can't be worked with.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is none to look at.
    #[error(
        "there is no store in {folder:?}: name its folder with --data-dir, or a running server with --url where that is possible"
    )]
    NoStore {
        /// The folder.
        folder: PathBuf,
    },
    /// The truth or its index.
    #[error("cannot open the store in {folder:?}")]
    Journal {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: JournalError,
    },
    /// The engine.
    #[error("cannot start the engine on the store in {folder:?}")]
    Engine {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: EngineError,
    },
    /// The read models.
    #[error("cannot open the read models of the store in {folder:?}")]
    Views {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: ViewsError,
    },
    /// The read models make no progress.
    #[error(
        "the read models of the store in {folder:?} stand still behind it: stop what keeps the disk busy, then try again"
    )]
    Standstill {
        /// The folder.
        folder: PathBuf,
    },
}

/// What moves a store's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clock {
    /// What somebody chose.
    Mode(ClockMode),
    /// Nothing: the store is only looked at.
    StandStill,
    /// What moved it before, as far as it can be told: the machine's time, or nothing.
    AsBefore,
}

/// An open store with its engine running; no other process can open it. Dropping it stops the engine first.
pub struct Store {
    // In this order they go.
    running: Running,
    sqlite: SqliteStore,
    folder: PathBuf,
    catalogue: Arc<Catalogue>,
}

impl Store {
    /// Opens the store in a folder; makes both if they are not there.
    pub fn open(folder: &Path, catalogue: Arc<Catalogue>, clock: Clock) -> Result<Self, StoreError> {
        let in_journal = |source| StoreError::Journal { folder: folder.to_owned(), source };
        let sqlite = SqliteStore::open(folder, &sqlite::Options::new(engine::membership_of)).map_err(in_journal)?;
        let mut options = engine::Options::new(Arc::clone(&catalogue));
        options.clock = match clock {
            Clock::Mode(mode) => mode,
            Clock::StandStill => ClockMode::Manual(None),
            Clock::AsBefore => clock_as_before(&*sqlite.journal()).map_err(in_journal)?,
        };
        let running = engine::start(sqlite.journal(), sqlite.index(), options)
            .map_err(|source| StoreError::Engine { folder: folder.to_owned(), source })?;
        Ok(Self { running, sqlite, folder: folder.to_owned(), catalogue })
    }

    /// Opens the store in a folder, which has to be there.
    pub fn open_existing(folder: &Path, catalogue: Arc<Catalogue>, clock: Clock) -> Result<Self, StoreError> {
        if !STORE_FILES.iter().any(|file| folder.join(file).exists()) {
            return Err(StoreError::NoStore { folder: folder.to_owned() });
        }
        Self::open(folder, catalogue, clock)
    }

    /// The way into the engine.
    pub fn engine(&self) -> Engine {
        self.running.engine()
    }

    /// The truth.
    pub fn journal(&self) -> Arc<dyn Journal> {
        self.sqlite.journal()
    }

    /// The index over it.
    pub fn index(&self) -> Arc<dyn StreamIndex> {
        self.sqlite.index()
    }

    /// Opens the read models, and waits until they show all that the store holds by now.
    pub fn open_views(&self) -> Result<Arc<Views>, StoreError> {
        let journal = self.journal();
        let views = Views::open(&self.folder, journal, self.sqlite.journal_path(), Arc::clone(&self.catalogue))
            .map_err(|source| StoreError::Views { folder: self.folder.clone(), source })?;
        let views = Arc::new(views);
        self.wait_for(&views)?;
        Ok(views)
    }

    /// Waits until the read models show all that the store holds by now, as long as they come nearer.
    pub fn wait_for(&self, views: &Views) -> Result<(), StoreError> {
        let in_views = |source| StoreError::Views { folder: self.folder.clone(), source };
        let heads =
            self.journal().heads().map_err(|source| StoreError::Journal { folder: self.folder.clone(), source })?;
        let wanted: Positions = heads.into_iter().filter(|head| head.position > 0).collect();
        let (mut reached, mut last_step) = (views.positions(), Stopwatch::now());
        while !views.wait_for(&wanted, LOOK_EVERY).map_err(in_views)? {
            let now_reached = views.positions();
            if now_reached != reached {
                (reached, last_step) = (now_reached, Stopwatch::now());
            } else if last_step.elapsed() > STANDSTILL_MAX {
                return Err(StoreError::Standstill { folder: self.folder.clone() });
            }
        }
        Ok(())
    }

    /// What the interface stands on.
    pub fn services(&self, views: Arc<Views>, metrics: RenderMetrics) -> Services {
        Services { engine: self.engine(), views, index: self.index(), journal: self.journal(), metrics }
    }

    /// What time it is for this store, also where it is only looked at.
    pub fn now(&self) -> Result<Instant, JournalError> {
        let kept = self.engine().now();
        Ok(match clock_as_before(&*self.journal())? {
            ClockMode::System => Utc::now().max(kept),
            ClockMode::Manual(_) | ClockMode::EventTime(_) => kept,
        })
    }
}

/// What moved the clock of a store when it was written last: the machine's time if the clock stood at it then, or somewhere
/// since; otherwise somebody or the messages, who are not here, so that it stands still.
fn clock_as_before(journal: &dyn Journal) -> Result<ClockMode, JournalError> {
    let (Some(kept), Some(last_recorded_at)) = (journal.clock()?, last_recorded_at(journal)?) else {
        return Ok(ClockMode::System);
    };
    let is_the_machines = last_recorded_at - CLOCK_TOLERANCE <= kept && kept <= Utc::now() + CLOCK_TOLERANCE;
    Ok(if is_the_machines { ClockMode::System } else { ClockMode::Manual(None) })
}

fn last_recorded_at(journal: &dyn Journal) -> Result<Option<Instant>, JournalError> {
    let mut last = None;
    for head in journal.heads()? {
        let Some(before) = head.commit_number.checked_sub(1) else { continue };
        let commits = journal.read(head.shard, before, 1)?;
        last = last.max(commits.last().map(|commit| commit.recorded_at));
    }
    Ok(last)
}
