//! Undoing what a command did to seats (ADR 16).

use licensing::*;

use crate::case::*;

impl Case {
    /// The undoing of whatever happened last in one go: the events behind the first `before`.
    fn undo_since(&self, before: usize) -> Command {
        let (first, last) = (before as u64 + 1, self.history.len() as u64);
        let events = (first <= last).then_some(VersionRange { first, last });
        Command::UndoCommand { command_id: "c".to_owned(), events }
    }

    /// Tells a command, and gives the one that undoes it.
    fn tell_undoable(&mut self, command: Command) -> Command {
        let before = self.history.len();
        self.tell(command);
        self.undo_since(before)
    }
}

fn restored(name: &str) -> Event {
    given_seat(name, pro(), AssignmentCause::Restored)
}

fn undone(restored: &[&str], removed: &[&str], failed: &[(&str, Code)]) -> Report {
    let failed = failed.iter().map(|(name, code)| (user(name), *code)).collect();
    Report::Undone { restored: users(restored), removed: users(removed), failed }
}

#[test]
fn undo_of_a_removal_gives_the_same_people_their_seats_back_without_a_mail() {
    let mut case = Case::with_pro(3, &["a", "b", "c"]);
    let undo = case.tell_undoable(remove_many(&["c", "a"]));
    case.when(undo.clone()).then_expect_events(case.now([restored("c"), restored("a")]));
    assert_eq!(case.tell(undo).report, undone(&["c", "a"], &[], &[]));
    assert_eq!(case.holders(), ["a", "b", "c"]);
}

#[test]
fn undo_of_an_assignment_takes_the_seats_that_it_gave_and_no_other() {
    let mut case = Case::with_pro(5, &["a"]);
    case.join_all(&["b", "c"]);
    let undo = case.tell_undoable(assign_many(&["a", "b", "c"], AssignMode::BestEffort));
    let gone = |name| taken_seat(name, RemovalReason::Requested);
    case.when(undo.clone()).then_expect_events(case.now([gone("b"), gone("c")]));
    assert_eq!(case.tell(undo).report, undone(&[], &["b", "c"], &[]));
    assert_eq!(case.holders(), ["a"]);
}

#[test]
fn undo_leaves_a_seat_that_was_taken_or_given_anew_since_and_says_so() {
    let mut case = Case::with_pro(5, &[]);
    case.join_all(&["a", "b", "c"]);
    let undo = case.tell_undoable(assign_many(&["a", "b", "c"], AssignMode::AllOrNothing));
    case.tell(remove_many(&["a", "b"]));
    case.tell(assign("b"));
    let expected = undone(&[], &["c"], &[("a", Code::WithoutSeat), ("b", Code::AssignedSince)]);
    assert_eq!(case.tell(undo).report, expected);
    assert_eq!(case.holders(), ["b"]);
}

#[test]
fn r22_undo_of_a_surplus_restores_those_first_who_were_removed_last() {
    let mut case = Case::with_pro(4, &["never-early", "never-late", "used-long-ago", "used-lately"]);
    case.note_use("used-long-ago", days(20));
    case.note_use("used-lately", days(1));
    let undo = case.tell_undoable(set_quantity("duo_pro", 1));
    assert_eq!(case.holders(), ["used-lately"]);
    case.tell(set_quantity("duo_pro", 3));
    let expected = undone(&["used-long-ago", "never-early"], &[], &[("never-late", Code::NoSeatsAvailable)]);
    assert_eq!(case.tell(undo).report, expected);
    assert_eq!(case.product().quantity, 3, "what was sold stays as it is");
}

#[test]
fn undo_without_ranks_prefers_whoever_used_it_and_then_the_order_of_the_command() {
    let mut case = Case::with_pro(4, &["a", "b", "c", "d"]);
    case.note_use("c", days(9));
    case.note_use("b", days(1));
    let undo = case.tell_undoable(remove_many(&["d", "a", "c", "b"]));
    let expected = ["b", "c", "d", "a"].map(restored);
    case.when(undo).then_expect_events(case.now(expected));
}

#[test]
fn r20_undo_of_the_end_of_a_grace_needs_an_add_on_again() {
    let mut case = Case::with_pro(3, &["b", "a"]);
    case.tell(set_quantity("duo_pro", 0));
    let before = case.history.len();
    case.wait(days(28));
    let undo = case.undo_since(before);
    let failed = [("b", Code::PurchaseNotActive), ("a", Code::PurchaseNotActive)];
    assert_eq!(case.decide(&undo).unwrap().report, undone(&[], &[], &failed));
    case.tell(purchase("duo_pro", 1));
    assert_eq!(case.tell(undo).report, undone(&["b"], &[], &[("a", Code::NoSeatsAvailable)]));
}

#[test]
fn r21_r26_undo_of_a_block_gives_nothing_to_whoever_is_still_blocked() {
    let mut case = Case::with_pro(3, &["a"]);
    let undo = case.tell_undoable(status("a", UserStatus::Blocked));
    assert_eq!(case.decide(&undo).unwrap().report, undone(&[], &[], &[("a", Code::InvalidUserMembership)]));
    case.tell(status("a", UserStatus::Active));
    assert_eq!(case.decide(&undo).unwrap().report, undone(&["a"], &[], &[]));
    case.tell(assign("a"));
    let decision = case.decide(&undo).unwrap();
    assert_eq!((decision.events, decision.report), (vec![], undone(&[], &[], &[("a", Code::AlreadyAssigned)])));
}

#[test]
fn r16_r19_undo_for_an_instance_goes_by_what_is_in_effect_and_by_its_version() {
    let mut case = Case::synced("ultimate", &[("duo_pro", 3)], "17.5");
    case.join_all(&["a"]);
    case.tell(assign("a"));
    let undo = case.tell_undoable(remove("a"));
    case.tell(set_quantity("duo_pro", 0));
    assert_eq!(case.decide(&undo).unwrap().report, undone(&["a"], &[], &[]), "the withdrawal only waits");
    case.tell(purchase("duo_pro", 3));
    case.tell(sync("16.7"));
    assert_eq!(case.decide(&undo).unwrap().report, undone(&[], &[], &[("a", Code::InstanceVersionTooOld)]));
    case.tell(set_quantity("duo_pro", 0));
    case.tell(sync("17.5"));
    assert_eq!(case.decide(&undo).unwrap().report, undone(&[], &[], &[("a", Code::PurchaseNotActive)]));
}

#[test]
fn r25_undo_of_an_assignment_works_in_grace() {
    let mut case = Case::with_pro(3, &[]);
    case.join_all(&["a"]);
    let undo = case.tell_undoable(assign("a"));
    case.tell(set_quantity("duo_pro", 0));
    assert_eq!(case.tell(undo).report, undone(&[], &["a"], &[]));
}

#[test]
fn undo_of_an_undo_does_again_what_was_undone() {
    let mut case = Case::with_pro(3, &["a", "b", "c"]);
    let undo = case.tell_undoable(remove_many(&["a", "b"]));
    let redo = case.tell_undoable(undo);
    assert_eq!(case.tell(redo).report, undone(&[], &["a", "b"], &[]));
    assert_eq!(case.holders(), ["c"]);
}

#[test]
fn undo_restores_nobody_whose_seat_the_command_took_and_gave_again() {
    let mut case = Case::with_pro(3, &["a", "b"]);
    let before = case.history.len();
    case.happen(&[taken_seat("a", RemovalReason::Requested), given_seat("a", pro(), AssignmentCause::Requested)]);
    case.refuses(case.undo_since(before), Code::NothingToUndo);
}

#[test]
fn undo_refuses_strangers_unknown_commands_and_what_moved_no_seats() {
    let unknown = Command::UndoCommand { command_id: "c".to_owned(), events: None };
    Case::new().refuses(unknown.clone(), Code::UnknownLicensee);
    let mut case = Case::with_pro(3, &["a"]);
    case.refuses(unknown, Code::UnknownCommand);
    let undo = case.tell_undoable(purchase("duo_pro", 2));
    case.refuses(undo, Code::NothingToUndo);
}
