//! From a mail in the queue to what the server gets. Who somebody is, is looked up now, and kept nowhere.

use std::{sync::Arc, time::Duration};

use chrono::SecondsFormat;
use contract::event::{StreamEvent, decode_recorded, licensee_stream};
use journal::{HistoryFilter, Journal, StreamIndex};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use licensing::{Event, LicenseeId, Offering, SubscriptionStarted};

use super::{
    MailParts, MailSettings, NewMail, Templates,
    templates::{Values, add_on_name},
};
use crate::NotifyError;

/// How long the index may take to know the licensee.
const INDEX_WAIT_MAX: Duration = Duration::from_secs(5);
const SUBSCRIPTION_STARTED: &str = "usher.licensing.v1.SubscriptionStarted";

/// Makes letters.
pub(super) struct Letters {
    journal: Arc<dyn Journal>,
    index: Arc<dyn StreamIndex>,
    templates: Arc<Templates>,
    from: Mailbox,
    to_instances: bool,
}

/// What comes of a mail.
pub(super) enum Letter {
    /// It is to be sent.
    Ready(Box<Message>),
    /// It is not to be sent.
    Dropped(Dropped),
    /// It can't be sent, as things are.
    Impossible {
        /// Why, without anybody's address.
        problem: &'static str,
    },
}

/// Why nobody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    /// The user was erased (R29), or never had an address.
    Erased,
    /// The switch is off for instances (R33).
    SwitchedOff,
}

impl Dropped {
    /// The word for it in the metrics.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Erased => "erased",
            Self::SwitchedOff => "switched_off",
        }
    }
}

impl Letters {
    pub(super) fn new(settings: &MailSettings, parts: &MailParts) -> Self {
        Self {
            journal: parts.journal.clone(),
            index: parts.index.clone(),
            templates: settings.templates.clone(),
            from: settings.smtp.from().clone(),
            to_instances: settings.to_instances,
        }
    }

    /// Looks up who is to be written to, and writes.
    ///
    /// # Errors
    /// When store or index can't be asked now.
    pub(super) fn write(&self, mail: &NewMail) -> Result<Letter, NotifyError> {
        if !self.to_instances && self.is_of_an_instance(mail)? {
            return Ok(Letter::Dropped(Dropped::SwitchedOff));
        }
        let Some(person) = self.journal.person(&mail.user)?.filter(|person| !person.email.trim().is_empty()) else {
            return Ok(Letter::Dropped(Dropped::Erased));
        };
        let Ok(address) = person.email.trim().parse::<Address>() else {
            return Ok(Letter::Impossible { problem: "the user has no valid address" });
        };
        let details = self.journal.licensee_details(&mail.licensee)?;
        let values = Values {
            name: if person.name.trim().is_empty() { person.username.clone() } else { person.name.clone() },
            username: person.username,
            licensee: mail.licensee.clone(),
            licensee_name: details.map_or_else(|| mail.licensee.clone(), |details| details.name),
            product: mail.product.clone(),
            add_on: mail.add_on.clone(),
            add_on_name: add_on_name(&mail.add_on),
            assigned_at: mail.assigned_at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        };
        let to = Mailbox::new(Some(person.name).filter(|name| !name.trim().is_empty()), address);
        match self.compose(mail, to, &values)? {
            Ok(message) => Ok(Letter::Ready(Box::new(message))),
            Err(_) => Ok(Letter::Impossible { problem: "the mail cannot be put together" }),
        }
    }

    fn compose(
        &self,
        mail: &NewMail,
        to: Mailbox,
        values: &Values,
    ) -> Result<Result<Message, lettre::error::Error>, NotifyError> {
        let written = self.templates.write(values)?;
        let composed = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(written.subject)
            // Of the event: whoever gets a mail twice can tell.
            .message_id(Some(format!("<{}@{}>", mail.event, self.from.email.domain())))
            .multipart(MultiPart::alternative_plain_html(written.text, written.html));
        Ok(composed.map(|mut message| {
            // No machine is to answer it.
            for (name, value) in [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")] {
                let name = HeaderName::new_from_ascii_str(name);
                message.headers_mut().insert_raw(HeaderValue::new(name, value.to_owned()));
            }
            message
        }))
    }

    /// Whether a licensee is an instance, by how it was first sold: that never changes (R1).
    fn is_of_an_instance(&self, mail: &NewMail) -> Result<bool, NotifyError> {
        Ok(self.offering(mail)?.is_some_and(Offering::synchronises))
    }

    fn offering(&self, mail: &NewMail) -> Result<Option<Offering>, NotifyError> {
        let Ok(licensee) = LicenseeId::parse(&mail.licensee) else { return Ok(None) };
        let heads = self.journal.heads()?;
        if let Some(end) = heads.iter().find(|head| head.shard == mail.position.shard)
            && !self.index.wait_until(end.shard, end.commit_number, INDEX_WAIT_MAX)?
        {
            return Err(NotifyError::IndexBehind { shard: end.shard });
        }
        let types = vec![SUBSCRIPTION_STARTED.to_owned()];
        let filter = HistoryFilter { limit: 1, types, ..HistoryFilter::default() };
        let page = self.index.history(&licensee_stream(&licensee), &filter)?;
        let Some(stored) = page.items.first() else { return Ok(None) };
        let decoded = decode_recorded(&stored.event)
            .map_err(|source| NotifyError::Record { position: stored.position, source: Box::new(source) })?;
        Ok(match decoded {
            StreamEvent::Licensee {
                event: Event::SubscriptionStarted(SubscriptionStarted { offering, .. }), ..
            } => Some(offering),
            _ => None,
        })
    }
}
