//! Which messages are dealt with, by what the store says.
//!
//! Counting what the nodes do would not do: while Kafka's partitions move from node to node, a message may come a second
//! time. That changes nothing, but it would be taken for another one.

use std::collections::BTreeMap;

use postgres::{Client, NoTls};

use crate::{error::RehearsalError, schedule::Message};

/// The messages by the key under which the index knows their commands: the first 16 bytes of SHA-256 over the id. One that
/// is sent twice is there once, in its first place.
const TABLE: &str = "
    CREATE SCHEMA rehearsal;
    CREATE TABLE rehearsal.sent (place bigint PRIMARY KEY, key bytea NOT NULL UNIQUE);";
const FILL: &str = "
    INSERT INTO rehearsal.sent
    SELECT place, substring(sha256(convert_to(id, 'UTF8')) FROM 1 FOR 16) FROM unnest($1::bigint[], $2::text[]) AS t(place, id)";
const OPEN: &str = "
    SELECT (SELECT count(*) FROM rehearsal.sent s WHERE s.place >= $1 AND s.place < $2
                AND NOT EXISTS (SELECT FROM usher_index.commands c WHERE c.key = s.key))
         + (SELECT count(*) FROM usher.news)";
const KEPT: &str = "SELECT count(*) FROM rehearsal.sent JOIN usher_index.commands USING (key)";

/// Looks into the store.
pub struct Ledger(Client);

impl Ledger {
    /// Of the messages that will be sent, by their place among them.
    pub fn of(database_url: &str, messages: &[Message]) -> Result<Self, RehearsalError> {
        let mut client = Client::connect(database_url, NoTls)?;
        let mut places: BTreeMap<&str, i64> = BTreeMap::new();
        for (place, message) in (0..).zip(messages) {
            let Some(command_id) = &message.command_id else { continue };
            places.entry(command_id).or_insert(place);
        }
        let (ids, places): (Vec<&str>, Vec<i64>) = places.into_iter().unzip();
        client.batch_execute(TABLE)?;
        client.execute(FILL, &[&places, &ids])?;
        Ok(Self(client))
    }

    /// How many of the messages from one place up to another are not decided, or not told to every licensee.
    pub fn open(&mut self, from: usize, to: usize) -> Result<u64, RehearsalError> {
        let place = |place: usize| i64::try_from(place).unwrap_or(i64::MAX);
        let open: i64 = self.0.query_one(OPEN, &[&place(from), &place(to)])?.get(0);
        Ok(u64::try_from(open).unwrap_or_default())
    }

    /// Of how many commands the store keeps an outcome.
    pub fn kept(&mut self) -> Result<u64, RehearsalError> {
        let kept: i64 = self.0.query_one(KEPT, &[])?.get(0);
        Ok(u64::try_from(kept).unwrap_or_default())
    }
}
