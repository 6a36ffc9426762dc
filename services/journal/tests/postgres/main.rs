//! The conformance suite on a real PostgreSQL, and what only a server can do.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../conformance/mod.rs"]
mod conformance;
mod damages;
mod doors;
mod doubts;
mod fences;
mod ground;
mod leases;
mod nodes;
mod proxy;
mod users;

use conformance::{
    Maker, assert_index_equals_journal,
    samples::{Sample, event},
};
use contract::proto::journal::{Event, record::Kind};
use ground::{Ground, batch};

conformance_tests! {
    Ground::new();
    what_is_appended_is_read_back
    numbers_and_positions_have_no_gaps
    a_commit_that_does_not_follow_its_head_writes_nothing
    a_shard_beyond_the_count_is_refused
    two_commits_with_the_same_number_conflict_within_a_batch
    reading_keeps_to_its_bound_but_always_gets_on
    what_is_read_ahead_is_what_is_there
    the_clock_is_kept_and_never_goes_back
    r30_details_are_kept_and_replaced
    users_of_one_name_are_all_told
    r29_erasing_a_person_erases_the_reasons_too
    a_store_that_is_opened_again_has_everything
    the_index_equals_the_journal
    waiting_for_what_is_not_committed_ends_at_its_timeout
    what_is_unknown_is_none
    bulk_reads_keep_the_order_that_was_asked_for
    r34_of_an_id_used_anew_the_later_outcome_holds
    r34_whoever_reuses_an_id_does_not_take_it_over
    a_stream_is_read_from_any_version_within_a_limit
    the_hash_chain_of_a_stream_holds_as_read
    a_history_is_filtered_and_paged
    memberships_follow_the_events
    the_last_word_on_a_timer_holds
    snapshots_never_get_older
    the_largest_snapshots_come_first
    an_append_wakes_who_follows
    many_threads_read_while_one_writes
    the_last_use_that_was_noted_by_a_moment_is_told
    every_use_is_told_also_of_those_that_are_indexed_at_one_go
    whoever_was_a_member_is_told_for_ever
    a_history_about_somebody_is_what_names_them_and_what_concerns_everybody
    a_user_is_known_from_when_first_named
    personal_events_go_user_by_user_either_way_and_from_any_place
    personal_events_of_some_are_whole_events
    blocks_tell_the_bounds_of_their_times
    a_small_state_is_kept_behind_each_block
    past_states_are_kept_side_by_side
}

#[test]
fn a_large_block_is_stored_as_it_is() {
    let ground = Ground::new();
    let opened = ground.open();
    let large = |version, bytes| {
        let Kind::Event(event) = event("licensee/large", version) else { unreachable!() };
        Kind::Event(Event { data: vec![b'x'; bytes], ..event })
    };
    let mut sample = Sample::default();
    let sizes = [1_000, 5_000, 9_000, 30_000_000];
    let commits = (1..).zip(sizes).map(|(version, bytes)| sample.commit(0, vec![large(version, bytes)])).collect();
    opened.journal.append(&batch(commits)).unwrap();
    assert_index_equals_journal(&opened);
    let sizes_on_disk = "SELECT pg_total_relation_size('usher.commits_0')";
    assert!(ground.number(sizes_on_disk) > 30_000_000, "it is not compressed");
    let aside = "SELECT count(*) FROM usher.commits_0 WHERE pg_column_size(block) < octet_length(block)";
    assert_eq!(ground.number(aside), 0);
    assert_eq!(opened.journal.read(0, 0, 10_000).unwrap().len(), 2);
}
