//! Which events make a mail.

use contract::{
    event::{StreamEvent, decode_recorded},
    proto::journal::Event as Record,
};
use journal::Position;
use licensing::{AssignmentCause, Event, Instant};
use uuid::Uuid;

use super::{History, NewMail};
use crate::{NotifyError, follow::Stretch};

/// The full name of the event that gives a seat.
const SEAT_ASSIGNED: &str = "usher.licensing.v1.SeatAssigned";
/// So old a seat is history, microseconds: longer than a mail is tried, and than anybody should wait for a welcome.
const OLD_US: i64 = 3 * 24 * 60 * 60 * 1_000_000;

/// What becomes of the seats that some commits gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Selected {
    /// Those that are written about.
    pub(super) mails: Vec<NewMail>,
    /// How many were given so long ago that nobody is written to.
    pub(super) too_old: u64,
}

/// The mails that come of some commits: one for each seat that somebody asked for. The starter of a trial (R13) gets
/// none, and a seat that returns (R20) is not given again.
pub(super) fn select(stretch: &Stretch, history: History, now: Instant) -> Result<Selected, NotifyError> {
    let mut selected = Selected::default();
    for (position, record) in stretch.events.iter().filter(|(_, record)| record.r#type == SEAT_ASSIGNED) {
        let unreadable =
            |source: Box<dyn std::error::Error + Send + Sync>| NotifyError::Record { position: *position, source };
        let Some(mail) = mail_of(*position, record).map_err(unreadable)? else { continue };
        if is_old(record, history, now) {
            selected.too_old += 1;
        } else {
            selected.mails.push(mail);
        }
    }
    Ok(selected)
}

fn mail_of(position: Position, record: &Record) -> Result<Option<NewMail>, Box<dyn std::error::Error + Send + Sync>> {
    let StreamEvent::Licensee { licensee, event } = decode_recorded(record)? else {
        return Ok(None);
    };
    let Event::SeatAssigned { user, product, add_on, cause: AssignmentCause::Requested } = event else {
        return Ok(None);
    };
    Ok(Some(NewMail {
        event: Uuid::from_slice(&record.id)?,
        position,
        licensee: licensee.to_string(),
        user: user.to_string(),
        product: product.to_string(),
        add_on: add_on.to_string(),
        assigned_at: Instant::from_timestamp_micros(record.effective_at_us).ok_or("its time is out of range")?,
    }))
}

/// Whether a seat was given long ago: it was recorded while no mail was sent, or it is of a history that was fed.
fn is_old(record: &Record, history: History, now: Instant) -> bool {
    let recorded_long_ago = now.timestamp_micros().saturating_sub(record.recorded_at_us) > OLD_US;
    let took_effect_long_before = record.recorded_at_us.saturating_sub(record.effective_at_us) > OLD_US;
    recorded_long_ago || (history == History::Recognisable && took_effect_long_before)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use contract::event::encode_licensee_event;
    use journal::Head;
    use licensing::{AddOnId, LicenseeId, ProductId, RemovalReason, UserId};

    use super::*;

    const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

    fn record(event: &Event, effective_at_us: i64, recorded_at_us: i64) -> Record {
        let encoded = encode_licensee_event(&LicenseeId::parse("acme").unwrap(), event);
        Record {
            id: Uuid::from_u128(7).into_bytes().to_vec(),
            r#type: encoded.type_name.to_owned(),
            schema_version: encoded.schema_version,
            data: encoded.data,
            effective_at_us,
            recorded_at_us,
            ..Record::default()
        }
    }

    fn assigned(cause: AssignmentCause) -> Event {
        Event::SeatAssigned {
            user: UserId::parse("ann").unwrap(),
            product: ProductId::new("duo"),
            add_on: AddOnId::new("duo_pro"),
            cause,
        }
    }

    fn selected(record: Record, history: History, now_us: i64) -> Selected {
        let head = Head { shard: 3, commit_number: 1, position: 9 };
        let stretch = Stretch { from: head, to: head, events: vec![(Position { shard: 3, position: 9 }, record)] };
        select(&stretch, history, Instant::from_timestamp_micros(now_us).unwrap()).unwrap()
    }

    #[test]
    fn r33_a_seat_that_somebody_asked_for_makes_one_mail() {
        let selected = selected(record(&assigned(AssignmentCause::Requested), 5, 6), History::Recognisable, 7);
        assert_eq!(selected.too_old, 0);
        let [mail] = selected.mails.as_slice() else { panic!("{selected:?}") };
        assert_eq!((mail.event, mail.position.position), (Uuid::from_u128(7), 9));
        assert_eq!((mail.licensee.as_str(), mail.user.as_str(), mail.add_on.as_str()), ("acme", "ann", "duo_pro"));
    }

    #[test]
    fn r33_the_starter_of_a_trial_and_whoever_loses_a_seat_get_no_mail() {
        let removed = Event::SeatRemoved {
            user: UserId::parse("ann").unwrap(),
            product: ProductId::new("duo"),
            reason: RemovalReason::Requested,
            evidence: None,
        };
        for event in [assigned(AssignmentCause::TrialStarter), removed] {
            assert_eq!(selected(record(&event, 5, 6), History::Recognisable, 7), Selected::default(), "{event:?}");
        }
    }

    #[test]
    fn r33_nobody_is_written_to_for_history() {
        let event = assigned(AssignmentCause::Requested);
        for (effective_at, recorded_at, now, history, is_written) in [
            (100, 100, 102, History::Recognisable, true),
            (100, 100, 104, History::Recognisable, false),
            (100, 104, 104, History::Recognisable, false),
            (100, 104, 104, History::Unrecognisable, true),
            (100, 104, 108, History::Unrecognisable, false),
        ] {
            let record = record(&event, effective_at * DAY_US, recorded_at * DAY_US);
            let Selected { mails, too_old } = selected(record, history, now * DAY_US);
            assert_eq!((mails.len(), too_old), if is_written { (1, 0) } else { (0, 1) }, "{effective_at} {history:?}");
        }
    }
}
