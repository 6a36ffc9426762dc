//! What the interface answers, as far as pages show it.

use std::collections::BTreeMap;

use licensing::{Instant, LicenseeId, Offering, ProductId, ProductSummary, SubscriptionSummary, UserId, UserStatus};
use serde::Deserialize;
use serde_json::Value;

/// A part of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Gives the part after this one; absent at the end.
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
}

/// A licensee.
#[derive(Debug, Deserialize)]
pub(crate) struct Licensee {
    pub(crate) licensee: LicenseeId,
    pub(crate) name: Option<String>,
    pub(crate) offering: Option<Offering>,
    pub(crate) version: u64,
    pub(crate) members: u32,
    pub(crate) subscription: Option<SubscriptionSummary>,
    pub(crate) products: BTreeMap<ProductId, ProductSummary>,
    pub(crate) last_synced_at: Option<Instant>,
    pub(crate) instance_version: Option<String>,
}

/// A member of a licensee.
#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    pub(crate) user: UserId,
    pub(crate) username: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) role: String,
    pub(crate) r#type: String,
    pub(crate) status: UserStatus,
    pub(crate) assigned: bool,
    pub(crate) assigned_at: Option<Instant>,
    pub(crate) last_used_at: Option<Instant>,
}

/// What time alone will change.
#[derive(Debug, Deserialize)]
pub(crate) struct Timer {
    pub(crate) kind: String,
    pub(crate) due_at: Instant,
}

/// Something that happened.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    pub(crate) version: u64,
    pub(crate) r#type: String,
    pub(crate) effective_at: Instant,
    pub(crate) recorded_at: Instant,
    pub(crate) actor: String,
    pub(crate) command_id: String,
    pub(crate) data: Value,
}

/// What a change would do.
#[derive(Debug, Deserialize)]
pub(crate) struct Preview {
    pub(crate) events: Vec<PreviewEvent>,
}

/// What a bulk assignment or removal would do, without its events: there are thousands of them.
#[derive(Debug, Deserialize)]
pub(crate) struct PreviewOfMany {
    #[serde(default)]
    pub(crate) answer: Outcome,
}

/// An event that would be made.
#[derive(Debug, Deserialize)]
pub(crate) struct PreviewEvent {
    pub(crate) r#type: String,
    pub(crate) data: Value,
}

/// What became of a bulk assignment or removal; each has some of these lists.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Outcome {
    pub(crate) assigned: Vec<UserId>,
    pub(crate) already_assigned: Vec<UserId>,
    pub(crate) failed: Vec<FailedUser>,
    pub(crate) removed: Vec<UserId>,
    pub(crate) without_seat: Vec<UserId>,
}

/// A user who got no seat.
#[derive(Debug, Deserialize)]
pub(crate) struct FailedUser {
    pub(crate) user: UserId,
    pub(crate) code: String,
}

/// What became of messages.
#[derive(Debug, Deserialize)]
pub(crate) struct MessageResults {
    pub(crate) results: Vec<MessageResult>,
}

/// What became of a message.
#[derive(Debug, Deserialize)]
pub(crate) struct MessageResult {
    pub(crate) outcome: String,
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) detail: Option<String>,
    #[serde(default)]
    pub(crate) position: Option<String>,
}

/// Why a user has a seat, or none.
#[derive(Debug, Deserialize)]
pub(crate) struct Explanation {
    pub(crate) at: Instant,
    /// What is to be said of the membership.
    pub(crate) sentences: Vec<String>,
    pub(crate) products: Vec<ProductReasons>,
}

/// Why a user has a seat of a product, or none.
#[derive(Debug, Deserialize)]
pub(crate) struct ProductReasons {
    pub(crate) product: ProductId,
    pub(crate) standing: String,
    pub(crate) rule: Option<String>,
    /// The commands that brought it about, oldest first.
    pub(crate) chain: Vec<Link>,
    pub(crate) sentences: Vec<String>,
}

/// A command, and those of its events that matter to the user.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) command: LinkedCommand,
    pub(crate) events: Vec<Event>,
}

/// Where something came from.
#[derive(Debug, Deserialize)]
pub(crate) struct LinkedCommand {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) actor: String,
    #[serde(default)]
    pub(crate) r#type: Option<String>,
}

/// What became, or would become, of the seats that a command had moved.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Undone {
    pub(crate) restored: Vec<UserId>,
    pub(crate) removed: Vec<UserId>,
    pub(crate) failed: Vec<FailedUser>,
}

/// What undoing a command would do.
#[derive(Debug, Deserialize)]
pub(crate) struct PreviewedUndoing {
    #[serde(default)]
    pub(crate) answer: Undone,
}

/// Either what a message would do, or that it would be refused.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum MessagePreview {
    Events(Preview),
    Refused(MessageResults),
}

impl Licensee {
    /// What it is called for people.
    pub(crate) fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(self.licensee.as_str())
    }

    /// Whether what is sold to it waits for a synchronisation (R16).
    pub(crate) fn is_instance(&self) -> bool {
        self.offering.is_some_and(Offering::synchronises)
    }

    /// The product that a page is about: the one that is named, or the first.
    pub(crate) fn product(&self, named: &str) -> Option<(&ProductId, &ProductSummary)> {
        let found = self.products.iter().find(|(product, _)| product.as_str() == named);
        found.or_else(|| self.products.iter().next())
    }
}

impl PreviewEvent {
    /// Whom it is about, if anyone.
    pub(crate) fn user(&self) -> Option<&str> {
        self.data.get("user").and_then(Value::as_str)
    }
}
