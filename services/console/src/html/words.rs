//! The words of the domain, for people.

use std::fmt::Display;

use serde_json::Value;

use crate::failure::Problem;

/// An add-on's name on the price list; one that this program does not know keeps its id.
pub(crate) fn add_on_name(add_on: &str) -> String {
    match add_on {
        "duo_pro" => "Duo Pro".to_owned(),
        "duo_enterprise" => "Duo Enterprise".to_owned(),
        other => in_words(other),
    }
}

/// A plan's name.
pub(crate) fn plan_name(plan: &str) -> String {
    in_words(plan)
}

/// `minimal_access` as people read it: `Minimal access`.
pub(crate) fn in_words(word: &str) -> String {
    let text = word.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// So many seats, in words.
pub(crate) fn seats(count: impl Display) -> String {
    let count = count.to_string();
    if count == "1" { "1 seat".to_owned() } else { format!("{count} seats") }
}

/// The same, as what a sentence is about.
pub(crate) fn seats_are(count: impl Display) -> String {
    let seats = seats(count);
    if seats == "1 seat" { "1 seat is".to_owned() } else { format!("{seats} are") }
}

/// What a timer is going to do.
pub(crate) fn timer_words(kind: &str) -> String {
    let words = match kind {
        "subscription_activates" => "Subscription starts",
        "subscription_expires" => "Subscription ends",
        "grace_ends" => "Grace period ends",
        "renewal_applies" => "Renewal applies",
        "trial_ends" => "Trial ends",
        "seats_removed" => "Retained seats are removed",
        "sync_due" => "Synchronised by itself",
        other => return in_words(other),
    };
    words.to_owned()
}

/// Why something was refused, and what can be done about it.
pub(crate) fn refusal_words(problem: &Problem) -> (String, String) {
    let mend = |title: &str, what: &str| (title.to_owned(), what.to_owned());
    match problem.code.as_str() {
        "no_seats_available" => mend("No seat is free", "Take a seat from somebody else first, or buy more seats."),
        "not_enough_seats" => {
            let (free, wanted) = (problem.available.unwrap_or(0), problem.requested.unwrap_or(0));
            let what = format!(
                "{wanted} are wanted and {} free. Choose fewer people, take seats from others first, or buy more.",
                seats_are(free)
            );
            ("Not enough seats are free".to_owned(), what)
        }
        "purchase_not_active" => mend(
            "There is nothing to give seats of",
            "The add-on is not in effect: renew the subscription, buy it, or synchronise the instance.",
        ),
        "instance_version_too_old" => {
            mend("The instance is too old", "Upgrade the instance, then synchronise it so that it tells its version.")
        }
        "invalid_user_membership" => mend(
            "This user can't have a seat",
            "Only active people with a role above minimal access can: check status, type and role.",
        ),
        "invalid_user_id_present" => mend(
            "Some of these users can't have a seat",
            "Only active people with a role above minimal access can: leave the others out.",
        ),
        "no_assignments_found" => {
            mend("Nobody chosen has a seat", "There is nothing to remove: choose people with a seat.")
        }
        "empty_user_list" => mend("Nobody is chosen", "Choose at least one person."),
        "too_many_users" => mend("Too many people at once", "Do it in parts of at most 10,000."),
        "version_changed" => mend(
            "Something changed since you looked",
            "Nothing was done. What would happen now is shown below: decide anew.",
        ),
        "quantity_exceeds_subscription_seats" => mend(
            "More add-on seats than the subscription has",
            "Raise the seats of the subscription first, or choose fewer.",
        ),
        "plan_not_eligible" => mend("The plan does not allow this add-on", "Change the plan first."),
        "subscription_not_active" => mend("No subscription is active", "Start or renew one first."),
        "nothing_to_undo" => {
            mend("There is nothing to undo", "The command moved no seats of this licensee, or they have moved since.")
        }
        "forbidden" => mend("You may not do this", "Nothing was done. Sign in with a token that allows it."),
        "unknown_licensee" => {
            mend("Nobody has heard of this licensee", "Check the address, or look for it in the list.")
        }
        "cursor_expired" => mend("This page is too old", "Start the list from the beginning."),
        "only_forms" => mend(
            "There is nothing to see here",
            "This address only takes what a form sends: begin with the page of the form.",
        ),
        "not_found" => mend("Nothing is here", "Check the address, or begin with the list of licensees."),
        code => (in_words(code), problem.detail.clone()),
    }
}

/// How an event is coloured: a gain, a loss, a warning or none of them.
pub(crate) fn event_tone(type_name: &str) -> &'static str {
    match type_name {
        "SeatAssigned" | "SeatsRestored" | "SubscriptionActivated" | "SeatsPurchased" | "SubscriptionRenewed" => "good",
        "SeatRemoved" | "SubscriptionExpired" | "SubscriptionCancelled" | "GracePeriodEnded" | "TrialExpired" => "bad",
        "SeatsRetained" | "MemberStatusChanged" | "RenewalScheduled" => "warn",
        _ => "plain",
    }
}

/// What happened, in a sentence without its subject's link.
pub(crate) fn event_sentence(type_name: &str, data: &Value) -> String {
    let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| data.get(name).and_then(Value::as_u64).unwrap_or_default();
    let add_on = || add_on_name(&text("add_on"));
    match type_name {
        "SeatAssigned" => format!("got a seat of {}", add_on()),
        "SeatRemoved" => format!("lost the seat: {}", removal_words(&text("reason"), number("rank"))),
        "SeatsRetained" => format!("{} kept without access until the grace period ends", seats_are(number("seats"))),
        "SeatsRestored" => format!("Access is back for {} of {}", seats(number("seats")), add_on()),
        "SubscriptionStarted" => {
            format!("{} started with {}{}", plan_name(&text("plan")), seats(number("seats")), add_ons_words(data))
        }
        "SubscriptionActivated" => "The subscription became active".to_owned(),
        "SubscriptionRenewed" => {
            format!("Renewed as {} with {}{}", plan_name(&text("plan")), seats(number("seats")), add_ons_words(data))
        }
        "RenewalScheduled" => "A renewal waits for its day".to_owned(),
        "SubscriptionSeatsChanged" => format!("The subscription has {}", seats(number("seats"))),
        "SubscriptionCancelled" => "The subscription was cancelled".to_owned(),
        "SubscriptionExpired" => "The subscription ended".to_owned(),
        "GracePeriodEnded" => format!("The grace period of the {} ended", text("of")),
        "SeatsPurchased" => format!("{} of {} bought, {} in all", seats(number("quantity")), add_on(), number("total")),
        "SeatQuantityChanged" if number("quantity") == 0 => format!("{} was withdrawn", add_on()),
        "SeatQuantityChanged" => format!("{} has {}", add_on(), seats(number("quantity"))),
        "AddOnChanged" => {
            format!("{} became {} with {}", add_on_name(&text("from")), add_on(), seats(number("quantity")))
        }
        "TrialStarted" => format!("Trial of {} started with {}", add_on(), seats(number("seats"))),
        "TrialConverted" => format!("The trial of {} became a purchase", add_on()),
        "TrialExpired" => format!("The trial of {} ended", add_on()),
        "InstanceSynchronized" => "The instance synchronised".to_owned(),
        "MemberAdded" => format!("became a member as {}", in_words(&text("role")).to_lowercase()),
        "MemberUpdated" => format!("is a member as {}", in_words(&text("role")).to_lowercase()),
        "MemberRemoved" => "is no member any more".to_owned(),
        "MemberStatusChanged" => format!("is {} from then on", text("status")),
        other => in_words(other),
    }
}

/// The add-ons of a start or a renewal, as the end of a sentence; nothing where it says nothing of them (R4).
fn add_ons_words(data: &Value) -> String {
    let Some(add_ons) = data.get("add_ons").and_then(Value::as_array) else { return String::new() };
    let words = |holding: &Value| {
        let quantity = holding.get("quantity").and_then(Value::as_u64)?;
        let add_on = holding.get("add_on").and_then(Value::as_str)?;
        Some(format!("{} of {}", seats(quantity), add_on_name(add_on)))
    };
    let words: Vec<String> = add_ons.iter().filter_map(words).collect();
    if words.is_empty() { ", without an add-on".to_owned() } else { format!(" and {}", words.join(", ")) }
}

fn removal_words(reason: &str, rank: u64) -> String {
    let words = match reason {
        "requested" => "somebody removed it",
        "overage" => return format!("more seats were held than bought, number {rank} in the order of removal"),
        "blocked" => "the user was blocked",
        "banned" => "the user was banned",
        "deactivated" => "the user was deactivated",
        "deleted" => "the user was deleted",
        "membership_removed" => "the user is no member any more",
        "role_ineligible" => "the role or type no longer allows one",
        "grace_ended" => "the grace period ended",
        "swept" => "a sweep found that it should not be there",
        other => return in_words(other),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_read_as_people_do() {
        assert_eq!(in_words("minimal_access"), "Minimal access");
        assert_eq!(in_words(""), "");
        assert_eq!(add_on_name("duo_pro"), "Duo Pro");
    }

    #[test]
    fn one_seat_is_no_more_than_one() {
        assert_eq!((seats(1), seats(0), seats_are(1)), ("1 seat".into(), "0 seats".into(), "1 seat is".into()));
        let one = json!({"plan": "premium", "add_on": "duo_pro", "from": "duo_pro", "seats": 1, "quantity": 1, "total": 1,
            "add_ons": [{"add_on": "duo_pro", "quantity": 1}]});
        for event in [
            "SeatsRetained",
            "SeatsRestored",
            "SubscriptionStarted",
            "SubscriptionRenewed",
            "SubscriptionSeatsChanged",
            "SeatsPurchased",
            "SeatQuantityChanged",
            "AddOnChanged",
            "TrialStarted",
        ] {
            let sentence = event_sentence(event, &one);
            assert!(sentence.contains("1 seat") && !sentence.contains("1 seats"), "{sentence}");
        }
    }

    #[test]
    fn r04_a_renewal_tells_the_seats_of_the_add_on_beside_those_of_the_plan() {
        let renewed = |add_ons: Value| {
            let data = json!({"plan": "ultimate", "seats": 80, "add_ons": add_ons});
            event_sentence("SubscriptionRenewed", &data)
        };
        let held = json!([{"add_on": "duo_pro", "product": "duo", "quantity": 30}]);
        assert_eq!(renewed(held), "Renewed as Ultimate with 80 seats and 30 seats of Duo Pro");
        assert_eq!(renewed(json!([])), "Renewed as Ultimate with 80 seats, without an add-on");
        assert_eq!(renewed(Value::Null), "Renewed as Ultimate with 80 seats");
    }

    #[test]
    fn r22_a_removal_tells_its_rank() {
        let data = json!({"user": "u-1", "reason": "overage", "rank": 3});
        assert!(event_sentence("SeatRemoved", &data).contains("number 3 in the order"));
    }
}
