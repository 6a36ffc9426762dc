//! What this process tells people and programs of what happens.

use notify::{
    NotifyError,
    mail::{MailParts, MailSettings, Mailer},
    webhooks::{WebhookParts, WebhookPatience, Webhooks},
};

use crate::store::{Store, StoreError};

/// What tells, at work. Dropped, it ends what it is telling, and leaves the rest for later.
pub struct Notices {
    _mailer: Option<Mailer>,
    _webhooks: Webhooks,
}

impl Notices {
    /// Begins to tell what happens from now on.
    pub fn start(
        store: &Store,
        mail: Option<MailSettings>,
        webhook_patience: WebhookPatience,
    ) -> Result<Self, StoreError> {
        let mailer = mail.map(|settings| start_mail(store, settings)).transpose()?;
        Ok(Self { _mailer: mailer, _webhooks: start_webhooks(store, webhook_patience)? })
    }
}

fn start_mail(store: &Store, settings: MailSettings) -> Result<Mailer, StoreError> {
    let server = settings.smtp.server();
    let parts = MailParts {
        journal: store.journal(),
        index: store.index(),
        queue: store.told()?.mails,
        tasks: store.notified(),
    };
    let started: Result<Mailer, NotifyError> = Mailer::start(settings, parts);
    let mailer = started.map_err(|source| store.cannot_tell(source))?;
    tracing::info!(server, "mail is sent");
    Ok(mailer)
}

fn start_webhooks(store: &Store, patience: WebhookPatience) -> Result<Webhooks, StoreError> {
    let parts = WebhookParts {
        journal: store.journal(),
        webhooks: store.told()?.webhooks,
        tasks: store.notified(),
        store_id: store.store_id().to_vec(),
    };
    Webhooks::start(patience, parts).map_err(|source| store.cannot_tell(source))
}
