//! One message of each type: as JSON, as protobuf, and what it asks for.

use contract::{
    incoming::{Details, Request},
    proto::{billing, directory, seats, usage},
    timestamp::Timestamp,
};
use licensing::{
    AddOnId, AddOnOrder, AssignMode, Channel, Command, Instant, LicenseeId, Offering, PlanId, ProductId,
    RenewSubscription, Role, StartSubscription, SubscriptionId, UserId, UserStatus, UserType,
};
use prost::Message;
use serde_json::{Value, json};

pub struct Sample {
    pub type_name: &'static str,
    pub json: Value,
    pub protobuf: Vec<u8>,
    pub request: Request,
}

pub fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn all() -> Vec<Sample> {
    let mut samples = billing();
    samples.extend(directory());
    samples.extend(user_statuses());
    samples.push(usage());
    samples.extend(seats());
    samples
}

fn acme(command: Command, details: Option<Details>) -> Request {
    Request::Licensee { licensee: LicenseeId::parse("acme").unwrap(), command, details }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn time(text: &str) -> Option<Timestamp> {
    Some(instant(text).into())
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn billing() -> Vec<Sample> {
    vec![
        subscription_started(),
        subscription_renewed(),
        Sample {
            type_name: "usher.billing.v1.SubscriptionSeatsChanged",
            json: json!({"licensee": "acme", "seats": 80}),
            protobuf: billing::SubscriptionSeatsChanged { licensee: text("acme"), seats: Some(80) }.encode_to_vec(),
            request: acme(Command::ChangeSubscriptionSeats { seats: 80 }, None),
        },
        Sample {
            type_name: "usher.billing.v1.SubscriptionCancelled",
            json: json!({"licensee": "acme", "effective_at": "2024-05-01T02:00:00+02:00"}),
            protobuf: billing::SubscriptionCancelled {
                licensee: text("acme"),
                effective_at: time("2024-05-01T00:00:00Z"),
            }
            .encode_to_vec(),
            request: acme(Command::CancelSubscription { effective_at: Some(instant("2024-05-01T00:00:00Z")) }, None),
        },
        Sample {
            type_name: "usher.billing.v1.SeatsPurchased",
            json: json!({"licensee": "acme", "add_on": "duo_pro", "quantity": -5, "channel": "portal"}),
            protobuf: billing::SeatsPurchased {
                licensee: text("acme"),
                add_on: text("duo_pro"),
                quantity: Some(-5),
                channel: text("portal"),
            }
            .encode_to_vec(),
            request: acme(
                Command::PurchaseSeats { add_on: AddOnId::new("duo_pro"), quantity: -5, channel: Channel::Portal },
                None,
            ),
        },
        Sample {
            type_name: "usher.billing.v1.SeatQuantityChanged",
            json: json!({"licensee": "acme", "add_on": "no_such_add_on", "quantity": 0}),
            protobuf: billing::SeatQuantityChanged {
                licensee: text("acme"),
                add_on: text("no_such_add_on"),
                quantity: Some(0),
            }
            .encode_to_vec(),
            request: acme(Command::ChangeSeatQuantity { add_on: AddOnId::new("no_such_add_on"), quantity: 0 }, None),
        },
        Sample {
            type_name: "usher.billing.v1.TrialStarted",
            json: json!({"licensee": "acme", "add_on": "duo_enterprise", "contact_email": "c@acme.test",
                         "started_by": "u-1"}),
            protobuf: billing::TrialStarted {
                licensee: text("acme"),
                add_on: text("duo_enterprise"),
                contact_email: text("c@acme.test"),
                started_by: text("u-1"),
            }
            .encode_to_vec(),
            request: acme(
                Command::StartTrial {
                    add_on: AddOnId::new("duo_enterprise"),
                    contact_email: Some(licensing::EmailAddress::new("c@acme.test".into())),
                    started_by: Some(user("u-1")),
                },
                None,
            ),
        },
    ]
}

fn subscription_started() -> Sample {
    Sample {
        type_name: "usher.billing.v1.SubscriptionStarted",
        json: json!({
            "licensee": "acme", "name": "Acme", "offering": "self_managed", "subscription": "A-S0001",
            "plan": "ultimate", "seats": 100, "starts_at": "2024-01-01T00:00:00Z", "ends_at": "2025-01-01T00:00:00Z",
            "contact_email": "c@acme.test", "instance_version": "17.5.2",
            "add_ons": [{"add_on": "duo_pro", "quantity": 50}],
        }),
        protobuf: billing::SubscriptionStarted {
            licensee: text("acme"),
            name: text("Acme"),
            offering: text("self_managed"),
            subscription: text("A-S0001"),
            plan: text("ultimate"),
            seats: Some(100),
            starts_at: time("2024-01-01T00:00:00Z"),
            ends_at: time("2025-01-01T00:00:00Z"),
            contact_email: text("c@acme.test"),
            instance_version: text("17.5.2"),
            add_ons: Some(billing::AddOnList {
                items: vec![billing::AddOn { add_on: text("duo_pro"), quantity: Some(50) }],
            }),
        }
        .encode_to_vec(),
        request: acme(
            Command::StartSubscription(StartSubscription {
                offering: Offering::SelfManaged,
                subscription: SubscriptionId::parse("A-S0001").unwrap(),
                plan: PlanId::new("ultimate"),
                seats: 100,
                starts_at: instant("2024-01-01T00:00:00Z"),
                ends_at: instant("2025-01-01T00:00:00Z"),
                instance_version: Some("17.5.2".parse().unwrap()),
                add_ons: Some(vec![AddOnOrder { add_on: AddOnId::new("duo_pro"), quantity: 50 }]),
            }),
            Some(Details::Licensee { name: "Acme".into(), contact_email: text("c@acme.test") }),
        ),
    }
}

fn subscription_renewed() -> Sample {
    Sample {
        type_name: "usher.billing.v1.SubscriptionRenewed",
        json: json!({
            "licensee": "acme", "subscription": "A-S0002", "ends_at": "2026-01-01T00:00:00Z",
            "starts_at": "2025-01-01T00:00:00.5Z", "plan": "premium", "seats": "30", "add_ons": {"items": []},
        }),
        protobuf: billing::SubscriptionRenewed {
            licensee: text("acme"),
            subscription: text("A-S0002"),
            ends_at: time("2026-01-01T00:00:00Z"),
            starts_at: time("2025-01-01T00:00:00.5Z"),
            plan: text("premium"),
            seats: Some(30),
            add_ons: Some(billing::AddOnList { items: vec![] }),
        }
        .encode_to_vec(),
        request: acme(
            Command::RenewSubscription(RenewSubscription {
                subscription: SubscriptionId::parse("A-S0002").unwrap(),
                ends_at: instant("2026-01-01T00:00:00Z"),
                starts_at: Some(instant("2025-01-01T00:00:00.5Z")),
                plan: Some(PlanId::new("premium")),
                seats: Some(30),
                add_ons: Some(vec![]),
            }),
            None,
        ),
    }
}

fn directory() -> Vec<Sample> {
    vec![
        Sample {
            type_name: "usher.directory.v1.MemberAdded",
            json: json!({"licensee": "acme", "user": "u-1", "username": "ann.o", "name": "Ann Ö", "email": "a@acme.test",
                         "role": "minimal_access", "type": "service_account"}),
            protobuf: directory::MemberAdded {
                licensee: text("acme"),
                user: text("u-1"),
                username: text("ann.o"),
                name: text("Ann Ö"),
                email: text("a@acme.test"),
                role: text("minimal_access"),
                r#type: text("service_account"),
            }
            .encode_to_vec(),
            request: acme(
                Command::AddMember {
                    user: user("u-1"),
                    role: Role::MinimalAccess,
                    user_type: UserType::ServiceAccount,
                    details_changed: false,
                },
                Some(Details::Person {
                    user: user("u-1"),
                    username: "ann.o".into(),
                    name: "Ann Ö".into(),
                    email: "a@acme.test".into(),
                }),
            ),
        },
        Sample {
            type_name: "usher.directory.v1.MemberRemoved",
            json: json!({"licensee": "acme", "user": "u-1"}),
            protobuf: directory::MemberRemoved { licensee: text("acme"), user: text("u-1") }.encode_to_vec(),
            request: acme(Command::RemoveMember { user: user("u-1") }, None),
        },
    ]
}

fn user_statuses() -> Vec<Sample> {
    let statuses = [
        ("usher.directory.v1.UserBlocked", UserStatus::Blocked, Some("left")),
        ("usher.directory.v1.UserBanned", UserStatus::Banned, None),
        ("usher.directory.v1.UserDeactivated", UserStatus::Deactivated, Some("")),
        ("usher.directory.v1.UserReactivated", UserStatus::Active, Some("back")),
        ("usher.directory.v1.UserDeleted", UserStatus::Deleted, Some("asked for it")),
    ];
    let sample = |(type_name, status, reason): (&'static str, UserStatus, Option<&str>)| Sample {
        type_name,
        json: json!({"user": "u-1", "reason": reason}),
        // The five have the same fields.
        protobuf: directory::UserBlocked { user: text("u-1"), reason: reason.map(str::to_owned) }.encode_to_vec(),
        request: Request::UserStatus { user: user("u-1"), status, reason: reason.map(str::to_owned) },
    };
    statuses.map(sample).into()
}

fn usage() -> Sample {
    Sample {
        type_name: "usher.usage.v1.CodeSuggestionsUsed",
        json: json!({"user": "u-1", "used_at": "2024-02-29T23:59:59.123456Z"}),
        protobuf: usage::CodeSuggestionsUsed { user: text("u-1"), used_at: time("2024-02-29T23:59:59.123456Z") }
            .encode_to_vec(),
        request: Request::Usage { user: user("u-1"), used_at: instant("2024-02-29T23:59:59.123456Z") },
    }
}

fn seats() -> Vec<Sample> {
    let users = || vec!["u-2".to_owned(), "u-1".to_owned(), "u-2".to_owned()];
    let ids = || users().iter().map(|id| user(id)).collect();
    vec![
        Sample {
            type_name: "usher.seats.v1.AssignSeats",
            json: json!({"licensee": "acme", "product": "duo", "users": users(), "mode": "best_effort"}),
            protobuf: seats::AssignSeats {
                licensee: text("acme"),
                product: text("duo"),
                users: users(),
                mode: text("best_effort"),
            }
            .encode_to_vec(),
            request: acme(
                Command::AssignSeats { product: ProductId::new("duo"), users: ids(), mode: AssignMode::BestEffort },
                None,
            ),
        },
        Sample {
            type_name: "usher.seats.v1.RemoveSeats",
            json: json!({"licensee": "acme", "product": "duo", "users": users()}),
            protobuf: seats::RemoveSeats { licensee: text("acme"), product: text("duo"), users: users(), mode: None }
                .encode_to_vec(),
            request: acme(Command::RemoveSeats { product: ProductId::new("duo"), users: ids() }, None),
        },
        Sample {
            type_name: "usher.seats.v1.SynchronizeInstance",
            json: json!({"licensee": "acme", "version": "17.10.0-ee"}),
            protobuf: seats::SynchronizeInstance { licensee: text("acme"), version: text("17.10.0-ee") }
                .encode_to_vec(),
            request: acme(Command::SynchronizeInstance { version: "17.10.0-ee".parse().unwrap() }, None),
        },
    ]
}
