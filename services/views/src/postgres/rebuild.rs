//! Making the schema `usher_views` anew in the place of the old one, while others read and feed it.
//!
//! All of it is one transaction (ADR 12): it renames the old schema, which nobody else sees before the end, makes a new one
//! under the name, feeds it with the very statements that are always used, and then makes its indexes. Before the end it
//! locks the marks of the old one, so that both are at the same commits, and compares them. Whoever waits for the marks
//! meanwhile finds those of the new one then, made later than what is known of them, and goes on from there.

use std::{collections::BTreeMap, sync::Arc};

use journal::{Head, Journal, StoredCommit, Stretch, postgres::Pool, read_ahead};
use licensing::Catalogue;
use postgres::{Row, Transaction, types::Type};

use super::{
    database::{Database, Failure},
    marks, schema,
    value::{plain, shard, unsigned},
    write,
};
use crate::{
    Rebuilt, TableSum, ViewsError,
    catalogue_mark::CatalogueMark,
    marks::Mark,
    rebuild::{Rebuild, RebuildPhase, RebuildProgress, Watcher, first_difference, tell},
};

/// How much of a shard is read and written at one go, bytes of blocks: what changes several times within is written once.
const READ_BYTES: usize = 32 * 1024 * 1024;
/// So that indexes are made by sorting in memory.
const INDEX_MEMORY: &str = "SET LOCAL maintenance_work_mem = '256MB'";
/// The old schema until it is dropped. Its name is seen by others only once the new one has taken its place.
const OLD: &str = "usher_views_old";
const NEW: &str = "usher_views";
/// Held by whoever rebuilds: "usher vr".
const LOCK: i64 = 0x7573_6865_7220_7672;
/// Whoever waits for a lock makes others wait behind: it is better to fail.
const LOCK_PATIENCE: &str = "SET LOCAL lock_timeout = '10s'";

/// The tables that follow from the journal, each with the columns that do.
const TABLES: &[(&str, &str)] = &[
    ("positions", "t.shard, t.commit_number, t.position, t.checksum, t.catalogue"),
    ("licensees", "t.*"),
    ("members", "t.*"),
    ("seats", "t.*"),
    ("users", "t.*"),
    ("usage", "t.*"),
    ("timers", "t.*"),
    ("refusals", "t.*"),
    ("shard_totals", "t.*"),
    ("shard_removals", "t.*"),
    ("shard_refusals", "t.*"),
];

/// Gives those who were granted something on the old schema the same on the new one.
const GRANT_AGAIN: &str = "
    DO $$
    DECLARE
        given record;
    BEGIN
        FOR given IN
            SELECT p.privilege_type, p.is_grantable, new.oid::regclass AS relation,
                   CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(p.grantee)) END AS grantee
            FROM pg_class old
                 JOIN pg_namespace n ON n.oid = old.relnamespace AND n.nspname = 'usher_views_old'
                 JOIN pg_class new ON new.relname = old.relname AND new.relnamespace = 'usher_views'::regnamespace
                 CROSS JOIN LATERAL aclexplode(old.relacl) p
            WHERE old.relkind IN ('r', 'v') AND p.grantee <> old.relowner
        LOOP
            EXECUTE format('GRANT %s ON %s TO %s%s', given.privilege_type, given.relation, given.grantee,
                           CASE WHEN given.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
        FOR given IN
            SELECT p.privilege_type, p.is_grantable,
                   CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(p.grantee)) END AS grantee
            FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) p
            WHERE n.nspname = 'usher_views_old' AND p.grantee <> n.nspowner
        LOOP
            EXECUTE format('GRANT %s ON SCHEMA usher_views TO %s%s', given.privilege_type, given.grantee,
                           CASE WHEN given.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
    END $$";

/// Makes the views anew and puts them in the place of the old ones.
pub(crate) fn rebuild(
    pool: Arc<Pool>,
    store_id: &[u8],
    journal: &dyn Journal,
    catalogue: &Catalogue,
    watcher: &mut Watcher<'_>,
) -> Result<Rebuilt, ViewsError> {
    let database = Database::new(pool);
    schema::prepare(&database, store_id, journal.shard_count())?;
    drop_old(&database);
    let making = Making { store_id, journal, catalogue };
    let rebuilt = database.write(|transaction| making.rebuild(transaction, watcher))?;
    // Apart from the rest: it waits for whoever still reads the old tables, and nobody is to wait for it.
    drop_old(&database);
    Ok(rebuilt)
}

/// What it takes to make the views of this process anew, which are those of every other one too.
pub(super) struct Rebuilder {
    pub(super) pool: Arc<Pool>,
    pub(super) store_id: Vec<u8>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) catalogue: Arc<Catalogue>,
}

impl Rebuild for Rebuilder {
    fn rebuild(&self, watcher: &mut Watcher<'_>) -> Result<Rebuilt, ViewsError> {
        rebuild(self.pool.clone(), &self.store_id, &*self.journal, &self.catalogue, watcher)
    }
}

/// Drops what the last rebuild put aside, unless somebody is at it or still reads it: it harms nobody.
pub(super) fn drop_old(database: &Database) {
    let dropped = database.write(|transaction| {
        if !is_old_there(transaction)? || !try_lock(transaction)? {
            return Ok(());
        }
        transaction.batch_execute(LOCK_PATIENCE)?;
        Ok(transaction.batch_execute(&format!("DROP SCHEMA IF EXISTS {OLD} CASCADE"))?)
    });
    if let Err(error) = dropped {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "the views that were replaced stay until the next start");
    }
}

fn is_old_there(transaction: &mut Transaction<'_>) -> Result<bool, Failure> {
    let sql = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";
    plain(&transaction.query_typed_one(sql, &[(&OLD, Type::TEXT)])?, 0)
}

struct Making<'a> {
    store_id: &'a [u8],
    journal: &'a dyn Journal,
    catalogue: &'a Catalogue,
}

/// How far the new tables are, and are to get.
struct Fed {
    phase: RebuildPhase,
    heads: BTreeMap<u16, Head>,
    records: u64,
    of: u64,
}

impl Making<'_> {
    fn rebuild(&self, transaction: &mut Transaction<'_>, watcher: &mut Watcher<'_>) -> Result<Rebuilt, Failure> {
        if !try_lock(transaction)? {
            return Err(ViewsError::RebuildUnderWay.into());
        }
        transaction.batch_execute(&format!("ALTER SCHEMA {NEW} RENAME TO {OLD}"))?;
        schema::make_tables(transaction, self.store_id, self.journal.shard_count())?;
        transaction.batch_execute(GRANT_AGAIN)?;
        for shard in 0..self.journal.shard_count() {
            marks::set_catalogue(transaction, shard, CatalogueMark::of(self.catalogue))?;
        }
        let mut fed = Fed::nothing(self.journal)?;
        // Most of it without a lock; what the old ones got meanwhile is little.
        let ends = old_marks(transaction, self.catalogue)?;
        self.feed(transaction, &mut fed, &ends, watcher)?;
        transaction.batch_execute(INDEX_MEMORY)?;
        schema::make_indexes(transaction)?;
        transaction.batch_execute(LOCK_PATIENCE)?;
        transaction.batch_execute(&format!("LOCK TABLE {OLD}.positions IN ACCESS EXCLUSIVE MODE"))?;
        let ends = old_marks(transaction, self.catalogue)?;
        self.feed(transaction, &mut fed, &ends, watcher)?;
        fed.phase = RebuildPhase::Comparing;
        tell(watcher, fed.progress())?;
        let (before, after) = (sums(transaction, OLD)?, sums(transaction, NEW)?);
        let difference = first_difference(&before, &after);
        fed.phase = RebuildPhase::Swapping;
        tell(watcher, fed.progress())?;
        // If nobody keeps them up to date, they are so at least now.
        let ends = self.journal.heads().map_err(ViewsError::from)?;
        self.feed(transaction, &mut fed, &ends, watcher)?;
        // Whoever is paging goes on.
        transaction.batch_execute(&format!(
            "INSERT INTO {NEW}.orders SELECT * FROM {OLD}.orders;
             INSERT INTO {NEW}.ordered SELECT * FROM {OLD}.ordered;
             INSERT INTO {NEW}.order_parts SELECT * FROM {OLD}.order_parts"
        ))?;
        Ok(Rebuilt { tables: after, difference, not_compared: None })
    }

    /// Brings the new tables to these ends.
    fn feed(
        &self,
        transaction: &mut Transaction<'_>,
        fed: &mut Fed,
        ends: &[Head],
        watcher: &mut Watcher<'_>,
    ) -> Result<(), Failure> {
        let is_behind = |end: &&Head| fed.head(end.shard).commit_number < end.commit_number;
        let behind: Vec<Head> = ends.iter().filter(is_behind).map(|end| fed.head(end.shard)).collect();
        let ends: BTreeMap<u16, u64> = ends.iter().map(|end| (end.shard, end.commit_number)).collect();
        let all_fed = read_ahead(self.journal, &behind, READ_BYTES, |stretches| {
            for stretch in stretches {
                self.feed_stretch(transaction, fed, stretch.map_err(ViewsError::from)?, &ends, watcher)?;
            }
            Ok::<(), Failure>(())
        });
        all_fed.map_err(ViewsError::from)??;
        match ends.iter().find(|(shard, end)| fed.head(**shard).commit_number < **end) {
            Some((shard, _)) => Err(ViewsError::MissingCommits { shard: *shard }.into()),
            None => Ok(()),
        }
    }

    /// Feeds the next commits of a shard, those beyond its end left out.
    fn feed_stretch(
        &self,
        transaction: &mut Transaction<'_>,
        fed: &mut Fed,
        stretch: Stretch,
        ends: &BTreeMap<u16, u64>,
        watcher: &mut Watcher<'_>,
    ) -> Result<(), Failure> {
        let is_within = |commit: &StoredCommit| ends.get(&commit.shard).is_some_and(|end| commit.number <= *end);
        let commits: Vec<StoredCommit> = stretch.into_iter().filter(is_within).collect();
        let Some(last) = commits.last() else { return Ok(()) };
        let mark = Mark::of(last);
        write::fold_into(transaction, &commits, mark, self.catalogue)?;
        fed.note(mark.head);
        Ok(tell(watcher, fed.progress())?)
    }
}

impl Fed {
    fn nothing(journal: &dyn Journal) -> Result<Self, Failure> {
        let of = journal.heads().map_err(ViewsError::from)?.iter().map(|head| head.position).sum();
        Ok(Self { phase: RebuildPhase::Filling, heads: BTreeMap::new(), records: 0, of })
    }

    const fn progress(&self) -> RebuildProgress {
        RebuildProgress { phase: self.phase, records: self.records, of: self.of }
    }

    fn head(&self, shard: u16) -> Head {
        self.heads.get(&shard).copied().unwrap_or(Head { shard, commit_number: 0, position: 0 })
    }

    fn note(&mut self, head: Head) {
        let before = self.heads.insert(head.shard, head).map_or(0, |before| before.position);
        self.records = self.records.saturating_add(head.position.saturating_sub(before));
        self.of = self.of.max(self.records);
    }
}

/// Makes this the only process that puts schemas in the place of others, until the transaction ends.
fn try_lock(transaction: &mut Transaction<'_>) -> Result<bool, Failure> {
    plain(&transaction.query_typed_one("SELECT pg_try_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)])?, 0)
}

/// How far the old tables are. They have to go by this catalogue: whoever feeds them would not look again.
fn old_marks(transaction: &mut Transaction<'_>, catalogue: &Catalogue) -> Result<Vec<Head>, Failure> {
    let sql = format!("SELECT shard, commit_number, position, catalogue FROM {OLD}.positions ORDER BY shard");
    let CatalogueMark(mark) = CatalogueMark::of(catalogue);
    let read = |row: &Row| {
        let head = Head { shard: shard(row, 0)?, commit_number: unsigned(row, 1)?, position: unsigned(row, 2)? };
        let kept: i64 = plain(row, 3)?;
        if kept == mark || head.commit_number == 0 { Ok(head) } else { Err(ViewsError::OtherCatalogue.into()) }
    };
    transaction.query_typed(&sql, &[])?.iter().map(read).collect()
}

/// What every table of a schema holds, whatever the order of its rows.
fn sums(transaction: &mut Transaction<'_>, schema: &str) -> Result<Vec<TableSum>, Failure> {
    TABLES.iter().map(|(table, columns)| sum(transaction, schema, table, columns)).collect()
}

fn sum(transaction: &mut Transaction<'_>, schema: &str, table: &str, columns: &str) -> Result<TableSum, Failure> {
    // The sums of two hashes of each row. The server hashes rows as they lie, without a text of them.
    let sql = format!(
        "SELECT count(*), md5(coalesce(sum(hash_record_extended(ROW({columns}), 0)), 0)::text
                || ' ' || coalesce(sum(hash_record_extended(ROW({columns}), 1)), 0)::text)
         FROM {schema}.{table} t"
    );
    let row = transaction.query_typed_one(&sql, &[])?;
    let checksum: &str = plain(&row, 1)?;
    Ok(TableSum { table: table.to_owned(), rows: unsigned(&row, 0)?, checksum: checksum.chars().take(16).collect() })
}
