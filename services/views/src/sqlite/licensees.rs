//! The licensees: one row each, with the account as folded from its events.

use journal::Position;
use licensing::{Account, LicenseeId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    text_search::fold,
    value::unreadable,
    value::{count, id, signed, unsigned},
};
use crate::{
    changes::Touched,
    licensees::{LicenseeRow, decode_account, encode_account},
    tables::WantedLicensees,
};

/// Keeps a licensee's account.
pub(super) fn put(connection: &Connection, licensee: &LicenseeId, touched: &Touched) -> rusqlite::Result<()> {
    let Touched { account, position, .. } = touched;
    let account = encode_account(account).map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))?;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO licensees (licensee, account, shard, position) VALUES (?1, ?2, ?3, ?4)",
    )?;
    statement.execute(params![licensee.as_str(), account, position.shard, signed(position.position)?])?;
    Ok(())
}

/// Hands every licensee with its account to `each`, in byte order of their ids.
pub(super) fn for_each(connection: &Connection, mut each: impl FnMut(LicenseeId, Account)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT licensee, account FROM licensees ORDER BY licensee")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(id(row, 0)?, read_account(row, 1)?);
    }
    Ok(())
}

/// An account that was kept with [`put`].
pub(super) fn read_account(row: &Row<'_>, column: usize) -> rusqlite::Result<Account> {
    decode_account(row.get_ref(column)?.as_blob()?).map_err(|cause| unreadable(column, cause))
}

const SELECT: &str = "
    SELECT l.licensee, l.account, l.shard, l.position, d.name
    FROM licensees l LEFT JOIN journal.licensee_details d ON d.licensee = l.licensee";

/// The licensee of this id.
pub(super) fn one(connection: &Connection, licensee: &LicenseeId) -> rusqlite::Result<Option<LicenseeRow>> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE l.licensee = ?1"))?;
    statement.query_row([licensee.as_str()], read_licensee).optional()
}

/// Licensees in byte order of their ids.
pub(super) fn some(connection: &Connection, wanted: &WantedLicensees<'_>) -> rusqlite::Result<Vec<LicenseeRow>> {
    let mut statement = connection.prepare_cached(&format!(
        "{SELECT}
         WHERE l.licensee > ?1
           AND (?2 IS NULL OR contains_folded(l.licensee, ?2) OR contains_folded(d.name, ?2))
         ORDER BY l.licensee LIMIT ?3"
    ))?;
    let (after, needle) = (wanted.after.unwrap_or_default(), wanted.search.map(fold));
    statement.query_map(params![after, needle, count(wanted.limit)], read_licensee)?.collect()
}

fn read_licensee(row: &Row<'_>) -> rusqlite::Result<LicenseeRow> {
    Ok(LicenseeRow {
        licensee: id(row, 0)?,
        name: row.get(4)?,
        account: read_account(row, 1)?,
        position: Position { shard: row.get(2)?, position: unsigned(row, 3)? },
    })
}
