//! What an index keeps of how things were.

use contract::proto::journal::{Event, Outcome, record::Kind};
use journal::{
    BLOCK_EVENTS, BlockState, EventBlock, HistoryFilter, Moment, Page, PersonalEvent, PersonalPlace, Snapshot,
};

use super::{
    Maker, Opened,
    samples::{Sample, at, event, member_event, outcome, usage},
};

/// A use, as the writer records it: with the outcome that tells when it was noted right behind it.
fn noted_use(user: &str, used_at_us: i64, effective_at_us: i64, recorded_at_us: i64) -> Vec<Kind> {
    let Kind::Outcome(outcome) = outcome(&format!("use-{user}-{used_at_us}-{effective_at_us}")) else { unreachable!() };
    vec![usage(user, used_at_us), Kind::Outcome(Outcome { effective_at_us, recorded_at_us, ..outcome })]
}

fn moments() -> impl Iterator<Item = Moment> {
    let times = || (0..16).map(|us| Some(at(us))).chain([None]);
    times().flat_map(move |as_of| times().map(move |as_known_at| Moment { as_of, as_known_at }))
}

pub fn the_last_use_that_was_noted_by_a_moment_is_told(maker: &impl Maker) {
    // Used, noted, recorded: one is told late, one twice, and the machine's time goes back once.
    let uses = [(3, 4, 4), (1, 5, 6), (6, 6, 7), (6, 8, 8), (9, 9, 12), (10, 11, 11), (2, 12, 13), (12, 14, 14)];
    let opened = maker.open();
    let mut sample = Sample::default();
    for (used, noted, recorded) in uses {
        opened.append(&mut sample, 1, noted_use("u", used, noted, recorded));
        opened.append(&mut sample, 1, noted_use("other", used + 20, noted, recorded));
    }
    opened.wait_until_indexed();
    for moment in moments() {
        let by_then =
            uses.iter().filter(|(_, noted, recorded)| moment.has_in_effect(at(*noted)) && moment.knows(at(*recorded)));
        let expected = by_then.map(|(used, ..)| at(*used)).max();
        let found = opened.index.last_uses_at(&["nobody", "u"], &moment).unwrap();
        assert_eq!(found, [None, expected], "{moment:?}");
    }
    assert_eq!(opened.index.last_uses(&["u"]).unwrap(), [Some(at(12))]);
}

pub fn every_use_is_told_also_of_those_that_are_indexed_at_one_go(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    let uses = (1..=10).flat_map(|us| noted_use("u", us, us, us)).collect();
    opened.append(&mut sample, 1, uses);
    opened.wait_until_indexed();
    for us in 0..=10 {
        let expected = (us > 0).then(|| at(us));
        assert_eq!(opened.index.last_uses_at(&["u"], &Moment::of(at(us))).unwrap(), [expected]);
        assert_eq!(opened.index.last_uses_at(&["u"], &Moment::known_at(at(us))).unwrap(), [expected]);
    }
}

pub fn whoever_was_a_member_is_told_for_ever(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    opened.append(&mut sample, 0, vec![member_event("b", 1, "u", true), member_event("b", 2, "u", false)]);
    opened.append(&mut sample, 2, vec![member_event("a", 1, "u", true)]);
    opened.append(&mut sample, 2, vec![member_event("a", 2, "u", false)]);
    opened.append(&mut sample, 2, vec![member_event("c", 1, "v", true)]);
    opened.wait_until_indexed();
    assert_eq!(opened.index.memberships("u").unwrap(), [""; 0]);
    assert_eq!(opened.index.memberships_ever("u").unwrap(), ["a", "b"]);
    assert_eq!(opened.index.memberships_ever("nobody").unwrap(), [""; 0]);
}

fn at_times(kind: Kind, effective_at_us: i64, recorded_at_us: i64) -> Kind {
    match kind {
        Kind::Event(event) => Kind::Event(Event { effective_at_us, recorded_at_us, ..event }),
        Kind::Outcome(outcome) => Kind::Outcome(Outcome { effective_at_us, recorded_at_us, ..outcome }),
        Kind::Usage(_) => unreachable!("a use bears no such times"),
    }
}

pub fn a_user_is_known_from_when_first_named(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    let about = |user: &str, refusal: bool| {
        let Kind::Outcome(outcome) = outcome(&format!("about-{user}")) else { unreachable!() };
        let refusal = refusal.then(Default::default);
        Kind::Outcome(Outcome { user: user.into(), refusal, ..outcome })
    };
    opened.append(&mut sample, 0, vec![at_times(member_event("b", 1, "joined", true), 7, 9)]);
    opened.append(&mut sample, 1, vec![at_times(event("user/joined", 1), 5, 12)]);
    opened.append(&mut sample, 1, noted_use("used", 1, 6, 8));
    opened.append(&mut sample, 1, vec![at_times(about("told", false), 3, 4), at_times(about("refused", true), 3, 4)]);
    opened.wait_until_indexed();
    let named = |user| opened.index.first_named(user).unwrap().map(|named| (named.effective_at, named.recorded_at));
    assert_eq!(named("joined"), Some((at(5), at(9))));
    assert_eq!(named("used"), Some((at(6), at(8))));
    assert_eq!(named("told"), Some((at(3), at(4))));
    assert_eq!(named("refused"), None, "a refused command changes nothing");
    assert_eq!(named("nobody"), None);
}

/// Who comes and goes: `ann` and `bob`, with something that was sold in between, and `joann`, whose id holds another's.
fn append_comings_and_goings(opened: &Opened) {
    let mut sample = Sample::default();
    let events = vec![
        member_event("a", 1, "ann", true),
        member_event("a", 2, "bob", true),
        event("licensee/a", 3),
        member_event("a", 4, "bob", false),
        member_event("a", 5, "joann", true),
    ];
    opened.append(&mut sample, 0, events);
    opened.append(&mut sample, 0, vec![member_event("a", 6, "ann", false), event("licensee/a", 7)]);
    opened.append(&mut sample, 1, vec![member_event("b", 1, "ann", true)]);
    opened.append(&mut sample, 1, vec![event("user/ann", 1)]);
    opened.wait_until_indexed();
}

pub fn a_history_about_somebody_is_what_names_them_and_what_concerns_everybody(maker: &impl Maker) {
    let opened = maker.open();
    append_comings_and_goings(&opened);
    let all = HistoryFilter { limit: 10, ..HistoryFilter::default() };
    let about = |user: &str, filter: &HistoryFilter| {
        let Page { items, more } = opened.index.history_about("licensee/a", user, filter).unwrap();
        (items.into_iter().map(|stored| stored.event.version).collect::<Vec<_>>(), more)
    };
    assert_eq!(about("ann", &all), (vec![1, 3, 6, 7], false));
    assert_eq!(about("bob", &all), (vec![2, 3, 4, 7], false));
    assert_eq!(about("nobody", &all), (vec![3, 7], false));
    assert_eq!(about("", &all), (vec![3, 7], false));
    let two = HistoryFilter { limit: 2, ..all.clone() };
    assert_eq!(about("ann", &HistoryFilter { after_version: 1, ..two.clone() }), (vec![3, 6], true));
    assert_eq!(about("ann", &HistoryFilter { after_version: 7, ..two.clone() }), (vec![], false));
    let newest_first = HistoryFilter { newest_first: true, ..two };
    assert_eq!(about("ann", &newest_first), (vec![7, 6], true));
    assert_eq!(about("ann", &HistoryFilter { after_version: 6, ..newest_first }), (vec![3, 1], false));
    let of_bounds = HistoryFilter { version_min: 3, version_max: Some(6), ..all.clone() };
    assert_eq!(about("ann", &of_bounds), (vec![3, 6], false));
    let of_time = HistoryFilter { from: Some(at(1_003)), to: Some(at(1_007)), ..all.clone() };
    assert_eq!(about("ann", &of_time), (vec![3, 6], false));
    let sold = HistoryFilter { types: vec!["usher.licensing.v1.SeatAssigned".to_owned()], ..all.clone() };
    assert_eq!(about("ann", &sold), (vec![3, 7], false));
    for (stream, user) in [("licensee/none", "ann"), ("user/ann", "ann")] {
        assert_eq!(opened.index.history_about(stream, user, &all).unwrap().items, [], "{stream}");
    }
}

pub fn personal_events_go_user_by_user_either_way_and_from_any_place(maker: &impl Maker) {
    let opened = maker.open();
    append_comings_and_goings(&opened);
    let all = [("ann", 1), ("ann", 6), ("bob", 2), ("bob", 4), ("joann", 5)];
    for descending in [false, true] {
        let mut expected: Vec<(String, u64)> =
            all.iter().map(|(user, version)| ((*user).to_owned(), *version)).collect();
        if descending {
            expected.reverse();
        }
        for limit in 1..=6 {
            let (mut found, mut behind) = (Vec::new(), None);
            loop {
                let page = opened.index.personal_events("licensee/a", behind.as_ref(), descending, limit).unwrap();
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                behind = Some(PersonalPlace { user: last.user.clone(), version: last.version });
                found.extend(page.into_iter().map(|event| (event.user, event.version)));
            }
            assert_eq!(found, expected, "{limit} at a time, descending: {descending}");
        }
    }
    let behind = |user: &str, version, descending| {
        let place = PersonalPlace { user: user.to_owned(), version };
        let found = opened.index.personal_events("licensee/a", Some(&place), descending, 10).unwrap();
        found.into_iter().map(|event| event.version).collect::<Vec<_>>()
    };
    assert_eq!(behind("ann", u64::MAX, false), [2, 4, 5]);
    assert_eq!(behind("b", 0, false), [2, 4, 5], "the place need not be there");
    assert_eq!(behind("bob", 0, true), [6, 1]);
    assert_eq!(opened.index.personal_events("licensee/none", None, false, 10).unwrap(), []);
}

pub fn personal_events_of_some_are_whole_events(maker: &impl Maker) {
    let opened = maker.open();
    append_comings_and_goings(&opened);
    let found = opened.index.personal_events_of("licensee/a", &["joann", "ann", "nobody", "ann", ""]).unwrap();
    let events = opened.index.stream("licensee/a", 0, 10).unwrap();
    let expected: Vec<PersonalEvent> = [("ann", 1), ("ann", 6), ("joann", 5)]
        .map(|(user, version): (&str, usize)| {
            let event = &events[version - 1].event;
            PersonalEvent {
                user: user.to_owned(),
                version: event.version,
                event_type: event.r#type.clone(),
                schema_version: event.schema_version,
                data: event.data.clone(),
                effective_at: at(event.effective_at_us),
                recorded_at: at(event.recorded_at_us),
            }
        })
        .into();
    assert_eq!(found, expected);
}

fn append_long(opened: &Opened, sample: &mut Sample, stream: &str, in_one_commit: usize) {
    // Times that go up and down, so that each bound comes from another place.
    let events: Vec<Kind> = (1..=3_500)
        .map(|version| {
            let us = i64::try_from(version * 7_919 % 5_003).unwrap();
            at_times(event(stream, version), us, 10_000 - us)
        })
        .collect();
    for some in events.chunks(in_one_commit) {
        opened.append(sample, 1, some.to_vec());
    }
}

pub fn blocks_tell_the_bounds_of_their_times(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    for (stream, in_one_commit) in [("licensee/small-commits", 700), ("licensee/large-commits", 5_000)] {
        append_long(&opened, &mut sample, stream, in_one_commit);
        opened.append(&mut sample, 1, vec![event(&format!("{stream}-beside"), 1)]);
        opened.wait_until_indexed();
        let events = opened.index.stream(stream, 0, usize::MAX).unwrap();
        let whole = events.chunks_exact(usize::try_from(BLOCK_EVENTS).unwrap());
        let expected: Vec<EventBlock> = whole
            .map(|block| {
                let effective = || block.iter().map(|stored| stored.event.effective_at_us);
                let recorded = block.iter().map(|stored| stored.event.recorded_at_us);
                EventBlock {
                    last_version: block.last().unwrap().event.version,
                    effective_min: at(effective().min().unwrap()),
                    effective_max: at(effective().max().unwrap()),
                    recorded_max: at(recorded.max().unwrap()),
                }
            })
            .collect();
        assert_eq!(expected.len(), 3);
        assert_eq!(opened.index.blocks(stream).unwrap(), expected);
        assert_eq!(opened.index.blocks(&format!("{stream}-beside")).unwrap(), []);
        assert_eq!(opened.index.blocks("licensee/none").unwrap(), []);
    }
}

pub fn a_small_state_is_kept_behind_each_block(maker: &impl Maker) {
    let opened = maker.open();
    let mut sample = Sample::default();
    for (stream, in_one_commit) in [("licensee/small-commits", 700), ("licensee/large-commits", 5_000)] {
        append_long(&opened, &mut sample, stream, in_one_commit);
        opened.wait_until_indexed();
        let found = opened.index.block_states(stream, &[3_000, 999, 1_000, 3_500, 3_000, u64::MAX]).unwrap();
        let expected = [1_000, 3_000].map(|version| {
            let bytes = (1..=version).flat_map(u64::to_be_bytes).collect();
            BlockState { version, bytes }
        });
        assert_eq!(found, expected, "{stream}");
    }
    append_long(&opened, &mut sample, "user/long", 700);
    opened.wait_until_indexed();
    assert_eq!(opened.index.block_states("user/long", &[1_000, 2_000]).unwrap(), [], "it has no such state");
    assert_eq!(opened.index.blocks("user/long").unwrap().len(), 3);
    assert_eq!(opened.index.block_states("licensee/none", &[1_000]).unwrap(), []);
}

pub fn past_states_are_kept_side_by_side(maker: &impl Maker) {
    let opened = maker.open();
    let state = |version: u64, byte: u8| Snapshot { version, state_version: 1, bytes: vec![byte; 50_000] };
    for kept in [state(20, 2), state(10, 1), state(30, 3), state(20, 4)] {
        opened.index.put_past_state("licensee/a", &kept).unwrap();
    }
    let at_most = |version| opened.index.past_state("licensee/a", version).unwrap();
    assert_eq!(at_most(9), None);
    assert_eq!(at_most(10), Some(state(10, 1)));
    assert_eq!(at_most(29), Some(state(20, 4)));
    assert_eq!(at_most(u64::MAX), Some(state(30, 3)));
    assert_eq!(opened.index.past_state("licensee/b", u64::MAX).unwrap(), None);
    assert_eq!(opened.index.snapshot("licensee/a").unwrap(), None, "the latest has a place of its own");
}
