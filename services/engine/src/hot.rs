//! The aggregates that are at hand, as they are with everything that was decided so far.
//!
//! One that was changed stays until the index knows the change: so whatever is loaded is whole.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    sync::Arc,
};

use contract::event::{StreamEvent, licensee_stream, user_stream};
use journal::{Head, Journal, LicenseeDetails, Person, StreamIndex, chain};
use licensing::{Licensee, LicenseeId, User, UserId, UserStatus};

use crate::{
    EngineError,
    preparing::Desk,
    reading::{check_end, for_each_event, read_state, unreadable},
    recent::CommitRef,
};

/// The most licensees at hand after a batch.
const LICENSEES_MAX: usize = 50_000;
/// The most users at hand after a batch.
const USERS_MAX: usize = 500_000;

/// A licensee at hand.
#[derive(Clone)]
pub(crate) struct HotLicensee {
    pub(crate) state: Licensee,
    /// The hash of its last event.
    pub(crate) hash: chain::Hash,
    /// Name and contact, as they will be (R30).
    pub(crate) details: Option<LicenseeDetails>,
    /// The version of the last snapshot.
    pub(crate) snapshot_version: u64,
}

/// A user at hand.
pub(crate) struct HotUser {
    pub(crate) state: User,
    pub(crate) version: u64,
    /// The hash of its last event.
    pub(crate) hash: chain::Hash,
    /// Of which licensees the user is a member.
    pub(crate) licensees: BTreeSet<LicenseeId>,
    /// Name and addresses, as they will be (R30).
    pub(crate) person: Option<Person>,
}

/// A user whom another node decides about, as the store shows them.
pub(crate) struct ForeignUser {
    pub(crate) status: UserStatus,
    pub(crate) person: Option<Person>,
}

struct Entry<T> {
    value: T,
    /// The last commit of each shard that changed it.
    changed_in: Vec<CommitRef>,
    /// The batch in which it was last needed.
    needed_in: u64,
}

struct Cache<K, T> {
    entries: HashMap<K, Entry<T>>,
}

impl<K: Hash + Eq + Clone, T> Cache<K, T> {
    fn new() -> Self {
        Self { entries: HashMap::new() }
    }

    fn touch(&mut self, key: &K, batch: u64) -> bool {
        let Some(entry) = self.entries.get_mut(key) else { return false };
        entry.needed_in = batch;
        true
    }

    fn insert(&mut self, key: &K, value: T, batch: u64) {
        self.entries.insert(key.clone(), Entry { value, changed_in: Vec::new(), needed_in: batch });
    }

    fn get(&self, key: &K) -> Option<&T> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    fn change(&mut self, key: &K, commit: CommitRef) -> Option<&mut T> {
        let entry = self.entries.get_mut(key)?;
        match entry.changed_in.iter_mut().find(|earlier| earlier.shard == commit.shard) {
            Some(earlier) => *earlier = commit,
            None => entry.changed_in.push(commit),
        }
        Some(&mut entry.value)
    }

    /// Lets go of the half that was needed longest ago, if there are more than `max`; whether there were.
    fn shrink(&mut self, max: usize, progress: &[Head]) -> bool {
        if self.entries.len() <= max {
            return false;
        }
        let mut ages: Vec<u64> = self.entries.values().map(|entry| entry.needed_in).collect();
        let middle = ages.len() / 2;
        let (_, oldest_kept, _) = ages.select_nth_unstable(middle);
        let oldest_kept = *oldest_kept;
        self.entries.retain(|_, entry| {
            entry.needed_in > oldest_kept || !entry.changed_in.iter().all(|commit| commit.is_indexed(progress))
        });
        true
    }
}

/// All aggregates at hand.
pub(crate) struct Hot {
    licensees: Cache<LicenseeId, HotLicensee>,
    users: Cache<UserId, HotUser>,
    /// Where large licensees lie that were read before they are needed.
    read_ahead: Arc<Desk>,
    batch: u64,
    /// How far the index was at the last batch's end.
    progress: Vec<Head>,
}

impl Hot {
    pub(crate) fn new(read_ahead: Arc<Desk>) -> Self {
        read_ahead.note_only_at_hand(|_| false);
        Self { licensees: Cache::new(), users: Cache::new(), read_ahead, batch: 0, progress: Vec::new() }
    }

    /// Has a licensee at hand from now on, until [`end_batch`](Self::end_batch).
    pub(crate) fn load_licensee(
        &mut self,
        licensee: &LicenseeId,
        journal: &dyn Journal,
        index: &dyn StreamIndex,
    ) -> Result<(), EngineError> {
        if !self.licensees.touch(licensee, self.batch) {
            let loaded = read_licensee(licensee, journal, index, self.read_ahead.take(licensee))?;
            self.read_ahead.note_at_hand(licensee, &loaded.state);
            self.licensees.insert(licensee, loaded, self.batch);
        }
        Ok(())
    }

    /// Has a user at hand from now on, until [`end_batch`](Self::end_batch).
    pub(crate) fn load_user(
        &mut self,
        user: &UserId,
        journal: &dyn Journal,
        index: &dyn StreamIndex,
    ) -> Result<(), EngineError> {
        if !self.users.touch(user, self.batch) {
            let loaded = read_user(user, journal, index)?;
            self.users.insert(user, loaded, self.batch);
        }
        Ok(())
    }

    /// Has a user at hand whom another node decides about. What was changed here and may not be in the store yet holds.
    pub(crate) fn put_foreign_user(&mut self, user: &UserId, known: ForeignUser) {
        let state = User::with_status(known.status);
        if let Some(entry) = self.users.entries.get_mut(user) {
            entry.needed_in = self.batch;
            entry.value.state = state;
            if entry.changed_in.iter().all(|commit| commit.is_indexed(&self.progress)) {
                entry.value.person = known.person;
            }
            return;
        }
        let user_at_hand =
            HotUser { state, version: 0, hash: chain::START, licensees: BTreeSet::new(), person: known.person };
        self.users.insert(user, user_at_hand, self.batch);
    }

    /// Lets go of everything of some ids: another node decides about them, or did until now.
    pub(crate) fn forget(&mut self, is_of_them: impl Fn(&str) -> bool) {
        self.licensees.entries.retain(|licensee, _| !is_of_them(licensee.as_str()));
        self.users.entries.retain(|user, _| !is_of_them(user.as_str()));
        self.note_at_hand();
    }

    fn note_at_hand(&self) {
        self.read_ahead.note_only_at_hand(|licensee| self.licensees.entries.contains_key(licensee));
    }

    pub(crate) fn licensee(&self, licensee: &LicenseeId) -> Option<&HotLicensee> {
        self.licensees.get(licensee)
    }

    pub(crate) fn user(&self, user: &UserId) -> Option<&HotUser> {
        self.users.get(user)
    }

    /// A licensee at hand, to be changed by the events of a commit.
    pub(crate) fn change_licensee(&mut self, licensee: &LicenseeId, commit: CommitRef) -> Option<&mut HotLicensee> {
        self.licensees.change(licensee, commit)
    }

    /// A user at hand, to be changed by the events of a commit.
    pub(crate) fn change_user(&mut self, user: &UserId, commit: CommitRef) -> Option<&mut HotUser> {
        self.users.change(user, commit)
    }

    /// Lets go of what was not needed for long, if there is too much.
    pub(crate) fn end_batch(&mut self, progress: &[Head]) {
        self.batch += 1;
        if self.licensees.shrink(LICENSEES_MAX, progress) {
            self.note_at_hand();
        }
        self.users.shrink(USERS_MAX, progress);
        progress.clone_into(&mut self.progress);
    }
}

/// Reads a licensee, beginning with an earlier state of it if there is one at hand.
pub(crate) fn read_licensee(
    licensee: &LicenseeId,
    journal: &dyn Journal,
    index: &dyn StreamIndex,
    earlier: Option<Licensee>,
) -> Result<HotLicensee, EngineError> {
    let stream = licensee_stream(licensee);
    let Some(head) = index.stream_head(&stream)? else {
        return Ok(HotLicensee { state: Licensee::default(), hash: chain::START, details: None, snapshot_version: 0 });
    };
    let (state, snapshot_version) = read_state(licensee, index, earlier)?;
    check_end(&stream, state.version(), head)?;
    let details = journal.licensee_details(licensee.as_str())?;
    Ok(HotLicensee { state, hash: head.hash, details, snapshot_version })
}

/// Reads a user, and of which licensees they are a member.
pub(crate) fn read_user(user: &UserId, journal: &dyn Journal, index: &dyn StreamIndex) -> Result<HotUser, EngineError> {
    let stream = user_stream(user);
    let (mut state, mut version) = (User::default(), 0);
    let head = index.stream_head(&stream)?;
    if let Some(head) = head {
        for_each_event(&stream, 0, index, |event, _| {
            version += 1;
            if let StreamEvent::User { event, .. } = event {
                state.evolve(event);
            }
        })?;
        check_end(&stream, version, head)?;
    }
    let memberships = index.memberships(user.as_str())?;
    let licensees = memberships.iter().map(|id| LicenseeId::parse(id)).collect::<Result<_, _>>();
    let licensees = licensees.map_err(|error| unreadable(&stream, &error))?;
    let person = journal.person(user.as_str())?;
    Ok(HotUser { state, version, hash: head.map_or(chain::START, |head| head.hash), licensees, person })
}
