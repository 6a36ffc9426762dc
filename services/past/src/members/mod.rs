//! Members as they were, page by page.
//!
//! As with the members of now, a page in the order of ids goes on behind the last id, and ends also behind so many who were
//! looked at ([`views::Looks`]); every other order is fixed by the first page and kept, as the user names in it are today's
//! and change.

mod by_id;
mod in_order;

use journal::Person;
use licensing::{Instant, Licensee, LicenseeId, Member, UserId, UserStatus};
use views::{MemberSortKey, MemberView, MembersQuery, Page, Seal};

use crate::{LicenseeThen, Moment, Past, PastError};

/// How many members are looked up at one go.
const MEMBERS_AT_ONCE: usize = 1_000;

impl Past {
    /// A page of a licensee's members as they were shown at the moment at which the licensee was so; each exactly once.
    /// Names, and what is searched in them, are today's.
    ///
    /// # Errors
    /// When the cursor is not of this query and moment, or its order no longer kept; when the store can't be read.
    pub fn members_of(
        &self,
        then: &LicenseeThen,
        moment: &Moment,
        query: &MembersQuery,
    ) -> Result<Page<MemberView>, PastError> {
        let seal = seal(&then.licensee, moment, query);
        let place = query.cursor.as_deref().map(|cursor| seal.open(cursor)).transpose()?;
        let (users, next) = if query.sort.key == MemberSortKey::User {
            self.by_id(&then.state, query, place.as_deref())?
        } else {
            self.in_kept_order(&then.state, moment, query, place.as_deref())?
        };
        let items = self.shown(&then.state, moment, &users)?;
        Ok(Page { items, next_cursor: next.map(|next| seal.close(&next)) })
    }

    /// Those in whose id or today's names a text is found, letter case aside.
    fn found(&self, users: &[UserId], search: Option<&str>) -> Result<Vec<UserId>, PastError> {
        let Some(needle) = search.map(str::to_lowercase) else { return Ok(users.to_vec()) };
        let persons = self.persons(users)?;
        let is_found = |(user, person): &(&UserId, Option<Person>)| {
            let names = person.iter().flat_map(|person| [&person.username, &person.name, &person.email]);
            let mut texts = std::iter::once(user.as_str()).chain(names.map(String::as_str));
            texts.any(|text| text.to_lowercase().contains(&needle))
        };
        Ok(users.iter().zip(persons).filter(is_found).map(|(user, _)| user.clone()).collect())
    }

    /// The members of these ids as they were shown.
    fn shown(&self, state: &Licensee, moment: &Moment, users: &[UserId]) -> Result<Vec<MemberView>, PastError> {
        let (persons, last_uses) = (self.persons(users)?, self.last_uses(users, moment)?);
        let views = users.iter().zip(persons).zip(last_uses).filter_map(|((user, person), last_used_at)| {
            let Member { role, user_type, status } = state.roster().member(user)?;
            let (username, name) = person.map(|person| (person.username, person.name)).unzip();
            let (user, assigned_at) = (user.clone(), assigned_at(state, user));
            let assigned = assigned_at.is_some();
            Some(MemberView { user, username, name, role, user_type, status, assigned, assigned_at, last_used_at })
        });
        Ok(views.collect())
    }

    fn persons(&self, users: &[UserId]) -> Result<Vec<Option<Person>>, PastError> {
        Ok(self.journal.persons(&ids(users))?)
    }

    fn last_uses(&self, users: &[UserId], moment: &Moment) -> Result<Vec<Option<Instant>>, PastError> {
        Ok(self.index.last_uses_at(&ids(users), moment)?)
    }
}

fn ids(users: &[UserId]) -> Vec<&str> {
    users.iter().map(UserId::as_str).collect()
}

/// Binds cursors to the query and the moment.
fn seal(licensee: &LicenseeId, moment: &Moment, query: &MembersQuery) -> Seal {
    let text_of = |instant: Option<Instant>| instant.map(|instant| instant.timestamp_micros().to_string());
    let direction = if query.sort.descending { "descending" } else { "ascending" };
    Seal::of(&[
        Some("members then"),
        Some(licensee.as_str()),
        text_of(moment.as_of).as_deref(),
        text_of(moment.as_known_at).as_deref(),
        query.assigned.map(|assigned| if assigned { "true" } else { "false" }),
        query.status.map(UserStatus::as_str),
        query.search.as_deref(),
        Some(query.sort.key.as_str()),
        Some(direction),
    ])
}

/// Whether a member is wanted by what was so then, the text aside.
fn is_wanted(state: &Licensee, query: &MembersQuery, user: &UserId, member: Member) -> bool {
    let has_status = query.status.is_none_or(|status| member.status == status);
    has_status && query.assigned.is_none_or(|assigned| assigned_at(state, user).is_some() == assigned)
}

/// When a member got the seat; of several the first.
fn assigned_at(state: &Licensee, user: &UserId) -> Option<Instant> {
    let roster = state.roster();
    roster.seats_of(user).filter_map(|product| roster.seat(product, user)).map(|seat| seat.assigned_at).min()
}
