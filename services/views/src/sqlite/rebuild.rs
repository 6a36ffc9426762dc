//! Making `views.db` anew in a folder of its own, and moving it into the place of the old one.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use journal::{Journal, Positions};
use licensing::Catalogue;
use rusqlite::{Connection, Row, types::ValueRef};
use sha2::{Digest, Sha256};

use super::{
    VIEWS_FILE, connection,
    failure::{InFile, damaged},
};
use crate::{
    Rebuilt, TableSum, Views, ViewsError,
    rebuild::{Watcher, first_difference, tell},
};

/// The folder, beside the old file, in which the new one is made.
const WORKSHOP: &str = "views.new";
/// How often it is told how far the new file is.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often there may be no step forward.
const STANDSTILL_LOOKS_MAX: u32 = 600;
/// How many digits of a table's SHA-256 are shown: enough to tell two apart.
const CHECKSUM_DIGITS: usize = 16;

/// Removes what a rebuild that was interrupted left.
pub(super) fn remove_remains(folder: &Path) -> Result<(), ViewsError> {
    let workshop = folder.join(WORKSHOP);
    match fs::remove_dir_all(&workshop) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).in_file(&workshop),
        _ => Ok(()),
    }
}

/// Makes the views anew and puts them in the place of the old ones.
pub(crate) fn rebuild(
    folder: &Path,
    journal: &Arc<dyn Journal>,
    journal_path: &Path,
    catalogue: &Arc<Catalogue>,
    watcher: &mut Watcher<'_>,
) -> Result<Rebuilt, ViewsError> {
    let making = Making { folder, journal, journal_path, catalogue };
    let rebuilt = making.rebuild(watcher);
    // Also after an error: it is of no use to anybody.
    remove_remains(folder)?;
    rebuilt
}

struct Making<'a> {
    folder: &'a Path,
    journal: &'a Arc<dyn Journal>,
    journal_path: &'a Path,
    catalogue: &'a Arc<Catalogue>,
}

impl Making<'_> {
    fn rebuild(&self, watcher: &mut Watcher<'_>) -> Result<Rebuilt, ViewsError> {
        remove_remains(self.folder)?;
        // What is missing in the old ones only because nobody looked is no difference.
        let not_compared = match self.fill(self.folder, watcher) {
            Ok(()) => None,
            Err(ViewsError::Aborted) => return Err(ViewsError::Aborted),
            Err(error) => Some(with_causes(&error)),
        };
        let workshop = self.folder.join(WORKSHOP);
        fs::create_dir(&workshop).in_file(&workshop)?;
        self.fill(&workshop, watcher)?;
        let (old, new) = (self.folder.join(VIEWS_FILE), workshop.join(VIEWS_FILE));
        let tables = sums(&new)?;
        let before = not_compared.is_none().then(|| sums(&old)).transpose()?;
        let difference = before.and_then(|before| first_difference(&before, &tables));
        self.replace(&old, &new)?;
        Ok(Rebuilt { tables, difference, not_compared })
    }

    /// Opens the views in a folder and waits until everything is in them.
    fn fill(&self, folder: &Path, watcher: &mut Watcher<'_>) -> Result<(), ViewsError> {
        let journal = self.journal.clone();
        let views = Views::open(folder, journal, self.journal_path, self.catalogue.clone())?;
        let heads = self.journal.heads()?;
        let of = heads.iter().map(|head| head.position).sum();
        let wanted: Positions = heads.into_iter().collect();
        let (mut reached, mut looks) = (views.positions(), 0);
        while !views.wait_for(&wanted, LOOK_EVERY)? {
            let now = views.positions();
            tell(watcher, records(&now), of)?;
            looks = if now == reached { looks + 1 } else { 0 };
            if looks > STANDSTILL_LOOKS_MAX {
                return Err(damaged(&folder.join(VIEWS_FILE), "it takes in nothing more"));
            }
            reached = now;
        }
        tell(watcher, of, of)
    }

    /// In one step: whoever looks finds the old file, or the new one.
    fn replace(&self, old: &Path, new: &Path) -> Result<(), ViewsError> {
        File::open(new).and_then(|file| file.sync_all()).in_file(new)?;
        // What waits in the WAL of the old file must not be taken for the new one's.
        for beside in [connection::beside(old, "-wal"), connection::beside(old, "-shm")] {
            remove_if_exists(&beside).in_file(&beside)?;
        }
        fs::rename(new, old).in_file(old)?;
        File::open(self.folder).and_then(|folder| folder.sync_all()).in_file(self.folder)
    }
}

fn records(positions: &Positions) -> u64 {
    positions.iter().map(|position| position.position).sum()
}

fn remove_if_exists(file: &PathBuf) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

/// What every table holds; also brings the file into one piece, without a WAL.
fn sums(file: &Path) -> Result<Vec<TableSum>, ViewsError> {
    let connection = connection::open(file).in_file(file)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).in_file(file)?;
    let tables = tables(&connection).in_file(file)?;
    tables.into_iter().map(|table| sum(&connection, table)).collect::<Result<_, _>>().in_file(file)
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

fn sum(connection: &Connection, table: String) -> rusqlite::Result<TableSum> {
    let columns: usize = {
        let statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
        statement.column_count()
    };
    let order: Vec<String> = (1..=columns).map(|column| column.to_string()).collect();
    let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY {}", order.join(", ")))?;
    let mut rows = statement.query([])?;
    let (mut hasher, mut count) = (Sha256::new(), 0_u64);
    while let Some(row) = rows.next()? {
        (0..columns).try_for_each(|column| add(&mut hasher, row, column))?;
        count = count.saturating_add(1);
    }
    let mut checksum = hex::encode(hasher.finalize());
    checksum.truncate(CHECKSUM_DIGITS);
    Ok(TableSum { table, rows: count, checksum })
}

/// With kind and length before each value, so that no two rows are the same bytes.
fn add(hasher: &mut Sha256, row: &Row<'_>, column: usize) -> rusqlite::Result<()> {
    match row.get_ref(column)? {
        ValueRef::Null => add_bytes(hasher, 0, &[]),
        ValueRef::Integer(value) => add_bytes(hasher, 1, &value.to_be_bytes()),
        ValueRef::Real(value) => add_bytes(hasher, 2, &value.to_be_bytes()),
        ValueRef::Text(text) => add_bytes(hasher, 3, text),
        ValueRef::Blob(bytes) => add_bytes(hasher, 4, bytes),
    }
    Ok(())
}

fn add_bytes(hasher: &mut Sha256, kind: u8, bytes: &[u8]) {
    hasher.update([kind]);
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}
