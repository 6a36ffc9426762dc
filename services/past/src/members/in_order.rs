//! Pages in the order of a value: everybody who is wanted is sorted, and the order is kept.

use std::{cmp::Ordering, collections::HashMap};

use licensing::{Instant, Membership, UserId};
use views::{KeptOrder, MemberSort, MemberSortKey, MembersQuery, ViewsError};

use super::{MEMBERS_AT_ONCE, is_wanted, orders::Wanted};
use crate::{
    LicenseeThen, Moment, Past, PastError, Sources,
    memberships::{Horizon, Walk},
};

/// How many members are looked at for an order that is made while somebody waits; more are sorted aside.
const SORTED_AT_ONCE: usize = 2_000;

/// Those on a page as they stood, and where the next page begins in their order.
type InOrder = (Vec<(UserId, Membership)>, Option<String>);

impl Past {
    /// A page in an order that is fixed as a whole.
    pub(super) fn in_kept_order(
        &self,
        then: &LicenseeThen,
        moment: &Moment,
        query: &MembersQuery,
        place: Option<&str>,
    ) -> Result<InOrder, PastError> {
        let KeptOrder { users, next } = match place {
            Some(place) => self.sources.views.kept_order(place.parse()?, query.limit)?,
            None => self.beginning_of_order(then, moment, query)?,
        };
        let found = self.sources.memberships(&Horizon::of(then, moment), &users)?;
        let mut found: HashMap<UserId, Membership> = found.into_iter().collect();
        let members = users.into_iter().filter_map(|user| Some((user.clone(), found.remove(&user)?)));
        Ok((members.collect(), next.map(|next| next.to_string())))
    }

    fn beginning_of_order(
        &self,
        then: &LicenseeThen,
        moment: &Moment,
        query: &MembersQuery,
    ) -> Result<KeptOrder, PastError> {
        let wanted = Wanted::of(then, moment, query);
        if then.account.members() as usize <= SORTED_AT_ONCE {
            let mut looked_at = 0;
            let sorted = self.sources.sorted(&wanted, |some| {
                looked_at += some;
                looked_at <= SORTED_AT_ONCE
            })?;
            // Of those who left there may be any number.
            if let Some(users) = sorted {
                return Ok(self.sources.views.keep_order(users, query.limit)?);
            }
        }
        let Some(place) = self.orders.place_of(&self.sources, &wanted, then.account.members())? else {
            return Ok(KeptOrder { users: Vec::new(), next: None });
        };
        match self.sources.views.kept_order(place, query.limit) {
            Err(ViewsError::ExpiredCursor) => {
                self.orders.forget(&wanted);
                Err(PastError::BeingPrepared { done: 0, of: then.account.members().into() })
            }
            kept => Ok(kept?),
        }
    }
}

impl Sources {
    /// Everybody who is wanted, in the order of a value; `None` if `goes_on`, which is told how many more were looked at,
    /// is against it.
    pub(super) fn sorted(
        &self,
        wanted: &Wanted,
        mut goes_on: impl FnMut(usize) -> bool,
    ) -> Result<Option<Vec<UserId>>, PastError> {
        let Wanted { horizon, moment, query, .. } = wanted;
        let mut walk = Walk::behind(&*self.index, horizon, None, false, MEMBERS_AT_ONCE);
        let mut valued = Valued::new(query.sort.key);
        loop {
            let mut some = Vec::new();
            let mut looked_at = 0;
            while looked_at < MEMBERS_AT_ONCE {
                let Some((user, membership)) = walk.next()? else { break };
                looked_at += 1;
                if is_wanted(query, &membership) {
                    some.push((user, membership));
                }
            }
            valued.add(self, moment, self.found(some, query.search.as_deref())?)?;
            if !goes_on(looked_at) {
                return Ok(None);
            }
            if looked_at < MEMBERS_AT_ONCE {
                return Ok(Some(valued.sorted(query.sort)));
            }
        }
    }
}

/// Members with the value that they are sorted by.
enum Valued {
    Texts(Vec<(Option<String>, UserId)>),
    Instants(MemberSortKey, Vec<(Option<Instant>, UserId)>),
}

impl Valued {
    fn new(key: MemberSortKey) -> Self {
        match key {
            MemberSortKey::Username => Self::Texts(Vec::new()),
            MemberSortKey::User | MemberSortKey::LastUsedAt | MemberSortKey::AssignedAt => {
                Self::Instants(key, Vec::new())
            }
        }
    }

    fn add(&mut self, sources: &Sources, moment: &Moment, members: Vec<(UserId, Membership)>) -> Result<(), PastError> {
        let users = || members.iter().map(|(user, _)| user);
        match self {
            Self::Texts(all) => {
                let usernames =
                    sources.persons(users())?.into_iter().map(|person| person.map(|person| person.username));
                all.extend(usernames.zip(users().cloned()));
            }
            Self::Instants(MemberSortKey::LastUsedAt, all) => {
                all.extend(sources.last_uses(users(), moment)?.into_iter().zip(users().cloned()));
            }
            Self::Instants(MemberSortKey::AssignedAt, all) => {
                all.extend(members.into_iter().map(|(user, membership)| (membership.assigned_at(), user)));
            }
            Self::Instants(_, all) => all.extend(members.into_iter().map(|(user, _)| (None, user))),
        }
        Ok(())
    }

    fn sorted(self, sort: MemberSort) -> Vec<UserId> {
        match self {
            Self::Texts(users) => sorted(users, sort.descending),
            Self::Instants(_, users) => sorted(users, sort.descending),
        }
    }
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
