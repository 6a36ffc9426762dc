//! Whether a database file holds what was written to it, for whoever keeps something in a file of theirs.

use std::{fs, path::Path};

use rusqlite::{Connection, ErrorCode, ffi};

use super::{files, value::unsigned};

/// Up to this size a file is checked as a whole; above, that would make starting slow.
const QUICK_CHECK_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is wrong with the structure of a file of so many bytes: that its end is missing or, in one that is not too large to be
/// looked at as a whole, that a page is not sound.
///
/// # Errors
/// What SQLite says.
pub fn flaw(file: &Path, bytes: u64, connection: &Connection) -> rusqlite::Result<Option<String>> {
    if bytes < bytes_to_be_there(file, connection)? {
        return Ok(Some("its end is missing".to_owned()));
    }
    if bytes > QUICK_CHECK_BYTES_MAX {
        return Ok(None);
    }
    let finding: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((finding != "ok").then_some(finding))
}

/// How long the file has to be. SQLite takes the missing rest of a last page for zeroes; we do not.
fn bytes_to_be_there(file: &Path, connection: &Connection) -> rusqlite::Result<u64> {
    let number = |sql| connection.query_row(sql, [], |row| unsigned(row, 0));
    let bytes = number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?);
    // While something waits in the WAL, the file may lag behind it.
    let has_wal = fs::metadata(files::beside(file, "-wal")).is_ok_and(|wal| wal.len() > 0);
    Ok(if has_wal { 0 } else { bytes })
}

/// Name and definition of everything in a database.
///
/// # Errors
/// What SQLite says.
pub fn definitions(connection: &Connection) -> rusqlite::Result<Vec<(String, Option<String>)>> {
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY type, name")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Whether an error can only come from a file that holds something else than was written to it.
pub fn is_damage(error: &rusqlite::Error) -> bool {
    let short_or_foreign_read =
        matches!(error.sqlite_extended_error_code(), Some(ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS));
    let is_damaged_file = matches!(
        error.sqlite_error_code(),
        // Keys are only given out once, and rows only put where none is or in place of one, so a constraint can't fail in
        // a sound file.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation)
    );
    let is_foreign_value = matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows
    );
    short_or_foreign_read || is_damaged_file || is_foreign_value
}
