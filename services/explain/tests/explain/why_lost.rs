//! Why a seat was lost: each reason has its rule, its sentence and its cause.

use explain::{Action, CommandKind, Obstacle, ProductExplanation, Standing};
use licensing::*;

use crate::story::*;

#[track_caller]
fn assert_lost(explained: &ProductExplanation, reason: RemovalReason, rule: &str) {
    assert_eq!(explained.standing, Standing::Lost);
    assert!(!explained.has_seat);
    assert_eq!(explained.rule.map(|rule| rule.to_string()).as_deref(), Some(rule));
    assert_eq!(explained.evidence.removal.as_ref().unwrap().reason, reason);
    assert_says(explained, &format!("({rule})"));
}

fn obstacles(explained: &ProductExplanation) -> Vec<Obstacle> {
    explained.remedies.iter().map(|remedy| remedy.obstacle).collect()
}

#[test]
fn r22_a_seat_that_was_too_many_names_the_renewal_the_rank_and_the_last_use() {
    let mut story = Story::group(4, &["ann", "bob", "cid", "dan"]);
    story.seat(&["ann", "bob", "cid", "dan"]);
    story.used("bob", "2025-01-01T00:00:00Z");
    for name in ["ann", "cid", "dan"] {
        story.used(name, "2025-02-01T00:00:00Z");
    }
    story.pass_until("2025-03-01T00:00:00Z");
    story.tell("urn:billing#renew", BILLING, &renewal("2027-01-01T00:00:00Z", orders(1)));
    let bob = story.why("bob");
    assert_lost(&bob, RemovalReason::Overage, "R22");
    let overage = bob.evidence.removal.as_ref().unwrap().overage.as_ref().unwrap();
    assert_eq!((overage.rank, overage.too_many), (1, 3), "all that the renewal took are counted, not bob's alone");
    assert_eq!(overage.last_used_at, Some(at("2025-01-01T00:00:00Z")));
    assert_eq!((overage.pool_before.as_ref().unwrap().quantity, overage.pool_after.as_ref().unwrap().quantity), (4, 1));
    assert_says(
        &bob,
        "A renewal, message renew of urn:billing, took the pool from 4 seats of duo_pro to 1 seat of duo_pro: 3 too many.",
    );
    assert_says(&bob, "number 1 to go: it was last used at 2025-01-01T00:00:00Z");
    assert_eq!(obstacles(&bob), [Obstacle::NoSeatsAvailable]);
    assert_eq!(bob.remedies[0].any_of, [Action::FreeSeat, Action::RaiseQuantity]);
    assert_says(&bob, "0 of 1 are free");
    let renewal = bob.chain.iter().find(|link| link.command.id == "urn:billing#renew").unwrap();
    assert_eq!(renewal.command.kind, CommandKind::Message);
    assert_eq!(renewal.command.message_id.as_deref(), Some("renew"));
    let types: Vec<_> = renewal.events.iter().map(|told| told.event.type_name).collect();
    assert_eq!(types, ["SubscriptionRenewed", "SeatRemoved"], "the seats of others are not bob's");
    assert_eq!(renewal.events[1].data["user"], "bob");
}

#[test]
fn r22_a_seat_that_was_never_used_says_so() {
    let mut story = Story::group(2, &["ann", "bob"]);
    story.seat(&["ann", "bob"]);
    story.tell("urn:billing#less", BILLING, &quantity(1));
    assert_says(&story.why("bob"), "number 1 to go: it had never been used");
    assert_says(&story.why("bob"), "A change of the quantity to 1, message less of urn:billing, took");
    assert_eq!(story.why("ann").standing, Standing::Works);
}

#[test]
fn r03_a_renewal_that_had_waited_goes_back_to_the_message_that_ordered_it() {
    let mut story = Story::group(2, &["ann", "bob"]);
    story.seat(&["ann", "bob"]);
    let Command::RenewSubscription(renewal) = renewal("2027-01-01T00:00:00Z", orders(1)) else { unreachable!() };
    let later = RenewSubscription { starts_at: Some(at("2025-06-01T00:00:00Z")), ..renewal };
    story.tell("urn:billing#order", BILLING, &Command::RenewSubscription(later));
    story.pass_until("2025-07-01T00:00:00Z");
    let bob = story.why("bob");
    assert_lost(&bob, RemovalReason::Overage, "R22");
    assert_says(&bob, "A renewal that had waited for its day, the timer timer:acme:renewal_applies:");
    assert_says(&bob, "goes back to the order of a renewal of 2025-01-01T00:00:00Z: message order of urn:billing");
    assert!(bob.chain.iter().any(|link| link.command.id == "urn:billing#order"));
}

#[test]
fn r25_a_seat_that_somebody_took_names_who_and_can_be_given_again() {
    let mut story = Story::group(1, &["ann"]);
    story.seat(&["ann"]);
    let remove = Command::RemoveSeat { product: duo(), user: user("ann") };
    story.tell("key:remove", "olga", &remove);
    let ann = story.why("ann");
    assert_lost(&ann, RemovalReason::Requested, "R25");
    assert_says(&ann, "somebody asked for it: the request key:remove of olga");
    assert_eq!(obstacles(&ann), [Obstacle::NotAssigned]);
    assert_eq!(ann.remedies[0].any_of, [Action::AssignSeat]);
}

#[test]
fn r26_whoever_is_no_longer_active_has_to_be_made_so_unless_deleted() {
    for (status_now, reason, obstacle, actions) in [
        (UserStatus::Blocked, RemovalReason::Blocked, Obstacle::Blocked, &[Action::ReactivateUser] as &[_]),
        (UserStatus::Banned, RemovalReason::Banned, Obstacle::Banned, &[Action::ReactivateUser]),
        (UserStatus::Deactivated, RemovalReason::Deactivated, Obstacle::Deactivated, &[Action::ReactivateUser]),
        (UserStatus::Deleted, RemovalReason::Deleted, Obstacle::Deleted, &[]),
    ] {
        let mut story = Story::group(1, &["ann"]);
        story.seat(&["ann"]);
        story.tell("urn:directory#status", DIRECTORY, &status("ann", status_now));
        let ann = story.why("ann");
        assert_lost(&ann, reason, "R26");
        assert_says(&ann, &format!("because ann was {status_now} by message status of urn:directory"));
        assert_eq!(obstacles(&ann), [obstacle]);
        assert_eq!(ann.remedies[0].any_of, actions);
    }
}

#[test]
fn r26_whoever_left_has_to_be_a_member_again() {
    let mut story = Story::group(1, &["ann"]);
    story.seat(&["ann"]);
    story.tell("urn:directory#leave", DIRECTORY, &Command::RemoveMember { user: user("ann") });
    let explained = story.explain("ann");
    assert_eq!(explained.member, None);
    assert_eq!(explained.sentences, ["ann is no member since 2025-01-01T00:00:00Z: message leave of urn:directory."]);
    assert_lost(&explained.products[0], RemovalReason::MembershipRemoved, "R26");
    assert_eq!(obstacles(&explained.products[0]), [Obstacle::NotAMember]);
}

#[test]
fn r26_a_role_or_type_that_may_hold_no_seat_is_named() {
    for (role, user_type, obstacle, said) in [
        (Role::MinimalAccess, UserType::Human, Obstacle::RoleTooLow, "became minimal_access and human"),
        (Role::Developer, UserType::Bot, Obstacle::NotHuman, "became developer and bot"),
    ] {
        let mut story = Story::group(1, &["ann"]);
        story.seat(&["ann"]);
        story.tell("urn:directory#update", DIRECTORY, &join_as("ann", role, user_type));
        let ann = story.why("ann");
        assert_lost(&ann, RemovalReason::RoleIneligible, "R26");
        assert_says(&ann, said);
        assert_eq!(obstacles(&ann), [obstacle]);
    }
}

#[test]
fn r20_a_seat_that_went_with_the_grace_goes_back_to_what_began_it() {
    let mut story = Story::group(1, &["ann"]);
    story.seat(&["ann"]);
    story.pass_until("2026-02-01T00:00:00Z");
    let ann = story.why("ann");
    assert_lost(&ann, RemovalReason::GraceEnded, "R20");
    assert_says(&ann, "The end of the subscription's term, the timer timer:acme:subscription_expires:");
    assert_says(&ann, "goes back to the start of a subscription of 2025-01-01T00:00:00Z: message start of urn:billing");
    assert_says(&ann, "so its grace ran until 2026-01-29T00:00:00Z");
    assert_eq!(obstacles(&ann), [Obstacle::SubscriptionNotActive]);
    assert_eq!(ann.remedies[0].any_of, [Action::RenewSubscription]);
}

#[test]
fn r27_a_seat_that_the_sweep_took_is_called_a_defect() {
    let mut story = Story::group(1, &["ann"]);
    story.seat(&["ann"]);
    let reason = RemovalReason::Swept;
    let swept = Event::SeatRemoved { user: user("ann"), product: duo(), reason, evidence: None };
    story.record("sweep:acme:2025-01-01T12:00:00Z", "usher:sweep", vec![swept]);
    let ann = story.why("ann");
    assert_lost(&ann, RemovalReason::Swept, "R27");
    assert_says(&ann, "the sweep sweep:acme:2025-01-01T12:00:00Z found that the seat should not be, which is a defect");
    assert_eq!(ann.chain.last().unwrap().command.kind, CommandKind::Sweep);
}

#[test]
fn a_blocked_user_of_a_full_pool_needs_both() {
    let mut story = Story::group(1, &["ann", "bob"]);
    story.seat(&["ann"]);
    story.tell("urn:directory#block", DIRECTORY, &status("ann", UserStatus::Blocked));
    story.seat(&["bob"]);
    assert_eq!(obstacles(&story.why("ann")), [Obstacle::NoSeatsAvailable, Obstacle::Blocked]);
}

#[test]
fn the_type_and_the_free_text_of_a_message_are_told_where_they_are_known() {
    let mut story = Story::group(1, &["ann"]);
    story.seat(&["ann"]);
    story.tell("urn:directory#block", DIRECTORY, &status("ann", UserStatus::Blocked));
    let mut background = typed("urn:directory#block", "usher.directory.v1.UserBlocked");
    background.get_mut("urn:directory#block").unwrap().free_text = Some("left in \u{7}anger".to_owned());
    let ann = story.explain_with("ann", &background).products.remove(0);
    assert_says(&ann, "message block of urn:directory (usher.directory.v1.UserBlocked)");
    assert_says(&ann, "with the reason \"left in \\u{7}anger\"");
    let block = &ann.chain.last().unwrap().command;
    assert_eq!(block.type_name.as_deref(), Some("usher.directory.v1.UserBlocked"));
}
