//! Takes and gives back leases, on a thread that may wait for the engine as long as that takes.

use std::{
    collections::BTreeMap,
    sync::mpsc::Receiver,
    thread,
    time::{Duration, Instant},
};

use journal::{Duty, Epoch, Task};

use crate::{
    Step,
    context::Context,
    hand::by_duty,
    mend::{Mend, mends},
    plan,
};

/// How long to wait until others have heard that something is free.
const NUDGE_WAIT: Duration = Duration::from_millis(200);
/// How long to wait after something could not be done.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(500);
/// After how many failures in a row a duty is left to others, if there are any.
const FAILURES_MAX: u32 = 3;

/// What wakes a mover.
pub(crate) enum Wake {
    /// There is a newer roster, or the leases ran out.
    Look,
    /// It is over.
    Stop,
}

/// The mover of a member.
pub(crate) struct Mover {
    context: Context,
    /// When something was last changed here: older rosters tell nothing.
    changed_at: Instant,
    /// How often in a row shards of a duty could not be begun with.
    failures: BTreeMap<Duty, u32>,
}

impl Mover {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, changed_at: Instant::now(), failures: BTreeMap::new() }
    }

    /// Looks whenever it is woken.
    pub(crate) fn run(mut self, wakes: &Receiver<Wake>) {
        while let Ok(Wake::Look) = wakes.recv() {
            self.look();
            self.count();
            self.context.looked.notify();
        }
    }

    fn look(&mut self) {
        if !self.context.tenure.is_certain() {
            return self.let_go_of_all();
        }
        let seen = self.context.routes.newest();
        if seen.asked_at < self.changed_at {
            return;
        }
        let to_mend = mends(&seen.roster, self.context.me, &self.context.hands.doing());
        let steps = if to_mend.is_empty() { plan(&seen.roster, self.context.me) } else { Vec::new() };
        if !to_mend.is_empty() || !steps.is_empty() {
            self.mend(&to_mend);
            self.follow(&steps);
            self.changed_at = Instant::now();
            self.context.routes.nudge();
        }
    }

    fn count(&self) {
        for duty in Duty::ALL {
            let held = self.context.hands.shards(*duty).len();
            metrics::gauge!("usher_shards_held", "duty" => duty.as_str()).set(held as f64);
        }
    }

    /// The leases may be others' by now: they are looked at anew once the store can be reached.
    fn let_go_of_all(&mut self) {
        self.lose(self.context.hands.doing().into_keys());
        self.changed_at = Instant::now();
    }

    fn mend(&self, to_mend: &[Mend]) {
        self.lose(to_mend.iter().filter_map(|mend| match mend {
            Mend::LetGo(task) => Some(*task),
            Mend::Release(..) => None,
        }));
        self.release_all(to_mend.iter().filter_map(|mend| match mend {
            Mend::Release(task, epoch) => Some((*task, *epoch)),
            Mend::LetGo(_) => None,
        }));
    }

    fn follow(&mut self, steps: &[Step]) {
        let to_give = by_duty(steps.iter().filter_map(|step| match step {
            Step::GiveBack { task, epoch } => Some((*task, *epoch)),
            Step::Take { .. } => None,
        }));
        to_give.iter().for_each(|(duty, leases)| self.give_back(*duty, leases));
        if !to_give.is_empty() {
            self.context.links.nudge_all(&self.context.routes.others(), &self.context.runtime, NUDGE_WAIT);
        }
        let to_take = by_duty(steps.iter().filter_map(|step| match step {
            Step::Take { task, seen } => Some((*task, *seen)),
            Step::GiveBack { .. } => None,
        }));
        to_take.iter().for_each(|(duty, seen)| self.take(*duty, seen));
    }

    /// Ends with tasks whose leases are not ours.
    fn lose(&self, tasks: impl Iterator<Item = Task>) {
        for (duty, shards) in by_duty(tasks.map(|task| (task, ()))) {
            let shards: Vec<u16> = shards.into_iter().map(|(shard, ())| shard).collect();
            self.context.hands.let_go(duty, &shards);
            Move::Lost.note(duty, &shards);
        }
    }

    /// Ends with shards in order, and lets others have them.
    fn give_back(&self, duty: Duty, leases: &[(u16, Epoch)]) {
        let shards = shards_of(leases);
        self.context.hands.let_go(duty, &shards);
        self.release_all(tasks_of(duty, leases));
        Move::GivenBack.note(duty, &shards);
    }

    fn take(&mut self, duty: Duty, seen: &[(u16, Epoch)]) {
        let taken = self.take_leases(duty, seen);
        if taken.is_empty() {
            return;
        }
        if let Err(error) = self.context.hands.take(duty, &taken) {
            tracing::error!(error = &error as &dyn std::error::Error, duty = duty.as_str(), "cannot begin with shards");
            self.release_all(tasks_of(duty, &taken));
            return self.rest_after_failure(duty);
        }
        self.failures.remove(&duty);
        // If the leases ran out meanwhile, the guard did not see these.
        if !self.context.tenure.is_certain() {
            self.context.hands.drop_everything();
        }
        Move::Taken.note(duty, &shards_of(&taken));
    }

    /// Does not try again at once, and after some failures leaves the duty to others for a while.
    fn rest_after_failure(&mut self, duty: Duty) {
        let failures = self.failures.entry(duty).or_default();
        *failures += 1;
        if *failures >= FAILURES_MAX && self.context.routes.others().iter().any(|node| node.duties.contains(&duty)) {
            tracing::warn!(duty = duty.as_str(), "leaving it to other nodes for a while");
            *failures = 0;
            self.context.myself.rest_from(duty);
        }
        thread::sleep(PAUSE_AFTER_FAILURE);
    }

    /// Takes as many of these leases as can be had.
    fn take_leases(&self, duty: Duty, seen: &[(u16, Epoch)]) -> Vec<(u16, Epoch)> {
        let mut taken = Vec::with_capacity(seen.len());
        for (shard, seen) in seen {
            match self.context.leases.take(self.context.me, Task { duty, shard: *shard }, *seen) {
                Ok(Some(epoch)) => taken.push((*shard, epoch)),
                // Somebody was faster.
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "cannot take leases");
                    thread::sleep(PAUSE_AFTER_FAILURE);
                    break;
                }
            }
        }
        taken
    }

    /// Gives leases back; those that can't be are tried again at the next look.
    fn release_all(&self, leases: impl IntoIterator<Item = (Task, Epoch)>) {
        for (task, epoch) in leases {
            if let Err(error) = self.context.leases.release(self.context.me, task, epoch) {
                tracing::warn!(error = &error as &dyn std::error::Error, %task, "cannot give a lease back yet");
                return thread::sleep(PAUSE_AFTER_FAILURE);
            }
        }
    }
}

fn tasks_of(duty: Duty, leases: &[(u16, Epoch)]) -> impl Iterator<Item = (Task, Epoch)> {
    leases.iter().map(move |(shard, epoch)| (Task { duty, shard: *shard }, *epoch))
}

fn shards_of(leases: &[(u16, Epoch)]) -> Vec<u16> {
    leases.iter().map(|(shard, _)| *shard).collect()
}

/// How shards come and go.
#[derive(Clone, Copy)]
enum Move {
    Taken,
    GivenBack,
    Lost,
}

impl Move {
    fn note(self, duty: Duty, shards: &[u16]) {
        let direction = match self {
            Self::Taken => "taken",
            Self::GivenBack => "given_back",
            Self::Lost => "lost",
        };
        if matches!(self, Self::Lost) {
            tracing::warn!(duty = duty.as_str(), ?shards, "leases went to other nodes");
        } else {
            tracing::info!(duty = duty.as_str(), ?shards, direction, "leases moved");
        }
        let labels = [("duty", duty.as_str()), ("direction", direction)];
        metrics::counter!("usher_lease_moves_total", &labels).increment(shards.len() as u64);
    }
}
