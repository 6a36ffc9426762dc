//! One file a command: what each does, and in which order it refuses.

mod add_member;
mod add_on_orders;
mod assign_seats;
mod cancel_subscription;
mod change_member_status;
mod change_seat_quantity;
mod change_subscription_seats;
mod purchase_seats;
mod remove_member;
mod remove_seats;
pub(crate) mod renew_subscription;
mod start_subscription;
mod start_trial;
mod sweep;
pub(crate) mod synchronize_instance;
mod undo_command;

use crate::{
    Account, Code, Command, Context, Event, LedgerScope, Licensee, ProductId, Refusal, Subscription, UserId,
    draft::Draft, firing::fire_due, has_id_form,
};

/// What follows from a command that was accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// The events, all of them effective at the context's `now`.
    pub events: Vec<Event>,
    /// What became of each user of a bulk command.
    pub report: Report,
}

/// What became of each user of a bulk command. Each user once, in the order of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Report {
    /// No bulk command.
    #[default]
    None,
    /// Of an assignment (R24).
    Assigned {
        /// Who got a seat.
        assigned: Vec<UserId>,
        /// Who had one.
        already_assigned: Vec<UserId>,
        /// Who got none, and why; best effort only.
        failed: Vec<(UserId, Code)>,
    },
    /// Of a removal (R25).
    Removed {
        /// Who lost the seat.
        removed: Vec<UserId>,
        /// Who had none.
        without_seat: Vec<UserId>,
    },
    /// Of an undoing, in the order in which it was done.
    Undone {
        /// Who has a seat again.
        restored: Vec<UserId>,
        /// Who lost the seat that the command had given.
        removed: Vec<UserId>,
        /// For whom nothing was done, and why.
        failed: Vec<(UserId, Code)>,
    },
}

/// Decides what follows from a command: events, or a refusal that changes nothing (R35).
///
/// Timers due at or before the context's `now` must have fired before.
///
/// # Errors
/// A [`Refusal`], the first that applies in the order of the domain's rules.
pub fn decide(licensee: &Licensee, command: &Command, context: &Context<'_>) -> Result<Decision, Refusal> {
    let mut draft = Draft::new(licensee, *context);
    let report = run(&mut draft, command)?;
    fire_due(&mut draft);
    Ok(Decision { events: draft.into_events(), report })
}

fn run(draft: &mut Draft<'_>, command: &Command) -> Result<Report, Refusal> {
    match command {
        Command::StartSubscription(start) => start_subscription::run(draft, start)?,
        Command::RenewSubscription(renewal) => renew_subscription::run(draft, renewal)?,
        Command::ChangeSubscriptionSeats { seats } => change_subscription_seats::run(draft, *seats)?,
        Command::CancelSubscription { effective_at } => cancel_subscription::run(draft, *effective_at)?,
        Command::PurchaseSeats { add_on, quantity, channel } => {
            purchase_seats::run(draft, add_on, *quantity, *channel)?;
        }
        Command::ChangeSeatQuantity { add_on, quantity } => change_seat_quantity::run(draft, add_on, *quantity)?,
        Command::StartTrial { add_on, contact_email, started_by } => {
            start_trial::run(draft, add_on, contact_email.as_ref(), started_by.as_ref())?;
        }
        Command::AddMember { user, role, user_type, details_changed } => {
            add_member::run(draft, user, *role, *user_type, *details_changed);
        }
        Command::RemoveMember { user } => remove_member::run(draft, user)?,
        Command::ChangeMemberStatus { user, status } => change_member_status::run(draft, user, *status),
        Command::AssignSeat { product, user } => assign_seats::one(draft, product, user)?,
        Command::AssignSeats { product, users, mode } => return assign_seats::many(draft, product, users, *mode),
        Command::RemoveSeat { product, user } => remove_seats::one(draft, product, user)?,
        Command::RemoveSeats { product, users } => return remove_seats::many(draft, product, users),
        Command::SynchronizeInstance { version } => synchronize_instance::run(draft, version)?,
        Command::UndoCommand { events, .. } => return undo_command::run(draft, *events),
        Command::Sweep => sweep::run(draft),
    }
    Ok(Report::None)
}

/// The ledgers that a change by billing reaches at once (R16).
fn billing_scope(account: &Account) -> LedgerScope {
    if account.synchronises() { LedgerScope::Recorded } else { LedgerScope::Both }
}

fn known_licensee(draft: &Draft<'_>) -> Result<(), Refusal> {
    if draft.licensee().exists() {
        return Ok(());
    }
    Err(Refusal::new(
        Code::UnknownLicensee,
        "nobody has heard of this licensee: start a subscription or add a member first",
    ))
}

fn known_product(draft: &Draft<'_>, product: &ProductId) -> Result<(), Refusal> {
    if draft.catalogue().has_product(product) {
        return Ok(());
    }
    Err(Refusal::new(Code::UnknownProduct, unknown_to_catalogue("product", product.as_str())))
}

/// The subscription while its term runs, as recorded.
fn active_subscription<'a>(draft: &'a Draft<'_>) -> Result<&'a Subscription, Refusal> {
    draft.account().recorded().active_subscription().ok_or_else(|| {
        Refusal::new(Code::SubscriptionNotActive, "there is no active subscription: start or renew one first")
    })
}

/// That the catalogue has nothing of a name. What has not the form of an id is not repeated: refusals are kept, and it may be
/// the name or address of somebody (R30).
fn unknown_to_catalogue(kind: &str, name: &str) -> String {
    if has_id_form(name) {
        format!("the catalogue has no {kind} {name:?}")
    } else {
        format!("the catalogue has no {kind} of the given name, which is no id either")
    }
}

/// The users of a list at their first mention.
fn first_mentions(users: &[UserId]) -> Vec<&UserId> {
    let mut seen = std::collections::HashSet::with_capacity(users.len());
    users.iter().filter(|user| seen.insert(*user)).collect()
}

/// A list of a bulk command has 1 to `max_users` entries, counted as sent (R24). It is looked at before anything that the
/// command is about.
fn check_list_size(draft: &Draft<'_>, users: &[UserId]) -> Result<(), Refusal> {
    let max = draft.catalogue().max_users();
    if users.is_empty() {
        return Err(Refusal::new(Code::EmptyUserList, format!("the list of users is empty: name 1 to {max}")));
    }
    if users.len() > max as usize {
        return Err(Refusal::new(
            Code::TooManyUsers,
            format!("the list names {} users: split it into lists of at most {max}", users.len()),
        ));
    }
    Ok(())
}
