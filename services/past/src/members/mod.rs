//! Members as they were, page by page.
//!
//! As with the members of now, a page in the order of ids goes on behind the last id, and ends also behind so many who were
//! looked at ([`views::Looks`]); every other order is fixed as a whole and kept, as the user names in it are today's and
//! change. Where there are many members it is prepared aside, and whoever asks is told how far that is.

mod by_id;
mod in_order;
mod orders;

use journal::Person;
use licensing::{Instant, LicenseeId, Member, Membership, UserId, UserStatus};
use views::{MemberSortKey, MemberView, MembersQuery, Page, Seal};

use crate::{LicenseeThen, Moment, Past, PastError, Sources, memberships::Horizon};

pub(crate) use orders::Orders;

/// How many members are looked up at one go.
const MEMBERS_AT_ONCE: usize = 1_000;

impl Past {
    /// A page of a licensee's members as they were shown at the moment at which the licensee was so; each exactly once.
    /// Names, and what is searched in them, are today's.
    ///
    /// # Errors
    /// When the cursor is not of this query and moment, or its order no longer kept; [`PastError::BeingPrepared`] where an
    /// order is not there yet; when the store can't be read.
    pub fn members_of(
        &self,
        then: &LicenseeThen,
        moment: &Moment,
        query: &MembersQuery,
    ) -> Result<Page<MemberView>, PastError> {
        let seal = seal(&then.licensee, moment, query);
        let horizon = Horizon::of(then, moment);
        let place = query.cursor.as_deref().map(|cursor| seal.open(cursor)).transpose()?;
        let (members, next) = if query.sort.key == MemberSortKey::User {
            self.by_id(&horizon, query, place.as_deref())?
        } else {
            self.in_kept_order(then, moment, query, place.as_deref())?
        };
        let items = self.sources.shown(moment, members)?;
        Ok(Page { items, next_cursor: next.map(|next| seal.close(&next)) })
    }
}

impl Sources {
    /// Those in whose id or today's names a text is found, letter case aside.
    fn found(
        &self,
        members: Vec<(UserId, Membership)>,
        search: Option<&str>,
    ) -> Result<Vec<(UserId, Membership)>, PastError> {
        let Some(needle) = search.map(str::to_lowercase) else { return Ok(members) };
        let persons = self.persons(members.iter().map(|(user, _)| user))?;
        let is_found = |user: &UserId, person: &Option<Person>| {
            let names = person.iter().flat_map(|person| [&person.username, &person.name, &person.email]);
            let mut texts = std::iter::once(user.as_str()).chain(names.map(String::as_str));
            texts.any(|text| text.to_lowercase().contains(&needle))
        };
        let with_persons = members.into_iter().zip(persons);
        Ok(with_persons.filter(|((user, _), person)| is_found(user, person)).map(|(member, _)| member).collect())
    }

    /// Members as they were shown.
    fn shown(&self, moment: &Moment, members: Vec<(UserId, Membership)>) -> Result<Vec<MemberView>, PastError> {
        let users = || members.iter().map(|(user, _)| user);
        let (persons, last_uses) = (self.persons(users())?, self.last_uses(users(), moment)?);
        let views = members.iter().zip(persons).zip(last_uses).filter_map(|((member, person), last_used_at)| {
            let (user, membership) = member;
            let Member { role, user_type, status } = membership.member()?;
            let (username, name) = person.map(|person| (person.username, person.name)).unzip();
            let (user, assigned_at) = (user.clone(), membership.assigned_at());
            let assigned = assigned_at.is_some();
            Some(MemberView { user, username, name, role, user_type, status, assigned, assigned_at, last_used_at })
        });
        Ok(views.collect())
    }

    fn persons<'u>(&self, users: impl Iterator<Item = &'u UserId>) -> Result<Vec<Option<Person>>, PastError> {
        Ok(self.journal.persons(&users.map(UserId::as_str).collect::<Vec<_>>())?)
    }

    fn last_uses<'u>(
        &self,
        users: impl Iterator<Item = &'u UserId>,
        moment: &Moment,
    ) -> Result<Vec<Option<Instant>>, PastError> {
        Ok(self.index.last_uses_at(&users.map(UserId::as_str).collect::<Vec<_>>(), moment)?)
    }
}

/// What tells one list of members, of one moment, from every other.
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

/// Whether somebody is a member who is wanted, the text aside.
fn is_wanted(query: &MembersQuery, membership: &Membership) -> bool {
    let Some(member) = membership.member() else { return false };
    let has_status = query.status.is_none_or(|status| member.status == status);
    has_status && query.assigned.is_none_or(|assigned| membership.assigned_at().is_some() == assigned)
}
