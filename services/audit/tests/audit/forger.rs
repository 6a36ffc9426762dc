//! Somebody who can write the database, and knows how usher makes checksums, versions, positions and chains.

use std::{collections::HashMap, fmt};

use contract::proto::journal::{Commit, Event, Record, record::Kind};
use journal::chain;
use prost::Message;
use rusqlite::Connection;

use crate::ground::{Ground, Row, put, run};

/// The commits of one shard, decoded, in order.
#[derive(Clone)]
pub struct Forgery {
    pub shard: u16,
    pub commits: Vec<(Row, Commit)>,
}

impl fmt::Debug for Forgery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records: Vec<usize> = self.commits.iter().map(|(_, commit)| commit.records.len()).collect();
        write!(f, "shard {} with commits of {records:?} records", self.shard)
    }
}

impl Forgery {
    /// The commits of each shard, as they are.
    pub fn of(ground: &Ground) -> Vec<Self> {
        let mut shards: Vec<Self> = Vec::new();
        for row in ground.rows() {
            let commit = Commit::decode(row.block.as_slice()).unwrap();
            match shards.last_mut().filter(|last| last.shard == row.shard()) {
                Some(last) => last.commits.push((row, commit)),
                None => shards.push(Self { shard: row.shard(), commits: vec![(row, commit)] }),
            }
        }
        shards
    }

    /// Where the events are: the place of the commit, and of the record in it.
    pub fn events(&self) -> Vec<(usize, usize)> {
        self.places(|kind| matches!(kind, Kind::Event(_)))
    }

    /// Where the records of a kind are.
    pub fn places(&self, is_meant: impl Fn(&Kind) -> bool) -> Vec<(usize, usize)> {
        let commits = self.commits.iter().enumerate();
        let records =
            commits.flat_map(|(at, (_, commit))| commit.records.iter().enumerate().map(move |(i, r)| (at, i, r)));
        records.filter(|(.., r)| r.kind.as_ref().is_some_and(&is_meant)).map(|(at, i, _)| (at, i)).collect()
    }

    pub fn records(&mut self, commit: usize) -> &mut Vec<Record> {
        &mut self.commits[commit].1.records
    }

    pub fn record(&mut self, (commit, record): (usize, usize)) -> &mut Record {
        &mut self.records(commit)[record]
    }

    /// Makes versions and hash chains right again.
    pub fn chained(mut self) -> Self {
        let mut ends: HashMap<String, (u64, chain::Hash)> = HashMap::new();
        for record in self.commits.iter_mut().flat_map(|(_, commit)| &mut commit.records) {
            let Some(Kind::Event(event)) = &mut record.kind else { continue };
            let (version, hash) = ends.entry(event.stream.clone()).or_insert((0, chain::START));
            *version += 1;
            event.version = *version;
            *hash = chain::hash(hash, &Event { hash: Vec::new(), ..event.clone() });
            event.hash = hash.to_vec();
        }
        self
    }

    /// Writes it in the place of what was there: numbers, positions, checksums and the shard's head are right.
    pub fn put(&self, connection: &Connection) {
        connection.execute("DELETE FROM commits WHERE key >> 40 = ?1", [self.shard]).unwrap();
        let mut position = 1;
        for (number, (row, commit)) in (1..).zip(&self.commits) {
            let records = u32::try_from(commit.records.len()).unwrap();
            let key = i64::from(self.shard) << 40 | number;
            put(
                connection,
                &Row { key, first_position: position, records, block: commit.encode_to_vec(), ..row.clone() },
            );
            position += i64::from(records);
        }
        let sql = "UPDATE heads SET commit_number = ?2, position = ?3 WHERE shard = ?1";
        run(connection, sql, (self.shard, i64::try_from(self.commits.len()).unwrap(), position - 1));
    }
}
