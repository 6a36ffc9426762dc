//! What is kept of commands, so that they can be decided again under other rules.

use contract::kept::KeptCommand;
use licensing::{Command, EmailAddress, Event, LicenseeId};

use super::Writer;

impl Writer {
    /// What is kept of a command for a licensee that is at hand; empty where nothing may be.
    pub(super) fn kept(&self, licensee: &LicenseeId, command: &Command) -> Vec<u8> {
        let details = self.hot.licensee(licensee).and_then(|hot| hot.details.as_ref());
        let contact = details.and_then(|details| details.contact_email.clone()).map(EmailAddress::new);
        let kept = KeptCommand::of(command, contact.as_ref());
        kept.and_then(|kept| kept.encode()).unwrap_or_default()
    }
}

/// Whether the events that an accepted command made tell all that it asked for.
pub(super) fn is_told_by(command: &Command, events: &[Event]) -> bool {
    match command {
        // Not who had a seat already or got none, nor whether it was all or nothing.
        Command::AssignSeats { .. } | Command::RemoveSeats { .. } => false,
        Command::AssignSeat { .. } | Command::RemoveSeat { .. } => !events.is_empty(),
        // A renewal that applies at once tells how things are from then on, not what was to stay as it was.
        Command::RenewSubscription(_) => matches!(events.first(), Some(Event::RenewalScheduled(_))),
        Command::StartSubscription(_)
        | Command::ChangeSubscriptionSeats { .. }
        | Command::CancelSubscription { .. }
        | Command::PurchaseSeats { .. }
        | Command::ChangeSeatQuantity { .. }
        | Command::StartTrial { .. }
        | Command::AddMember { .. }
        | Command::RemoveMember { .. }
        | Command::ChangeMemberStatus { .. }
        | Command::SynchronizeInstance { .. }
        | Command::UndoCommand { .. }
        | Command::Sweep => true,
    }
}
