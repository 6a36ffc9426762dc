//! Pages in the order of ids: each goes on behind the last id, and looks at so many members at most.

use licensing::{Membership, UserId};
use views::MembersQuery;

use super::{MEMBERS_AT_ONCE, is_wanted};
use crate::{
    Past, PastError,
    memberships::{Horizon, Walk},
};

/// Those on a page as they stood, and behind whom the next page begins.
pub(super) type ByIds = (Vec<(UserId, Membership)>, Option<String>);

impl Past {
    /// A page in the order of ids: the last id of the page before is where it begins behind, or whoever was looked at last.
    pub(super) fn by_id(
        &self,
        horizon: &Horizon,
        query: &MembersQuery,
        behind: Option<&str>,
    ) -> Result<ByIds, PastError> {
        let mut walk = Walk::behind(&*self.sources.index, horizon, behind, query.sort.descending, query.limit);
        let mut upcoming = walk.next()?;
        let mut looks_left = query.looks.0.max(1);
        let mut at_once = query.limit.saturating_add(1);
        let (mut page, mut last) = (Vec::new(), None);
        while upcoming.is_some() {
            if looks_left == 0 {
                return Ok((page, last));
            }
            at_once = at_once.min(looks_left).min(MEMBERS_AT_ONCE);
            looks_left -= at_once;
            let mut wanted = Vec::new();
            for _ in 0..at_once {
                let Some((user, membership)) = upcoming else { break };
                last = Some(user.as_str().to_owned());
                if is_wanted(query, &membership) {
                    wanted.push((user, membership));
                }
                upcoming = walk.next()?;
            }
            page.extend(self.sources.found(wanted, query.search.as_deref())?);
            // One more than fits tells that more follow.
            if page.len() > query.limit {
                page.truncate(query.limit);
                let next = page.last().map(|(user, _)| user.as_str().to_owned());
                return Ok((page, next));
            }
            at_once = at_once.saturating_mul(4);
        }
        Ok((page, None))
    }
}
