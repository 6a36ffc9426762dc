//! The refusals of the views, in a second walk through the commits of each shard: there may be any number of them, so
//! they are never all at hand.

use std::{
    collections::{BTreeMap, VecDeque},
    iter,
};

use contract::proto::journal::{Outcome, Refusal, record::Kind};
use journal::{Head, shard_of};
use licensing::{Instant, LicenseeId};
use serde_json::Value;
use views::{RefusalView, Views};

use crate::{
    AuditError, Part, Place, Stage,
    auditor::Auditor,
    compare::{first_mismatch, form},
    error::differs,
    replay, walk,
};

/// How many refusals of a licensee are read ahead.
const PAGE_REFUSALS: usize = 50;

/// The refusals of a licensee as the views show them, the oldest first, some read ahead.
struct Shown {
    read: VecDeque<RefusalView>,
    next: Next,
}

/// Where the next page is.
enum Next {
    First,
    Behind(String),
    End,
}

impl Shown {
    const fn new() -> Self {
        Self { read: VecDeque::new(), next: Next::First }
    }

    fn next(&mut self, licensee: &LicenseeId, views: &Views) -> Result<Option<RefusalView>, AuditError> {
        let cursor = match &self.next {
            _ if !self.read.is_empty() => return Ok(self.read.pop_front()),
            Next::First => None,
            Next::Behind(cursor) => Some(cursor.as_str()),
            Next::End => return Ok(None),
        };
        let page = views.refusals(licensee, cursor, PAGE_REFUSALS)?;
        self.read = page.items.into();
        self.next = page.next_cursor.map_or(Next::End, Next::Behind);
        Ok(self.read.pop_front())
    }
}

/// A refusal as recorded.
struct Recorded {
    licensee: LicenseeId,
    place: Place,
    view: RefusalView,
}

impl Auditor<'_> {
    /// Compares what was refused under each licensee that exists.
    pub(super) fn check_refusals(&mut self) -> Result<(), AuditError> {
        // Everything up to here is in the views already; what is in them beyond it was recorded later.
        let ends = self.replay.heads.clone();
        ends.into_iter().try_for_each(|end| self.check_refusals_of_shard(end))
    }

    fn check_refusals_of_shard(&mut self, end: Head) -> Result<(), AuditError> {
        let mut shown: BTreeMap<LicenseeId, Shown> =
            self.licensees_of_shard(end.shard).map(|licensee| (licensee, Shown::new())).collect();
        if shown.is_empty() {
            return Ok(());
        }
        if self.replay.counts.named_refusals.contains_key(&end.shard) {
            self.walk(0, end, |auditor, recorded| {
                let Some(of_licensee) = shown.get_mut(&recorded.licensee) else { return Ok(()) };
                let found = of_licensee.next(&recorded.licensee, &auditor.subject.views)?;
                compare(found.as_ref(), Some(&recorded.view), recorded.place)
            })?;
        }
        self.check_rest(end, shown)
    }

    /// What the views show beyond the end of the walk was recorded since, or never.
    fn check_rest(&mut self, mut end: Head, shown: BTreeMap<LicenseeId, Shown>) -> Result<(), AuditError> {
        let mut rest = BTreeMap::new();
        for (licensee, mut shown) in shown {
            let views = &self.subject.views;
            let left: VecDeque<_> =
                iter::from_fn(|| shown.next(&licensee, views).transpose()).collect::<Result<_, _>>()?;
            if !left.is_empty() {
                rest.insert(licensee, left);
            }
        }
        while !rest.is_empty() {
            self.catch_up()?;
            let (start, now) = (end, self.replay.head(end.shard));
            if now == start {
                break;
            }
            self.walk(start.commit_number, now, |_, recorded| {
                let Some(found) = rest.get_mut(&recorded.licensee).and_then(VecDeque::pop_front) else { return Ok(()) };
                compare(Some(&found), Some(&recorded.view), recorded.place)
            })?;
            rest.retain(|_, left| !left.is_empty());
            end = now;
        }
        let first = rest.iter().find_map(|(licensee, left)| Some((licensee, left.front()?)));
        first.map_or(Ok(()), |(licensee, extra)| compare(Some(extra), None, Place::of_licensee(licensee.as_str())))
    }

    fn licensees_of_shard(&self, shard: u16) -> impl Iterator<Item = LicenseeId> {
        let shards = self.subject.journal.shard_count();
        self.replay.licensees.keys().filter(move |licensee| shard_of(licensee.as_str(), shards) == shard).cloned()
    }

    /// Hands every refusal after commit number `after` up to `end`, which names a licensee, to `each`.
    fn walk(
        &mut self,
        after: u64,
        end: Head,
        mut each: impl FnMut(&Self, Recorded) -> Result<(), AuditError>,
    ) -> Result<(), AuditError> {
        let mut reached = Head { commit_number: after, ..end };
        while reached.commit_number < end.commit_number {
            let stored = walk::next(&*self.subject.journal, reached, end)?;
            let Some(last) = stored.last() else { return Ok(()) };
            for commit in &stored {
                for (position, kind) in replay::read(commit)?.records {
                    let Kind::Outcome(outcome) = kind else { continue };
                    let Some(recorded) = recorded(&outcome, Place::default().at(position)) else { continue };
                    each(self, recorded)?;
                }
            }
            reached = last.head();
            self.tell(Stage::Refusals, reached.commit_number);
        }
        Ok(())
    }
}

/// What the views should show of an outcome; `None` unless it is a refusal that names what can be a licensee.
fn recorded(outcome: &Outcome, place: Place) -> Option<Recorded> {
    let Refusal { code, detail, available, requested, users } = outcome.refusal.as_ref()?;
    let licensee = LicenseeId::parse(&outcome.licensee).ok()?;
    let view = RefusalView {
        command_id: outcome.command_id.clone(),
        type_name: outcome.r#type.clone(),
        code: code.clone(),
        detail: detail.clone(),
        actor: outcome.actor.clone(),
        time: Instant::from_timestamp_micros(outcome.recorded_at_us)?,
        available: *available,
        requested: *requested,
        users: users.clone(),
    };
    let place = place.and_command(&outcome.command_id);
    let place = Place { licensee: Some(outcome.licensee.clone()), ..place };
    Some(Recorded { licensee, place, view })
}

fn compare(found: Option<&RefusalView>, expected: Option<&RefusalView>, place: Place) -> Result<(), AuditError> {
    let (found, expected) = (comparable(found)?, comparable(expected)?);
    let Some(mismatch) = first_mismatch(&found, &expected) else { return Ok(()) };
    let field = format!("refusal: {}", mismatch.field());
    Err(differs(Part::Views, place, field, mismatch.found, mismatch.expected))
}

/// A refusal in the form in which it is compared. PostgreSQL knows no character zero, so the views may show another one.
fn comparable(refusal: Option<&RefusalView>) -> Result<Value, AuditError> {
    let mut shown = refusal.map_or(Ok(Value::Null), |refusal| form("a refusal", refusal))?;
    if let Some(fields) = shown.as_object_mut() {
        fields.values_mut().for_each(without_zero);
    }
    Ok(shown)
}

fn without_zero(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{fffd}"),
        Value::Array(items) => items.iter_mut().for_each(without_zero),
        _ => {}
    }
}
