//! Pages in the order of a value: the first one sorts everybody who is wanted, and the order is kept.

use std::cmp::Ordering;

use licensing::{Instant, Licensee, UserId};
use views::{KeptOrder, MemberSort, MemberSortKey, MembersQuery};

use super::{MEMBERS_AT_ONCE, assigned_at, is_wanted};
use crate::{Moment, Past, PastError};

impl Past {
    /// The ids of a page in an order that the first page fixes, and where the next page begins in it.
    pub(super) fn in_kept_order(
        &self,
        state: &Licensee,
        moment: &Moment,
        query: &MembersQuery,
        place: Option<&str>,
    ) -> Result<(Vec<UserId>, Option<String>), PastError> {
        let KeptOrder { users, next } = match place {
            Some(place) => self.views.kept_order(place.parse()?, query.limit)?,
            None => self.views.keep_order(self.in_order(state, moment, query)?, query.limit)?,
        };
        Ok((users, next.map(|next| next.to_string())))
    }

    /// Everybody who is wanted, in the order of a value.
    fn in_order(&self, state: &Licensee, moment: &Moment, query: &MembersQuery) -> Result<Vec<UserId>, PastError> {
        let mut found = Vec::new();
        for some in wanted(state, query).chunks(MEMBERS_AT_ONCE) {
            found.extend(self.found(some, query.search.as_deref())?);
        }
        let MemberSort { key, descending } = query.sort;
        Ok(match key {
            MemberSortKey::User => found,
            MemberSortKey::Username => sorted(self.with_usernames(found)?, descending),
            MemberSortKey::LastUsedAt => sorted(self.with_last_uses(found, moment)?, descending),
            MemberSortKey::AssignedAt => {
                let with_seats = found.into_iter().map(|user| (assigned_at(state, &user), user)).collect();
                sorted(with_seats, descending)
            }
        })
    }

    fn with_usernames(&self, users: Vec<UserId>) -> Result<Vec<(Option<String>, UserId)>, PastError> {
        let mut named = Vec::with_capacity(users.len());
        for some in users.chunks(MEMBERS_AT_ONCE) {
            let usernames = self.persons(some)?.into_iter().map(|person| person.map(|person| person.username));
            named.extend(usernames.zip(some.iter().cloned()));
        }
        Ok(named)
    }

    fn with_last_uses(&self, users: Vec<UserId>, moment: &Moment) -> Result<Vec<(Option<Instant>, UserId)>, PastError> {
        let mut with_uses = Vec::with_capacity(users.len());
        for some in users.chunks(MEMBERS_AT_ONCE) {
            with_uses.extend(self.last_uses(some, moment)?.into_iter().zip(some.iter().cloned()));
        }
        Ok(with_uses)
    }
}

/// The members that are wanted by what was so then, in order of their ids.
fn wanted(state: &Licensee, query: &MembersQuery) -> Vec<UserId> {
    let wanted = state.roster().members().filter(|(user, member)| is_wanted(state, query, user, *member));
    wanted.map(|(user, _)| user).collect()
}

/// Sorts by a value; those without one last either way, those of one value in order of their ids.
fn sorted<V: Ord>(mut users: Vec<(Option<V>, UserId)>, descending: bool) -> Vec<UserId> {
    users.sort_by(|(one, one_id), (other, other_id)| {
        let by_value = match (one, other) {
            (Some(one), Some(other)) if descending => other.cmp(one),
            (Some(one), Some(other)) => one.cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_value.then_with(|| one_id.cmp(other_id))
    });
    users.into_iter().map(|(_, user)| user).collect()
}
