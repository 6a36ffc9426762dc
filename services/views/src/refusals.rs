//! What was refused, kept for auditors under the licensee that it named (R35).

use journal::Position;
use licensing::{Instant, LicenseeId};
use serde::Serialize;

use crate::{
    ViewsError,
    cursor::Seal,
    page::{self, Page},
    tables::Tables,
};

/// A command that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalView {
    /// The command's id.
    pub command_id: String,
    /// The full name of the message, or method and path.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Why, for programs; also one that this version does not know.
    pub code: String,
    /// Why, for people.
    pub detail: String,
    /// Who sent it.
    pub actor: String,
    /// When it was recorded.
    pub time: Instant,
    /// How many seats were free, where that was the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<u32>,
    /// How many seats were wanted, where that was the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<u32>,
    /// The users who were the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
}

/// A page of what was refused under a licensee, the oldest first; empty while the licensee does not exist.
pub(crate) fn page(
    tables: &dyn Tables,
    licensee: &LicenseeId,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<RefusalView>, ViewsError> {
    let seal = Seal::of(&[Some("refusals"), Some(licensee.as_str())]);
    let after = cursor.map(|cursor| open_cursor(&seal, cursor)).transpose()?;
    let after = after.unwrap_or(Position { shard: 0, position: 0 });
    let limit = page::clamped(limit);
    let found = tables.refusals(licensee, after, page::one_beyond(limit))?;
    let page =
        Page::cut(found, limit, |(position, _)| seal.close(&format!("{}-{}", position.shard, position.position)));
    Ok(Page { items: page.items.into_iter().map(|(_, refusal)| refusal).collect(), next_cursor: page.next_cursor })
}

fn open_cursor(seal: &Seal, cursor: &str) -> Result<Position, ViewsError> {
    let place = seal.open(cursor)?;
    let position = || {
        let (shard, position) = place.split_once('-')?;
        // No greater position than a database can compare.
        let position = position.parse::<u64>().ok().filter(|position| i64::try_from(*position).is_ok())?;
        Some(Position { shard: shard.parse().ok()?, position })
    };
    position().ok_or(ViewsError::InvalidCursor)
}
