//! Snapshots: a cache of states, written aside, that may be lost at any time.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use contract::event::licensee_stream;
use journal::{Snapshot, StreamIndex};
use licensing::{Licensee, LicenseeId};

use crate::EngineError;

/// How many states may wait; when more are offered, they are not kept.
const WAITING_MAX: usize = 16;

/// The fewest new events that are worth a snapshot.
const EVENTS_MIN: u64 = 1_000;

/// How many times as many members as new events a snapshot may hold: what is written for each new event stays within what
/// so many members take, and whoever loads the licensee folds no more events than one for so many members.
const MEMBERS_PER_EVENT: u64 = 8;

/// Whether a state of this version should be kept, with the last one kept at another: when enough events are new in
/// proportion to what the snapshot holds.
pub(crate) fn is_due(state: &Licensee, kept_version: u64) -> bool {
    let new_events = state.version().saturating_sub(kept_version);
    let size = u64::from(state.account().members());
    new_events >= EVENTS_MIN.max(size / MEMBERS_PER_EVENT)
}

/// The state that a snapshot holds; `None` if it is in another format.
pub fn state_in(snapshot: &Snapshot) -> Option<Licensee> {
    if snapshot.state_version != Licensee::FORMAT {
        return None;
    }
    let state: Licensee = postcard::from_bytes(&snapshot.bytes).ok()?;
    (state.version() == snapshot.version).then_some(state)
}

/// A snapshot of a state.
///
/// # Errors
/// When the state cannot be encoded, which a test rules out.
pub fn snapshot_of(state: &Licensee) -> Result<Snapshot, postcard::Error> {
    let bytes = postcard::to_stdvec(state)?;
    Ok(Snapshot { version: state.version(), state_version: Licensee::FORMAT, bytes })
}

/// A state that may be kept as a snapshot once it is committed.
pub(crate) struct SnapshotDue {
    pub(crate) licensee: LicenseeId,
    pub(crate) state: Licensee,
}

/// The way to the thread that writes snapshots.
#[derive(Clone)]
pub(crate) struct Snapshots {
    waiting: SyncSender<SnapshotDue>,
}

impl Snapshots {
    /// Starts the thread; it ends when every way to it is gone.
    pub(crate) fn start(index: Arc<dyn StreamIndex>) -> Result<(Self, JoinHandle<()>), EngineError> {
        let (waiting, receiver) = sync_channel(WAITING_MAX);
        let thread = thread::Builder::new()
            .name("usher-snapshots".to_owned())
            .spawn(move || write_all(&*index, &receiver))
            .map_err(|error| EngineError::Thread(Arc::new(error)))?;
        Ok((Self { waiting }, thread))
    }

    /// Has a committed state kept, unless too many wait: a snapshot may always be missing.
    pub(crate) fn offer(&self, due: SnapshotDue) {
        if self.waiting.try_send(due).is_err() {
            tracing::debug!("a snapshot was left out");
        }
    }
}

fn write_all(index: &dyn StreamIndex, waiting: &Receiver<SnapshotDue>) {
    while let Ok(due) = waiting.recv() {
        keep(index, &due.licensee, &due.state);
    }
}

/// Keeps a state as a snapshot, which may also be missing: a failure is only noted.
pub(crate) fn keep(index: &dyn StreamIndex, licensee: &LicenseeId, state: &Licensee) {
    if let Err(error) = write(index, licensee, state) {
        let error = &*error as &(dyn std::error::Error + Send + Sync);
        tracing::warn!(error, %licensee, "a snapshot could not be kept; the next load takes longer");
    }
}

fn write(
    index: &dyn StreamIndex,
    licensee: &LicenseeId,
    state: &Licensee,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Ok(index.put_snapshot(&licensee_stream(licensee), &snapshot_of(state)?)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use licensing::{
        AddOnId, AssignmentCause, Event, Instant, Offering, PlanId, ProductId, Role, Seats, SubscriptionId,
        SubscriptionStarted, UserId, UserStatus, UserType,
    };

    use super::*;

    /// A licensee with so many members, some of whom have seats, joined in the order of these numbers.
    fn licensee(numbers: impl Iterator<Item = u32>) -> Licensee {
        let at = |second: u32| Instant::from_timestamp_micros(i64::from(second) * 1_000_000 + 1).unwrap();
        let started = SubscriptionStarted {
            offering: Offering::GitlabCom,
            subscription: SubscriptionId::parse("A-1").unwrap(),
            plan: PlanId::new("ultimate"),
            seats: Seats::known(7),
            starts_at: at(1),
            ends_at: at(2),
            instance_version: None,
            add_ons: Vec::new(),
        };
        let mut licensee = Licensee::default();
        licensee.evolve(&Event::SubscriptionStarted(started), at(0));
        for number in numbers {
            let user = UserId::parse(&format!("u-{number}")).unwrap();
            let (role, user_type, status) = (Role::Developer, UserType::Human, UserStatus::Active);
            licensee.evolve(&Event::MemberAdded { user: user.clone(), role, user_type, status }, at(number));
            if number % 3 == 0 {
                let (product, add_on) = (ProductId::new("duo"), AddOnId::new("duo_pro"));
                licensee.evolve(
                    &Event::SeatAssigned { user, product, add_on, cause: AssignmentCause::Requested },
                    at(number),
                );
            }
        }
        licensee
    }

    #[test]
    fn a_state_is_read_from_its_snapshot() {
        for members in [0, 1, 63, 64, 65, 1_000] {
            let state = licensee(0..members);
            let snapshot = snapshot_of(&state).unwrap();
            assert_eq!(state_in(&snapshot).unwrap(), state, "{members} members");
        }
    }

    /// `usher verify` holds the bytes of a snapshot against those of a state that was folded in another way.
    #[test]
    fn equal_states_have_equal_snapshots() {
        let state = licensee(0..1_000);
        let read = state_in(&snapshot_of(&state).unwrap()).unwrap();
        let mut further = [state, read].map(|mut state| {
            for number in (0..1_000).filter(|number| number % 10 != 0) {
                let user = UserId::parse(&format!("u-{number}")).unwrap();
                state.evolve(&Event::MemberRemoved { user }, Instant::default());
            }
            snapshot_of(&state).unwrap().bytes
        });
        let [one, other] = &mut further;
        assert_eq!(one, other);
    }

    #[test]
    fn what_is_no_snapshot_is_passed_over() {
        let snapshot = snapshot_of(&licensee(0..200)).unwrap();
        let another = Snapshot { state_version: Licensee::FORMAT - 1, ..snapshot.clone() };
        assert_eq!(state_in(&another), None);
        for place in 0..snapshot.bytes.len() {
            let mut bytes = snapshot.bytes.clone();
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 0x20;
            }
            // Nothing to be read, or a state that can be gone through; never a panic.
            if let Some(state) = state_in(&Snapshot { bytes, ..snapshot.clone() }) {
                assert!(state.roster().members().map(|(user, _)| user).is_sorted());
            }
            assert_eq!(state_in(&Snapshot { bytes: snapshot.bytes[..place].to_vec(), ..snapshot.clone() }), None);
        }
    }
}
