//! The SQL views, against the model.

use std::collections::BTreeMap;

use contract::proto::journal::Outcome;

use super::{
    Evidence, Sent, Wrongs, first_difference,
    journal::Outcomes,
    model::{Licensee, Member, Model},
};

/// Rows of the views as `psql` prints them, `|` between the columns; each list in the byte order of its first columns.
#[derive(Debug, Clone)]
pub struct Shown {
    /// `licensee|members|quantity|assigned|available|version`.
    pub licensees: String,
    /// `licensee|product|add_on|status|quantity|assigned|available`.
    pub pools: String,
    /// `licensee|user|role|type|status|assigned|last_used_at`.
    pub members: String,
    /// `licensees|members|seats|events|refusals`.
    pub totals: String,
    /// `reason|count`.
    pub removals: String,
    /// `licensee|command_id|code`.
    pub refusals: String,
}

/// The views show what the model says.
pub fn check(evidence: &Evidence, model: &Model, outcomes: &Outcomes<'_>, wrongs: &mut Wrongs) {
    let events = evidence.stored.lines().count();
    let expected = Shown {
        licensees: licensees(model),
        pools: pools(model),
        members: members(model, &evidence.sent),
        totals: totals(model, events, outcomes.refused().count()),
        removals: model.removals.iter().map(|(reason, count)| format!("{reason}|{count}\n")).collect(),
        refusals: refusals(outcomes),
    };
    let shown = &evidence.shown;
    for (view, shown, expected) in [
        ("licensee_list", &shown.licensees, &expected.licensees),
        ("seat_pools", &shown.pools, &expected.pools),
        ("member_list", &shown.members, &expected.members),
        ("totals", &shown.totals, &expected.totals),
        ("removals", &shown.removals, &expected.removals),
        ("refusals", &shown.refusals, &expected.refusals),
    ] {
        wrongs.unless(shown == expected, || {
            format!("{view}: {}", first_difference(["the view", "the model"], [shown, expected]))
        });
    }
}

fn licensees(model: &Model) -> String {
    let row = |(licensee, of): (&String, &Licensee)| {
        let (quantity, assigned) = (of.quantity, of.holders.len() as u64);
        let available = quantity.saturating_sub(assigned);
        format!("{licensee}|{}|{quantity}|{assigned}|{available}|{}\n", of.members.len(), of.version)
    };
    model.licensees.iter().map(row).collect()
}

fn pools(model: &Model) -> String {
    let row = |(licensee, of): (&String, &Licensee)| {
        let (quantity, assigned) = (of.quantity, of.holders.len() as u64);
        let available = quantity.saturating_sub(assigned);
        format!("{licensee}|duo|duo_pro|active|{quantity}|{assigned}|{available}\n")
    };
    model.licensees.iter().map(row).collect()
}

fn members(model: &Model, sent: &[Sent]) -> String {
    let mut last_used: BTreeMap<&str, &str> = BTreeMap::new();
    for sent in sent {
        let Sent::Use { user, at, .. } = sent else { continue };
        let last = last_used.entry(user).or_default();
        *last = at.as_str().max(last);
    }
    let mut rows = String::new();
    for (licensee, of) in &model.licensees {
        for (user, member) in &of.members {
            let assigned = if of.holders.contains(user) { "t" } else { "f" };
            let used = last_used.get(user.as_str()).copied().unwrap_or_default();
            let Member { role, r#type, status } = member;
            rows.push_str(&format!("{licensee}|{user}|{role}|{type}|{status}|{assigned}|{used}\n"));
        }
    }
    rows
}

fn totals(model: &Model, events: usize, refusals: usize) -> String {
    let members: usize = model.licensees.values().map(|of| of.members.len()).sum();
    let seats: usize = model.licensees.values().map(|of| of.holders.len()).sum();
    format!("{}|{members}|{seats}|{events}|{refusals}\n", model.licensees.len())
}

/// Those that name a licensee.
fn refusals(outcomes: &Outcomes<'_>) -> String {
    let row = |outcome: &'_ Outcome| {
        let code = outcome.refusal.as_ref().map_or("", |refusal| refusal.code.as_str());
        [&outcome.licensee, &outcome.command_id, code].map(str::to_owned)
    };
    let mut rows: Vec<[String; 3]> =
        outcomes.refused().filter(|outcome| !outcome.licensee.is_empty()).map(row).collect();
    // Before the columns are joined: what separates them comes behind the digits.
    rows.sort();
    rows.iter().map(|columns| format!("{}\n", columns.join("|"))).collect()
}
