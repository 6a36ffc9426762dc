//! The same changes of a store in a PostgreSQL database: its rows are read by other code, and are found to differ all the
//! same.

use audit::{AuditError, Difference, Part, Seal, verify_journal, verify_journal_against};
use journal::postgres::{Options, PostgresStore};
use licensing::Catalogue;
use postgres::{Client, NoTls};
use servers::{Database, Postgres};

use crate::{
    forger::Forgery,
    ground::{Row, SHARDS, few_messages, fill},
};

const STORE: &[u8] = &[0xab; 16];

struct Ground {
    store: PostgresStore,
    client: Client,
    _database: Database,
}

impl Ground {
    fn new() -> Self {
        let database = Postgres::shared().unwrap().database().unwrap();
        let mut options = Options::new(engine::EVENT_READER);
        options.shards = SHARDS;
        let store = PostgresStore::open(&database.url().parse().unwrap(), &options).unwrap();
        store.hold_all().unwrap();
        let catalogue = std::sync::Arc::new(Catalogue::built_in().unwrap());
        fill(store.journal(), store.index(), &catalogue, few_messages());
        let client = Client::connect(&database.url(), NoTls).unwrap();
        Self { store, client, _database: database }
    }

    fn seal(&self) -> Seal {
        let now = licensing::Instant::from_timestamp_micros(1).unwrap();
        audit::seal(&*self.store.journal(), STORE, now, &mut |_| {}).unwrap()
    }

    /// What is found without a seal.
    #[track_caller]
    fn found(&self, change: &dyn std::fmt::Debug) -> Difference {
        difference(verify_journal(&*self.store.journal()), change)
    }

    /// What is found with a seal.
    #[track_caller]
    fn found_with(&self, seal: &Seal, change: &dyn std::fmt::Debug) -> Difference {
        difference(verify_journal_against(&*self.store.journal(), seal, STORE), change)
    }

    /// With everything as it was, nothing is found.
    #[track_caller]
    fn found_is_nothing(&self, seal: &Seal) {
        verify_journal_against(&*self.store.journal(), seal, STORE).unwrap();
    }

    fn rows(&mut self) -> Vec<Row> {
        let sql = "SELECT shard, number, first_position, records, recorded_at_us, block FROM usher.commits
                   ORDER BY shard, number";
        let read = |row: &postgres::Row| Row {
            key: i64::from(row.get::<_, i32>(0)) << 40 | row.get::<_, i64>(1),
            first_position: row.get(2),
            records: u32::try_from(row.get::<_, i64>(3)).unwrap(),
            recorded_at_us: row.get(4),
            block: row.get(5),
        };
        self.client.query(sql, &[]).unwrap().iter().map(read).collect()
    }

    /// Puts a commit as somebody would who knows how its checksum is made.
    fn put(&mut self, row: &Row) {
        let sql = "INSERT INTO usher.commits (shard, number, first_position, records, recorded_at_us, checksum, block)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)
                   ON CONFLICT (shard, number) DO UPDATE SET first_position = excluded.first_position,
                       records = excluded.records, recorded_at_us = excluded.recorded_at_us,
                       checksum = excluded.checksum, block = excluded.block";
        let (shard, number) = (i32::from(row.shard()), i64::try_from(row.number()).unwrap());
        let Row { first_position, records, recorded_at_us, block, .. } = row;
        let records = i64::from(*records);
        let checksum = row.checksum();
        let params: [&(dyn postgres::types::ToSql + Sync); 7] =
            [&shard, &number, first_position, &records, recorded_at_us, &checksum, block];
        assert_eq!(self.client.execute(sql, &params).unwrap(), 1);
    }

    /// Writes a shard anew: numbers, positions, checksums and the shard's head are right.
    fn forge(&mut self, forged: &Forgery) {
        let shard = i32::from(forged.shard);
        self.client.execute("DELETE FROM usher.commits WHERE shard = $1", &[&shard]).unwrap();
        let (rows, last_position) = forged.rows();
        rows.iter().for_each(|row| self.put(row));
        let sql = "UPDATE usher.heads SET commit_number = $2, position = $3 WHERE shard = $1";
        let number = i64::try_from(rows.len()).unwrap();
        assert_eq!(self.client.execute(sql, &[&shard, &number, &last_position]).unwrap(), 1);
    }
}

#[track_caller]
fn difference<T: std::fmt::Debug>(result: Result<T, AuditError>, change: &dyn std::fmt::Debug) -> Difference {
    match result {
        Err(AuditError::Difference(difference)) => *difference,
        other => panic!("{change:?} was not found: {other:?}"),
    }
}

#[test]
fn every_flipped_byte_of_every_column_of_a_commit_is_found() {
    let mut ground = Ground::new();
    let seal = ground.seal();
    let mut flipped = 0;
    for row in ground.rows() {
        let (shard, number) = (i32::from(row.shard()), i64::try_from(row.number()).unwrap());
        let flip = "UPDATE usher.commits SET block = set_byte(block, $3, get_byte(block, $3) # 32)
                    WHERE shard = $1 AND number = $2";
        for at in 0..i32::try_from(row.block.len()).unwrap() {
            ground.client.execute(flip, &[&shard, &number, &at]).unwrap();
            let difference = ground.found(&(&row, at));
            let place = (difference.part, difference.place.shard, difference.place.commit);
            assert_eq!(place, (Part::Journal, Some(row.shard()), Some(row.number())), "{difference}");
            ground.client.execute(flip, &[&shard, &number, &at]).unwrap();
            // With the right checksum the seal tells, wherever it is.
            let mut block = row.block.clone();
            block[usize::try_from(at).unwrap()] ^= 0x01;
            ground.put(&Row { block, ..row.clone() });
            ground.found_with(&seal, &(&row, at));
            ground.put(&row);
            flipped += 1;
        }
        for (column, bytes) in [("first_position", 8), ("records", 8), ("recorded_at_us", 8), ("checksum", 8)] {
            for byte in 0..bytes {
                let flip = format!(
                    "UPDATE usher.commits SET {column} = {column} # (1::bigint << {}) WHERE shard = $1 AND number = $2",
                    8 * byte
                );
                ground.client.execute(&flip, &[&shard, &number]).unwrap();
                ground.found(&(&row, column, byte));
                ground.client.execute(&flip, &[&shard, &number]).unwrap();
                flipped += 1;
            }
        }
    }
    assert!(flipped > 700, "{flipped}");
    ground.found_is_nothing(&seal);
}

#[test]
fn every_removed_inserted_or_swapped_event_or_commit_is_found() {
    let mut ground = Ground::new();
    let seal = ground.seal();
    let mut forged = 0;
    for before in Forgery::of_rows(ground.rows()) {
        for changed in changes(&before) {
            // As it is, then with versions and chains made right as well: then only the seal can tell.
            for changed in [changed.clone(), changed.chained()] {
                ground.forge(&changed);
                ground.found_with(&seal, &changed);
                ground.forge(&before);
                forged += 1;
            }
        }
    }
    assert!(forged > 30, "{forged}");
    ground.found_is_nothing(&seal);
}

/// Each event removed, put in front of each commit once more, and swapped with each other; the same with commits.
fn changes(before: &Forgery) -> Vec<Forgery> {
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut Forgery)| {
        let mut forged = before.clone();
        change(&mut forged);
        all.push(forged);
    };
    let (events, commits) = (before.events(), before.commits.len());
    for (at, (commit, record)) in events.iter().copied().enumerate() {
        add(&|forged| drop(forged.records(commit).remove(record)));
        for to in 0..commits {
            add(&|forged| {
                let copy = forged.record((commit, record)).clone();
                forged.records(to).insert(0, copy);
            });
        }
        for other in events[at + 1..].iter().copied() {
            add(&|forged| {
                let (first, second) = (forged.record((commit, record)).clone(), forged.record(other).clone());
                *forged.record((commit, record)) = second;
                *forged.record(other) = first;
            });
        }
    }
    for at in 0..commits {
        add(&|forged| drop(forged.commits.remove(at)));
        if commits > 1 {
            // The only one twice would be a new one behind the seal, where it is fine.
            add(&|forged| forged.commits.insert(0, before.commits[at].clone()));
        }
        for other in at + 1..commits {
            add(&|forged| forged.commits.swap(at, other));
        }
    }
    all
}
