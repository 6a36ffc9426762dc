//! Why a seat is held, and whether it works.

use explain::{Action, Obstacle, Standing};
use licensing::*;

use crate::story::*;

#[test]
fn r23_a_seat_that_works_names_who_gave_it_and_needs_nothing() {
    let mut story = Story::group(2, &["ann"]);
    story.seat(&["ann"]);
    let ann = story.why("ann");
    assert_eq!((ann.standing, ann.has_seat), (Standing::Works, true));
    assert_eq!(ann.rule.unwrap().to_string(), "R23");
    assert!(ann.remedies.is_empty(), "{:?}", ann.remedies);
    assert_says(
        &ann,
        "ann has a seat of duo (duo_pro) since 2025-01-01T00:00:00Z: it was given by the request key:assign-ann of olga (R23).",
    );
    assert_says(&ann, "duo has 2 seats of duo_pro, 1 taken and 1 free, until 2026-01-01T00:00:00Z.");
    assert_eq!(ann.evidence.removal, None);
}

#[test]
fn r13_the_starter_of_a_trial_has_its_first_seat() {
    let mut story = Story::of(Offering::GitlabCom, "premium", None, None);
    story.tell("urn:directory#join", DIRECTORY, &join("ann"));
    story.tell("urn:billing#trial", BILLING, &trial("duo_pro", Some("ann")));
    let ann = story.why("ann");
    assert_eq!((ann.standing, ann.rule.unwrap().to_string().as_str()), (Standing::Works, "R13"));
    assert_says(&ann, "it is the first seat of the trial that the user started, by message trial of urn:billing (R13)");
}

#[test]
fn r20_a_seat_that_is_kept_says_until_when_and_that_a_renewal_helps() {
    let mut story = Story::group(1, &["ann"]);
    story.seat(&["ann"]);
    story.pass_until("2026-01-10T00:00:00Z");
    let ann = story.why("ann");
    assert_eq!((ann.standing, ann.has_seat), (Standing::Retained, true));
    assert_eq!(ann.rule.unwrap().to_string(), "R20");
    assert_eq!(ann.remedies[0].obstacle, Obstacle::Grace);
    assert_eq!(ann.remedies[0].any_of, [Action::RenewSubscription]);
    assert_eq!(ann.remedies[0].at, Some(at("2026-01-29T00:00:00Z")));
    assert_says(&ann, "The seat is kept, but gives no access (R20).");
    assert_says(&ann, "took duo its last add-on at 2026-01-01T00:00:00Z");
    assert_says(
        &ann,
        "For the seat to work: the subscription has run out: renew it; the product is in grace until 2026-01-29T00:00:00Z, then the seat that is kept works again.",
    );
    story.tell("urn:billing#renew", BILLING, &renewal("2027-01-01T00:00:00Z", None));
    assert_eq!(story.why("ann").standing, Standing::Works, "it came back");
}

#[test]
fn a_seat_given_again_is_explained_by_the_last_assignment() {
    let mut story = Story::group(1, &["ann"]);
    story.seat(&["ann"]);
    story.tell("key:remove", "olga", &Command::RemoveSeat { product: duo(), user: user("ann") });
    story.tell("key:again", "otto", &assign("ann"));
    let ann = story.why("ann");
    assert_eq!(ann.standing, Standing::Works);
    assert_says(&ann, "the request key:again of otto");
    assert!(!ann.chain.iter().any(|link| link.command.id == "key:remove"));
}
