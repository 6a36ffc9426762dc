//! Which shards are decided here, where other processes work on the same store (ADR 7).

use journal::{Candidate, JournalError, SharedUser};
use licensing::{LicenseeId, UserId};

use super::{Writer, time::Clock};
use crate::{EngineError, Order, hot::ForeignUser, submission::Submission};

impl Writer {
    pub(super) fn shard_of(&self, id: &str) -> u16 {
        journal::shard_of(id, self.journal.shard_count())
    }

    pub(super) fn decides_for(&self, id: &str) -> bool {
        self.decided.contains(self.shard_of(id))
    }

    /// Fails for what another node has to decide.
    pub(super) fn check_home(&self, order: &Order) -> Result<(), EngineError> {
        match order.home().map(|home| self.shard_of(&home)) {
            Some(shard) if !self.decided.contains(shard) => Err(EngineError::NotHeld { shard }),
            _ => Ok(()),
        }
    }

    /// Decides for these shards from now on. Their leases are here and their index is whole, so nothing of them changes
    /// any more but through this writer.
    pub(super) fn take(&mut self, shards: &[u16]) -> Result<(), EngineError> {
        let kept_clock = self.journal.clock()?;
        let heads = self.journal.heads()?;
        let shard_count = self.journal.shard_count();
        let of_these = |id: &str| shards.contains(&journal::shard_of(id, shard_count));
        let timers = super::time::due_of(&*self.index, |licensee| of_these(licensee.as_str()))?;
        self.hot.forget(of_these);
        for head in heads.into_iter().filter(|head| shards.contains(&head.shard)) {
            self.published_heads.publish(head);
            if let Some(place) = self.heads.get_mut(usize::from(head.shard)) {
                *place = head;
            }
        }
        // The node before may have seen a later time.
        self.clock.catch_up_with(Clock::start(self.clock.mode(), kept_clock).now());
        for (licensee, due) in timers {
            self.sweep.note_change(&licensee);
            self.timers.set(&licensee, Some(due));
        }
        shards.iter().for_each(|shard| self.decided.set(*shard, true));
        self.teller.look_into(shards.to_vec());
        self.preparing.want_largest();
        Ok(())
    }

    /// Decides for these shards no longer; everything that was decided is committed or has failed when this is done.
    pub(super) fn let_go(&mut self, shards: &[u16]) {
        shards.iter().for_each(|shard| self.decided.set(*shard, false));
        self.hand_over();
        self.committer.settle();
        self.forget_shards(shards);
    }

    /// After a failed commit: a shard that went to another node is not tried again.
    pub(super) fn note_loss(&mut self, error: &EngineError) {
        let Some(shared) = &self.shared else { return };
        if let EngineError::Store(source) = error
            && let JournalError::NotHeld { shard } = **source
        {
            shared.held.let_go(shard);
        }
        for shard in self.decided.shards().into_iter().filter(|shard| !self.holds(*shard)) {
            self.lose(shard);
        }
    }

    /// Whether the lease of a shard is here; always, where there are no leases.
    pub(super) fn holds(&self, shard: u16) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.held.contains(shard))
    }

    /// Decides no longer for a shard whose lease was lost, until it is taken anew.
    pub(super) fn lose(&self, shard: u16) {
        tracing::warn!(shard, "the lease of the shard was lost");
        self.decided.set(shard, false);
    }

    fn forget_shards(&mut self, shards: &[u16]) {
        let shard_count = self.journal.shard_count();
        let of_these = |id: &str| shards.contains(&journal::shard_of(id, shard_count));
        self.timers.forget(|licensee| of_these(licensee.as_str()));
        self.sweep.forget(|licensee| of_these(licensee.as_str()));
        self.hot.forget(of_these);
    }

    /// Notes in the store who may become a member of what, and reads how the users stand: in this order, so that whoever
    /// changes a status after it was read finds the note.
    pub(super) fn enlist(&mut self, submissions: &[Submission]) -> Result<(), EngineError> {
        let Some(shared) = &self.shared else { return Ok(()) };
        let candidates: Vec<(&UserId, &LicenseeId)> = submissions
            .iter()
            .flat_map(Submission::orders)
            .filter_map(Order::candidate)
            .filter(|(_, licensee)| self.decides_for(licensee.as_str()))
            .collect();
        if candidates.is_empty() {
            return Ok(());
        }
        let noted: Vec<Candidate<'_>> = candidates
            .iter()
            .map(|(user, licensee)| Candidate { user: user.as_str(), licensee: licensee.as_str() })
            .collect();
        let users = shared.users.enlist(&noted)?;
        let users = candidates.iter().zip(users).map(|((user, _), known)| ((*user).clone(), known));
        self.shared_users = users.collect();
        Ok(())
    }

    /// Has a user at hand who is decided by another node: as the store shows them.
    pub(super) fn load_foreign_user(&mut self, user: &UserId) {
        let known = self.shared_users.get(user);
        let SharedUser { status, person } = known.cloned().unwrap_or_else(SharedUser::unknown);
        self.hot.put_foreign_user(user, ForeignUser { status, person });
    }
}
