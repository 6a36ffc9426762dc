//! The members that a page shows. A search of the interface's stops behind so many who were looked at, to be asked to go on:
//! here it is, some times, before a visitor is asked whether it should.

use std::time::{Duration, Instant as Stopwatch};

use super::members_query::MembersQuery;
use crate::{
    Console,
    failure::Failure,
    visitor::Visitor,
    wire::{Member, Page},
};

/// How often the interface is asked for one page at most.
const TURNS_MAX: usize = 10;
/// After how long it is not asked again: a page is to be there within 50 ms, and each turn takes some ten.
const PATIENCE: Duration = Duration::from_millis(25);

/// How many members the interface's search looks at for a page.
const LOOKED_AT_ONCE: usize = 8_000;

/// Who was found.
pub(super) struct Found {
    pub(super) page: Page<Member>,
    /// How many members were looked at without filling a page, this one and those before it; at least, as those who were
    /// looked at for a full page are not counted.
    pub(super) looked_at: usize,
}

impl Found {
    /// Asks for a page of members.
    pub(super) async fn of(
        console: &Console,
        visitor: &Visitor,
        licensee: &str,
        query: &MembersQuery,
    ) -> Result<Self, Failure> {
        let began = Stopwatch::now();
        let limit: usize = query.limit.parse().unwrap_or_default();
        let mut page = ask(console, visitor, licensee, query).await?;
        let mut looked_at = query.looked_at;
        let mut query = query.clone();
        for turn in 1..=TURNS_MAX {
            let Some(cursor) = page.next_cursor.clone().filter(|_| page.items.len() < limit) else { break };
            looked_at = looked_at.saturating_add(LOOKED_AT_ONCE);
            if turn == TURNS_MAX || began.elapsed() >= PATIENCE {
                break;
            }
            (query.cursor, query.limit) = (cursor, limit.saturating_sub(page.items.len()).to_string());
            let Page { items, next_cursor } = ask(console, visitor, licensee, &query).await?;
            page.items.extend(items);
            page.next_cursor = next_cursor;
        }
        Ok(Self { page, looked_at })
    }
}

async fn ask(
    console: &Console,
    visitor: &Visitor,
    licensee: &str,
    query: &MembersQuery,
) -> Result<Page<Member>, Failure> {
    console.interface().get(visitor, query.target(licensee)).await
}
