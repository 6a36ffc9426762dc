//! Large licensees, read before a command needs them: reading a million members takes longer than anybody should wait for.
//! The largest are read as soon as they are decided here, others once somebody looks at a page of theirs, as whoever is
//! about to give a command does before.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use contract::event::StreamName;
use journal::StreamIndex;
use licensing::{Licensee, LicenseeId};
use parking_lot::{Condvar, Mutex};

use crate::{EngineError, reading::read_state, shards::Decided, snapshots};

/// Of how many members on a licensee is read ahead; others are there in a moment.
const MEMBERS_MIN: u32 = 10_000;
/// How many wishes may wait; what is wanted besides is read by whoever needs it.
const WAITING_MAX: usize = 4;
/// How many members those licensees have together that are read and not needed yet; one alone may have more.
const READY_MEMBERS_MAX: u64 = 2_000_000;
/// How many licensees are looked at for the largest, and of how many bytes a snapshot counts as one of [`MEMBERS_MIN`].
const LARGEST_MAX: usize = 100;
const LARGE_BYTES_MIN: u64 = 100_000;
/// A state that took so many events behind its snapshot, as a part of its members, is kept as one: so the next start has none
/// of that to do.
const KEPT_FROM_PART: u64 = 16;

/// The way to the thread that reads ahead.
#[derive(Clone)]
pub(crate) struct Preparing {
    wanted: SyncSender<Wanted>,
    desk: Arc<Desk>,
}

enum Wanted {
    Licensee(LicenseeId),
    /// The largest of those that are decided here.
    Largest,
    Stop,
}

/// What was read ahead and not needed yet.
#[derive(Default)]
pub(crate) struct Desk {
    inner: Mutex<Inner>,
    is_done: Condvar,
}

#[derive(Default)]
struct Inner {
    under_way: Option<LicenseeId>,
    /// The one that was read last at the end.
    ready: VecDeque<(LicenseeId, Licensee)>,
    /// The large licensees that the writer has.
    at_hand: HashSet<LicenseeId>,
}

impl Preparing {
    /// Starts the thread; it ends when it is told to stop.
    pub(crate) fn start(index: Arc<dyn StreamIndex>, decided: Decided) -> Result<(Self, JoinHandle<()>), EngineError> {
        let (wanted, receiver) = sync_channel(WAITING_MAX);
        let desk = Arc::new(Desk::default());
        let of_thread = desk.clone();
        let thread = thread::Builder::new()
            .name("usher-preparing".to_owned())
            .spawn(move || of_thread.work(&*index, &decided, &receiver))
            .map_err(|error| EngineError::Thread(Arc::new(error)))?;
        Ok((Self { wanted, desk }, thread))
    }

    pub(crate) fn desk(&self) -> Arc<Desk> {
        self.desk.clone()
    }

    /// Has a licensee with so many members read, unless it is there or too many wait.
    pub(crate) fn want(&self, licensee: &LicenseeId, members: u32) {
        if members < MEMBERS_MIN || self.desk.has(licensee) {
            return;
        }
        if self.wanted.try_send(Wanted::Licensee(licensee.clone())).is_err() {
            tracing::debug!(%licensee, "not read ahead");
        }
    }

    /// Has the largest licensees read that are decided here, as many as there is room for.
    pub(crate) fn want_largest(&self) {
        if self.wanted.try_send(Wanted::Largest).is_err() {
            tracing::debug!("the largest licensees are not read ahead");
        }
    }

    /// Has the thread end.
    pub(crate) fn stop(&self) {
        // An error means that it has ended.
        let _ = self.wanted.send(Wanted::Stop);
    }
}

impl Desk {
    fn has(&self, licensee: &LicenseeId) -> bool {
        let inner = self.inner.lock();
        let is_ready = inner.ready.iter().any(|(of, _)| of == licensee);
        is_ready || inner.under_way.as_ref() == Some(licensee) || inner.at_hand.contains(licensee)
    }

    /// A state that was read ahead, at whatever version it has; waits for one that is being read.
    pub(crate) fn take(&self, licensee: &LicenseeId) -> Option<Licensee> {
        let mut inner = self.inner.lock();
        while inner.under_way.as_ref() == Some(licensee) {
            self.is_done.wait(&mut inner);
        }
        let place = inner.ready.iter().position(|(of, _)| of == licensee)?;
        inner.ready.remove(place).map(|(_, state)| state)
    }

    /// Takes note that the writer has a licensee.
    pub(crate) fn note_at_hand(&self, licensee: &LicenseeId, state: &Licensee) {
        if state.account().members() >= MEMBERS_MIN {
            self.inner.lock().at_hand.insert(licensee.clone());
        }
    }

    /// Takes note that the writer has no others than these.
    pub(crate) fn note_only_at_hand(&self, is_at_hand: impl Fn(&LicenseeId) -> bool) {
        self.inner.lock().at_hand.retain(is_at_hand);
    }

    fn work(&self, index: &dyn StreamIndex, decided: &Decided, wanted: &Receiver<Wanted>) {
        while let Ok(wanted) = wanted.recv() {
            match wanted {
                Wanted::Licensee(licensee) => {
                    self.read(index, &licensee, Room::Made);
                }
                Wanted::Largest => self.read_largest(index, decided),
                Wanted::Stop => return,
            }
        }
    }

    /// Reads a licensee, unless it is there; whether there was room for it, if others are not to go.
    fn read(&self, index: &dyn StreamIndex, licensee: &LicenseeId, room: Room) -> bool {
        if self.has(licensee) {
            return true;
        }
        let turn = Turn::begin(self, licensee);
        match read_ahead(index, licensee) {
            Ok(state) => turn.end_with(state, room),
            Err(error) => {
                // Whoever needs it will be told.
                tracing::warn!(error = &error as &dyn std::error::Error, %licensee, "a licensee could not be read ahead");
                true
            }
        }
    }

    fn read_largest(&self, index: &dyn StreamIndex, decided: &Decided) {
        let largest = match index.largest_snapshots(LARGEST_MAX) {
            Ok(largest) => largest,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                return tracing::warn!(error, "the largest licensees could not be found, to be read ahead");
            }
        };
        for (stream, _) in largest.into_iter().filter(|(_, bytes)| *bytes >= LARGE_BYTES_MIN) {
            let Ok(StreamName::Licensee(licensee)) = stream.parse() else { continue };
            let is_decided_here = decided.contains(journal::shard_of(licensee.as_str(), decided.shard_count()));
            if is_decided_here && !self.read(index, &licensee, Room::Left) {
                return;
            }
        }
    }
}

/// Where there is room for one more state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    /// Those that were read first go for it.
    Made,
    /// Only what the others leave: smaller ones must not push the largest out.
    Left,
}

impl Inner {
    /// Puts a state at the end, so that all together have no more members than that; whether there was room.
    fn put(&mut self, licensee: &LicenseeId, state: Licensee, room: Room, members_max: u64) -> bool {
        let members = |state: &Licensee| u64::from(state.account().members());
        let is_too_much = |ready: &VecDeque<(LicenseeId, Licensee)>| {
            let others: u64 = ready.iter().map(|(_, other)| members(other)).sum();
            others > 0 && others.saturating_add(members(&state)) > members_max
        };
        if room == Room::Left && is_too_much(&self.ready) {
            return false;
        }
        while is_too_much(&self.ready) {
            self.ready.pop_front();
        }
        self.ready.push_back((licensee.clone(), state));
        true
    }
}

fn read_ahead(index: &dyn StreamIndex, licensee: &LicenseeId) -> Result<Licensee, EngineError> {
    let (state, snapshot_version) = read_state(licensee, index, None)?;
    let new_events = state.version().saturating_sub(snapshot_version);
    if new_events > u64::from(state.account().members()) / KEPT_FROM_PART {
        snapshots::keep(index, licensee, &state);
    }
    Ok(state)
}

/// A licensee being read. However it ends, nobody waits for it any longer.
struct Turn<'a> {
    desk: &'a Desk,
    licensee: &'a LicenseeId,
}

impl<'a> Turn<'a> {
    fn begin(desk: &'a Desk, licensee: &'a LicenseeId) -> Self {
        desk.inner.lock().under_way = Some(licensee.clone());
        Self { desk, licensee }
    }

    fn end_with(self, state: Licensee, room: Room) -> bool {
        self.desk.inner.lock().put(self.licensee, state, room, READY_MEMBERS_MAX)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.desk.inner.lock().under_way = None;
        self.desk.is_done.notify_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use licensing::{Event, Instant, Role, UserId, UserStatus, UserType};

    use super::*;

    fn large() -> Licensee {
        let mut state = Licensee::default();
        for number in 0..MEMBERS_MIN {
            let user = UserId::parse(&format!("u-{number}")).unwrap();
            let (role, user_type, status) = (Role::Developer, UserType::Human, UserStatus::Active);
            state.evolve(&Event::MemberAdded { user, role, user_type, status }, Instant::UNIX_EPOCH);
        }
        state
    }

    fn id(text: &str) -> LicenseeId {
        LicenseeId::parse(text).unwrap()
    }

    #[test]
    fn what_was_read_ahead_is_given_to_whoever_needs_it_once() {
        let (desk, acme) = (Desk::default(), id("acme"));
        Turn::begin(&desk, &acme).end_with(large(), Room::Made);
        assert!(desk.has(&acme));
        assert_eq!(desk.take(&id("globex")), None);
        assert_eq!(desk.take(&acme), Some(large()));
        assert_eq!(desk.take(&acme), None);
        assert!(!desk.has(&acme));
    }

    #[test]
    fn several_wait_to_be_needed_and_the_first_goes_where_they_are_too_many_members() {
        let mut inner = Inner::default();
        let room_for_two = 2 * u64::from(MEMBERS_MIN);
        for (licensee, expected) in
            [("acme", vec!["acme"]), ("globex", vec!["acme", "globex"]), ("initech", vec!["globex", "initech"])]
        {
            assert!(inner.put(&id(licensee), large(), Room::Made, room_for_two));
            assert_eq!(inner.ready.iter().map(|(of, _)| of.as_str()).collect::<Vec<_>>(), expected);
        }
        assert!(!inner.put(&id("hooli"), large(), Room::Left, room_for_two), "the others stay");
        assert!(inner.put(&id("hooli"), large(), Room::Made, 1), "one alone may have more");
        assert_eq!(inner.ready.iter().map(|(of, _)| of.as_str()).collect::<Vec<_>>(), ["hooli"]);
    }

    #[test]
    fn whoever_needs_what_is_being_read_waits_for_it() {
        let (desk, acme) = (Desk::default(), id("acme"));
        let turn = Turn::begin(&desk, &acme);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| desk.take(&acme));
            turn.end_with(large(), Room::Made);
            assert_eq!(waiting.join().unwrap(), Some(large()));
        });
        drop(Turn::begin(&desk, &acme));
        assert_eq!(desk.take(&acme), None, "nobody waits for what could not be read");
    }

    #[test]
    fn what_the_writer_has_is_not_read_again_until_it_lets_go_of_it() {
        let (desk, acme) = (Desk::default(), id("acme"));
        desk.note_at_hand(&id("small"), &Licensee::default());
        desk.note_at_hand(&acme, &large());
        assert_eq!((desk.has(&acme), desk.has(&id("small"))), (true, false));
        desk.note_only_at_hand(|licensee| *licensee == acme);
        assert!(desk.has(&acme));
        desk.note_only_at_hand(|_| false);
        assert!(!desk.has(&acme));
    }
}
