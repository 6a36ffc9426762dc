//! Sends what is in the queue, one mail after another.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use journal::{Held, Stopping, Watch, with_causes};
use metrics::{counter, gauge};

use super::{
    ClaimedMail, MailParts, MailQueue, MailSettings, Patience, Settled,
    letter::{Letter, Letters},
    smtp::{SendError, Transport},
};
use crate::{NotifyError, pause::Pauses};

/// How often is looked whether the turn of a mail has come.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is counted what is in the queue.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// For how much longer than an attempt may take a mail is nobody else's.
const HELD_BEYOND: Duration = Duration::from_secs(120);
/// How long the mail at hand may still take once sending is to stop.
const STOP_WAIT: Duration = Duration::from_secs(5);
/// How often is looked whether sending is to stop, while a mail is being sent.
const LOOK_FOR_STOP_EVERY: Duration = Duration::from_millis(50);
/// After failures of the queue.
const QUEUE_PAUSES: Pauses = Pauses { first: Duration::from_millis(50), longest: Duration::from_secs(10) };

pub(super) struct Sender {
    transport: Transport,
    letters: Letters,
    queue: Arc<dyn MailQueue>,
    tasks: Held,
    patience: Patience,
    /// Between two mails.
    interval: Duration,
}

/// What there is to do next.
enum Next {
    /// The next mail, once its turn has come by the rate.
    Go,
    /// Nothing, until something changes.
    Wait,
    /// Nothing, for a while: something is wrong with the server.
    Pause(Duration),
}

impl Sender {
    pub(super) fn new(transport: Transport, letters: Letters, settings: &MailSettings, parts: &MailParts) -> Self {
        Self {
            transport,
            letters,
            queue: parts.queue.clone(),
            tasks: parts.tasks.clone(),
            patience: settings.patience,
            interval: Duration::from_secs(1) / settings.per_second.max(1),
        }
    }

    /// Sends until it is asked to stop. `wake` is notified of new mails.
    pub(super) fn run(&self, wake: &Watch, stopping: &Stopping) {
        let mut counted: Option<Instant> = None;
        let (mut failures, mut server_failures) = (0, 0);
        loop {
            // In this order: a stop, and a mail, after it was looked for wake the wait below.
            let seen = wake.generation();
            if stopping.is_asked() {
                return;
            }
            if counted.is_none_or(|at| at.elapsed() >= COUNT_EVERY) {
                self.count();
                counted = Some(Instant::now());
            }
            let began = Instant::now();
            match self.send_next(stopping, &mut server_failures) {
                Ok(Next::Go) => {
                    failures = 0;
                    stopping.pause(self.interval.saturating_sub(began.elapsed()));
                }
                Ok(Next::Wait) => {
                    failures = 0;
                    wake.wait_beyond(seen, LOOK_EVERY.min(self.patience.mail.first));
                }
                Ok(Next::Pause(pause)) => stopping.pause(pause),
                Err(error) => {
                    failures += 1;
                    counter!("usher_mail_queue_errors_total").increment(1);
                    let pause = QUEUE_PAUSES.after(failures);
                    tracing::warn!(error = with_causes(&error), ?pause, "mail waits for its queue");
                    stopping.pause(pause);
                }
            }
        }
    }

    /// Deals with the mail whose turn it is.
    fn send_next(&self, stopping: &Stopping, server_failures: &mut u32) -> Result<Next, NotifyError> {
        let held_for = self.patience.attempt_max.saturating_add(HELD_BEYOND);
        let Some(claimed) = self.queue.claim(&self.tasks.shards(), held_for)? else { return Ok(Next::Wait) };
        if claimed.is_in_doubt {
            counter!("usher_mail_repeated_total").increment(1);
            tracing::warn!(mail = %claimed.mail.event, "a mail that may have arrived is sent again, under the same id");
        }
        let letter = match self.letters.write(&claimed.mail) {
            Ok(letter) => letter,
            Err(error) => {
                // Whatever it is, it is not the mail server's fault; but the mail has to come again.
                self.settle_unsent(&claimed, self.again_or_never(&claimed, with_causes(&error)))?;
                return Err(error);
            }
        };
        match letter {
            Letter::Dropped(dropped) => {
                self.queue.settle(&claimed.claim, &Settled::Done)?;
                counter!("usher_mail_dropped_total", "reason" => dropped.reason()).increment(1);
                Ok(Next::Go)
            }
            Letter::Impossible { problem } => {
                self.settle_unsent(&claimed, Settled::GivenUp { problem: problem.to_owned() })?;
                Ok(Next::Go)
            }
            Letter::Ready(message) => match self.attempt(*message, stopping) {
                // It stays claimed: whether it arrived is open.
                None => Ok(Next::Go),
                Some(Ok(())) => {
                    *server_failures = 0;
                    self.settle_sent(&claimed, stopping);
                    Ok(Next::Go)
                }
                Some(Err(error)) => self.after_failure(&claimed, &error, server_failures),
            },
        }
    }

    /// Sends a mail; `None` if it was not over when sending had to stop.
    fn attempt(&self, message: lettre::Message, stopping: &Stopping) -> Option<Result<(), SendError>> {
        self.transport.send(message, self.patience.attempt_max, stop_is_overdue(stopping))
    }

    /// Notes that a mail was sent; tries that for as long as the mail is nobody else's, since otherwise it is sent again.
    fn settle_sent(&self, claimed: &ClaimedMail, stopping: &Stopping) {
        counter!("usher_mail_sent_total").increment(1);
        let began = Instant::now();
        let mut failures = 0;
        while let Err(error) = self.queue.settle(&claimed.claim, &Settled::Done) {
            failures += 1;
            let patience = if stopping.is_asked() { STOP_WAIT } else { HELD_BEYOND };
            let error = with_causes(&error);
            if began.elapsed() > patience {
                tracing::error!(error, mail = %claimed.mail.event, "a mail was sent, but that could not be noted");
                return;
            }
            tracing::warn!(error, "mail waits for its queue");
            std::thread::sleep(QUEUE_PAUSES.after(failures).min(STOP_WAIT));
        }
    }

    fn after_failure(
        &self,
        claimed: &ClaimedMail,
        error: &SendError,
        server_failures: &mut u32,
    ) -> Result<Next, NotifyError> {
        counter!("usher_mail_failures_total", "kind" => error.kind()).increment(1);
        tracing::warn!(%error, mail = %claimed.mail.event, attempt = claimed.claim.attempts, "a mail was not sent");
        let settled = if error.is_final() {
            Settled::GivenUp { problem: error.to_string() }
        } else {
            self.again_or_never(claimed, error.to_string())
        };
        self.settle_unsent(claimed, settled)?;
        if !error.is_about_the_server() {
            *server_failures = 0;
            return Ok(Next::Go);
        }
        *server_failures = server_failures.saturating_add(1);
        Ok(Next::Pause(self.patience.server.after(*server_failures)))
    }

    fn settle_unsent(&self, claimed: &ClaimedMail, settled: Settled) -> Result<(), NotifyError> {
        self.queue.settle(&claimed.claim, &settled)?;
        if let Settled::GivenUp { problem } = settled {
            counter!("usher_mail_given_up_total").increment(1);
            tracing::error!(problem, mail = %claimed.mail.event, "a mail is given up: see usher mail list");
        }
        Ok(())
    }

    fn again_or_never(&self, claimed: &ClaimedMail, problem: String) -> Settled {
        let attempts = claimed.claim.attempts;
        if attempts >= self.patience.attempts_max {
            return Settled::GivenUp { problem };
        }
        Settled::Again { after: self.patience.mail.after(attempts), problem }
    }

    #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
    fn count(&self) {
        match self.queue.count(&self.tasks.shards()) {
            Ok(counts) => {
                gauge!("usher_mail_waiting").set(counts.waiting as f64);
                gauge!("usher_mail_given_up").set(counts.given_up as f64);
            }
            Err(error) => tracing::debug!(error = with_causes(&error), "the mails could not be counted"),
        }
    }
}

/// Is over once sending should have stopped for a while.
async fn stop_is_overdue(stopping: &Stopping) {
    while !stopping.is_asked() {
        tokio::time::sleep(LOOK_FOR_STOP_EVERY).await;
    }
    tokio::time::sleep(STOP_WAIT).await;
}
