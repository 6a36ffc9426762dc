//! The members of each licensee.

mod list;
mod query;

use licensing::{Instant, LicenseeId, Member, Role, UserId, UserStatus, UserType};
use rusqlite::{Connection, params};
use serde::Serialize;

use crate::value::id;

pub(crate) use list::page;
pub use query::{MemberSort, MemberSortKey, MembersQuery, UnknownSort};

/// A member of a licensee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberView {
    /// The user.
    pub user: UserId,
    /// The name to log in with; `None` once it was erased (R29).
    pub username: Option<String>,
    /// The name to be shown; `None` once it was erased (R29).
    pub name: Option<String>,
    /// The role.
    pub role: Role,
    /// The type of account.
    #[serde(rename = "type")]
    pub user_type: UserType,
    /// The status in the directory.
    pub status: UserStatus,
    /// Whether the member has a seat, retained ones included.
    pub assigned: bool,
    /// When the member got it; of several the first.
    pub assigned_at: Option<Instant>,
    /// When the member last used Code Suggestions; `None` for never (R22).
    pub last_used_at: Option<Instant>,
}

/// Notes that someone became a member.
pub(crate) fn add(
    connection: &Connection,
    licensee: &LicenseeId,
    user: &UserId,
    member: &Member,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO members (licensee, user, role, type, status) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let Member { role, user_type, status } = member;
    statement.execute(params![licensee.as_str(), user.as_str(), role.as_str(), user_type.as_str(), status.as_str()])?;
    Ok(())
}

/// Sets a member's role and type.
pub(crate) fn update(
    connection: &Connection,
    licensee: &LicenseeId,
    user: &UserId,
    role: Role,
    user_type: UserType,
) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("UPDATE members SET role = ?3, type = ?4 WHERE licensee = ?1 AND user = ?2")?;
    statement.execute([licensee.as_str(), user.as_str(), role.as_str(), user_type.as_str()])?;
    Ok(())
}

/// Sets a member's status.
pub(crate) fn set_status(
    connection: &Connection,
    licensee: &LicenseeId,
    user: &UserId,
    status: UserStatus,
) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("UPDATE members SET status = ?3 WHERE licensee = ?1 AND user = ?2")?;
    statement.execute([licensee.as_str(), user.as_str(), status.as_str()])?;
    Ok(())
}

/// Notes that a membership ended.
pub(crate) fn remove(connection: &Connection, licensee: &LicenseeId, user: &UserId) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("DELETE FROM members WHERE licensee = ?1 AND user = ?2")?;
    statement.execute([licensee.as_str(), user.as_str()])?;
    Ok(())
}

/// Hands every membership to `each`.
pub(crate) fn for_each(connection: &Connection, mut each: impl FnMut(LicenseeId, UserId)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT licensee, user FROM members")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(id(row, 0)?, id(row, 1)?);
    }
    Ok(())
}
