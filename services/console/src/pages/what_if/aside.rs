//! Answers that take longer than a page may: of a licensee with a million members, all who have a seat are put in order to tell
//! who would lose it (R22). They are found out aside, while the page says so and comes again.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use licensing::LicenseeId;
use parking_lot::Mutex;
use tokio::{sync::oneshot, time::timeout};

use super::{Preview, WhatIf};
use crate::{failure::Failure, visitor::Visitor};

/// How long a page waits for an answer.
const PATIENCE: Duration = Duration::from_millis(25);
/// How many answers may be on their way for pages that come again; of more, those begin anew.
const KEPT_MAX: usize = 64;
/// After how long an answer is let go that nobody came again for.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// What is asked, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    actor: String,
    /// Whether they may ask: the same person may come with another token.
    sends_billing: bool,
    licensee: LicenseeId,
    asked: WhatIf,
}

impl Question {
    pub(super) fn new(visitor: &Visitor, licensee: &LicenseeId, asked: &WhatIf) -> Self {
        Self {
            actor: visitor.caller.actor.clone(),
            sends_billing: visitor.caller.sends_billing,
            licensee: licensee.clone(),
            asked: WhatIf { turn: 0, ..asked.clone() },
        }
    }
}

type Found = Result<Preview, Failure>;

/// An answer on its way.
struct OnItsWay {
    answer: oneshot::Receiver<Found>,
    asked_last: Instant,
}

/// The answers that are on their way.
#[derive(Default)]
pub(crate) struct Answers(Mutex<HashMap<Question, OnItsWay>>);

impl Answers {
    /// What `find_out` comes to, unless that takes too long: then whoever asks the same again gets it.
    pub(super) async fn of(
        &self,
        question: Question,
        find_out: impl Future<Output = Found> + Send + 'static,
    ) -> Option<Found> {
        let mut answer = self.take(&question).unwrap_or_else(|| begin(find_out));
        match timeout(PATIENCE, &mut answer).await {
            Ok(found) => {
                Some(found.unwrap_or_else(|_| Err(Failure::unavailable("it could not be found out: try again"))))
            }
            Err(_elapsed) => {
                self.keep(question, answer);
                None
            }
        }
    }

    fn take(&self, question: &Question) -> Option<oneshot::Receiver<Found>> {
        self.0.lock().remove(question).map(|on_its_way| on_its_way.answer)
    }

    fn keep(&self, question: Question, answer: oneshot::Receiver<Found>) {
        let mut kept = self.0.lock();
        kept.retain(|_, on_its_way| on_its_way.asked_last.elapsed() < KEPT_FOR);
        if kept.len() < KEPT_MAX {
            kept.insert(question, OnItsWay { answer, asked_last: Instant::now() });
        }
    }
}

fn begin(find_out: impl Future<Output = Found> + Send + 'static) -> oneshot::Receiver<Found> {
    let (tell, answer) = oneshot::channel();
    // Whoever asked may never come again.
    tokio::spawn(async move { drop(tell.send(find_out.await)) });
    answer
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::{super::Kind, *};
    use crate::failure::Problem;

    fn question(seats: u32) -> Question {
        let licensee = LicenseeId::parse("acme").unwrap();
        Question {
            actor: "ann".to_owned(),
            sends_billing: true,
            licensee,
            asked: WhatIf { kind: Kind::Change, seats, turn: 0 },
        }
    }

    fn answer(detail: &str) -> Found {
        Ok(Preview::refused(Problem::new(axum::http::StatusCode::CONFLICT, "refused", detail)))
    }

    fn detail(found: Option<Found>) -> String {
        let Some(Ok(Preview { outcome: Err(problem), .. })) = found else { panic!("no answer") };
        problem.detail.clone()
    }

    #[tokio::test]
    async fn what_takes_long_is_found_out_once_and_given_to_whoever_asks_again() {
        let answers = Answers::default();
        let (go_on, goes_on) = oneshot::channel();
        let slow = async move {
            goes_on.await.unwrap();
            answer("the first")
        };
        assert!(answers.of(question(1), slow).await.is_none());
        assert!(answers.of(question(1), async { answer("the second") }).await.is_none(), "it is still on its way");
        assert_eq!(detail(answers.of(question(2), async { answer("another") }).await), "another");
        go_on.send(()).unwrap();
        let found = loop {
            let found = answers.of(question(1), async { answer("the third") }).await;
            if found.is_some() {
                break found;
            }
        };
        assert_eq!(detail(found), "the first");
        assert_eq!(detail(answers.of(question(1), async { answer("anew") }).await), "anew", "it was given");
    }

    #[tokio::test]
    async fn no_more_are_kept_than_there_is_room_for() {
        let answers = Answers::default();
        for seats in 0..=u32::try_from(KEPT_MAX).unwrap() {
            assert!(answers.of(question(seats), std::future::pending()).await.is_none());
        }
        assert_eq!(answers.0.lock().len(), KEPT_MAX);
    }
}
