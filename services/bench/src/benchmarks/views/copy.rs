//! Plain `COPY` of the rows of the read models into equal tables.

use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

use postgres::{Client, NoTls};

use super::EVENTS;
use crate::{contest::Contender, error::BenchError, ground::history::History, measure::Reading};

/// What is copied: whatever follows from the events.
const TABLES: [&str; 8] = ["licensees", "members", "seats", "users", "usage", "timers", "refusals", "shard_totals"];

/// The rows, and a connection to copy them by.
pub struct Copy<'a> {
    history: &'a History,
    client: Client,
    rows: Vec<(&'static str, Vec<u8>)>,
}

impl<'a> Copy<'a> {
    /// Reads the rows.
    ///
    /// # Errors
    /// [`BenchError`] if they can't be read.
    pub fn of(history: &'a History) -> Result<Self, BenchError> {
        let url = history.store.url().ok_or_else(|| BenchError::wrong("the store has no database"))?;
        let mut client = Client::connect(&url, NoTls)?;
        let mut rows = Vec::new();
        for table in TABLES {
            let mut bytes = Vec::new();
            let mut reader = client.copy_out(&format!("COPY usher_views.{table} TO STDOUT WITH (FORMAT binary)"))?;
            reader.read_to_end(&mut bytes).map_err(BenchError::system("read the views"))?;
            drop(reader);
            rows.push((table, bytes));
        }
        Ok(Self { history, client, rows })
    }
}

impl Contender for Copy<'_> {
    fn name(&self) -> String {
        "COPY of the rows".to_owned()
    }

    fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
        self.client.batch_execute("DROP SCHEMA IF EXISTS bench_copy CASCADE; CREATE SCHEMA bench_copy;")?;
        let began = Instant::now();
        let mut transaction = self.client.transaction()?;
        for (table, bytes) in &self.rows {
            transaction
                .batch_execute(&format!("CREATE TABLE bench_copy.{table} (LIKE usher_views.{table} INCLUDING ALL)"))?;
            let mut writer =
                transaction.copy_in(&format!("COPY bench_copy.{table} FROM STDIN WITH (FORMAT binary)"))?;
            writer.write_all(bytes).map_err(BenchError::system("copy rows"))?;
            writer.finish()?;
        }
        transaction.commit()?;
        Ok(vec![EVENTS.reading(self.history.events as f64 / began.elapsed().as_secs_f64())])
    }
}
