//! Commands as the journal keeps them with their outcomes, so that they can be decided again under other rules.
//!
//! Nothing personal is kept (R30): of a contact's address only whether it was the right one, and no plan, add-on or product
//! that has not the form of an id, as a text that somebody sent by mistake might be anything. An undoing is not kept: it
//! says which events of this history it undoes, and under other rules there are others.

use licensing::{AddOnOrder, Command, EmailAddress, has_id_form};
use serde::{Deserialize, Serialize};

/// The most bytes that are kept of a command: room for a list of 10,000 users with ids as they usually are.
pub const KEPT_BYTES_MAX: usize = 256 * 1024;

/// A command without what is personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCommand {
    /// The command; a trial's without an address.
    pub command: Command,
    /// Whether it named the subscription's contact (R13).
    #[serde(default, skip_serializing_if = "is_false")]
    pub names_contact: bool,
}

/// Why kept bytes are no command that this version can read.
#[derive(Debug, thiserror::Error)]
#[error("the kept command cannot be read: upgrade usher if a newer one wrote it, else run usher verify")]
pub struct KeptError(#[source] serde_json::Error);

impl KeptCommand {
    /// What may be kept of a command, with the contact's address as it is now; `None` if it can't be kept.
    pub fn of(command: &Command, contact: Option<&EmailAddress>) -> Option<Self> {
        if !can_be_kept(command) {
            return None;
        }
        let mut command = command.clone();
        let mut names_contact = false;
        if let Command::StartTrial { contact_email, .. } = &mut command {
            names_contact = contact.is_some() && contact_email.as_ref() == contact;
            *contact_email = None;
        }
        Some(Self { command, names_contact })
    }

    /// The bytes to be kept; `None` for more than [`KEPT_BYTES_MAX`].
    pub fn encode(&self) -> Option<Vec<u8>> {
        // Ids, numbers and times can always be written as JSON.
        serde_json::to_vec(self).ok().filter(|bytes| bytes.len() <= KEPT_BYTES_MAX)
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// [`KeptError`] for what a newer version wrote, and for damage.
    pub fn decode(bytes: &[u8]) -> Result<Self, KeptError> {
        serde_json::from_slice(bytes).map_err(KeptError)
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn can_be_kept(command: &Command) -> bool {
    let orders =
        |orders: &Option<Vec<AddOnOrder>>| orders.iter().flatten().all(|order| has_id_form(order.add_on.as_str()));
    match command {
        Command::StartSubscription(start) => has_id_form(start.plan.as_str()) && orders(&start.add_ons),
        Command::RenewSubscription(renewal) => {
            renewal.plan.as_ref().is_none_or(|plan| has_id_form(plan.as_str())) && orders(&renewal.add_ons)
        }
        Command::PurchaseSeats { add_on, .. }
        | Command::ChangeSeatQuantity { add_on, .. }
        | Command::StartTrial { add_on, .. } => has_id_form(add_on.as_str()),
        Command::AssignSeat { product, .. }
        | Command::AssignSeats { product, .. }
        | Command::RemoveSeat { product, .. }
        | Command::RemoveSeats { product, .. } => has_id_form(product.as_str()),
        Command::UndoCommand { .. } => false,
        Command::ChangeSubscriptionSeats { .. }
        | Command::CancelSubscription { .. }
        | Command::AddMember { .. }
        | Command::RemoveMember { .. }
        | Command::ChangeMemberStatus { .. }
        | Command::SynchronizeInstance { .. }
        | Command::Sweep => true,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use licensing::{
        AddOnId, AssignMode, Channel, Offering, PlanId, ProductId, RenewSubscription, Role, StartSubscription,
        SubscriptionId, UserId, UserStatus, UserType,
    };

    use super::*;

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    fn renewal(plan: Option<&str>) -> Command {
        Command::RenewSubscription(RenewSubscription {
            subscription: SubscriptionId::parse("S-1").unwrap(),
            ends_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            starts_at: None,
            plan: plan.map(PlanId::new),
            seats: Some(-3),
            add_ons: Some(vec![AddOnOrder { add_on: AddOnId::new("duo_pro"), quantity: 7 }]),
        })
    }

    /// Each kind of command, and the bytes that stores hold of it: what is read from them never changes.
    fn all() -> Vec<(Command, &'static str)> {
        let (add_on, product) = (AddOnId::new("duo_pro"), ProductId::new("duo"));
        vec![
            (
                Command::StartSubscription(StartSubscription {
                    offering: Offering::SelfManaged,
                    subscription: SubscriptionId::parse("S-1").unwrap(),
                    plan: PlanId::new("premium"),
                    seats: 10,
                    starts_at: "2025-01-01T00:00:00Z".parse().unwrap(),
                    ends_at: "2026-01-01T00:00:00.000001Z".parse().unwrap(),
                    instance_version: Some("17.5.2".parse().unwrap()),
                    add_ons: None,
                }),
                r#"{"command":{"StartSubscription":{"offering":"self_managed","subscription":"S-1","plan":"premium","seats":10,"starts_at":"2025-01-01T00:00:00Z","ends_at":"2026-01-01T00:00:00.000001Z","instance_version":"17.5.2","add_ons":null}}}"#,
            ),
            (
                renewal(Some("ultimate")),
                r#"{"command":{"RenewSubscription":{"subscription":"S-1","ends_at":"2026-01-01T00:00:00Z","starts_at":null,"plan":"ultimate","seats":-3,"add_ons":[{"add_on":"duo_pro","quantity":7}]}}}"#,
            ),
            (Command::ChangeSubscriptionSeats { seats: 9 }, r#"{"command":{"ChangeSubscriptionSeats":{"seats":9}}}"#),
            (
                Command::CancelSubscription { effective_at: None },
                r#"{"command":{"CancelSubscription":{"effective_at":null}}}"#,
            ),
            (
                Command::PurchaseSeats { add_on: add_on.clone(), quantity: 5, channel: Channel::Portal },
                r#"{"command":{"PurchaseSeats":{"add_on":"duo_pro","quantity":5,"channel":"portal"}}}"#,
            ),
            (
                Command::ChangeSeatQuantity { add_on: add_on.clone(), quantity: 0 },
                r#"{"command":{"ChangeSeatQuantity":{"add_on":"duo_pro","quantity":0}}}"#,
            ),
            (
                Command::StartTrial { add_on, contact_email: None, started_by: Some(user("u-1")) },
                r#"{"command":{"StartTrial":{"add_on":"duo_pro","contact_email":null,"started_by":"u-1"}}}"#,
            ),
            (
                Command::AddMember {
                    user: user("u-1"),
                    role: Role::Guest,
                    user_type: UserType::ServiceAccount,
                    details_changed: true,
                },
                r#"{"command":{"AddMember":{"user":"u-1","role":"guest","user_type":"service_account","details_changed":true}}}"#,
            ),
            (Command::RemoveMember { user: user("u-1") }, r#"{"command":{"RemoveMember":{"user":"u-1"}}}"#),
            (
                Command::ChangeMemberStatus { user: user("u-1"), status: UserStatus::Banned },
                r#"{"command":{"ChangeMemberStatus":{"user":"u-1","status":"banned"}}}"#,
            ),
            (
                Command::AssignSeat { product: product.clone(), user: user("u-1") },
                r#"{"command":{"AssignSeat":{"product":"duo","user":"u-1"}}}"#,
            ),
            (
                Command::AssignSeats {
                    product: product.clone(),
                    users: vec![user("u-1"), user("u-2")],
                    mode: AssignMode::BestEffort,
                },
                r#"{"command":{"AssignSeats":{"product":"duo","users":["u-1","u-2"],"mode":"best_effort"}}}"#,
            ),
            (
                Command::RemoveSeat { product: product.clone(), user: user("u-1") },
                r#"{"command":{"RemoveSeat":{"product":"duo","user":"u-1"}}}"#,
            ),
            (
                Command::RemoveSeats { product, users: vec![user("u-1")] },
                r#"{"command":{"RemoveSeats":{"product":"duo","users":["u-1"]}}}"#,
            ),
            (
                Command::SynchronizeInstance { version: "17.5".parse().unwrap() },
                r#"{"command":{"SynchronizeInstance":{"version":"17.5"}}}"#,
            ),
            (Command::Sweep, r#"{"command":"Sweep"}"#),
        ]
    }

    #[test]
    fn every_command_is_kept_as_stores_hold_it() {
        for (command, bytes) in all() {
            let kept = KeptCommand::of(&command, None).unwrap();
            assert_eq!(String::from_utf8(kept.encode().unwrap()).unwrap(), bytes);
            assert_eq!(KeptCommand::decode(bytes.as_bytes()).unwrap(), kept);
            assert_eq!(kept.command, command);
        }
    }

    #[test]
    fn r30_of_an_address_only_its_being_the_right_one_is_kept() {
        let address = |text: &str| Some(EmailAddress::new(text.to_owned()));
        let trial = |contact_email| Command::StartTrial { add_on: AddOnId::new("a"), contact_email, started_by: None };
        for (sent, contact, names_contact) in [
            (address("Jane@example.com"), address("jane@example.com"), true),
            (address("joe@example.com"), address("jane@example.com"), false),
            (None, address("jane@example.com"), false),
            (None, None, false),
        ] {
            let kept = KeptCommand::of(&trial(sent), contact.as_ref()).unwrap();
            assert_eq!((kept.names_contact, &kept.command), (names_contact, &trial(None)));
            assert!(!String::from_utf8(kept.encode().unwrap()).unwrap().contains('@'));
        }
    }

    #[test]
    fn r30_a_text_that_is_no_id_is_not_kept() {
        assert_eq!(KeptCommand::of(&renewal(Some("Jane Doe <jane@example.com>")), None), None);
        assert!(KeptCommand::of(&renewal(None), None).is_some());
        let product = ProductId::new("Jane Doe");
        assert_eq!(KeptCommand::of(&Command::AssignSeat { product, user: user("u-1") }, None), None);
    }

    #[test]
    fn r30_an_undoing_is_not_kept() {
        let undo = Command::UndoCommand { command_id: "jane@example.com".to_owned(), events: None };
        assert_eq!(KeptCommand::of(&undo, None), None);
    }

    #[test]
    fn a_command_that_is_too_large_is_not_kept() {
        let users = vec![user(&"x".repeat(100)); KEPT_BYTES_MAX / 100];
        let command = Command::RemoveSeats { product: ProductId::new("duo"), users };
        assert_eq!(KeptCommand::of(&command, None).unwrap().encode(), None);
    }
}
