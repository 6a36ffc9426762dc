//! The writer's queue: bounded, and it tells how many wait in it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SendError, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    time::Duration,
};

use crate::submission::Submission;

/// The end that submissions go in by. Clones lead to the same queue.
#[derive(Clone)]
pub(crate) struct Queue {
    sender: SyncSender<Submission>,
    waiting: Waiting,
}

/// The end that the writer takes them from.
pub(crate) struct Submissions {
    receiver: Receiver<Submission>,
    waiting: Waiting,
}

/// How many commands are on their way in or wait. Counted before they go in, so that it is never below zero.
#[derive(Clone, Default)]
struct Waiting(Arc<AtomicUsize>);

/// A queue of at most so many.
pub(crate) fn bounded(submissions_max: usize) -> (Queue, Submissions) {
    let (sender, receiver) = sync_channel(submissions_max);
    let waiting = Waiting::default();
    (Queue { sender, waiting: waiting.clone() }, Submissions { receiver, waiting })
}

impl Queue {
    /// Puts one in; waits while there is no room.
    pub(crate) fn send(&self, submission: Submission) -> Result<(), SendError<Submission>> {
        self.waiting.come(submission.commands());
        self.sender.send(submission).inspect_err(|SendError(unsent)| self.waiting.go(unsent.commands()))
    }

    /// Puts one in if there is room.
    pub(crate) fn try_send(&self, submission: Submission) -> Result<(), TrySendError<Submission>> {
        self.waiting.come(submission.commands());
        self.sender.try_send(submission).inspect_err(
            |(TrySendError::Full(unsent) | TrySendError::Disconnected(unsent))| {
                self.waiting.go(unsent.commands());
            },
        )
    }

    /// How many commands wait, those included that wait for room.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.0.load(Ordering::Relaxed)
    }
}

impl Submissions {
    pub(crate) fn recv_timeout(&self, timeout: Duration) -> Result<Submission, RecvTimeoutError> {
        self.receiver.recv_timeout(timeout).inspect(|taken| self.waiting.go(taken.commands()))
    }

    pub(crate) fn try_recv(&self) -> Result<Submission, TryRecvError> {
        self.receiver.try_recv().inspect(|taken| self.waiting.go(taken.commands()))
    }
}

impl Waiting {
    fn come(&self, commands: usize) {
        self.0.fetch_add(commands, Ordering::Relaxed);
    }

    fn go(&self, commands: usize) {
        self.0.fetch_sub(commands, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_is_counted_and_nobody_else() {
        let (queue, submissions) = bounded(2);
        assert_eq!(queue.waiting(), 0);
        queue.try_send(Submission::Wake).unwrap();
        queue.send(Submission::Wake).unwrap();
        assert_eq!(queue.waiting(), 2);
        assert!(matches!(queue.try_send(Submission::Stop), Err(TrySendError::Full(_))));
        assert_eq!(queue.waiting(), 2, "who found no room does not wait");
        submissions.try_recv().unwrap();
        submissions.recv_timeout(Duration::ZERO).unwrap();
        assert!(submissions.try_recv().is_err());
        assert_eq!(queue.waiting(), 0);
        drop(submissions);
        assert!(queue.send(Submission::Stop).is_err());
        assert_eq!(queue.waiting(), 0, "who comes after the end does not wait");
    }
}
