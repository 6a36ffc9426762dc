//! Holding claims against books.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use licensing::{AddOnId, LicenseeId};
use serde::Serialize;

use super::{
    Books, Cause, Claim, Field, Terms,
    books::{Book, Entry},
    claim::shown,
};

/// What became of a line of billing's list, or of what should have been one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which line of the list; `None` where the list has none.
    pub line: Option<u64>,
    /// Of whom.
    pub licensee: LicenseeId,
    /// Of which add-on; `None` for a subscription without any.
    pub add_on: Option<AddOnId>,
    /// How both compare.
    pub outcome: Outcome,
    /// In what they differ; what only one side has is named there too, as far as it is known.
    pub disagreements: Vec<Disagreement>,
}

/// How both sides compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Both say the same.
    Agrees,
    /// They don't.
    Differs,
    /// The journal knows no subscription of this licensee.
    OnlyBilling,
    /// Billing does not know that this is sold.
    OnlyJournal,
}

/// Something in which both differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// What.
    pub field: Field,
    /// What billing says; `None` where it says nothing.
    pub billing: Option<String>,
    /// What the journal says; `None` where it says nothing.
    pub journal: Option<String>,
    /// Since when the journal last said what billing says; `None` if it never did.
    pub agreed_from: Option<Arc<Cause>>,
    /// The first event since which they differ; if they never agreed, the one that made the journal say what it says.
    pub parted: Option<Arc<Cause>>,
    /// The event that made the journal say what it says now.
    pub last: Option<Arc<Cause>>,
}

/// Holds every claim against the books, in the order of the claims, and then names what is sold by the journal and claimed
/// by nobody, in byte order. A subscription that has ended need not be claimed.
pub fn reconcile(claims: &[Claim], books: &Books) -> Vec<Finding> {
    let mut findings: Vec<Finding> = claims.iter().map(|claim| held(claim, books.0.get(&claim.licensee))).collect();
    let mut claimed: BTreeMap<&LicenseeId, BTreeSet<Option<&AddOnId>>> = BTreeMap::new();
    for claim in claims {
        claimed.entry(&claim.licensee).or_default().insert(claim.add_on.as_ref());
    }
    for (licensee, book) in &books.0 {
        findings.extend(unclaimed(licensee, book, claimed.get(licensee)));
    }
    findings
}

fn held(claim: &Claim, book: Option<&Book>) -> Finding {
    let entries = book.map_or(&[][..], |book| &book.entries);
    let is_known = entries.iter().any(|entry| entry.terms.is_some());
    let of_fact =
        |(field, billing): (Field, String)| disagreement(field, Some(billing), claim.add_on.as_ref(), entries);
    let disagreements: Vec<Disagreement> = claim.facts().into_iter().filter_map(of_fact).collect();
    let outcome = match (is_known, disagreements.is_empty()) {
        (false, _) => Outcome::OnlyBilling,
        (true, true) => Outcome::Agrees,
        (true, false) => Outcome::Differs,
    };
    Finding {
        line: Some(claim.line),
        licensee: claim.licensee.clone(),
        add_on: claim.add_on.clone(),
        outcome,
        disagreements,
    }
}

fn disagreement(
    field: Field,
    billing: Option<String>,
    add_on: Option<&AddOnId>,
    entries: &[Entry],
) -> Option<Disagreement> {
    let said: Vec<(Option<String>, &Arc<Cause>)> =
        entries.iter().map(|entry| (said(field, add_on, entry.terms.as_ref()), &entry.cause)).collect();
    let journal = said.last().and_then(|(value, _)| value.clone());
    if journal == billing {
        return None;
    }
    let agreed_last = said.iter().rposition(|(value, _)| *value == billing);
    let last = said.len().checked_sub(1).and_then(|at| began(&said, at));
    let parted = agreed_last.and_then(|at| said.get(at + 1)).map(|(_, cause)| Arc::clone(cause));
    Some(Disagreement {
        field,
        billing,
        journal,
        agreed_from: agreed_last.and_then(|at| began(&said, at)),
        parted: parted.or_else(|| last.clone()),
        last,
    })
}

/// The event with which the journal began to say what it says at a place, without a break since.
fn began(said: &[(Option<String>, &Arc<Cause>)], at: usize) -> Option<Arc<Cause>> {
    let value = &said.get(at)?.0;
    let before = said.iter().take(at).rposition(|(earlier, _)| earlier != value);
    said.get(before.map_or(0, |before| before + 1)).map(|(_, cause)| Arc::clone(cause))
}

/// What the journal says of something.
fn said(field: Field, add_on: Option<&AddOnId>, terms: Option<&Terms>) -> Option<String> {
    let quantity = || terms?.add_ons.get(add_on?).copied();
    Some(match field {
        Field::Quantity => quantity().unwrap_or(0).to_string(),
        Field::EndsAt => shown(terms?.ends_at),
        Field::Plan => terms?.plan.to_string(),
        Field::Seats => terms?.seats.to_string(),
        Field::StartsAt => shown(terms?.starts_at),
        Field::Subscription => terms?.subscription.to_string(),
    })
}

fn unclaimed(licensee: &LicenseeId, book: &Book, claimed: Option<&BTreeSet<Option<&AddOnId>>>) -> Vec<Finding> {
    let Some(terms) = book.entries.last().and_then(|entry| entry.terms.as_ref()) else { return Vec::new() };
    if !terms.is_live {
        return Vec::new();
    }
    let is_claimed = |add_on| claimed.is_some_and(|claimed| claimed.contains(&add_on));
    let finding = |add_on: Option<&AddOnId>, field| Finding {
        line: None,
        licensee: licensee.clone(),
        add_on: add_on.cloned(),
        outcome: Outcome::OnlyJournal,
        disagreements: only_in_journal(field, add_on, &book.entries).into_iter().collect(),
    };
    if terms.add_ons.is_empty() && claimed.is_none() {
        return vec![finding(None, Field::EndsAt)];
    }
    let add_ons = terms.add_ons.keys().map(Some).filter(|add_on| !is_claimed(*add_on));
    add_ons.map(|add_on| finding(add_on, Field::Quantity)).collect()
}

/// What billing does not know of is, for billing, nothing.
fn only_in_journal(field: Field, add_on: Option<&AddOnId>, entries: &[Entry]) -> Option<Disagreement> {
    let nothing = (field == Field::Quantity).then(|| "0".to_owned());
    let differs = disagreement(field, nothing, add_on, entries)?;
    let first = entries.first().map(|entry| Arc::clone(&entry.cause));
    let parted = if differs.agreed_from.is_some() { differs.parted } else { first };
    Some(Disagreement { billing: None, parted, ..differs })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use licensing::{Account, Instant, PlanId, SubscriptionId};

    use super::*;

    fn cause(version: u64) -> Arc<Cause> {
        let at = Instant::from_timestamp_micros(i64::try_from(version).unwrap()).unwrap();
        Arc::new(Cause {
            position: format!("0-{version}"),
            version,
            r#type: "SeatQuantityChanged",
            effective_at: at,
            recorded_at: at,
            actor: "billing".to_owned(),
            command_id: format!("/b#{version}"),
        })
    }

    fn instant(second: i64) -> Instant {
        Instant::from_timestamp_micros(second * 1_000_000).unwrap()
    }

    fn id(text: &str) -> LicenseeId {
        LicenseeId::parse(text).unwrap()
    }

    fn terms(quantity: u32) -> Terms {
        let pro = AddOnId::new("duo_pro");
        Terms {
            subscription: SubscriptionId::parse("S-1").unwrap(),
            plan: PlanId::new("premium"),
            seats: 100,
            starts_at: instant(0),
            ends_at: instant(9),
            is_live: true,
            add_ons: if quantity == 0 { BTreeMap::new() } else { BTreeMap::from([(pro, quantity)]) },
        }
    }

    /// Books of `acme` with these quantities, one an event.
    fn books(quantities: &[u32]) -> Books {
        let entries = (1..).zip(quantities);
        let entries =
            entries.map(|(version, quantity)| Entry { cause: cause(version), terms: Some(terms(*quantity)) }).collect();
        Books(BTreeMap::from([(id("acme"), Book { account: Account::default(), entries })]))
    }

    fn claim(licensee: &str, quantity: u32) -> Claim {
        Claim {
            line: 2,
            licensee: id(licensee),
            add_on: Some(AddOnId::new("duo_pro")),
            quantity,
            ends_at: instant(9),
            plan: None,
            seats: None,
            starts_at: None,
            subscription: None,
        }
    }

    fn versions(disagreement: &Disagreement) -> [Option<u64>; 3] {
        [&disagreement.agreed_from, &disagreement.parted, &disagreement.last]
            .map(|cause| cause.as_ref().map(|cause| cause.version))
    }

    #[test]
    fn where_both_say_the_same_nothing_is_told() {
        let findings = reconcile(&[claim("acme", 50)], &books(&[10, 50]));
        assert_eq!((findings.len(), findings[0].outcome), (1, Outcome::Agrees));
        assert!(findings[0].disagreements.is_empty());
    }

    #[test]
    fn the_first_event_is_named_since_which_both_part() {
        for (quantities, agreed_from, parted, last) in [
            (&[50, 30][..], Some(1), 2, 2),
            (&[10, 50, 50, 40, 30], Some(2), 4, 5),
            (&[50, 40, 50, 30, 30], Some(3), 4, 4),
            // It never said so: what made it say what it says.
            (&[10, 30, 30], None, 2, 2),
            (&[30], None, 1, 1),
        ] {
            let findings = reconcile(&[claim("acme", 50)], &books(quantities));
            assert_eq!(findings[0].outcome, Outcome::Differs);
            let [disagreement] = findings[0].disagreements.as_slice() else { panic!("{findings:?}") };
            assert_eq!(versions(disagreement), [agreed_from, Some(parted), Some(last)], "{quantities:?}");
            assert_eq!((disagreement.billing.as_deref(), disagreement.journal.as_deref()), (Some("50"), Some("30")));
        }
    }

    #[test]
    fn every_field_that_billing_names_is_compared() {
        let full = Claim {
            ends_at: instant(8),
            plan: Some(PlanId::new("ultimate")),
            seats: Some(7),
            starts_at: Some(instant(1)),
            subscription: SubscriptionId::parse("S-2").ok(),
            ..claim("acme", 51)
        };
        let findings = reconcile(&[full], &books(&[50]));
        let fields: Vec<String> = findings[0].disagreements.iter().map(|one| one.field.to_string()).collect();
        assert_eq!(fields, ["quantity", "ends_at", "plan", "seats", "starts_at", "subscription"]);
    }

    #[test]
    fn what_only_one_side_has_is_named() {
        let findings = reconcile(&[claim("globex", 5)], &books(&[10, 30]));
        let told: Vec<_> = findings.iter().map(|one| (one.licensee.as_str(), one.outcome)).collect();
        assert_eq!(told, [("globex", Outcome::OnlyBilling), ("acme", Outcome::OnlyJournal)]);
        let [disagreement] = findings[1].disagreements.as_slice() else { panic!("{findings:?}") };
        assert_eq!(
            versions(disagreement),
            [None, Some(1), Some(2)],
            "sold from the first on, so many since the second"
        );
        assert_eq!((disagreement.billing.as_deref(), disagreement.journal.as_deref()), (None, Some("30")));
        // Of a subscription without add-ons, the subscription.
        let findings = reconcile(&[], &books(&[0]));
        assert_eq!((findings[0].outcome, findings[0].add_on.as_ref()), (Outcome::OnlyJournal, None));
    }

    #[test]
    fn an_add_on_that_was_withdrawn_is_none_and_an_ended_term_need_not_be_claimed() {
        let findings = reconcile(&[claim("acme", 50)], &books(&[50, 0]));
        assert_eq!(findings[0].disagreements[0].journal.as_deref(), Some("0"));
        let mut ended = books(&[50]);
        let book = ended.0.get_mut("acme").unwrap();
        book.entries[0].terms = Some(Terms { is_live: false, ..terms(50) });
        assert!(reconcile(&[], &ended).is_empty());
    }
}
