//! What a command for a licensee would do (R37): decided as the command itself, on a copy.
//!
//! Of a large licensee that may take long: to find out who would lose a seat, all who hold one are looked at (R22). So it is
//! done on a thread of its own, and no command waits for it.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
};

use journal::{LicenseeDetails, Positions, StreamIndex};
use licensing::{
    Catalogue, Command, Context, Decision, Event, Instant, Licensee, LicenseeId, Refusal, UserId, UserStatus, fire,
};

use crate::{
    Answer, EngineError, Preview, PreviewEvent, Reply, ReplyTo, facts::StoreFacts, hot::HotLicensee,
    reading::INDEX_WAIT, recent::Recent,
};

/// From so many members on a licensee counts as large.
const MEMBERS_LARGE: u32 = 10_000;
/// How many questions may wait; with more, whoever asks is told to come back.
const WAITING_MAX: usize = 4;

/// What is known of a licensee, and of the user whom a command is about.
pub(crate) struct Known<'a> {
    pub(crate) licensee: &'a LicenseeId,
    pub(crate) state: &'a Licensee,
    pub(crate) details: Option<&'a LicenseeDetails>,
    pub(crate) user: Option<(&'a UserId, UserStatus)>,
}

/// A licensee that may be changed without anybody noticing.
pub(crate) struct Copy {
    pub(crate) licensee: LicenseeId,
    pub(crate) hot: HotLicensee,
}

impl Copy {
    fn known<'a>(&'a self, user: Option<(&'a UserId, UserStatus)>) -> Known<'a> {
        let Self { licensee, hot } = self;
        Known { licensee, state: &hot.state, details: hot.details.as_ref(), user }
    }
}

/// What would happen, and of a command what it would answer; or why it would be refused.
pub(crate) type Outcome = Result<Foreseen, Refusal>;

/// What would happen, and of a command what it would answer.
#[derive(Default)]
pub(crate) struct Foreseen {
    pub(crate) events: Vec<PreviewEvent>,
    pub(crate) answer: Option<Answer>,
}

impl From<Vec<PreviewEvent>> for Foreseen {
    fn from(events: Vec<PreviewEvent>) -> Self {
        Self { events, answer: None }
    }
}

/// The reply that shows an outcome; `version` is that of what was asked about.
pub(crate) fn previewed(outcome: Outcome, version: Option<u64>) -> Reply {
    let (outcome, answer) = match outcome {
        Ok(Foreseen { events, answer }) => (Ok(events), answer),
        Err(refusal) => (Err(refusal), None),
    };
    Reply::Previewed(Box::new(Preview { outcome, answer, version }))
}

/// What a command would do to a copy of a licensee.
pub(crate) struct Question {
    pub(crate) copy: Copy,
    pub(crate) command: Command,
    /// The user whom the command is about, if it is about one.
    pub(crate) user: Option<(UserId, UserStatus)>,
    /// When it would be decided, behind what time alone does until then.
    pub(crate) at: Instant,
}

impl Question {
    /// Whether it may take longer than others should wait.
    pub(crate) fn is_about_many(&self) -> bool {
        self.copy.hot.state.account().members() >= MEMBERS_LARGE
    }
}

/// What can be looked at to decide.
pub(crate) struct Sight<'a> {
    pub(crate) index: &'a dyn StreamIndex,
    /// What the index does not have yet.
    pub(crate) recent: &'a Recent,
    pub(crate) catalogue: &'a Catalogue,
}

impl Sight<'_> {
    /// Lets the domain look at a licensee; fails if the store could not tell what it asked.
    pub(crate) fn with_known<T>(
        &self,
        Known { licensee, state, details, user }: Known<'_>,
        now: Instant,
        decide: impl FnOnce(&Licensee, &Context<'_>) -> T,
    ) -> Result<T, EngineError> {
        let &Self { index, recent, catalogue } = self;
        let facts = StoreFacts { index, recent, licensee, details, user, failure: RefCell::new(None) };
        let context = Context { catalogue, now, facts: &facts };
        let decided = decide(state, &context);
        facts.check()?;
        Ok(decided)
    }

    /// What a command would do.
    pub(crate) fn answer(&self, question: Question) -> Result<Outcome, EngineError> {
        let Question { mut copy, command, user, at } = question;
        self.fire_on(&mut copy, at)?;
        let user = user.as_ref().map(|(user, status)| (user, *status));
        let decided = self.decide_on(&copy, &command, user, at)?;
        Ok(decided.map(|Decision { events, report }| Foreseen {
            answer: Some(Answer::of(report, events.len())).filter(|answer| !matches!(answer, Answer::Changed(_))),
            events: PreviewEvent::of_licensee(&copy.licensee, events).collect(),
        }))
    }

    /// Lets everything happen to a copy that time alone does until then; gives what, and when.
    pub(crate) fn fire_on(&self, copy: &mut Copy, until: Instant) -> Result<Vec<(Instant, Vec<Event>)>, EngineError> {
        let mut fired = Vec::new();
        loop {
            let timer = copy.hot.state.next_timer(self.catalogue);
            let Some(timer) = timer.filter(|timer| timer.due <= until) else { return Ok(fired) };
            let events = self.with_known(copy.known(None), timer.due, |state, context| fire(state, &timer, context))?;
            events.iter().for_each(|event| copy.hot.state.evolve(event, timer.due));
            fired.push((timer.due, events));
        }
    }

    /// Decides about a copy as it is.
    pub(crate) fn decide_on(
        &self,
        copy: &Copy,
        command: &Command,
        user: Option<(&UserId, UserStatus)>,
        at: Instant,
    ) -> Result<Result<Decision, Refusal>, EngineError> {
        self.with_known(copy.known(user), at, |state, context| licensing::decide(state, command, context))
    }
}

/// A question on its way to the thread.
struct Asked {
    question: Question,
    version: Option<u64>,
    /// What was decided when it was asked.
    decided: Positions,
    to: ReplyTo,
}

/// The way to the thread that answers questions about large licensees. Dropping it ends the thread, once everything that was
/// asked is answered.
pub(crate) struct Foresight {
    questions: SyncSender<Asked>,
}

impl Foresight {
    /// Starts the thread.
    pub(crate) fn start(
        index: Arc<dyn StreamIndex>,
        catalogue: Arc<Catalogue>,
    ) -> Result<(Self, JoinHandle<()>), EngineError> {
        let (questions, asked) = sync_channel(WAITING_MAX);
        let thread = thread::Builder::new()
            .name("usher-foresight".to_owned())
            .spawn(move || answer_all(&*index, &catalogue, &asked))
            .map_err(|error| EngineError::Thread(Arc::new(error)))?;
        Ok((Self { questions }, thread))
    }

    /// Has a question answered that was asked when all up to `decided` was decided; `version` is that of the licensee.
    pub(crate) fn ask(&self, question: Question, version: Option<u64>, decided: Positions, to: ReplyTo) {
        let (to, error) = match self.questions.try_send(Asked { question, version, decided, to }) {
            Ok(()) => return,
            Err(TrySendError::Full(asked)) => (asked.to, EngineError::Busy),
            Err(TrySendError::Disconnected(asked)) => (asked.to, EngineError::Stopped),
        };
        // Whoever asked may have gone away.
        let _ = to.send(Err(error));
    }
}

fn answer_all(index: &dyn StreamIndex, catalogue: &Catalogue, questions: &Receiver<Asked>) {
    while let Ok(Asked { question, version, decided, to }) = questions.recv() {
        if to.is_closed() {
            continue;
        }
        // Whoever asked may have gone away.
        let _ = to.send(answer(index, catalogue, question, &decided).map(|outcome| previewed(outcome, version)));
    }
}

/// What only the writer knows of is what the index does not have yet. So it is waited for, which tells besides that what the
/// copy has is committed.
fn answer(
    index: &dyn StreamIndex,
    catalogue: &Catalogue,
    question: Question,
    decided: &Positions,
) -> Result<Outcome, EngineError> {
    if !index.wait_for(decided, INDEX_WAIT)? {
        return Err(EngineError::Busy);
    }
    Sight { index, recent: &Recent::default(), catalogue }.answer(question)
}
