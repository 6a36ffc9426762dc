//! What the tables hold, at one moment, as the memory needs it.

use licensing::ProductId;
use postgres::{
    Row, Transaction,
    fallible_iterator::FallibleIterator,
    types::{ToSql, Type},
};

use super::{
    database::{Database, Failure},
    licensees::read_account,
    marks::{self, Marks},
    value::{id, plain, word},
};
use crate::{ViewsError, memory::Memory};

/// The tables as they were found.
pub(super) struct Loaded {
    pub(super) marks: Marks,
    pub(super) memory: Memory,
}

/// Reads all of it; how far it is comes with it.
pub(super) fn load(database: &Database) -> Result<Loaded, ViewsError> {
    database.read_in_one_moment(|transaction| {
        let marks = marks::all(transaction)?;
        let mut memory = Memory::default();
        for_each(transaction, "SELECT licensee, account FROM usher_views.licensees ORDER BY licensee", |row| {
            memory.put_account(id(row, 0)?, read_account(row, 1)?);
            Ok(())
        })?;
        for_each(transaction, "SELECT user_id, status FROM usher_views.users", |row| {
            memory.put_user(id(row, 0)?, word(row, 1)?);
            Ok(())
        })?;
        for_each(transaction, "SELECT licensee, user_id FROM usher_views.members", |row| {
            memory.join(id(row, 1)?, &id(row, 0)?);
            Ok(())
        })?;
        for_each(transaction, "SELECT licensee, user_id, product FROM usher_views.seats", |row| {
            memory.seat(&id(row, 1)?, &id(row, 0)?, ProductId::new(plain(row, 2)?));
            Ok(())
        })?;
        Ok(Loaded { marks, memory })
    })
}

/// Hands every row to `each` as it comes, so that they are never all in memory.
fn for_each(
    transaction: &mut Transaction<'_>,
    sql: &str,
    mut each: impl FnMut(&Row) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let none: [(&(dyn ToSql + Sync), Type); 0] = [];
    let mut rows = transaction.query_typed_raw(sql, none)?;
    while let Some(row) = rows.next()? {
        each(&row)?;
    }
    Ok(())
}
