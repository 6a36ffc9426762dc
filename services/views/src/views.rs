//! The views, whatever keeps them.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant as Stopwatch},
};

use journal::{Background, Journal, Position, Positions, Progress, postgres::Pool};
use licensing::{
    Account, Catalogue, FeatureId, Instant, LicenseeId, UserId,
    access::{self, Access},
};
use parking_lot::RwLock;

use crate::{
    Feeds, LicenseeView, LicenseesQuery, MemberView, MembersQuery, Page, RefusalView, StrayColumns, StrayMember,
    TimerView, Totals, UserView, ViewsError, licensees, members, memory::Memory, page, parts::Parts, postgres,
    rebuild::Rebuild, refusals, sqlite, tables::Tables, timers, users,
};

/// The read models of a store, fed by threads of their own until they are dropped.
///
/// Once feeding them failed, every call that can fail does so with [`ViewsError::FollowerFailed`]: nothing is shown
/// that is silently out of date.
pub struct Views {
    // In this order: the readers' connections close before the writers', which then leave a tidy file behind.
    tables: Box<dyn Tables>,
    pub(crate) rebuild: Box<dyn Rebuild>,
    _followers: Vec<Background>,
    memory: Arc<RwLock<Memory>>,
    memory_progress: Arc<Progress<ViewsError>>,
    catalogue: Arc<Catalogue>,
}

impl Views {
    /// Opens `views.db` in `folder` and goes on from where it was; rebuilds it at any doubt, which takes its time after
    /// this has returned: see [`wait_for`](Self::wait_for).
    ///
    /// `journal_path` is the journal's own file, whose erasable tables are joined; it is only read. A folder can be
    /// opened once at a time, as can its journal.
    ///
    /// # Errors
    /// When the file system, SQLite or the journal refuse.
    pub fn open(
        folder: &Path,
        journal: Arc<dyn Journal>,
        journal_path: &Path,
        catalogue: Arc<Catalogue>,
    ) -> Result<Self, ViewsError> {
        Ok(Self::of(sqlite::open(folder, journal, journal_path, &catalogue)?, catalogue))
    }

    /// Opens the views in the database of a journal that is in PostgreSQL too, and goes on from where they are; rebuilds
    /// them at any doubt, which takes its time after this has returned: see [`wait_for`](Self::wait_for).
    ///
    /// Any number of processes may open them. The tables of a shard are kept by whichever has it in its `feeds`; all
    /// processes read them, and each follows the journal for its own memory.
    ///
    /// # Errors
    /// When the database or the journal refuse, and [`ViewsError::NewerFormat`] on the tables of a newer program.
    pub fn open_postgres(
        pool: Arc<Pool>,
        store_id: &[u8],
        journal: Arc<dyn Journal>,
        catalogue: Arc<Catalogue>,
        feeds: Feeds,
    ) -> Result<Self, ViewsError> {
        Ok(Self::of(postgres::open(pool, store_id, journal, &catalogue, feeds)?, catalogue))
    }

    /// Makes the tables in the database of a store with so many shards if there are none, and brings them to the present
    /// format; opens nothing. What was in tables of another format or store is rebuilt at the next opening.
    ///
    /// # Errors
    /// When the database refuses, and [`ViewsError::NewerFormat`] on the tables of a newer program.
    pub fn prepare_postgres(pool: Arc<Pool>, store_id: &[u8], shards: u16) -> Result<(), ViewsError> {
        postgres::prepare(pool, store_id, shards)
    }

    fn of(parts: Parts, catalogue: Arc<Catalogue>) -> Self {
        let Parts { tables, rebuild, followers, memory, memory_progress } = parts;
        Self { tables, rebuild, _followers: followers, memory, memory_progress, catalogue }
    }

    /// Waits until everything up to `positions` is in tables and memory, at most for `timeout`; whether it is.
    ///
    /// # Errors
    /// [`ViewsError::FollowerFailed`] once feeding failed.
    pub fn wait_for(&self, positions: &Positions, timeout: Duration) -> Result<bool, ViewsError> {
        let deadline = Stopwatch::now().checked_add(timeout);
        let is_in_memory = self.memory_progress.wait_until_at(positions, timeout)?;
        let left = deadline.map_or(timeout, |deadline| deadline.saturating_duration_since(Stopwatch::now()));
        Ok(is_in_memory && self.tables.wait_for(positions, left)?)
    }

    /// Whether everything up to `positions` is in memory, and in what is told of the tables.
    pub fn are_at(&self, positions: &Positions) -> bool {
        self.memory_progress.is_at(positions) && self.tables.progress().is_at(positions)
    }

    /// Whether everything up to `positions` is in memory, from which [`access_from_memory`](Self::access_from_memory)
    /// answers.
    pub fn memory_is_at(&self, positions: &Positions) -> bool {
        self.memory_progress.is_at(positions)
    }

    /// Completes once everything up to `positions` is in memory; without a thread that blocks.
    ///
    /// # Errors
    /// [`ViewsError::FollowerFailed`] once feeding failed.
    pub async fn memory_reached(&self, positions: &Positions) -> Result<(), ViewsError> {
        self.memory_progress.reached(positions).await
    }

    /// Whether this process itself feeds what is missing of `positions`, so that [`reached`](Self::reached) hears of it.
    pub fn feed(&self, positions: &Positions) -> bool {
        self.tables.feeds(positions)
    }

    /// Completes once everything up to `positions` is in tables and memory, as far as this process feeds them: of what
    /// another one feeds only [`wait_for`](Self::wait_for) hears. Needs no thread that blocks.
    ///
    /// # Errors
    /// [`ViewsError::FollowerFailed`] once feeding failed.
    pub async fn reached(&self, positions: &Positions) -> Result<(), ViewsError> {
        self.memory_progress.reached(positions).await?;
        self.tables.progress().reached(positions).await
    }

    /// How far tables and memory are, in every shard.
    pub fn positions(&self) -> Positions {
        let (mut both, tables) = (Positions::default(), self.tables.positions());
        for Position { shard, position } in in_memory(&self.memory_progress).iter() {
            both.advance(Position { shard, position: position.min(tables.of(shard).unwrap_or(0)) });
        }
        both
    }

    /// The licensee of this id; `None` if it does not exist.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn licensee(&self, licensee: &LicenseeId) -> Result<Option<LicenseeView>, ViewsError> {
        licensees::one(self.tables()?, &self.catalogue, licensee)
    }

    /// What is kept of what was sold to a licensee, for whoever holds it against the journal; `None` if it does not exist.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn account(&self, licensee: &LicenseeId) -> Result<Option<Account>, ViewsError> {
        Ok(self.tables()?.licensee(licensee)?.map(|row| row.account))
    }

    /// The first licensee, by id, whose columns for other people's programs are not what follows from what is kept of it;
    /// `None` if there is none, or the tables have no such columns.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn stray_columns(&self) -> Result<Option<StrayColumns>, ViewsError> {
        self.tables()?.stray_columns(&self.catalogue)
    }

    /// The first member, by licensee and id, of whom it is noted wrongly whether there is a seat; `None` if there is none.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn stray_member(&self) -> Result<Option<StrayMember>, ViewsError> {
        self.tables()?.stray_member()
    }

    /// Whether the licensee exists.
    ///
    /// # Errors
    /// [`ViewsError::FollowerFailed`] once feeding failed.
    pub fn has_licensee(&self, licensee: &LicenseeId) -> Result<bool, ViewsError> {
        self.tables()?;
        Ok(self.memory.read().account(licensee).is_some())
    }

    /// A page of licensees, in byte order of their ids.
    ///
    /// # Errors
    /// [`ViewsError::InvalidCursor`], or when the views can't be read.
    pub fn licensees(&self, query: &LicenseesQuery) -> Result<Page<LicenseeView>, ViewsError> {
        licensees::page(self.tables()?, &self.catalogue, query)
    }

    /// A page of a licensee's members; every one exactly once, however the data moves between the pages.
    ///
    /// # Errors
    /// [`ViewsError::InvalidCursor`], [`ViewsError::ExpiredCursor`], or when the views can't be read.
    pub fn members(&self, licensee: &LicenseeId, query: &MembersQuery) -> Result<Page<MemberView>, ViewsError> {
        members::page(self.tables()?, licensee, query)
    }

    /// The ids of the members of a page, which may have up to 10,000: for whoever chooses many of them. In an order by a value
    /// whoever was wanted when the order came to them is among them.
    ///
    /// # Errors
    /// [`ViewsError::InvalidCursor`], [`ViewsError::ExpiredCursor`], or when the views can't be read.
    pub fn member_ids(&self, licensee: &LicenseeId, query: &MembersQuery) -> Result<Page<UserId>, ViewsError> {
        members::ids(self.tables()?, licensee, query)
    }

    /// What is armed, of one licensee or of all: by due time, then licensee, then kind.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn timers(&self, licensee: Option<&LicenseeId>) -> Result<Vec<TimerView>, ViewsError> {
        timers::armed(self.tables()?, licensee)
    }

    /// A page of what was refused under a licensee (R35), the oldest first; empty while the licensee does not exist.
    ///
    /// # Errors
    /// [`ViewsError::InvalidCursor`], or when the views can't be read.
    pub fn refusals(
        &self,
        licensee: &LicenseeId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<RefusalView>, ViewsError> {
        refusals::page(self.tables()?, licensee, cursor, limit)
    }

    /// What was refused last under licensees that exist, the newest first, each with the licensee; at most 1,000.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn newest_refusals(&self, limit: usize) -> Result<Vec<(LicenseeId, RefusalView)>, ViewsError> {
        self.tables()?.newest_refusals(page::clamped(limit))
    }

    /// How many commands were ever refused, by code, whether they named a licensee or not.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn refused(&self) -> Result<BTreeMap<String, u64>, ViewsError> {
        self.tables()?.refused()
    }

    /// The user of this id; `None` for one whom nobody ever named as a member, in a status or in a use.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn user(&self, user: &UserId) -> Result<Option<UserView>, ViewsError> {
        users::one(self.tables()?, &self.catalogue, user)
    }

    /// Whether a user may use a feature at `at` (R31, R32), from memory alone; `None` for one who is a member of nobody and
    /// active, or not known: [`access`](Self::access) tells these apart.
    ///
    /// It answers as far as [`positions`](Self::positions) says, also once feeding failed: ask
    /// [`wait_for`](Self::wait_for) whether that is so.
    pub fn access_from_memory(&self, user: &UserId, feature: &FeatureId, at: Instant) -> Option<Access> {
        self.memory.read().access(user, feature, at, &self.catalogue)
    }

    /// The same for everybody; `None` for a user who is not known. Reads the tables for whoever is a member of nobody.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn access(&self, user: &UserId, feature: &FeatureId, at: Instant) -> Result<Option<Access>, ViewsError> {
        if let Some(access) = self.access_from_memory(user, feature, at) {
            return Ok(Some(access));
        }
        let known = self.tables()?.user(user)?;
        Ok(known.map(|known| access::check(known.status, &[], feature, at, &self.catalogue)))
    }

    /// A few numbers over everything.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn totals(&self) -> Result<Totals, ViewsError> {
        self.tables()?.totals()
    }

    /// The tables, as long as they and the memory are fed.
    pub(crate) fn tables(&self) -> Result<&dyn Tables, ViewsError> {
        self.memory_progress.check()?;
        self.tables.check()?;
        Ok(&*self.tables)
    }
}

fn in_memory(progress: &Progress<ViewsError>) -> Positions {
    progress.heads().into_iter().collect()
}
