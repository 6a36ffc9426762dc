//! What changed between two readings of a licensee, field by field.

use licensing::{Instant, Member, ProductId, Summary};
use serde::Serialize;

/// A field whose moves are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Billing's name of the subscription.
    Subscription,
    /// The base plan.
    Plan,
    /// Base seats.
    SubscriptionSeats,
    /// Where the subscription is in its life (R2).
    SubscriptionStatus,
    /// First instant of the term.
    TermStartsAt,
    /// First instant after the term.
    TermEndsAt,
    /// The version that the instance told.
    InstanceVersion,
    /// What the product's pool is doing (R16, R20).
    ProductStatus,
    /// The add-on of the pool.
    AddOn,
    /// Whether a trial grants it.
    Trial,
    /// Seats in the pool.
    Quantity,
    /// A member's role.
    Role,
    /// A member's type of account.
    UserType,
    /// A member's status in the directory.
    Status,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// A number of seats.
    Number(u32),
    /// Yes or no.
    Flag(bool),
    /// A point in time.
    Time(Instant),
    /// A word or an id.
    Text(String),
}

/// A field that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which.
    pub field: Field,
    /// Of which product, where it is one of a product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    /// What it was; null for nothing.
    pub before: Option<FieldValue>,
    /// What it is.
    pub after: Option<FieldValue>,
}

/// A field as it reads at some moment.
struct Reading {
    field: Field,
    product: Option<ProductId>,
    value: Option<FieldValue>,
}

/// What changed of a licensee; its seats and members aside. Both summaries are by one catalogue.
pub(crate) fn changes_of_licensee(before: &Summary, after: &Summary) -> Vec<Change> {
    changes(licensee_readings(before), licensee_readings(after))
}

/// What changed of a member.
pub(crate) fn changes_of_member(before: Option<Member>, after: Option<Member>) -> Vec<Change> {
    changes(member_readings(before), member_readings(after))
}

fn changes(before: Vec<Reading>, after: Vec<Reading>) -> Vec<Change> {
    let pairs = before.into_iter().zip(after).filter(|(before, after)| before.value != after.value);
    pairs
        .map(|(before, after)| Change {
            field: after.field,
            product: after.product,
            before: before.value,
            after: after.value,
        })
        .collect()
}

fn licensee_readings(summary: &Summary) -> Vec<Reading> {
    let subscription = summary.subscription.as_ref();
    let mut readings = Vec::new();
    let mut read = |field, value| readings.push(Reading { field, product: None, value });
    read(Field::Subscription, subscription.map(|subscription| text(&subscription.id)));
    read(Field::Plan, subscription.map(|subscription| text(&subscription.plan)));
    read(Field::SubscriptionSeats, subscription.map(|subscription| FieldValue::Number(subscription.seats.get())));
    read(Field::SubscriptionStatus, subscription.map(|subscription| text(subscription.status.as_str())));
    read(Field::TermStartsAt, subscription.map(|subscription| FieldValue::Time(subscription.starts_at)));
    read(Field::TermEndsAt, subscription.map(|subscription| FieldValue::Time(subscription.ends_at)));
    read(Field::InstanceVersion, summary.instance_version.as_ref().map(text));
    for (id, product) in &summary.products {
        let mut read = |field, value| readings.push(Reading { field, product: Some(id.clone()), value });
        read(Field::ProductStatus, Some(text(product.status.as_str())));
        read(Field::AddOn, product.add_on.as_ref().map(text));
        read(Field::Trial, Some(FieldValue::Flag(product.trial)));
        read(Field::Quantity, Some(FieldValue::Number(product.quantity)));
    }
    readings
}

fn member_readings(member: Option<Member>) -> Vec<Reading> {
    let read = |field, value| Reading { field, product: None, value };
    vec![
        read(Field::Role, member.map(|member| text(member.role))),
        read(Field::UserType, member.map(|member| text(member.user_type))),
        read(Field::Status, member.map(|member| text(member.status))),
    ]
}

fn text(value: impl ToString) -> FieldValue {
    FieldValue::Text(value.to_string())
}
