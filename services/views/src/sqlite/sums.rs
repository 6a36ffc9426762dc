//! What every table of a file holds, in a number.

use std::path::Path;

use rusqlite::{Connection, Row, types::ValueRef};
use sha2::{Digest, Sha256};

use super::failure::InFile;
use crate::{TableSum, ViewsError};

/// How many rows are read until it is asked again whether to go on.
const ROWS_AT_ONCE: u64 = 4_096;

/// The sums of all tables, in the order in which they were made; `go_on` fails when it is to end.
pub(super) fn sums(
    file: &Path,
    connection: &Connection,
    go_on: &mut dyn FnMut() -> Result<(), ViewsError>,
) -> Result<Vec<TableSum>, ViewsError> {
    let tables = tables(connection).in_file(file)?;
    tables.into_iter().map(|table| sum(file, connection, table, go_on)).collect()
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The sum of hashes of the rows, of 128 bits each: whatever their order is, they need not be sorted.
fn sum(
    file: &Path,
    connection: &Connection,
    table: String,
    go_on: &mut dyn FnMut() -> Result<(), ViewsError>,
) -> Result<TableSum, ViewsError> {
    go_on()?;
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).in_file(file)?;
    let columns = statement.column_count();
    let mut rows = statement.query([]).in_file(file)?;
    let (mut sum, mut count) = (0_u128, 0_u64);
    while let Some(row) = rows.next().in_file(file)? {
        sum = sum.wrapping_add(hash(row, columns).in_file(file)?);
        count = count.saturating_add(1);
        if count.is_multiple_of(ROWS_AT_ONCE) {
            go_on()?;
        }
    }
    // As many digits as tell two apart.
    let [.., a, b, c, d, e, f, g, h] = sum.to_be_bytes();
    Ok(TableSum { table, rows: count, checksum: hex::encode([a, b, c, d, e, f, g, h]) })
}

/// Of a row, with kind and length before each value, so that no two are the same bytes.
fn hash(row: &Row<'_>, columns: usize) -> rusqlite::Result<u128> {
    let mut hasher = Sha256::new();
    for column in 0..columns {
        match row.get_ref(column)? {
            ValueRef::Null => add(&mut hasher, 0, &[]),
            ValueRef::Integer(value) => add(&mut hasher, 1, &value.to_be_bytes()),
            ValueRef::Real(value) => add(&mut hasher, 2, &value.to_be_bytes()),
            ValueRef::Text(text) => add(&mut hasher, 3, text),
            ValueRef::Blob(bytes) => add(&mut hasher, 4, bytes),
        }
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let (half, _) = digest.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    Ok(u128::from_be_bytes(*half))
}

fn add(hasher: &mut Sha256, kind: u8, bytes: &[u8]) {
    hasher.update([kind]);
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sum_of(rows: &str) -> TableSum {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&format!("CREATE TABLE t (a, b); INSERT INTO t VALUES {rows}")).unwrap();
        sums(Path::new("t"), &connection, &mut || Ok(())).unwrap().remove(0)
    }

    #[test]
    fn it_goes_by_what_is_in_the_rows_and_not_by_their_order() {
        let sum = sum_of("(1, 'x'), (2, NULL)");
        assert_eq!(sum, sum_of("(2, NULL), (1, 'x')"));
        for other in
            ["(1, 'x'), (2, '')", "(1, 'x'), (2, NULL), (2, NULL)", "(1, NULL), (2, 'x')", "('1', 'x'), (2, NULL)"]
        {
            assert_ne!(sum.checksum, sum_of(other).checksum, "{other}");
        }
        assert_ne!(sum_of("('ab', 'c')").checksum, sum_of("('a', 'bc')").checksum);
    }

    #[test]
    fn whoever_does_not_want_to_go_on_is_not_kept() {
        let connection = Connection::open_in_memory().unwrap();
        let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n";
        connection.execute_batch(&format!("CREATE TABLE t AS {rows}")).unwrap();
        let ended = sums(Path::new("t"), &connection, &mut || Err(ViewsError::Aborted));
        assert!(matches!(ended, Err(ViewsError::Aborted)));
    }
}
