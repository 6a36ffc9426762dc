//! The members of a licensee in the views.

use licensing::{LicenseeId, UserId};
use serde_json::{Map, Value};
use views::{MemberView, MembersQuery};

use super::{PAGE_ITEMS, expected};
use crate::{AuditError, Part, Place, Subject, auditor::Auditor, compare::form, error::differs, replay::Replay};

/// A part of a licensee's members in order of their ids: those after one, up to another if more follow.
struct Span<'a> {
    licensee: &'a LicenseeId,
    after: Option<UserId>,
    last: Option<UserId>,
    query: MembersQuery,
}

impl Auditor<'_> {
    /// Compares every member of a licensee.
    pub(super) fn check_members(&mut self, licensee: &LicenseeId) -> Result<(), AuditError> {
        let mut query = MembersQuery { limit: PAGE_ITEMS, ..MembersQuery::default() };
        let mut last = None;
        loop {
            let page = self.subject.views.members(licensee, &query)?;
            let end = page.items.last().map(|view| view.user.clone()).filter(|_| page.next_cursor.is_some());
            let span = Span { licensee, after: last, last: end.clone(), query: query.clone() };
            let mismatch = self.settled(
                "the members in the views",
                |replay| Ok(span.in_replay(replay)),
                |subject| span.shown(subject),
            )?;
            if let Some(mismatch) = mismatch {
                let (user, field) = (mismatch.row(), mismatch.field_in_row());
                let place = Place::of_licensee(licensee.as_str()).and_user(user);
                return Err(differs(Part::Views, place, field, mismatch.found, mismatch.expected));
            }
            let Some(cursor) = page.next_cursor else { return Ok(()) };
            (query.cursor, last) = (Some(cursor), end);
        }
    }
}

impl Span<'_> {
    fn in_replay(&self, replay: &Replay) -> Value {
        let Some(known) = replay.licensees.get(self.licensee) else { return Value::Object(Map::new()) };
        let roster = known.state.roster();
        let users = roster.members_behind(self.after.as_ref(), false).map(|(user, _)| user);
        let users = users.take_while(|user| self.is_within(user));
        Value::Object(users.map(|user| (user.as_str().to_owned(), expected::member(replay, roster, &user))).collect())
    }

    /// What the views show of it now. Their page may have become longer or shorter meanwhile.
    fn shown(&self, subject: &Subject) -> Result<Value, AuditError> {
        let mut rows = Map::new();
        let mut query = self.query.clone();
        loop {
            let page = subject.views.members(self.licensee, &query)?;
            for view in &page.items {
                if !self.is_within(&view.user) {
                    return Ok(Value::Object(rows));
                }
                rows.insert(view.user.as_str().to_owned(), without_names(view)?);
            }
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                return Ok(Value::Object(rows));
            }
        }
    }

    fn is_within(&self, user: &UserId) -> bool {
        self.last.as_ref().is_none_or(|last| user <= last)
    }
}

fn without_names(view: &MemberView) -> Result<Value, AuditError> {
    let mut shown = form("a member", view)?;
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("username");
        fields.remove("name");
    }
    Ok(shown)
}
