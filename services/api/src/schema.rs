//! Shapes of answers for the OpenAPI document, where other crates write the JSON.
//!
//! Nothing is built from these types; a test compares them with what is answered.
#![allow(dead_code, reason = "they only describe")]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A licensee as it is now: the subscription as recorded, the products as in effect.
#[derive(ToSchema)]
pub(crate) struct Licensee {
    /// Its id.
    licensee: String,
    /// Its name; null until its first subscription.
    name: Option<String>,
    /// How it gets GitLab; null until its first subscription.
    offering: Option<Offering>,
    /// How many events made it.
    version: u64,
    /// Where its last event lies.
    position: String,
    /// How many members it has, whatever their status.
    members: u32,
    /// The last subscription; null until the first.
    subscription: Option<Subscription>,
    /// Every product of the catalogue.
    products: BTreeMap<String, Product>,
    /// When the instance synchronised last.
    last_synced_at: Option<DateTime<Utc>>,
    /// The version that the instance told.
    instance_version: Option<String>,
}

/// How a licensee gets GitLab.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Offering {
    GitlabCom,
    SelfManaged,
    Dedicated,
}

/// A subscription, as recorded.
#[derive(ToSchema)]
pub(crate) struct Subscription {
    /// Billing's name of it.
    id: String,
    /// The base plan.
    plan: String,
    /// Base seats.
    seats: u32,
    /// Where it is in its life.
    status: SubscriptionStatus,
    /// First instant of the term.
    starts_at: DateTime<Utc>,
    /// First instant after the term.
    ends_at: DateTime<Utc>,
    /// When its grace ends, in grace only.
    grace_ends_at: Option<DateTime<Utc>>,
}

/// Where a subscription is in its life (R2).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SubscriptionStatus {
    Scheduled,
    Active,
    Grace,
    Ended,
}

/// A product's pool of seats, as in effect.
#[derive(ToSchema)]
pub(crate) struct Product {
    /// What the pool is doing (R16, R20).
    status: ProductStatus,
    /// The effective add-on; in grace the last one, with a sync pending the one that waits.
    add_on: Option<String>,
    /// Whether a trial grants it.
    trial: bool,
    /// Seats in the pool.
    quantity: u32,
    /// Seats that are taken, retained ones included.
    assigned: u32,
    /// Seats that are free.
    available: u32,
    /// When what is in effect ends; in grace, when it ended.
    ends_at: Option<DateTime<Utc>>,
    /// When retained seats go, in grace only.
    grace_ends_at: Option<DateTime<Utc>>,
}

/// What a product's pool of seats is doing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProductStatus {
    None,
    PendingSync,
    Active,
    Grace,
}

/// A member of a licensee.
#[derive(ToSchema)]
pub(crate) struct Member {
    /// The user's id.
    user: String,
    /// The name to log in with; null once erased.
    username: Option<String>,
    /// The name to be shown; null once erased.
    name: Option<String>,
    /// The role.
    role: Role,
    /// The type of account.
    r#type: UserType,
    /// The status in the directory.
    status: UserStatus,
    /// Whether the user holds a seat, retained ones included.
    assigned: bool,
    /// Since when.
    assigned_at: Option<DateTime<Utc>>,
    /// The last use of Code Suggestions; null for never.
    last_used_at: Option<DateTime<Utc>>,
}

/// A member's role, lowest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    MinimalAccess,
    Guest,
    Planner,
    Reporter,
    Developer,
    Maintainer,
    Owner,
}

/// What kind of account a member is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UserType {
    Human,
    Bot,
    ServiceAccount,
}

/// A user's status, the same for every licensee (R29).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UserStatus {
    Active,
    Blocked,
    Banned,
    Deactivated,
    Deleted,
}

/// How a bulk assignment treats users who can't get a seat (R24).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AssignMode {
    AllOrNothing,
    BestEffort,
}

/// What members can be sorted by.
#[derive(Serialize, ToSchema)]
pub(crate) enum MemberSort {
    #[serde(rename = "user")]
    User,
    #[serde(rename = "-user")]
    UserDescending,
    #[serde(rename = "username")]
    Username,
    #[serde(rename = "-username")]
    UsernameDescending,
    #[serde(rename = "last_used_at")]
    LastUsedAt,
    #[serde(rename = "-last_used_at")]
    LastUsedAtDescending,
    #[serde(rename = "assigned_at")]
    AssignedAt,
    #[serde(rename = "-assigned_at")]
    AssignedAtDescending,
}

/// Something that was refused (R35).
#[derive(ToSchema)]
pub(crate) struct KeptRefusal {
    /// The command's id.
    command_id: String,
    /// The message's type, or method and path.
    r#type: String,
    /// Why, for programs.
    code: String,
    /// Why, for people.
    detail: String,
    /// Who asked.
    actor: String,
    /// When it was refused.
    time: DateTime<Utc>,
    /// How many seats were free, where that is the reason.
    #[schema(required = false, nullable = false)]
    available: Option<u32>,
    /// How many seats were wanted, where that is the reason.
    #[schema(required = false, nullable = false)]
    requested: Option<u32>,
    /// The users who are the reason.
    #[schema(required = false)]
    users: Vec<String>,
}

/// A user of the directory.
#[derive(ToSchema)]
pub(crate) struct User {
    /// The id.
    user: String,
    /// The status.
    status: UserStatus,
    /// All seats, retained ones included, with whichever licensee (R28).
    seats: Vec<UserSeat>,
}

/// A user's seat.
#[derive(ToSchema)]
pub(crate) struct UserSeat {
    /// With which licensee.
    licensee: String,
    /// Of which product.
    product: String,
    /// The effective add-on; of a retained seat, the last one in effect.
    add_on: Option<String>,
    /// Since when.
    assigned_at: DateTime<Utc>,
}

/// Whether a user may use a feature.
#[derive(ToSchema)]
pub(crate) struct Access {
    /// Whether.
    allowed: bool,
    /// Why.
    reason: AccessReason,
    /// Who gives it.
    grants: Vec<AccessGrant>,
}

/// Why access is given (the first two) or not.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccessReason {
    Seat,
    Included,
    UserNotActive,
    FeatureNotInAddOn,
    Grace,
    NoSeat,
}

/// Who gives access.
#[derive(ToSchema)]
pub(crate) struct AccessGrant {
    /// Through which licensee.
    licensee: String,
    /// By which add-on; null for what every member may use (R32).
    add_on: Option<String>,
}

/// Something that time alone will change.
#[derive(ToSchema)]
pub(crate) struct Timer {
    /// Whose.
    licensee: String,
    /// What it does.
    kind: TimerKind,
    /// When.
    due_at: DateTime<Utc>,
}

/// What a timer does.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimerKind {
    SubscriptionActivates,
    SubscriptionExpires,
    GraceEnds,
    RenewalApplies,
    TrialEnds,
    SeatsRemoved,
    SyncDue,
}

/// A message in the JSON format of CloudEvents 1.0.
#[derive(ToSchema)]
pub(crate) struct CloudEvent {
    /// `1.0`.
    specversion: String,
    /// Who sends it; with `id` the command's id (R34).
    source: String,
    /// What the sender calls it.
    id: String,
    /// The full name of its protobuf message, such as `usher.billing.v1.SeatsPurchased`.
    r#type: String,
    /// When it happened.
    time: DateTime<Utc>,
    /// What it is about; not needed.
    subject: Option<String>,
    /// The type of `data`; `application/json` if absent.
    datacontenttype: Option<String>,
    /// The message's fields.
    #[schema(value_type = Option<Object>)]
    data: Option<serde_json::Value>,
    /// The message as protobuf, in base64, instead of `data`.
    data_base64: Option<String>,
}

/// An error (RFC 9457).
#[derive(ToSchema)]
pub(crate) struct ProblemDetails {
    /// `urn:usher:error:` and the code.
    r#type: String,
    /// The code in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What went wrong here, and what to do about it.
    detail: String,
    /// Why, for programs; stable.
    code: String,
    /// How many seats are free, where that is the reason.
    #[schema(required = false, nullable = false)]
    available: Option<u32>,
    /// How many seats were wanted, where that is the reason.
    #[schema(required = false, nullable = false)]
    requested: Option<u32>,
    /// The users who are the reason.
    #[schema(required = false)]
    users: Vec<String>,
}
