//! The check itself can fail: whatever is changed in what it looks at, it notices.

use contract::proto::journal::record::Kind;

use crate::check::{Evidence, Said, Sent, wrongs_of};

/// What is wrong then, and how it comes about.
type Damage = (&'static str, fn(&mut Evidence));

/// Damages the evidence in one way after another.
///
/// # Panics
/// When the check does not notice one.
pub fn are_all_noticed(evidence: &Evidence) {
    let damages: &[Damage] = &[
        ("an event is not exported", |evidence| evidence.stored = without_a_line(&evidence.stored)),
        ("an event is not on the topic for auditors", |evidence| evidence.relayed = without_a_line(&evidence.relayed)),
        ("an event is lost everywhere in the exports", |evidence| {
            evidence.stored = without_a_line(&evidence.stored);
            evidence.relayed = evidence.stored.clone();
        }),
        ("an event is exported twice", |evidence| {
            let line = middle_line(&evidence.stored).to_owned() + "\n";
            evidence.stored = evidence.stored.replace(&line, &line.repeat(2));
        }),
        ("an event is not on the topic", |evidence| drop(evidence.records.remove(evidence.records.len() / 2))),
        ("an event is on the topic twice", |evidence| {
            let middle = evidence.records.len() / 2;
            evidence.records.insert(middle, evidence.records[middle].clone());
        }),
        ("two events are in another order", |evidence| {
            let middle = evidence.records.len() / 2;
            evidence.records.swap(middle, middle + 1);
        }),
        ("a commit is lost", |evidence| drop(evidence.commits.remove(evidence.commits.len() / 2))),
        ("an outcome is lost", |evidence| {
            let is_outcome = |record: &contract::proto::journal::Record| matches!(record.kind, Some(Kind::Outcome(_)));
            for commit in &mut evidence.commits {
                let Some(place) = commit.block.records.iter().rposition(is_outcome) else { continue };
                // The positions of all others stay as they are.
                commit.block.records[place].kind = None;
                return;
            }
        }),
        ("a message is lost", |evidence| {
            evidence.sent.push(Sent::Event { command_id: "/load#lost".to_owned() });
        }),
        ("garbage is lost", |evidence| evidence.sent.push(Sent::Garbage { text: "lost".to_owned() })),
        ("a use is lost", |evidence| {
            let later = |sent: &mut Sent| match sent {
                Sent::Use { at, .. } => "2024-07-01T00:00:00Z".clone_into(at),
                Sent::Event { .. } | Sent::Garbage { .. } => {}
            };
            evidence.sent.iter_mut().for_each(later);
        }),
        ("there are no dead letters", |evidence| evidence.letters.clear()),
        ("a dead letter has no reason", |evidence| {
            evidence.letters.iter_mut().for_each(|letter| letter.headers.retain(|name, _| name != "usher_code"));
        }),
        ("a change that was acknowledged is none", |evidence| {
            let unchanged = evidence.answers.iter_mut().find(|answer| answer.said == Said::Unchanged).unwrap();
            unchanged.said = Said::Changed;
        }),
        ("a change that was not acknowledged is one", |evidence| {
            let changed = evidence.answers.iter_mut().find(|answer| answer.said == Said::Changed).unwrap();
            changed.said = Said::Refused("no_seats_available".to_owned());
        }),
        ("nobody was blocked", |evidence| {
            evidence.stored = evidence.stored.replace("UserBlocked", "UserReactivated");
            evidence.relayed = evidence.stored.clone();
        }),
        ("there are fewer seats than are held", |evidence| {
            evidence.stored = evidence.stored.replace("\"quantity\":4", "\"quantity\":1");
            evidence.relayed = evidence.stored.clone();
        }),
        ("a licensee is not shown", |evidence| {
            evidence.shown.licensees = without_a_line(&evidence.shown.licensees);
        }),
        ("a pool is not shown", |evidence| evidence.shown.pools = without_a_line(&evidence.shown.pools)),
        ("a seat is not shown", |evidence| {
            evidence.shown.members = evidence.shown.members.replacen("|t|", "|f|", 1);
        }),
        ("the totals are wrong", |evidence| evidence.shown.totals.insert(0, '1')),
        ("a reason is not counted", |evidence| {
            evidence.shown.removals = without_a_line(&evidence.shown.removals);
        }),
        ("a refusal is shown twice", |evidence| {
            let line = middle_line(&evidence.shown.refusals).to_owned() + "\n";
            evidence.shown.refusals = evidence.shown.refusals.replace(&line, &line.repeat(2));
        }),
    ];
    for (what, damage) in damages {
        let mut damaged = evidence.clone();
        damage(&mut damaged);
        assert!(!wrongs_of(&damaged).is_empty(), "nobody notices that {what}");
    }
}

fn middle_line(text: &str) -> &str {
    text.lines().nth(text.lines().count() / 2).unwrap()
}

fn without_a_line(text: &str) -> String {
    let middle = text.lines().count() / 2;
    text.lines().enumerate().filter(|(number, _)| *number != middle).map(|(_, line)| format!("{line}\n")).collect()
}
