//! What moved between two instants.

use explain::{Change, Diff, Field, FieldValue, Move, MovesWanted, Net, What};
use licensing::*;

use crate::story::*;

fn kinds(diff: &Diff) -> Vec<String> {
    let kind = |told: &Move| serde_json::to_value(told).unwrap()["kind"].as_str().unwrap().to_owned();
    diff.moves.iter().map(kind).collect()
}

fn changes_of(told: &Move) -> &[Change] {
    match &told.what {
        What::LicenseeChanged { changes, .. } | What::MemberChanged { changes, .. } => changes,
        other => panic!("{other:?} has no changes"),
    }
}

fn change(told: &Move, field: Field) -> (Option<&FieldValue>, Option<&FieldValue>) {
    let change = changes_of(told).iter().find(|change| change.field == field).expect("a change of the field");
    (change.before.as_ref(), change.after.as_ref())
}

fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

fn net_of(told: &Move) -> Net {
    match &told.what {
        What::SeatGained { net, .. } | What::SeatLost { net, .. } => *net,
        What::MemberJoined { net, .. } | What::MemberLeft { net, .. } => *net,
        other => panic!("{other:?} comes to nothing"),
    }
}

#[test]
fn the_range_begins_behind_its_first_instant_and_ends_with_its_second() {
    let mut story = Story::group(5, &["ann", "bob", "cid"]);
    for (name, day) in
        [("ann", "2025-02-01T00:00:00Z"), ("bob", "2025-02-02T00:00:00Z"), ("cid", "2025-02-03T00:00:00Z")]
    {
        story.pass_until(day);
        story.seat(&[name]);
    }
    let diff = story.diff("2025-02-01T00:00:00Z", "2025-02-02T00:00:00Z");
    assert_eq!(kinds(&diff), ["seat_gained"]);
    let told = &diff.moves[0];
    assert!(matches!(&told.what, What::SeatGained { user, .. } if user.as_str() == "bob"));
    assert_eq!((told.event.actor.as_str(), told.event.command_id.as_str()), ("olga", "key:assign-bob"));
    assert_eq!((diff.before.unwrap().products[0].1.assigned, diff.after.unwrap().products[0].1.assigned), (1, 2));
}

#[test]
fn r22_a_surplus_shows_who_lost_a_seat_and_why_beside_the_renewal() {
    let mut story = Story::group(3, &["ann", "bob", "cid"]);
    story.seat(&["ann", "bob", "cid"]);
    story.pass_until("2025-06-01T00:00:00Z");
    story.tell("urn:billing#renew", BILLING, &renewal("2027-01-01T00:00:00Z", orders(1)));
    let diff = story.diff("2025-05-01T00:00:00Z", "2025-06-01T00:00:00Z");
    assert_eq!(kinds(&diff), ["licensee_changed", "seat_lost", "seat_lost"]);
    let renewed = &diff.moves[0];
    assert_eq!(change(renewed, Field::Quantity), (Some(&FieldValue::Number(3)), Some(&FieldValue::Number(1))));
    assert_eq!(change(renewed, Field::TermEndsAt).1, Some(&FieldValue::Time(at("2027-01-01T00:00:00Z"))));
    let lost = serde_json::to_value(&diff.moves[1]).unwrap();
    assert_eq!((&lost["rule"], &lost["reason"], &lost["rank"]), (&"R22".into(), &"overage".into(), &1.into()));
    assert!(lost["last_used_at"].is_null() && lost.as_object().unwrap().contains_key("last_used_at"));
    assert_eq!(lost["command_id"], "urn:billing#renew");
    assert_eq!(diff.net.seats[&duo()].lost, 2);
}

#[test]
fn a_seat_lost_and_given_again_shows_both_moves_and_comes_to_nothing() {
    let mut story = Story::group(2, &["ann", "bob"]);
    story.seat(&["ann"]);
    story.pass_until("2025-02-01T00:00:00Z");
    story.tell("key:remove", "olga", &Command::RemoveSeat { product: duo(), user: user("ann") });
    story.tell("key:again", "olga", &assign("ann"));
    story.seat(&["bob"]);
    let diff = story.diff("2025-01-15T00:00:00Z", "2025-03-01T00:00:00Z");
    assert_eq!(kinds(&diff), ["seat_lost", "seat_gained", "seat_gained"]);
    assert_eq!(diff.moves.iter().map(net_of).collect::<Vec<_>>(), [Net::Unchanged, Net::Unchanged, Net::Added]);
    let net = diff.net.seats[&duo()];
    assert_eq!((net.gained, net.lost, net.lost_and_regained), (1, 0, 1));
}

#[test]
fn r20_an_expiry_is_one_move_from_active_to_grace() {
    let story = {
        let mut story = Story::group(1, &["ann"]);
        story.seat(&["ann"]);
        story.pass_until("2026-03-01T00:00:00Z");
        story
    };
    let diff = story.diff("2025-12-31T00:00:00Z", "2026-01-01T00:00:00Z");
    assert_eq!(kinds(&diff), ["licensee_changed"]);
    let expired = &diff.moves[0];
    assert_eq!(change(expired, Field::ProductStatus), (Some(&text("active")), Some(&text("grace"))));
    assert_eq!(change(expired, Field::SubscriptionStatus), (Some(&text("active")), Some(&text("grace"))));
    assert!(!changes_of(expired).iter().any(|change| change.field == Field::AddOn), "in grace it is the last one");
    let What::LicenseeChanged { events, .. } = &expired.what else { unreachable!() };
    let types: Vec<_> = events.iter().map(|cited| cited.type_name).collect();
    assert_eq!(types, ["SubscriptionExpired", "SeatsRetained"]);
    let ended = story.diff("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z");
    assert!(kinds(&ended).contains(&"seat_lost".to_owned()));
    assert_eq!(ended.after.unwrap().products[0].1.status, ProductStatus::None);
}

#[test]
fn r29_members_who_join_leave_and_change_are_told_apart() {
    let mut story = Story::group(1, &["ann", "bob"]);
    story.pass_until("2025-02-01T00:00:00Z");
    story.tell("urn:directory#zoe", DIRECTORY, &join("zoe"));
    story.tell("urn:directory#leave", DIRECTORY, &Command::RemoveMember { user: user("bob") });
    story.tell("urn:directory#block", DIRECTORY, &status("ann", UserStatus::Blocked));
    // New details alone are in no event (R30).
    let details = Command::AddMember {
        user: user("zoe"),
        role: Role::Developer,
        user_type: UserType::Human,
        details_changed: true,
    };
    story.tell("urn:directory#details", DIRECTORY, &details);
    let diff = story.diff("2025-01-15T00:00:00Z", "2025-02-01T00:00:00Z");
    assert_eq!(kinds(&diff), ["member_joined", "member_left", "member_changed"]);
    assert_eq!((net_of(&diff.moves[0]), net_of(&diff.moves[1])), (Net::Added, Net::Removed));
    assert_eq!(change(&diff.moves[2], Field::Status), (Some(&text("active")), Some(&text("blocked"))));
    assert_eq!((diff.net.members_joined, diff.net.members_left), (1, 1));
}

#[test]
fn pages_hold_every_move_once_in_order_whatever_their_size() {
    let mut story = Story::group(3, &["ann", "bob", "cid"]);
    story.seat(&["ann", "bob", "cid"]);
    story.tell("urn:billing#less", BILLING, &quantity(1));
    let (from, to) = ("2024-01-01T00:00:00Z", "2025-06-01T00:00:00Z");
    let whole = story.diff(from, to);
    assert!(whole.before.is_none() && !whole.more);
    for limit in 1..=whole.moves.len() {
        let (mut moves, mut after_version) = (Vec::new(), 0);
        loop {
            let page = story.diff_page(from, to, MovesWanted { after_version, limit });
            assert_eq!((&page.net, &page.after), (&whole.net, &whole.after), "whole on every page");
            assert!(page.moves.len() <= limit);
            after_version = page.moves.last().map_or(after_version, |last| last.event.version);
            moves.extend(page.moves);
            if !page.more {
                break;
            }
        }
        assert_eq!(moves, whole.moves, "{limit} a page");
    }
}

#[test]
fn nothing_moves_between_an_instant_and_itself() {
    let story = Story::group(1, &["ann"]);
    let diff = story.diff("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
    assert!(diff.moves.is_empty());
    assert_eq!(diff.before, diff.after);
}
