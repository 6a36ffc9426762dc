//! Mail in a world, with impatient settings.

use std::{sync::Arc, time::Duration};

use journal::Held;
use notify::{
    mail::{History, MailParts, MailSettings, Mailer, Patience, Templates},
    pause::Pauses,
};

pub use crate::ground::World;
use crate::smtp::SmtpServer;

impl World {
    pub fn mailer(&self, server: &SmtpServer) -> Mailer {
        self.mailer_with(settings(server))
    }

    pub fn mailer_with(&self, settings: MailSettings) -> Mailer {
        let parts = MailParts {
            journal: self.journal(),
            index: self.index(),
            queue: self.queue.clone(),
            tasks: Held::of_all(16),
        };
        Mailer::start(settings, parts).unwrap()
    }

    /// Waits until nothing waits to be sent.
    pub fn wait_until_empty(&self) {
        let began = std::time::Instant::now();
        let all: Vec<u16> = (0..16).collect();
        while self.queue.count(&all).unwrap().waiting > 0 {
            assert!(began.elapsed() < crate::smtp::LONG);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Impatient ones.
pub fn settings(server: &SmtpServer) -> MailSettings {
    let millis = Duration::from_millis;
    MailSettings {
        smtp: server.url().parse().unwrap(),
        templates: Arc::new(Templates::built_in().unwrap()),
        per_second: 1_000,
        to_instances: true,
        patience: Patience {
            mail: Pauses { first: millis(20), longest: millis(100) },
            attempts_max: 10,
            server: Pauses { first: millis(10), longest: millis(100) },
            attempt_max: Duration::from_secs(5),
        },
        history: History::Recognisable,
    }
}
