//! Why somebody never had a seat, and what would have to change.

use explain::{Action, Obstacle, ProductExplanation, Standing};
use licensing::*;

use crate::story::*;

#[track_caller]
fn assert_obstacle(explained: &ProductExplanation, obstacle: Obstacle, actions: &[Action], rule: Option<&str>) {
    assert_eq!(explained.standing, Standing::NeverHad);
    let first = &explained.remedies[0];
    assert_eq!((first.obstacle, first.any_of.as_slice()), (obstacle, actions));
    assert_eq!(explained.rule.map(|rule| rule.to_string()).as_deref(), rule);
    assert_says(explained, "has never had a seat of duo");
    assert_says(explained, &format!("To get a seat: {}.", first.sentence));
}

#[test]
fn r21_whoever_is_eligible_only_has_to_be_given_one() {
    let story = Story::group(1, &["ann"]);
    assert_obstacle(&story.why("ann"), Obstacle::NotAssigned, &[Action::AssignSeat], None);
}

#[test]
fn r21_somebody_who_was_never_a_member_has_to_become_one() {
    let story = Story::group(1, &[]);
    assert_obstacle(&story.why("zoe"), Obstacle::NotAMember, &[Action::AddMember], Some("R21"));
    assert_eq!(story.explain("zoe").sentences, ["zoe was never a member."]);
}

#[test]
fn r23_a_full_pool_needs_a_free_seat_or_a_larger_quantity() {
    let mut story = Story::group(1, &["ann", "bob"]);
    story.seat(&["ann"]);
    let bob = story.why("bob");
    assert_obstacle(&bob, Obstacle::NoSeatsAvailable, &[Action::FreeSeat, Action::RaiseQuantity], Some("R23"));
    assert_eq!((bob.evidence.available, bob.evidence.quantity), (0, 1));
}

#[test]
fn r07_without_an_add_on_one_has_to_be_purchased() {
    let mut story = Story::of(Offering::GitlabCom, "ultimate", None, None);
    story.tell("urn:directory#join", DIRECTORY, &join("ann"));
    assert_obstacle(&story.why("ann"), Obstacle::NoAddOn, &[Action::PurchaseAddOn], Some("R20"));
}

#[test]
fn r16_r18_what_was_sold_to_an_instance_waits_for_a_synchronisation_or_24_hours() {
    let mut story = Story::of(Offering::SelfManaged, "ultimate", Some("17.4"), Some(5));
    story.tell("urn:directory#join", DIRECTORY, &join("ann"));
    let ann = story.why("ann");
    assert_obstacle(&ann, Obstacle::PendingSync, &[Action::SynchronizeInstance, Action::Wait], Some("R16"));
    assert_eq!(ann.remedies[0].at, Some(at("2025-01-02T00:00:00Z")));
    assert_says(&ann, "happens by itself at 2025-01-02T00:00:00Z (R18)");
    assert_says(&ann, "duo has 5 seats of duo_pro on record, and none in effect yet (R16).");
    story.pass_until("2025-01-02T00:00:00Z");
    assert_obstacle(&story.why("ann"), Obstacle::NotAssigned, &[Action::AssignSeat], None);
}

#[test]
fn r18_a_surplus_that_a_synchronisation_made_goes_back_to_the_sale() {
    let mut story = Story::of(Offering::SelfManaged, "ultimate", Some("17.4"), Some(2));
    story.tell("urn:directory#ann", DIRECTORY, &join("ann"));
    story.tell("urn:directory#bob", DIRECTORY, &join("bob"));
    story.pass_until("2025-01-02T00:00:00Z");
    story.seat(&["ann", "bob"]);
    story.tell("urn:billing#less", BILLING, &quantity(1));
    assert_eq!(story.why("bob").standing, Standing::Works, "recorded, but not in effect (R16)");
    story.pass_until("2025-01-04T00:00:00Z");
    let bob = story.why("bob");
    assert_says(&bob, "The synchronisation after 24 hours (R18), the timer timer:acme:sync_due:");
    assert_says(
        &bob,
        "goes back to a change of the quantity to 1 of 2025-01-02T00:00:00Z: message less of urn:billing",
    );
}

#[test]
fn r17_a_synchronisation_of_the_instance_takes_effect_at_once() {
    let mut story = Story::of(Offering::SelfManaged, "ultimate", Some("17.4"), Some(1));
    story.tell("urn:directory#ann", DIRECTORY, &join("ann"));
    story.tell("key:sync", "adam", &Command::SynchronizeInstance { version: "17.5".parse().unwrap() });
    story.seat(&["ann"]);
    story.tell("urn:billing#none", BILLING, &quantity(0));
    story.tell("key:sync-2", "adam", &Command::SynchronizeInstance { version: "17.5".parse().unwrap() });
    let ann = story.why("ann");
    assert_eq!(ann.standing, Standing::Retained);
    assert_says(
        &ann,
        "A synchronisation of the instance, the request key:sync-2 of adam (it goes back to the withdrawal of duo_pro",
    );
}

#[test]
fn r19_an_old_instance_has_to_be_upgraded() {
    let mut story = Story::of(Offering::SelfManaged, "ultimate", Some("16.5"), Some(1));
    story.tell("urn:directory#ann", DIRECTORY, &join("ann"));
    story.pass_until("2025-01-02T00:00:00Z");
    let ann = story.why("ann");
    assert_obstacle(&ann, Obstacle::InstanceVersionTooOld, &[Action::UpgradeInstance], Some("R19"));
    assert_eq!(ann.remedies[0].needed_version, Some("16.8".parse().unwrap()));
    assert_says(&ann, "the instance runs 16.5, and 16.8 or later is needed");
}

#[test]
fn r13_the_starter_of_a_trial_that_waits_is_told_of_the_first_seat() {
    let mut story = Story::of(Offering::SelfManaged, "premium", Some("17.4"), None);
    story.tell("urn:directory#ann", DIRECTORY, &join("ann"));
    story.tell("urn:billing#trial", BILLING, &trial("duo_pro", Some("ann")));
    let ann = story.why("ann");
    assert_obstacle(&ann, Obstacle::PendingSync, &[Action::SynchronizeInstance, Action::Wait], Some("R16"));
    assert_says(&ann, "the user started the trial, and gets its first seat then (R13)");
}

#[test]
fn r13_a_starter_who_did_not_fit_is_told_so() {
    let mut story = Story::of(Offering::GitlabCom, "premium", None, None);
    story.tell("urn:billing#trial", BILLING, &trial("duo_pro", Some("ann")));
    story.tell("urn:directory#ann", DIRECTORY, &join("ann"));
    assert_says(&story.why("ann"), "was started by ann, but its first seat was not given");
}

#[test]
fn r21_bots_and_minimal_access_are_told_apart() {
    let mut story = Story::group(1, &[]);
    story.tell("urn:directory#bot", DIRECTORY, &join_as("bot", Role::Owner, UserType::Bot));
    story.tell("urn:directory#min", DIRECTORY, &join_as("min", Role::MinimalAccess, UserType::Human));
    assert_obstacle(&story.why("bot"), Obstacle::NotHuman, &[], Some("R21"));
    assert_obstacle(&story.why("min"), Obstacle::RoleTooLow, &[Action::RaiseRole], Some("R21"));
}
