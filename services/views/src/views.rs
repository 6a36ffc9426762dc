//! The views of a folder.

use std::{path::Path, sync::Arc, time::Duration};

use journal::{Journal, Positions, Progress};
use licensing::{Catalogue, FeatureId, Instant, LicenseeId, UserId, access::Access};
use parking_lot::RwLock;

use crate::{
    LicenseeView, LicenseesQuery, MemberView, MembersQuery, Page, RefusalView, TimerView, Totals, UserView, ViewsError,
    follower::{Follower, Shared},
    licensees, members,
    open::{self, Opened},
    ordered_lists::OrderedLists,
    pool::{self, Pool},
    refusals, timers, totals, users,
};

const VIEWS_FILE: &str = "views.db";

/// The read models of a store, fed by a thread of their own until they are dropped.
///
/// Once feeding them failed, every call that can fail does so with [`ViewsError::FollowerFailed`]: nothing is shown
/// that is silently out of date.
pub struct Views {
    // In this order: the readers' connections close before the writer's, which then leaves a tidy file behind.
    readers: Pool,
    _follower: Follower,
    shared: Arc<Shared>,
    lists: OrderedLists,
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
        let file = folder.join(VIEWS_FILE);
        let store_id = open::store_id(journal_path)?;
        let Opened { writer, memory, marks } = open::open_or_renew(&file, &*journal, &store_id, &catalogue)?;
        let readers = pool::of(&file, journal_path);
        let progress = Progress::new(marks.into_iter().map(|mark| mark.head).collect());
        let shared = Arc::new(Shared { file, journal, catalogue, memory: RwLock::new(memory), progress });
        let follower = Follower::start(&shared, writer)?;
        Ok(Self { readers, _follower: follower, shared, lists: OrderedLists::default() })
    }

    /// Waits until everything up to `positions` is in tables and memory, at most for `timeout`; whether it is.
    ///
    /// # Errors
    /// [`ViewsError::FollowerFailed`] once feeding failed.
    pub fn wait_for(&self, positions: &Positions, timeout: Duration) -> Result<bool, ViewsError> {
        self.shared.progress.wait_for(timeout, || Ok(self.positions().cover(positions)))
    }

    /// How far tables and memory are, in every shard.
    pub fn positions(&self) -> Positions {
        self.shared.progress.heads().into_iter().collect()
    }

    /// The licensee of this id; `None` if it does not exist.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn licensee(&self, licensee: &LicenseeId) -> Result<Option<LicenseeView>, ViewsError> {
        licensees::one(self.readers()?, &self.shared.catalogue, licensee)
    }

    /// Whether the licensee exists.
    ///
    /// # Errors
    /// [`ViewsError::FollowerFailed`] once feeding failed.
    pub fn has_licensee(&self, licensee: &LicenseeId) -> Result<bool, ViewsError> {
        self.shared.progress.check()?;
        Ok(self.shared.memory.read().account(licensee).is_some())
    }

    /// A page of licensees, in byte order of their ids.
    ///
    /// # Errors
    /// [`ViewsError::InvalidCursor`], or when the views can't be read.
    pub fn licensees(&self, query: &LicenseesQuery) -> Result<Page<LicenseeView>, ViewsError> {
        licensees::page(self.readers()?, &self.shared.catalogue, query)
    }

    /// A page of a licensee's members; every one exactly once, however the data moves between the pages.
    ///
    /// # Errors
    /// [`ViewsError::InvalidCursor`], [`ViewsError::ExpiredCursor`], or when the views can't be read.
    pub fn members(&self, licensee: &LicenseeId, query: &MembersQuery) -> Result<Page<MemberView>, ViewsError> {
        members::page(self.readers()?, &self.lists, licensee, query)
    }

    /// What is armed, of one licensee or of all: by due time, then licensee, then kind.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn timers(&self, licensee: Option<&LicenseeId>) -> Result<Vec<TimerView>, ViewsError> {
        timers::armed(self.readers()?, licensee)
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
        refusals::page(self.readers()?, licensee, cursor, limit)
    }

    /// The user of this id; `None` for one whom nobody ever named as a member, in a status or in a use.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn user(&self, user: &UserId) -> Result<Option<UserView>, ViewsError> {
        users::one(self.readers()?, &self.shared.catalogue, user)
    }

    /// Whether a user may use a feature at `at` (R31, R32), from memory; `None` for a user who is not known.
    ///
    /// It answers as far as [`positions`](Self::positions) says, also once feeding failed: ask
    /// [`wait_for`](Self::wait_for) whether that is so.
    pub fn access(&self, user: &UserId, feature: &FeatureId, at: Instant) -> Option<Access> {
        self.shared.memory.read().access(user, feature, at, &self.shared.catalogue)
    }

    /// A few numbers over everything.
    ///
    /// # Errors
    /// When the views can't be read.
    pub fn totals(&self) -> Result<Totals, ViewsError> {
        totals::read(self.readers()?)
    }

    /// The way to the tables, as long as they are fed.
    fn readers(&self) -> Result<&Pool, ViewsError> {
        self.shared.progress.check()?;
        Ok(&self.readers)
    }
}
