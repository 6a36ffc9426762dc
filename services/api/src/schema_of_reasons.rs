//! Shapes of the answers that give reasons, for the OpenAPI document; the crate `explain` writes their JSON.
//!
//! Nothing is built from these types; a test compares them with what is answered.
#![allow(dead_code, reason = "they only describe")]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema::{Licensee, ProductStatus, UserStatus};

/// What moved at a licensee between two instants, by effective time: the state as of `from` against that as of `to`.
#[derive(ToSchema)]
pub(crate) struct Diff {
    /// The licensee.
    licensee: String,
    /// The first instant.
    from: DateTime<Utc>,
    /// The second instant; what took effect in `(from, to]` lies between them.
    to: DateTime<Utc>,
    /// The licensee as of the first; null before its first event.
    before: Option<Licensee>,
    /// The licensee as of the second.
    after: Licensee,
    /// What all moves come to, whatever the page.
    net: NetTotals,
    /// One page of the moves, oldest first.
    items: Vec<Move>,
    /// To be sent as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// What all moves come to.
#[derive(ToSchema)]
pub(crate) struct NetTotals {
    /// Members at the end who were none at the start.
    members_joined: u64,
    /// Members at the start who are none at the end.
    members_left: u64,
    /// The seats of every product of the catalogue.
    seats: BTreeMap<String, NetSeats>,
}

/// What the moves of a product's seats come to.
#[derive(ToSchema)]
pub(crate) struct NetSeats {
    /// Users with a seat at the end and none at the start.
    gained: u64,
    /// Users with a seat at the start and none at the end.
    lost: u64,
    /// Users who lost their seat in between and have one again.
    lost_and_regained: u64,
}

/// Something that moved, by which event, and why. Which members there are depends on `kind`.
#[derive(ToSchema)]
pub(crate) struct Move {
    /// What kind of move.
    kind: MoveKind,
    /// The event's number among the licensee's; of several events of one command that belong together, the first's.
    version: u64,
    /// Where it lies in the journal.
    position: String,
    /// Its id.
    id: String,
    /// The short name of its type.
    r#type: String,
    /// When it took effect.
    effective_at: DateTime<Utc>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// Who caused it.
    actor: String,
    /// The command that caused it.
    command_id: String,
    /// The rule of the domain behind it, such as `R22`; null where the directory alone decides.
    rule: Option<String>,
    /// The user, of every kind but `licensee_changed`.
    #[schema(required = false, nullable = false)]
    user: Option<String>,
    /// The product of a seat.
    #[schema(required = false, nullable = false)]
    product: Option<String>,
    /// The add-on in effect, of a seat gained.
    #[schema(required = false, nullable = false)]
    add_on: Option<String>,
    /// Why a seat was gained.
    #[schema(required = false, nullable = false)]
    cause: Option<String>,
    /// Why a seat was lost.
    #[schema(required = false, nullable = false)]
    reason: Option<String>,
    /// Of a seat lost as one too many: the place in the order of removal, from 1 (R22).
    #[schema(required = false, nullable = false)]
    rank: Option<u32>,
    /// Of a seat lost as one too many: the last use that was known; null for never.
    #[schema(required = false)]
    last_used_at: Option<DateTime<Utc>>,
    /// The role of a member who joined.
    #[schema(required = false, nullable = false)]
    role: Option<String>,
    /// The type of account of a member who joined.
    #[schema(required = false, nullable = false)]
    user_type: Option<String>,
    /// The status of a member who joined.
    #[schema(required = false, nullable = false)]
    status: Option<String>,
    /// What the moves of this seat or membership come to over the whole range.
    #[schema(required = false, nullable = false)]
    net: Option<Net>,
    /// What changed of a member or of the licensee.
    #[schema(required = false)]
    changes: Vec<Change>,
    /// Every event of the command that had a part in `licensee_changed`.
    #[schema(required = false)]
    events: Vec<Cited>,
}

/// What kind of move.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MoveKind {
    SeatGained,
    SeatLost,
    MemberJoined,
    MemberLeft,
    MemberChanged,
    LicenseeChanged,
}

/// What the moves of one seat or membership come to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Net {
    Added,
    Removed,
    Unchanged,
}

/// A field that is not as it was.
#[derive(ToSchema)]
pub(crate) struct Change {
    /// Which.
    field: Field,
    /// Of which product, where it is one of a product.
    #[schema(required = false, nullable = false)]
    product: Option<String>,
    /// What it was; null for nothing.
    before: Option<FieldValue>,
    /// What it is.
    after: Option<FieldValue>,
}

/// A field whose moves are told.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Field {
    Subscription,
    Plan,
    SubscriptionSeats,
    SubscriptionStatus,
    TermStartsAt,
    TermEndsAt,
    InstanceVersion,
    ProductStatus,
    AddOn,
    Trial,
    Quantity,
    Role,
    UserType,
    Status,
}

/// The value of a field: a number of seats, yes or no, or text; times are text.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum FieldValue {
    Number(u32),
    Flag(bool),
    Text(String),
}

/// An event, as it is named where it is a reason.
#[derive(ToSchema)]
pub(crate) struct Cited {
    /// Its number among the licensee's events, from 1.
    version: u64,
    /// Where it lies in the journal.
    position: String,
    /// Its id.
    id: String,
    /// The short name of its type.
    r#type: String,
    /// When it took effect.
    effective_at: DateTime<Utc>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// Who caused it.
    actor: String,
    /// The command that caused it.
    command_id: String,
}

/// Why a user has, or has not, seats with a licensee.
#[derive(ToSchema)]
pub(crate) struct Explanation {
    /// The licensee.
    licensee: String,
    /// The user.
    user: String,
    /// The moment that it is about.
    at: DateTime<Utc>,
    /// The member then; null for somebody who was none.
    member: Option<ExplainedMember>,
    /// What is to be said of the membership, for people.
    sentences: Vec<String>,
    /// Each product that was asked for.
    products: Vec<ProductExplanation>,
}

/// A member, as far as it matters for seats (R21).
#[derive(ToSchema)]
pub(crate) struct ExplainedMember {
    /// The role.
    role: String,
    /// The type of account.
    user_type: String,
    /// The status in the directory.
    status: UserStatus,
}

/// Why a user has, or has not, a seat of a product.
#[derive(ToSchema)]
pub(crate) struct ProductExplanation {
    /// The product.
    product: String,
    /// Whether the user has a seat, a retained one included.
    has_seat: bool,
    /// How the user stands with it.
    standing: Standing,
    /// The rule behind it, such as `R22`; null where nothing but an assignment is missing.
    rule: Option<String>,
    /// The numbers and dates that it rests on.
    evidence: Evidence,
    /// The commands that brought it about, oldest first.
    chain: Vec<Link>,
    /// What would have to change for a working seat: all of them; none for who has one.
    remedies: Vec<Remedy>,
    /// The same for people.
    sentences: Vec<String>,
}

/// How a user stands with a product.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    Works,
    Retained,
    Lost,
    NeverHad,
}

/// The numbers and dates that an explanation rests on.
#[derive(ToSchema)]
pub(crate) struct Evidence {
    /// When the seat was given last; null for never.
    assigned_at: Option<DateTime<Utc>>,
    /// How it went; null for one that is held, or never was.
    removal: Option<RemovalEvidence>,
    /// What the product's pool is doing.
    product_status: ProductStatus,
    /// Seats in the pool.
    quantity: u32,
    /// Seats that are taken, retained ones included.
    assigned: u32,
    /// Seats that are free.
    available: u32,
    /// When retained seats go, in grace only (R20).
    grace_ends_at: Option<DateTime<Utc>>,
}

/// How a seat went.
#[derive(ToSchema)]
pub(crate) struct RemovalEvidence {
    /// When.
    at: DateTime<Utc>,
    /// Why, as in `SeatRemoved`.
    reason: String,
    /// Of seats that were too many: how it was chosen (R22).
    overage: Option<Overage>,
}

/// How a seat was chosen among too many (R22).
#[derive(ToSchema)]
pub(crate) struct Overage {
    /// The place in the order of removal, from 1.
    rank: u32,
    /// The last use that was known then; null for never.
    last_used_at: Option<DateTime<Utc>>,
    /// How many seats were too many.
    too_many: u32,
    /// What the pool granted before the command that made them too many; null for nothing.
    pool_before: Option<PoolShown>,
    /// What it granted behind it.
    pool_after: Option<PoolShown>,
}

/// What a pool of seats grants.
#[derive(ToSchema)]
pub(crate) struct PoolShown {
    /// The add-on.
    add_on: String,
    /// Whether a trial grants it.
    trial: bool,
    /// Seats in the pool.
    quantity: u32,
}

/// A command, where it came from, and those of its events that matter to the user.
#[derive(ToSchema)]
pub(crate) struct Link {
    /// The command.
    command: CommandShown,
    /// Its events, those to other users aside.
    events: Vec<LinkEvent>,
}

/// A command and where it came from.
#[derive(ToSchema)]
pub(crate) struct CommandShown {
    /// Its id.
    id: String,
    /// What kind of thing gave it.
    kind: CommandKind,
    /// Who.
    actor: String,
    /// Of a message: who sent it.
    #[schema(required = false, nullable = false)]
    source: Option<String>,
    /// Of a message: what its sender calls it.
    #[schema(required = false, nullable = false)]
    message_id: Option<String>,
    /// The full name of a message's type, or a keyed request's method and path; absent of time's own commands, and where it
    /// is not kept.
    #[schema(required = false, nullable = false)]
    r#type: Option<String>,
    /// When it happened, in the words of whoever sent it.
    #[schema(required = false, nullable = false)]
    told_at: Option<DateTime<Utc>>,
    /// The reason in free text that came with it, until it is erased (R30); only for auditors and operators.
    #[schema(required = false, nullable = false)]
    free_text: Option<String>,
}

/// What kind of thing gave a command.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CommandKind {
    Message,
    Request,
    Timer,
    Sweep,
}

/// An event of a chain.
#[derive(ToSchema)]
pub(crate) struct LinkEvent {
    /// Its number among the licensee's events, from 1.
    version: u64,
    /// Where it lies in the journal.
    position: String,
    /// Its id.
    id: String,
    /// The short name of its type.
    r#type: String,
    /// When it took effect.
    effective_at: DateTime<Utc>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// Who caused it.
    actor: String,
    /// The command that caused it.
    command_id: String,
    /// The rule of the domain behind it.
    rule: Option<String>,
    /// What happened, by its type.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

/// One thing that would have to change. Of its actions any one will do.
#[derive(ToSchema)]
pub(crate) struct Remedy {
    /// What stands in the way.
    obstacle: Obstacle,
    /// What could be done about it; empty where nothing can.
    any_of: Vec<Action>,
    /// The date that matters: until when it helps, or when time alone will do it.
    #[schema(required = false, nullable = false)]
    at: Option<DateTime<Utc>>,
    /// The version that an instance needs.
    #[schema(required = false, nullable = false)]
    needed_version: Option<String>,
    /// The same for people.
    sentence: String,
}

/// What stands in the way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Obstacle {
    NotAssigned,
    NoSeatsAvailable,
    InstanceVersionTooOld,
    PendingSync,
    Grace,
    SubscriptionScheduled,
    SubscriptionNotActive,
    NoAddOn,
    NotAMember,
    Blocked,
    Banned,
    Deactivated,
    Deleted,
    NotHuman,
    RoleTooLow,
    Other,
}

/// What could be done about it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    AssignSeat,
    FreeSeat,
    RaiseQuantity,
    UpgradeInstance,
    SynchronizeInstance,
    RenewSubscription,
    StartSubscription,
    PurchaseAddOn,
    Wait,
    AddMember,
    ReactivateUser,
    RaiseRole,
}
