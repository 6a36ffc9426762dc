//! What is kept, in the schema `usher_notify` of a store's database. Any number of processes share it.

mod mails;
mod schema;
mod value;
mod webhooks;

use std::sync::Arc;

use journal::postgres::{Failure, Pool};
use postgres::Transaction;

use crate::NotifyError;

/// What is kept in a database.
pub struct PostgresNotify {
    pool: Arc<Pool>,
}

impl PostgresNotify {
    /// Opens what is kept for a store in its own database; makes the tables if there are none.
    ///
    /// # Errors
    /// [`NotifyError::OtherStore`], [`NotifyError::NewerFormat`], or when the database refuses.
    pub fn open(pool: Arc<Pool>, store_id: &[u8]) -> Result<Self, NotifyError> {
        schema::prepare(&pool, store_id)?;
        Ok(Self { pool })
    }

    /// Opens what is kept for whoever looks at it or changes something beside the nodes; `None` if there is nothing.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn open_existing(pool: Arc<Pool>) -> Result<Option<Self>, NotifyError> {
        let is_there = pool.read(schema::is_there)?;
        Ok(is_there.then_some(Self { pool }))
    }

    fn read<T>(&self, query: impl FnOnce(&mut Transaction<'_>) -> Result<T, Failure>) -> Result<T, NotifyError> {
        Ok(self.pool.read(query)?)
    }

    fn write<T>(&self, change: impl FnOnce(&mut Transaction<'_>) -> Result<T, Failure>) -> Result<T, NotifyError> {
        Ok(self.pool.write(change)?)
    }
}
