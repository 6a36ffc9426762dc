//! The licensees of the views.

use licensing::LicenseeId;
use serde_json::{Map, Value};
use views::LicenseesQuery;

use super::{PAGE_ITEMS, after, expected};
use crate::{AuditError, Part, Place, Stage, Subject, auditor::Auditor, error::differs, replay::Replay};

/// A part of the list of licensees: those after one, up to another if more follow.
struct Span {
    after: Option<LicenseeId>,
    last: Option<LicenseeId>,
    query: LicenseesQuery,
}

impl Auditor<'_> {
    /// Compares every licensee, and the members of each.
    pub(super) fn check_licensees(&mut self) -> Result<(), AuditError> {
        let mut query = LicenseesQuery { search: None, cursor: None, limit: PAGE_ITEMS };
        let mut last = None;
        loop {
            let page = self.subject.views.licensees(&query)?;
            let end = page.items.last().map(|view| view.licensee.clone()).filter(|_| page.next_cursor.is_some());
            let span = Span { after: last, last: end.clone(), query: query.clone() };
            self.check_span(&span)?;
            self.check_members_of(&span)?;
            let Some(cursor) = page.next_cursor else { return Ok(()) };
            (query.cursor, last) = (Some(cursor), end);
        }
    }

    fn check_span(&mut self, span: &Span) -> Result<(), AuditError> {
        let catalogue = self.subject.catalogue.clone();
        let in_replay = |replay: &Replay| {
            let rows = span.licensees(replay).map(|licensee| {
                let known = replay.licensees.get(licensee);
                let row = known.map(|known| expected::licensee(licensee, known, &catalogue)).transpose()?;
                Ok((licensee.as_str().to_owned(), row.unwrap_or_default()))
            });
            rows.collect::<Result<Map<_, _>, AuditError>>().map(Value::Object)
        };
        let mismatch = self.settled("the licensees of the views", in_replay, |subject| span.shown(subject))?;
        let Some(mismatch) = mismatch else { return Ok(()) };
        let (place, field) = (Place::of_licensee(mismatch.row()), mismatch.field_in_row());
        Err(differs(Part::Views, place, field, mismatch.found, mismatch.expected))
    }

    fn check_members_of(&mut self, span: &Span) -> Result<(), AuditError> {
        let licensees: Vec<LicenseeId> = span.licensees(&self.replay).cloned().collect();
        for licensee in licensees {
            self.check_members(&licensee)?;
            self.licensees_done = self.licensees_done.saturating_add(1);
            self.tell(Stage::Licensees, self.licensees_done);
        }
        Ok(())
    }
}

impl Span {
    fn licensees<'a>(&'a self, replay: &'a Replay) -> impl Iterator<Item = &'a LicenseeId> {
        let is_within = |licensee: &&LicenseeId| self.last.as_ref().is_none_or(|last| *licensee <= last);
        after(&replay.licensees, self.after.as_ref()).map(|(licensee, _)| licensee).take_while(is_within)
    }

    /// What the views show of it now. Their page may have become longer or shorter meanwhile.
    fn shown(&self, subject: &Subject) -> Result<Value, AuditError> {
        let mut rows = Map::new();
        let mut query = self.query.clone();
        loop {
            let page = subject.views.licensees(&query)?;
            for view in page.items {
                if self.last.as_ref().is_some_and(|last| view.licensee > *last) {
                    return Ok(Value::Object(rows));
                }
                let account = subject.views.account(&view.licensee)?;
                rows.insert(view.licensee.as_str().to_owned(), expected::row(&view, account.as_ref())?);
            }
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                return Ok(Value::Object(rows));
            }
        }
    }
}
