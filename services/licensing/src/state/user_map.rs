//! A persistent map by user id that takes little more memory than what is in it.
//!
//! Neighbours lie together in *runs*: their ids as one text, their values as one list. So a million entries are some tens of
//! thousands of allocations instead of millions, and are written and read in one pass. The runs hang in a persistent map by an
//! id: a copy costs nothing, and a change copies one run where a copy of it is still in use.

use std::{fmt, iter, ops::Bound, sync::Arc};

use imbl::OrdMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::UserId;

/// The most entries of a run, and how many each has when written, but for the last. What is written changes with it.
const RUN_MAX: usize = 64;
/// With fewer entries a run joins its neighbour, so that runs do not outlive most of those who were in them.
const RUN_MIN: usize = RUN_MAX / 4;
/// The key of the first run: before every id.
const FIRST: &str = "";

/// Values by user id, in order of the ids.
#[derive(Clone)]
pub(super) struct UserMap<V> {
    /// Each by a key that is not behind anybody in it, but behind everybody in the runs before it; for the first one
    /// [`FIRST`].
    runs: OrdMap<Arc<str>, Arc<Run<V>>>,
    len: usize,
}

impl<V: Copy> UserMap<V> {
    /// The value of a user.
    pub(super) fn get(&self, user: &UserId) -> Option<V> {
        let (_, run) = self.run_of(user)?;
        run.place_of(user.as_str()).ok().and_then(|place| run.values.get(place)).copied()
    }

    /// Sets the value of a user.
    pub(super) fn insert(&mut self, user: &UserId, value: V) {
        let Some((key, run)) = self.runs.get_prev_mut(user.as_str()) else {
            self.len = 1;
            let mut first = Run::default();
            first.insert(0, user.as_str(), value);
            self.runs.insert(Arc::from(FIRST), Arc::new(first));
            return;
        };
        let own = Arc::make_mut(run);
        match own.place_of(user.as_str()) {
            Ok(place) => own.set(place, value),
            Err(place) => {
                own.insert(place, user.as_str(), value);
                let key = (own.values.len() > RUN_MAX).then(|| key.clone());
                self.len += 1;
                if let Some(key) = key {
                    self.split(&key);
                }
            }
        }
    }

    /// Changes the value of a user, if there is one.
    pub(super) fn change(&mut self, user: &UserId, change: impl FnOnce(&mut V)) {
        let Some(mut value) = self.get(user) else { return };
        change(&mut value);
        self.insert(user, value);
    }

    /// Removes a user.
    pub(super) fn remove(&mut self, user: &UserId) {
        // Looked for first, so that nothing is copied for whoever is not there.
        if self.get(user).is_none() {
            return;
        }
        let Some((key, run)) = self.runs.get_prev_mut(user.as_str()) else { return };
        let own = Arc::make_mut(run);
        if let Ok(place) = own.place_of(user.as_str()) {
            own.remove(place);
            let key = (own.values.len() < RUN_MIN).then(|| key.clone());
            self.len -= 1;
            if let Some(key) = key {
                self.join(&key);
            }
        }
    }

    /// All entries, in order of the ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, V)> {
        self.runs.values().flat_map(|run| run.iter())
    }

    /// The entries behind an id, in order of the ids. Whoever takes only some of them does not pay for the others.
    pub(super) fn behind<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = (&'a str, V)> {
        let from = self.run_of(user).map_or(FIRST, |(key, _)| &**key);
        let runs = self.runs.range::<_, str>((Bound::Included(from), Bound::Unbounded));
        runs.flat_map(|(_, run)| run.iter()).skip_while(|(id, _)| *id <= user.as_str())
    }

    /// All entries, the last one first; with an id, those before it.
    pub(super) fn descending<'a>(&'a self, before: Option<&'a UserId>) -> impl Iterator<Item = (&'a str, V)> {
        let to = before.map_or(Bound::Unbounded, |user| Bound::Included(user.as_str()));
        let runs = self.runs.range::<_, str>((Bound::Unbounded, to)).rev();
        let is_beyond = move |id: &str| before.is_some_and(|before| id >= before.as_str());
        runs.flat_map(|(_, run)| run.iter().rev()).skip_while(move |(id, _)| is_beyond(id))
    }

    /// The run where a user is, or would be, with its key.
    fn run_of(&self, user: &UserId) -> Option<(&Arc<str>, &Arc<Run<V>>)> {
        self.runs.get_prev(user.as_str())
    }

    /// Makes two runs of the one of a key.
    fn split(&mut self, key: &Arc<str>) {
        let Some(run) = self.runs.get(key).cloned() else { return };
        // Ids that come in their order leave full runs behind.
        let is_last = self.runs.get_max().is_some_and(|(last, _)| last == key);
        let middle = if is_last { RUN_MAX } else { run.values.len() / 2 };
        self.runs.insert(key.clone(), Arc::new(run.part(0, middle)));
        self.runs.insert(Arc::from(run.id(middle)), Arc::new(run.part(middle, run.values.len())));
    }

    /// Joins the run of a key, which has few entries, and the one behind or before it, unless they are too many.
    fn join(&mut self, key: &Arc<str>) {
        if self.len == 0 {
            self.runs.clear();
        }
        let behind = self.runs.range::<_, str>((Bound::Excluded(&**key), Bound::Unbounded)).next();
        let before = self.runs.range::<_, str>((Bound::Unbounded, Bound::Excluded(&**key))).next_back();
        let pairs = [behind.map(|(behind, _)| (key, behind)), before.map(|(before, _)| (before, key))];
        let joined = pairs.into_iter().flatten().find_map(|(first, second)| {
            let (left, right) = (self.runs.get(first)?, self.runs.get(second)?);
            let is_fitting = left.values.len() + right.values.len() <= RUN_MAX;
            is_fitting.then(|| (first.clone(), second.clone(), left.followed_by(right)))
        });
        if let Some((first, second, both)) = joined {
            self.runs.remove(&second);
            self.runs.insert(first, Arc::new(both));
        }
    }
}

impl<V> Default for UserMap<V> {
    fn default() -> Self {
        Self { runs: OrdMap::new(), len: 0 }
    }
}

impl<V: Copy + PartialEq> PartialEq for UserMap<V> {
    /// However the entries are spread over runs.
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<V: Copy + Eq> Eq for UserMap<V> {}

impl<V: Copy + fmt::Debug> fmt::Debug for UserMap<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<V: Copy + Serialize> Serialize for UserMap<V> {
    /// In full runs, however the entries are spread over runs here: equal maps look the same.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries = self.iter();
        let full_runs = iter::from_fn(|| {
            let mut run = Run::default();
            entries.by_ref().take(RUN_MAX).for_each(|(id, value)| run.push(id, value));
            Some(run).filter(|run| !run.values.is_empty())
        });
        let mut sequence = serializer.serialize_seq(Some(self.len.div_ceil(RUN_MAX)))?;
        for run in full_runs {
            serde::ser::SerializeSeq::serialize_element(&mut sequence, &run)?;
        }
        serde::ser::SerializeSeq::end(sequence)
    }
}

impl<'de, V: Copy + Deserialize<'de>> Deserialize<'de> for UserMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let runs = Vec::<Run<V>>::deserialize(deserializer)?;
        let firsts = runs.iter().skip(1).map(Run::first);
        let in_order = runs.iter().map(Run::last).zip(firsts).all(|(last, first)| last < first);
        if !in_order || !runs.iter().all(Run::is_sound) {
            return Err(de::Error::custom("the users are not in order"));
        }
        let mut map = Self::default();
        for run in runs {
            let key = if map.len == 0 { FIRST } else { run.first() };
            map.len += run.values.len();
            map.runs.insert(Arc::from(key), Arc::new(run));
        }
        Ok(map)
    }
}

/// Some neighbours.
#[derive(Clone, Serialize, Deserialize)]
struct Run<V> {
    /// The ids, one behind the other, in their order.
    ids: String,
    /// Where each id ends.
    ends: Vec<u16>,
    values: Vec<V>,
}

impl<V> Default for Run<V> {
    fn default() -> Self {
        Self { ids: String::new(), ends: Vec::new(), values: Vec::new() }
    }
}

impl<V> Run<V> {
    /// Where the id of a place begins.
    fn start(&self, place: usize) -> usize {
        place.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| usize::from(*end))
    }

    fn id(&self, place: usize) -> &str {
        let end = self.ends.get(place).map_or(0, |end| usize::from(*end));
        self.ids.get(self.start(place)..end).unwrap_or_default()
    }

    fn first(&self) -> &str {
        self.id(0)
    }

    fn last(&self) -> &str {
        self.id(self.values.len().saturating_sub(1))
    }

    /// Where an id is; else where it would be.
    fn place_of(&self, id: &str) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.values.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.id(middle).cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Whether it is as runs are kept: so many ids as values, each behind the one before it.
    fn is_sound(&self) -> bool {
        let places = 1..self.values.len();
        let ends_in_order = self.ends.iter().zip(self.ends.iter().skip(1)).all(|(one, next)| one < next);
        let last_end = self.ends.last().map(|end| usize::from(*end));
        (1..=RUN_MAX).contains(&self.values.len())
            && self.ends.len() == self.values.len()
            && ends_in_order
            && last_end == Some(self.ids.len())
            && self.ends.iter().all(|end| self.ids.is_char_boundary(usize::from(*end)))
            && places.into_iter().all(|place| self.id(place - 1) < self.id(place))
    }
}

impl<V: Copy> Run<V> {
    fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, V)> {
        self.values.iter().enumerate().map(|(place, value)| (self.id(place), *value))
    }

    /// Puts an entry behind all others.
    fn push(&mut self, id: &str, value: V) {
        self.ids.push_str(id);
        self.ends.push(width(self.ids.len()));
        self.values.push(value);
    }

    fn set(&mut self, place: usize, value: V) {
        if let Some(slot) = self.values.get_mut(place) {
            *slot = value;
        }
    }

    /// Puts an entry in front of the one of a place. Exactly as much room is taken as is needed: there are many runs.
    fn insert(&mut self, place: usize, id: &str, value: V) {
        let start = self.start(place);
        self.ids.reserve_exact(id.len());
        self.ids.insert_str(start, id);
        self.ends.reserve_exact(1);
        self.ends.insert(place, width(start));
        self.ends.iter_mut().skip(place).for_each(|end| *end += width(id.len()));
        self.values.reserve_exact(1);
        self.values.insert(place, value);
    }

    fn remove(&mut self, place: usize) {
        let (start, end) = (self.start(place), self.start(place + 1));
        self.ids.replace_range(start..end, "");
        self.ends.remove(place);
        self.ends.iter_mut().skip(place).for_each(|later| *later -= width(end - start));
        self.values.remove(place);
    }

    /// These entries and those behind them.
    fn followed_by(&self, behind: &Self) -> Self {
        let ends = behind.ends.iter().map(|end| *end + width(self.ids.len()));
        Self {
            ids: [self.ids.as_str(), &behind.ids].concat(),
            ends: self.ends.iter().copied().chain(ends).collect(),
            values: [self.values.as_slice(), &behind.values].concat(),
        }
    }

    /// The entries of some places.
    fn part(&self, from: usize, to: usize) -> Self {
        let (start, end) = (self.start(from), self.start(to));
        Self {
            ids: self.ids.get(start..end).unwrap_or_default().to_owned(),
            ends: self.ends.get(from..to).unwrap_or_default().iter().map(|end| *end - width(start)).collect(),
            values: self.values.get(from..to).unwrap_or_default().to_vec(),
        }
    }
}

/// A length within a run. It always fits: an id has 128 bytes at most, and a run one entry too many at most.
fn width(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn user(number: u32) -> UserId {
        UserId::known(&format!("u-{number}"))
    }

    /// The same in a map of the standard library.
    type Model = BTreeMap<UserId, u32>;

    fn assert_is(map: &UserMap<u32>, model: &Model) {
        let pairs = || model.iter().map(|(user, value)| (user.as_str(), *value));
        assert!(map.iter().eq(pairs()));
        assert!(map.descending(None).eq(pairs().rev()));
        assert_eq!(map.len, model.len());
        assert!(map.runs.values().all(|run| run.is_sound()));
    }

    fn assert_is_behind(map: &UserMap<u32>, model: &Model, place: &UserId) {
        let pairs = || model.iter().map(|(user, value)| (user.as_str(), *value));
        assert!(map.behind(place).eq(pairs().filter(|(id, _)| *id > place.as_str())));
        assert!(map.descending(Some(place)).eq(pairs().rev().filter(|(id, _)| *id < place.as_str())));
        assert_eq!(map.get(place), model.get(place).copied());
    }

    proptest! {
        /// Whatever comes, is changed and goes, in whatever order; and a copy holds what it held.
        #[test]
        fn it_holds_what_a_plain_map_holds(changes in vec((0_u32..900, any::<bool>(), any::<bool>()), 0..2_000)) {
            let (mut map, mut model, mut copy) = (UserMap::default(), Model::new(), None);
            for (place, (number, is_kept, is_changed)) in (0_u32..).zip(changes) {
                match (is_kept, is_changed) {
                    (true, false) => {
                        map.insert(&user(number), place);
                        model.insert(user(number), place);
                    }
                    (_, true) => {
                        map.change(&user(number), |value| *value += 1);
                        model.entry(user(number)).and_modify(|value| *value += 1);
                    }
                    (false, false) => {
                        map.remove(&user(number));
                        model.remove(&user(number));
                    }
                }
                if place == 500 {
                    copy = Some((map.clone(), model.clone()));
                }
            }
            assert_is(&map, &model);
            for number in (0..900).step_by(7) {
                assert_is_behind(&map, &model, &user(number));
            }
            if let Some((map, model)) = copy {
                assert_is(&map, &model);
            }
        }
    }

    #[test]
    fn in_whatever_order_the_same_come_the_maps_are_equal() {
        let map = |numbers: &mut dyn Iterator<Item = u32>| {
            let mut map = UserMap::default();
            numbers.for_each(|number| map.insert(&user(number), number));
            map
        };
        let (up, down) = (map(&mut (10_000..20_000)), map(&mut (10_000..20_000).rev()));
        assert_eq!(up, down);
        assert_ne!(up, map(&mut (10_000..19_999)));
        // In order of their ids, runs are full.
        assert_eq!(up.runs.len(), 10_000_usize.div_ceil(RUN_MAX));
    }

    #[test]
    fn few_who_are_left_of_many_take_few_runs() {
        let mut map = UserMap::default();
        (0..10_000).for_each(|number| map.insert(&user(number), number));
        (0..10_000).filter(|number| number % 100 != 0).for_each(|number| map.remove(&user(number)));
        assert_eq!(map.len, 100);
        assert!(map.runs.len() <= 100 / RUN_MIN + 1, "{} runs", map.runs.len());
        (0..10_000).for_each(|number| map.remove(&user(number)));
        assert_eq!((map.len, map.runs.len()), (0, 0));
        assert_eq!(map.descending(None).count(), 0);
        assert_eq!(map.behind(&user(1)).count(), 0);
    }
}
