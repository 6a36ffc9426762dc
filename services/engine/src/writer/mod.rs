//! The writer: one thread that decides everything, in the order in which it came.

mod calls;
mod directory;
mod kept;
mod licensees;
mod messages;
mod news;
mod outcomes;
mod preview;
mod shards;
mod streams;
mod time;

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, mpsc::RecvTimeoutError},
    time::Duration,
};

use journal::{Head, Journal, Positions, SharedUser, StatusNews, StoredOutcome, StreamIndex};
use licensing::{Catalogue, Instant, UserId};

use crate::{
    ClockMode, EngineError, Options, Order, Reply, Shared,
    batch::{Batch, Pending},
    clock::machine_now,
    committer::{Committer, Outlets},
    foresight::Foresight,
    hot::Hot,
    preparing::Preparing,
    published::{PublishedClock, PublishedHeads},
    queue::{Queue, Submissions},
    reading::{self, INDEX_WAIT},
    recent::Recent,
    shards::Decided,
    snapshots::Snapshots,
    submission::{Asked, Submission},
    teller::TellerQueue,
};
use preview::{OtherVersion, Told};
use time::{Clock, Sweep, Timers};

/// How many commands are decided before they are committed, at most.
const BATCH_COMMANDS_MAX: usize = 4_096;
/// How many committed records may wait to be indexed; with more, the writer waits.
const INDEX_LAG_RECORDS_MAX: u64 = 200_000;
/// How long the writer rests after the store failed, so that it does not spin while it goes on failing.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// What the writer works with.
pub(crate) struct Parts {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) index: Arc<dyn StreamIndex>,
    /// The way into the writer's own queue.
    pub(crate) queue: Queue,
    pub(crate) submissions: Submissions,
    pub(crate) snapshots: Snapshots,
    pub(crate) preparing: Preparing,
    pub(crate) foresight: Foresight,
    pub(crate) teller: TellerQueue,
    pub(crate) decided: Decided,
}

/// The writer.
pub(crate) struct Writer {
    journal: Arc<dyn Journal>,
    index: Arc<dyn StreamIndex>,
    catalogue: Arc<Catalogue>,
    /// Set where other processes work on the same store.
    shared: Option<Shared>,
    /// The shards that are decided here.
    decided: Decided,
    teller: TellerQueue,
    submissions: Submissions,
    committer: Committer,
    published_clock: PublishedClock,
    published_heads: PublishedHeads,
    clock: Clock,
    /// Where each shard ends with everything that was handed over.
    heads: Vec<Head>,
    hot: Hot,
    /// Reads large licensees before they are needed.
    preparing: Preparing,
    /// Finds out what would become of large licensees.
    foresight: Foresight,
    recent: Recent,
    timers: Timers,
    sweep: Sweep,
    batch: Batch,
    /// When what is decided in this batch is recorded.
    recorded_at: Instant,
    /// Outcomes that were looked up for the whole batch at once.
    looked_up: HashMap<String, Option<StoredOutcome>>,
    /// The users of the batch's new members, as all writers see them; empty in a store of one process.
    shared_users: HashMap<UserId, SharedUser>,
}

impl Writer {
    pub(crate) fn open(parts: Parts, options: &Options) -> Result<Self, EngineError> {
        let Parts { journal, index, queue, submissions, snapshots, preparing, foresight, teller, decided } = parts;
        let clock = Clock::start(options.clock, journal.clock()?);
        let published_clock = PublishedClock::new(options.clock, clock.now());
        let published_heads = PublishedHeads::new(&journal.heads()?);
        let committer = Committer::start(Outlets {
            journal: journal.clone(),
            clock: published_clock.clone(),
            heads: published_heads.clone(),
            snapshots,
            teller: teller.clone(),
            writer: queue,
        })?;
        let mut writer = Self {
            journal,
            index,
            catalogue: options.catalogue.clone(),
            shared: options.shared.clone(),
            decided,
            teller,
            submissions,
            committer,
            published_clock,
            published_heads,
            clock,
            heads: Vec::new(),
            hot: Hot::new(preparing.desk()),
            preparing,
            foresight,
            recent: Recent::default(),
            timers: Timers::default(),
            sweep: Sweep::default(),
            batch: Batch::default(),
            recorded_at: machine_now(),
            looked_up: HashMap::new(),
            shared_users: HashMap::new(),
        };
        writer.load()?;
        writer.keep_named_start();
        writer.preparing.want_largest();
        Ok(writer)
    }

    /// A start that was named is kept at once: from then on callers may see it.
    fn keep_named_start(&mut self) {
        if self.clock.mode() != ClockMode::System {
            self.hand_over();
            self.committer.reset();
        }
    }

    pub(crate) fn published_clock(&self) -> PublishedClock {
        self.published_clock.clone()
    }

    pub(crate) fn published_heads(&self) -> PublishedHeads {
        self.published_heads.clone()
    }

    /// Takes commands until it is told to stop.
    pub(crate) fn run(mut self) {
        loop {
            let Some(submissions) = self.next_submissions() else { return self.hand_over() };
            let stops = submissions.iter().any(|submission| matches!(submission, Submission::Stop));
            if let Err(error) = self.decide_batch(submissions) {
                tracing::error!(error = &error as &dyn std::error::Error, "the writer starts over from the store");
                if self.start_over(&error) {
                    return;
                }
            }
            if stops {
                return;
            }
        }
    }

    /// Waits for commands, or until time alone has something to do; `None` at the end.
    fn next_submissions(&mut self) -> Option<Vec<Submission>> {
        let mut submissions = Vec::new();
        match self.submissions.recv_timeout(self.time_to_next_duty()) {
            Ok(submission) => submissions.push(submission),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
        let mut commands: usize = submissions.iter().map(Submission::commands).sum();
        while commands < BATCH_COMMANDS_MAX {
            let Ok(submission) = self.submissions.try_recv() else { break };
            commands += submission.commands();
            submissions.push(submission);
        }
        Some(submissions)
    }

    /// Decides a batch. Each command gets its own answer; an error is the writer's own.
    fn decide_batch(&mut self, submissions: Vec<Submission>) -> Result<(), EngineError> {
        if let Err(error) = self.begin_batch(&submissions) {
            submissions.into_iter().for_each(|submission| self.fail(submission, &error));
            return Err(error);
        }
        let mut stops = false;
        for submission in submissions {
            stops |= matches!(submission, Submission::Stop);
            self.decide(submission);
        }
        self.sweep_some()?;
        if stops || !self.committer.is_busy() {
            self.hand_over();
        }
        if let Some(failure) = self.committer.failure() {
            return Err(failure);
        }
        self.forget()
    }

    fn begin_batch(&mut self, submissions: &[Submission]) -> Result<(), EngineError> {
        while !self.index.wait_for_lag_below(INDEX_LAG_RECORDS_MAX, INDEX_WAIT)? {
            tracing::warn!("the index is behind; commands wait for it");
        }
        self.recorded_at = machine_now().max(self.recorded_at);
        self.look_up_outcomes(submissions)?;
        self.enlist(submissions)?;
        match self.clock.mode() {
            ClockMode::System => self.advance_to(machine_now()),
            // What is due at the kept instant fires also if nobody moves the clock.
            ClockMode::Manual(_) | ClockMode::EventTime(_) => self.advance_to(self.clock.now()),
        }
    }

    fn decide(&mut self, submission: Submission) {
        match submission {
            Submission::Order(asked) => drop(self.order(asked)),
            Submission::Chain(chain) => self.chain(chain),
            Submission::Take { shards, done } => drop(done.send(self.take(&shards))),
            Submission::LetGo { shards, done } => {
                self.let_go(&shards);
                drop(done.send(Ok(())));
            }
            Submission::Wake | Submission::Stop => {}
        }
    }

    /// Says that it was not decided. Shards are let go of all the same: that needs no store.
    fn fail(&mut self, submission: Submission, error: &EngineError) {
        if matches!(submission, Submission::LetGo { .. }) {
            return self.decide(submission);
        }
        submission.fail(error);
    }

    /// Decides an order, and answers, at once or later; what is an error is also given back.
    fn order(&mut self, Asked { order, reply: to }: Asked) -> Result<(), EngineError> {
        let mut news = None;
        let told = self.check_home(&order).and_then(|()| self.reply_to(order, &mut news));
        match told {
            Ok(Told::Now(reply)) => self.batch.answer_later(Pending { to, reply, news }),
            Ok(Told::Aside(question, version)) => self.foresight.ask(*question, version, self.decided_so_far(), to),
            Err(error) => {
                drop(to.send(Err(error.clone())));
                return Err(error);
            }
        }
        if self.batch.is_full() {
            self.hand_over();
        }
        Ok(())
    }

    /// Decides one order after another. Those behind one that can't be decided fail with it: they would overtake it.
    fn chain(&mut self, chain: Vec<Asked>) {
        let mut so_far = Ok(());
        for asked in chain {
            match &so_far {
                Ok(()) => so_far = self.order(asked),
                Err(error) => asked.fail(error),
            }
        }
    }

    fn reply_to(&mut self, order: Order, news: &mut Option<StatusNews>) -> Result<Told, EngineError> {
        let reply = match order {
            Order::Message(incoming) => Reply::Done(Box::new(self.message(*incoming, news)?)),
            Order::Call(call) => Reply::Done(Box::new(self.call(*call)?)),
            Order::Claim(claim) => Reply::Done(Box::new(self.claim(*claim)?)),
            Order::News(news) => Reply::Done(Box::new(self.news(&news)?)),
            Order::AdvanceClock(instant) => Reply::Moved(self.set_clock(instant)?),
            Order::Preview(order) => return self.preview(*order),
            Order::IfVersion { version, order } => match self.differs_from(&order, version)? {
                Some(OtherVersion { found }) => Reply::OtherVersion { found },
                None => return self.reply_to(*order, news),
            },
        };
        Ok(Told::Now(reply))
    }

    /// Where the shards that are decided here end with everything that is decided.
    fn decided_so_far(&self) -> Positions {
        let ends = self.heads.iter().filter(|head| self.decided.contains(head.shard));
        ends.map(|head| self.batch.position(*head)).collect()
    }

    /// Hands what was decided to the committer.
    fn hand_over(&mut self) {
        let batch = mem::take(&mut self.batch);
        // The machine's time need not be kept for itself: a later start goes on from a later time anyway.
        let is_worth_keeping = !batch.is_blank() || self.clock.mode() != ClockMode::System;
        let clock = if is_worth_keeping { self.clock.take_moved() } else { None };
        self.committer.commit(batch.seal(&mut self.heads, clock, self.recorded_at));
    }

    fn forget(&mut self) -> Result<(), EngineError> {
        self.looked_up.clear();
        self.shared_users.clear();
        let progress = self.index.progress()?;
        self.recent.forget_indexed(&progress);
        self.hot.end_batch(&progress);
        Ok(())
    }

    /// After a failure: whatever was decided and not committed never happened. Whether the writer was told to stop
    /// before the store could be read again.
    fn start_over(&mut self, error: &EngineError) -> bool {
        mem::take(&mut self.batch).abandon(error);
        self.committer.reset();
        self.note_loss(error);
        loop {
            std::thread::sleep(PAUSE_AFTER_FAILURE);
            match self.load() {
                Ok(()) => return false,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the store cannot be read");
                    if self.refuse_all(&error) {
                        return true;
                    }
                }
            }
        }
    }

    /// Refuses everything that waits; whether the writer was told to stop.
    fn refuse_all(&mut self, error: &EngineError) -> bool {
        let mut stops = false;
        while let Ok(submission) = self.submissions.try_recv() {
            stops |= matches!(submission, Submission::Stop);
            self.fail(submission, error);
        }
        stops
    }

    /// Takes up where the journal ends.
    fn load(&mut self) -> Result<(), EngineError> {
        self.hot = Hot::new(self.preparing.desk());
        self.recent = Recent::default();
        self.looked_up.clear();
        self.shared_users.clear();
        self.heads = self.journal.heads()?;
        self.heads.iter().for_each(|head| self.published_heads.publish(*head));
        let decided_here = self.heads.iter().filter(|head| self.decided.contains(head.shard));
        let left_out = reading::wait_for_index(&*self.index, decided_here, |shard| self.holds(shard))?;
        // Also if their leases are back by now: what their index lacks would be decided on as if it had never happened.
        left_out.into_iter().for_each(|shard| self.lose(shard));
        self.clock = Clock::start(self.clock.mode(), self.journal.clock()?);
        self.timers = Timers::load(&*self.index, |licensee| self.decides_for(licensee.as_str()))?;
        self.sweep = Sweep::after_start(self.timers.licensees());
        Ok(())
    }

    fn head_of(&self, id: &str) -> Result<Head, EngineError> {
        let shard = self.shard_of(id);
        self.heads.get(usize::from(shard)).copied().ok_or_else(|| EngineError::Unreadable {
            place: format!("shard {shard}"),
            detail: "the store has fewer shards than it says".to_owned(),
        })
    }
}
