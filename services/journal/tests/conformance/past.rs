//! What an index keeps of how things were.

use contract::proto::journal::{Event, Outcome, record::Kind};
use journal::{BLOCK_EVENTS, EventBlock, Moment, Snapshot};

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
