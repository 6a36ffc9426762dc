//! The form that asks, what it was answered, and the button that does it.

use std::collections::HashMap;

use maud::{Markup, html};
use serde_json::Value;
use uuid::Uuid;

use super::{Answer, Kind, MONTHS_MAX, MONTHS_USUAL, Preview, WhatIf};
use crate::{
    html::{add_on_name, chip, event_sentence, hidden, notice, problem_notice, seats as seats_of},
    visitor::Visitor,
    wire::{Licensee, PreviewEvent},
};

/// The form, and what it was answered.
pub(in crate::pages) fn section(
    visitor: &Visitor,
    licensee: &Licensee,
    asked: Option<&WhatIf>,
    answer: Option<&Answer>,
) -> Markup {
    let pool = licensee.products.values().next();
    let quantity = pool.map_or(0, |pool| pool.quantity);
    let add_on = pool.and_then(|pool| pool.add_on.as_ref()).map(|add_on| add_on_name(add_on.as_str()));
    let seats = asked.map_or(quantity, |asked| asked.seats);
    let is = |word: &str| asked.is_some_and(|asked| asked.word() == word);
    html! {
        section #what-if.card {
            h2 { "What if?" }
            @if !visitor.caller.sends_billing {
                p.quiet { "Renewals and changes of quantity are for those who may send messages of billing." }
            } @else if licensee.subscription.is_none() {
                p.quiet { "There is no subscription to renew or change." }
            } @else {
                p.quiet { "See what would happen, and who would lose a seat, before anything is done." }
                form.filters action={ "/licensees/" (licensee.licensee) "/subscription#what-if" } {
                    label {
                        "What"
                        select name="what" {
                            option value="renew" selected[is("renew")] { "Renew" }
                            option value="change" selected[is("change")] { "Change the quantity now" }
                        }
                    }
                    label {
                        "to seats" @if let Some(add_on) = &add_on { " of " (add_on) }
                        input #what-if-seats type="number" name="seats" min="0" max="1000000" value=(seats) required;
                    }
                    label {
                        "for months (renewal)"
                        @let months = asked.map_or(MONTHS_USUAL, WhatIf::months);
                        input type="number" name="months" min="1" max=(MONTHS_MAX) value=(months);
                    }
                    button.button type="submit" { "Preview" }
                }
                @match (asked, answer) {
                    (Some(asked), Some(Answer::Known(preview))) => (known(licensee, asked, preview)),
                    (_, Some(Answer::OnItsWay { again })) => (on_its_way(again)),
                    _ => {}
                }
            }
        }
    }
}

fn on_its_way(again: &str) -> Markup {
    let text = html! {
        "All who have a seat are put in order, which takes a moment for so many. " a href=(again) { "Look again" }
        ": this page does so by itself."
    };
    notice("info", "Who would lose a seat is being found out", &text)
}

fn known(licensee: &Licensee, asked: &WhatIf, preview: &Preview) -> Markup {
    let foreseen = match &preview.outcome {
        Ok(foreseen) => foreseen,
        Err(problem) => return problem_notice(problem),
    };
    let nobody_loses = foreseen.loser_count == 0;
    let title = match foreseen.loser_count {
        0 => "Nobody would lose a seat".to_owned(),
        1 => "1 user would lose the seat".to_owned(),
        count => format!("{count} users would lose their seats"),
    };
    let doing = match asked.kind {
        Kind::Renew { .. } => format!("Renew to {}", seats_of(asked.seats)),
        Kind::Change => format!("Change to {}", seats_of(asked.seats)),
    };
    html! {
        (notice(if nobody_loses { "good" } else { "warn" }, &title, &html! {
            @for event in &foreseen.in_common { (event_sentence(&event.r#type, &event.data)) ". " }
            @if foreseen.is_nothing { "Nothing would change." }
            @if licensee.is_instance() { "It takes effect when the instance synchronises." }
        }))
        form.actions method="post" action={ "/licensees/" (licensee.licensee) "/subscription/apply" } data-decision {
            (kept(asked))
            (hidden("version", &preview.version.map(|version| version.to_string()).unwrap_or_default()))
            (hidden("key", &Uuid::now_v7().to_string()))
            @let tone = if nobody_loses { "primary" } else { "danger" };
            button #do-it class={ "button " (tone) } type="submit" { (doing) }
            a.button href={ "/licensees/" (licensee.licensee) "/subscription" } { "Cancel" }
        }
        @if !nobody_loses {
            (loser_table(licensee, &foreseen.losers, &preview.names))
            @let others = foreseen.loser_count - foreseen.losers.len();
            @if others > 0 { p.quiet { "and " (others) " more" } }
        }
    }
}

fn loser_table(licensee: &Licensee, losers: &[PreviewEvent], names: &HashMap<String, String>) -> Markup {
    html! {
        div.table-frame role="region" aria-label="Users who would lose their seats" tabindex="0" {
            table {
                caption { "In the order in which the seats would go" }
                thead {
                    tr { th.number scope="col" { "Rank" } th scope="col" { "User" } th scope="col" { "Last use" } }
                }
                tbody {
                    @for event in losers {
                        @let last_use = event.data.get("last_used_at").and_then(Value::as_str);
                        @let rank = event.data.get("rank").and_then(Value::as_u64);
                        @let user = event.user().unwrap_or_default();
                        tr {
                            td.number { @if let Some(rank) = rank { (rank) } }
                            td { a href={ "/licensees/" (licensee.licensee) "/members/" (user) "/why" } { (names.get(user).map_or(user, String::as_str)) } }
                            td {
                                @match last_use {
                                    Some(at) => (at.get(.."2026-01-31".len()).unwrap_or(at)),
                                    None => (chip("plain", "Never")),
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The question, for the form that has it done.
fn kept(asked: &WhatIf) -> Markup {
    html! {
        (hidden("what", asked.word()))
        (hidden("seats", &asked.seats.to_string()))
        (hidden("months", &asked.months().to_string()))
    }
}
