//! Tells licensees in other shards of users' new statuses, behind the commits (R26).
//!
//! What is to be told stands in the store with the commit itself. So nothing is lost here, whatever fails: what this
//! thread does not get to, it finds there later, or whoever holds the shard next does.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use journal::{Position, SharedUsers, StatusNews};
use licensing::{LicenseeId, UserId};

use crate::{Engine, EngineError, News, Order, Reply, ReplyTo, Ticket};

/// How much may wait; more is left to be found in the store.
const WAITING_MAX: usize = 16_384;
/// How much is looked up at one go.
const ROUND_MAX: usize = 256;
/// How soon what could not be told is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// How long there is nothing to do unless something comes.
const IDLE_WAIT: Duration = Duration::from_secs(3_600);

/// Something to be told.
pub(crate) struct Telling {
    pub(crate) news: StatusNews,
    /// Who waits until it is told, and for which answer.
    pub(crate) answer: Option<(ReplyTo, Reply)>,
}

enum Work {
    Tell(Box<Telling>),
    /// Whatever these shards have not told before.
    LookInto(Vec<u16>),
    Stop,
}

/// The way to the telling thread; to nowhere in a store of one process.
#[derive(Clone, Default)]
pub(crate) struct TellerQueue(Option<SyncSender<Work>>);

impl TellerQueue {
    /// Has something told. Never waits: the thread itself may be waiting for whoever calls this.
    pub(crate) fn tell(&self, telling: Telling) {
        let unsent = match &self.0 {
            Some(queue) => match queue.try_send(Work::Tell(Box::new(telling))) {
                Ok(()) => return,
                Err(TrySendError::Full(work) | TrySendError::Disconnected(work)) => work,
            },
            None => Work::Tell(Box::new(telling)),
        };
        if let Work::Tell(telling) = unsent
            && let Some((to, _)) = telling.answer
        {
            drop(to.send(Err(EngineError::Untold)));
        }
    }

    /// Has everything told that these shards have not told before.
    pub(crate) fn look_into(&self, shards: Vec<u16>) {
        if let Some(queue) = &self.0 {
            // With a full queue, what stands in the store is looked at soon anyway.
            let _ = queue.try_send(Work::LookInto(shards));
        }
    }

    pub(crate) fn stop(&self) {
        if let Some(queue) = &self.0 {
            // An error means that the thread has ended.
            let _ = queue.send(Work::Stop);
        }
    }
}

/// What the thread will need, once there is an engine.
pub(crate) struct Teller {
    users: Arc<dyn SharedUsers>,
    work: Receiver<Work>,
}

/// A teller that is not running yet, and the way to it.
pub(crate) fn prepare(users: Arc<dyn SharedUsers>) -> (TellerQueue, Teller) {
    let (queue, work) = sync_channel(WAITING_MAX);
    (TellerQueue(Some(queue)), Teller { users, work })
}

impl Teller {
    /// Starts telling, through `engine`.
    pub(crate) fn start(self, engine: Engine) -> Result<JoinHandle<()>, EngineError> {
        let mut state = State { users: self.users, engine, is_behind: false };
        thread::Builder::new()
            .name("usher-teller".to_owned())
            .spawn(move || state.run(&self.work))
            .map_err(|error| EngineError::Thread(Arc::new(error)))
    }
}

struct State {
    users: Arc<dyn SharedUsers>,
    engine: Engine,
    /// Whether something in the store is known to be untold.
    is_behind: bool,
}

impl State {
    fn run(&mut self, work: &Receiver<Work>) {
        loop {
            let wait = if self.is_behind { RETRY_AFTER } else { IDLE_WAIT };
            let first = match work.recv_timeout(wait) {
                Ok(work) => Some(work),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut round = Vec::new();
            for work in first.into_iter().chain(work.try_iter()).take(ROUND_MAX) {
                match work {
                    Work::Tell(telling) => round.push(*telling),
                    Work::LookInto(shards) => {
                        tracing::debug!(?shards, "looking for what is untold");
                        self.is_behind = true;
                    }
                    Work::Stop => return fail_all(round, &EngineError::Stopped),
                }
            }
            if self.is_behind {
                round = self.untold_with(round);
            }
            self.tell_all(round);
        }
    }

    /// What stands in the store goes first, or a licensee would hear of a later status before an earlier one. What was
    /// handed in stands there too.
    fn untold_with(&mut self, handed_in: Vec<Telling>) -> Vec<Telling> {
        let mut waiting: BTreeMap<Position, (ReplyTo, Reply)> = handed_in
            .into_iter()
            .filter_map(|telling| telling.answer.map(|answer| (telling.news.position, answer)))
            .collect();
        let mut round = self.untold();
        for telling in &mut round {
            telling.answer = waiting.remove(&telling.news.position);
        }
        for (to, _) in waiting.into_values() {
            drop(to.send(Err(EngineError::Untold)));
        }
        round
    }

    /// What the shards that are held here have not told, the oldest first.
    fn untold(&mut self) -> Vec<Telling> {
        self.is_behind = false;
        let mut round = Vec::new();
        for shard in self.engine.decided_shards() {
            match self.users.untold(shard, ROUND_MAX) {
                Ok(found) => {
                    self.is_behind |= found.len() == ROUND_MAX;
                    round.extend(found.into_iter().map(|news| Telling { news, answer: None }));
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, shard, "cannot read what is untold");
                    self.is_behind = true;
                }
            }
        }
        round
    }

    /// Tells what it can; the rest stays in the store.
    fn tell_all(&mut self, mut round: Vec<Telling>) {
        while !round.is_empty() {
            // Of each user one at a time: a licensee must not hear of a later status first.
            let (wave, rest) = first_of_each_user(round);
            round = rest;
            if let Err(error) = self.tell_wave(wave) {
                tracing::warn!(error = &error as &dyn std::error::Error, "licensees are told of statuses later");
                self.is_behind = true;
                return fail_all(round, &EngineError::Untold);
            }
        }
    }

    fn tell_wave(&self, wave: Vec<Telling>) -> Result<(), EngineError> {
        let users: Vec<&str> = wave.iter().map(|telling| telling.news.user.as_str()).collect();
        let enlisted = match self.users.enlisted(&users) {
            Ok(enlisted) => enlisted,
            Err(error) => {
                fail_all(wave, &EngineError::Untold);
                return Err(error.into());
            }
        };
        let sent: Vec<_> = wave
            .into_iter()
            .zip(enlisted)
            .map(|(telling, licensees)| {
                let tickets = self.send(&telling.news, &licensees);
                (telling, tickets)
            })
            .collect();
        let mut told = Vec::with_capacity(sent.len());
        let mut answers = Vec::new();
        let mut failure = None;
        for (telling, tickets) in sent {
            let position = telling.news.position;
            match finish(telling, tickets) {
                Ok(answer) => {
                    told.push(position);
                    answers.extend(answer);
                }
                Err(error) => failure = Some(error),
            }
        }
        let noted = self.users.told(&told);
        // Also if that could not be noted: everybody has heard of it, and once more does no harm.
        answers.into_iter().for_each(|(to, reply)| drop(to.send(Ok(reply))));
        noted?;
        failure.map_or(Ok(()), Err)
    }

    /// Sends the news to all who have not heard of it in the commit itself.
    fn send(&self, news: &StatusNews, licensees: &[String]) -> Vec<Result<Ticket<Reply>, EngineError>> {
        let others = licensees.iter().filter(|licensee| !news.told.contains(licensee));
        others.map(|licensee| self.engine.submit(Order::News(Box::new(order_of(news, licensee)?)))).collect()
    }
}

fn order_of(news: &StatusNews, licensee: &str) -> Result<News, EngineError> {
    let unreadable = |error: licensing::InvalidId| EngineError::Unreadable {
        place: format!("the news at {}-{}", news.position.shard, news.position.position),
        detail: error.to_string(),
    };
    Ok(News {
        licensee: LicenseeId::parse(licensee).map_err(unreadable)?,
        user: UserId::parse(&news.user).map_err(unreadable)?,
        status: news.status,
        version: news.version,
        command_id: news.command_id.clone(),
        actor: news.actor.clone(),
        effective_at: news.effective_at,
    })
}

/// Waits until everybody has taken note; gives the answer for whoever waits for that.
fn finish(
    telling: Telling,
    tickets: Vec<Result<Ticket<Reply>, EngineError>>,
) -> Result<Option<(ReplyTo, Reply)>, EngineError> {
    let replies: Result<Vec<Reply>, EngineError> = tickets.into_iter().map(|ticket| ticket?.wait()).collect();
    match replies {
        Ok(replies) => Ok(telling.answer.map(|(to, reply)| (to, together(reply, replies)))),
        Err(error) => {
            if let Some((to, _)) = telling.answer {
                drop(to.send(Err(EngineError::Untold)));
            }
            Err(error)
        }
    }
}

/// The answer about the user, with what happened at the licensees.
fn together(reply: Reply, others: Vec<Reply>) -> Reply {
    let Reply::Done(mut all) = reply else { return reply };
    for other in others {
        if let Reply::Done(done) = other {
            all.events = all.events.saturating_add(done.events);
            all.positions.advance_all(&done.positions);
        }
    }
    Reply::Done(all)
}

/// Splits off the first of each user; both parts keep their order.
fn first_of_each_user(round: Vec<Telling>) -> (Vec<Telling>, Vec<Telling>) {
    let mut seen = BTreeSet::new();
    round.into_iter().partition(|telling| seen.insert(telling.news.user.clone()))
}

fn fail_all(round: Vec<Telling>, error: &EngineError) {
    for (to, _) in round.into_iter().filter_map(|telling| telling.answer) {
        drop(to.send(Err(error.clone())));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use licensing::{Instant, UserStatus};

    use super::*;

    fn telling(user: &str, version: u64) -> Telling {
        let news = StatusNews {
            position: Position { shard: 0, position: version },
            user: user.to_owned(),
            version,
            status: UserStatus::Blocked,
            command_id: String::new(),
            actor: String::new(),
            effective_at: Instant::UNIX_EPOCH,
            told: Vec::new(),
        };
        Telling { news, answer: None }
    }

    #[test]
    fn of_a_user_one_thing_is_told_at_a_time_in_order() {
        let round = vec![telling("a", 1), telling("b", 1), telling("a", 2), telling("a", 3), telling("c", 1)];
        let shown = |round: &[Telling]| -> Vec<_> {
            round.iter().map(|telling| format!("{}{}", telling.news.user, telling.news.version)).collect()
        };
        let (wave, rest) = first_of_each_user(round);
        assert_eq!(
            (shown(&wave), shown(&rest)),
            (vec!["a1".into(), "b1".into(), "c1".into()], vec!["a2".into(), "a3".into()])
        );
        let (wave, rest) = first_of_each_user(rest);
        assert_eq!((shown(&wave), shown(&rest)), (vec!["a2".to_owned()], vec!["a3".to_owned()]));
    }
}
