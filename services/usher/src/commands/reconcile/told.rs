//! Findings in words, for accountants.

use audit::reconcile::{Cause, Disagreement, Finding, Outcome};

use crate::moment;

/// An outcome in a word or two.
pub(super) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Agrees => "agrees",
        Outcome::Differs => "differs",
        Outcome::OnlyBilling => "only billing",
        Outcome::OnlyJournal => "only journal",
    }
}

/// A sentence for each thing that is to be told of a finding.
pub(super) fn sentences(finding: &Finding) -> Vec<String> {
    match finding.outcome {
        Outcome::Agrees => Vec::new(),
        Outcome::OnlyBilling => vec!["the journal knows no subscription of this licensee".to_owned()],
        Outcome::Differs | Outcome::OnlyJournal => finding.disagreements.iter().map(sentence).collect(),
    }
}

fn sentence(disagreement: &Disagreement) -> String {
    let Disagreement { field, billing, journal, agreed_from, parted, last } = disagreement;
    let nothing = || "nothing".to_owned();
    let (billing, journal) = (billing.clone(), journal.clone().unwrap_or_else(nothing));
    let says = format!("{field}: billing says {}", billing.clone().unwrap_or_else(nothing));
    match (billing, agreed_from, parted, last) {
        (Some(_), Some(from), Some(parted), Some(last)) => format!(
            "{says}; the journal said so from {} until {}, and says {journal} since {}",
            moment::to_text(from.effective_at),
            cause(parted),
            if parted == last { "then".to_owned() } else { cause(last) }
        ),
        (Some(_), None, _, Some(last)) => {
            format!("{says}; the journal never said so, and says {journal} since {}", cause(last))
        }
        (_, _, Some(parted), Some(last)) if parted == last => {
            format!("{says}; the journal {journal} since {}", cause(last))
        }
        (_, _, Some(parted), Some(last)) => {
            format!("{says}; the journal has it since {}, and says {journal} since {}", cause(parted), cause(last))
        }
        _ => format!("{says}; the journal {journal}"),
    }
}

fn cause(cause: &Cause) -> String {
    let Cause { position, r#type, effective_at, actor, command_id, .. } = cause;
    format!("{type} of {} by {actor} ({position}, command {command_id})", moment::to_text(*effective_at))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use audit::reconcile::Field;

    use super::*;

    fn event(day: u32, actor: &str) -> Option<Arc<Cause>> {
        let at = moment::Moment::from_str(&format!("2023-05-{day:02}")).unwrap().0;
        Some(Arc::new(Cause {
            position: format!("3-{day}"),
            version: u64::from(day),
            r#type: "SeatQuantityChanged",
            effective_at: at,
            recorded_at: at,
            actor: actor.to_owned(),
            command_id: format!("/b#{day}"),
        }))
    }

    use std::str::FromStr;

    #[test]
    fn what_an_accountant_needs_is_in_one_sentence() {
        let parted = Disagreement {
            field: Field::Quantity,
            billing: Some("50".to_owned()),
            journal: Some("30".to_owned()),
            agreed_from: event(1, "ann"),
            parted: event(2, "bob"),
            last: event(2, "bob"),
        };
        assert_eq!(
            sentence(&parted),
            "quantity: billing says 50; the journal said so from 2023-05-01T00:00:00Z until SeatQuantityChanged of \
             2023-05-02T00:00:00Z by bob (3-2, command /b#2), and says 30 since then"
        );
        let later = Disagreement { last: event(3, "cat"), ..parted.clone() };
        assert!(
            sentence(&later)
                .ends_with("and says 30 since SeatQuantityChanged of 2023-05-03T00:00:00Z by cat (3-3, command /b#3)")
        );
        let never = Disagreement { agreed_from: None, ..parted.clone() };
        assert!(
            sentence(&never).contains("the journal never said so, and says 30 since SeatQuantityChanged of 2023-05-02")
        );
        let unknown = Disagreement { billing: None, agreed_from: None, ..parted };
        assert!(
            sentence(&unknown).starts_with("quantity: billing says nothing; the journal 30 since SeatQuantityChanged")
        );
    }
}
