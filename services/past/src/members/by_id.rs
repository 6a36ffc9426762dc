//! Pages in the order of ids: each goes on behind the last id of the one before, and looks at so many members at most.

use licensing::{Licensee, UserId};
use views::{MembersQuery, ViewsError};

use super::{MEMBERS_AT_ONCE, is_wanted};
use crate::{Past, PastError};

impl Past {
    /// The ids of a page in their own order, and what the next page begins behind: the last of them, or whoever was looked
    /// at last.
    pub(super) fn by_id(
        &self,
        state: &Licensee,
        query: &MembersQuery,
        behind: Option<&str>,
    ) -> Result<(Vec<UserId>, Option<String>), PastError> {
        let behind = behind.map(UserId::parse).transpose().map_err(|_| ViewsError::InvalidCursor)?;
        let mut members = state.roster().members_behind(behind.as_ref(), query.sort.descending).peekable();
        let mut looks_left = query.looks.0.max(1);
        let mut users = Vec::new();
        let mut last = None;
        while members.peek().is_some() {
            if looks_left == 0 {
                return Ok((users, last));
            }
            let at_once = looks_left.min(MEMBERS_AT_ONCE);
            looks_left -= at_once;
            let mut wanted = Vec::new();
            for (user, member) in members.by_ref().take(at_once) {
                last = Some(user.as_str().to_owned());
                if is_wanted(state, query, &user, member) {
                    wanted.push(user);
                }
            }
            users.extend(self.found(&wanted, query.search.as_deref())?);
            // One more than fits tells that more follow.
            if users.len() > query.limit {
                users.truncate(query.limit);
                let next = users.last().map(|user| user.as_str().to_owned());
                return Ok((users, next));
            }
        }
        Ok((users, None))
    }
}
