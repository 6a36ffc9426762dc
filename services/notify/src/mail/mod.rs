//! One mail to each user who is given a seat by a person or a bulk command (R33).
//!
//! Two threads. The *follower* reads the journal, shard by shard, and puts a mail into the queue for each such seat, in
//! one transaction with how far it read: a seat has one mail, whatever crashed. The *sender* takes one mail after another
//! out of the queue, notes that it is being sent, looks up who the user is, sends it, and notes that it was sent.
//!
//! Between the server's last "250" and our note a crash leaves open whether a mail arrived. It is sent again then, with
//! the same `Message-ID`, which is made of the event's id: SMTP has no better.

mod follower;
mod letter;
mod queue;
mod select;
mod sender;
mod smtp;
mod templates;

use std::{sync::Arc, time::Duration};

use journal::{Background, Held, Journal, StreamIndex, Watch};

pub use queue::{
    Claim, ClaimedMail, KeptMail, MailCounts, MailQueue, MailState, MailsQuery, NewMail, PAGE_MAX, Settled, Which,
};
pub use smtp::{InvalidSmtpUrl, SmtpUrl};
pub use templates::Templates;

use crate::{NotifyError, pause::Pauses};
use letter::Letters;
use sender::Sender;
use smtp::Transport;

/// How mail is sent.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Through which server, and from whom.
    pub smtp: SmtpUrl,
    /// What is written.
    pub templates: Arc<Templates>,
    /// How many mails this process sends a second, at most.
    pub per_second: u32,
    /// Whether members of instances are written to: the switch `duo_seat_assignment_email_for_sm`.
    pub to_instances: bool,
    /// How often, and how long, is tried what does not work.
    pub patience: Patience,
    /// What is not written about.
    pub history: History,
}

/// How often, and how long, is tried what does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Between two attempts on one mail.
    pub mail: Pauses,
    /// After how many attempts a mail is given up.
    pub attempts_max: u32,
    /// After failures that have nothing to do with the mail at hand: nothing is sent meanwhile.
    pub server: Pauses,
    /// How long one attempt may take.
    pub attempt_max: Duration,
}

impl Default for Patience {
    /// 56 attempts, from 5 seconds to an hour apart: two days.
    fn default() -> Self {
        Self {
            mail: Pauses { first: Duration::from_secs(5), longest: Duration::from_secs(3600) },
            attempts_max: 56,
            server: Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(60) },
            attempt_max: Duration::from_secs(60),
        }
    }
}

/// Whether what is fed from earlier times, for which nobody is written to, can be told from what happens now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// The clock is the machine's: what took effect long before it was recorded is history.
    Recognisable,
    /// The clock is moved by hand or by messages, and says nothing of that.
    Unrecognisable,
}

/// What mail is made of, and where what was sent is noted.
#[derive(Clone)]
pub struct MailParts {
    /// Where seats are given.
    pub journal: Arc<dyn Journal>,
    /// Where it is looked up how a licensee gets GitLab.
    pub index: Arc<dyn StreamIndex>,
    /// What is kept.
    pub queue: Arc<dyn MailQueue>,
    /// The shards that this process sends mail for; a process without leases has all of them there.
    pub tasks: Held,
}

/// Mail being sent. Dropped, it ends the mail at hand, and leaves the rest to whoever comes next.
pub struct Mailer {
    // In this order they are stopped.
    _follower: Background,
    _sender: Background,
}

impl Mailer {
    /// Begins. Seats that are given once this has returned are written about; if it is the first time for this store,
    /// those from before are not.
    ///
    /// # Errors
    /// When the queue or the journal refuses, and [`NotifyError::Tls`] or [`NotifyError::Thread`]. Whatever goes wrong
    /// later is logged, counted and tried again.
    pub fn start(settings: MailSettings, parts: MailParts) -> Result<Self, NotifyError> {
        parts.queue.begin(&parts.journal.heads()?)?;
        let taken_in = Watch::default();
        let transport = Transport::new(&settings.smtp)?;
        let letters = Letters::new(&settings, &parts);
        let sender = Sender::new(transport, letters, &settings, &parts);
        let wake = taken_in.clone();
        let sender = Background::start("mail", taken_in.clone(), move |stopping| sender.run(&wake, &stopping));
        let sender = sender.map_err(NotifyError::Thread)?;
        let follower = follower::Follower::new(parts, settings.history, taken_in);
        let wake = follower.wake();
        let follower = Background::start("mail-queue", wake, move |stopping| follower.run(&stopping));
        Ok(Self { _follower: follower.map_err(NotifyError::Thread)?, _sender: sender })
    }
}
