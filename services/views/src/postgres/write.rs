//! Feeding the tables: only the shards that this process is to feed, and only from where they really are.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use journal::{Head, Position, Progress, StoredCommit};
use licensing::{Account, Catalogue, LicenseeId};
use postgres::Transaction;

use super::{
    database::{Database, Failure, unreadable},
    licensees,
    marks::{self, Marks},
    members,
    reached::Reached,
    refusals, schema, seats, timers, totals, users,
};
use crate::{
    Feeds, ViewsError,
    catalogue_mark::CatalogueMark,
    changes::{Changes, MemberChange, SeatKey},
    facts::{self, Fact},
    fold::Fold,
    follower::{Fed, TABLES_REST},
    marks::Mark,
};

/// How long to wait at most for commits that wake the follower themselves: a shard that is to be fed from now on does not.
const IDLE_WAIT: Duration = Duration::from_millis(200);
/// After how long it is looked whether somebody made the tables anew.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many licensees are brought under another catalogue in one statement.
const RENEWED_AT_ONCE: usize = 1_000;

/// The tables, as they are fed by this process.
pub(super) struct FedTables {
    database: Database,
    catalogue: Arc<Catalogue>,
    catalogue_mark: CatalogueMark,
    feeds: Feeds,
    reached: Arc<Reached>,
    /// How far the shards are that are fed here, by the last transaction on them.
    heads: BTreeMap<u16, Head>,
}

/// Rows that change are found by their keys, whatever the planner thinks of reading whole tables instead: it does so up to
/// tables of tens of thousands of rows, for a few hundred that are wanted.
const BY_KEYS: &str =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// What came of a transaction on the marks of some shards.
enum Turn {
    /// They were where they were thought to be, and are fed.
    Fed(Marks),
    /// They were not: somebody else fed them. Nothing was written.
    Missed(Marks),
}

impl FedTables {
    pub(super) fn new(database: Database, catalogue: Arc<Catalogue>, feeds: Feeds, reached: Arc<Reached>) -> Self {
        let catalogue_mark = CatalogueMark::of(&catalogue);
        Self { database, catalogue, catalogue_mark, feeds, reached, heads: BTreeMap::new() }
    }

    /// Lets go of what is no longer to be fed here, and takes over what is from now on.
    pub(super) fn follow_feeds(&mut self) -> Result<(), ViewsError> {
        let shards = self.feeds.shards();
        self.heads.retain(|shard, _| shards.contains(shard));
        let taken: Vec<u16> = shards.into_iter().filter(|shard| !self.heads.contains_key(shard)).collect();
        if taken.is_empty() { Ok(()) } else { self.take_over(&taken) }
    }

    /// Takes over shards: finds out how far they are, and brings them under this process's catalogue.
    fn take_over(&mut self, shards: &[u16]) -> Result<(), ViewsError> {
        let marks = self.database.write(|transaction| {
            let marks = lock(transaction, shards)?;
            for shard in marks.shards.iter().filter(|shard| shard.catalogue != self.catalogue_mark) {
                self.bring_under_catalogue(transaction, shard.mark.head.shard)?;
            }
            Ok(marks)
        })?;
        self.note(&marks);
        Ok(())
    }

    /// Another catalogue may arm other timers, and other products be in effect.
    fn bring_under_catalogue(&self, transaction: &mut Transaction<'_>, shard: u16) -> Result<(), Failure> {
        let of_shard = licensees::of_shard(transaction, shard)?;
        for some in of_shard.chunks(RENEWED_AT_ONCE) {
            let rows = some.iter().map(|(licensee, account, position)| (licensee, account, *position));
            licensees::put(transaction, rows, &self.catalogue)?;
            let armed: Vec<_> = some.iter().map(|(_, account, _)| account.armed_timers(&self.catalogue)).collect();
            let armed = some.iter().zip(&armed).map(|((licensee, ..), timers)| (licensee, timers.as_slice()));
            timers::put(transaction, armed)?;
        }
        marks::set_catalogue(transaction, shard, self.catalogue_mark)
    }

    fn write(&self, commits: &[StoredCommit]) -> Result<Turn, ViewsError> {
        let facts = facts_of(commits)?;
        let ends: BTreeMap<u16, Mark> = commits.iter().map(|commit| (commit.shard, Mark::of(commit))).collect();
        let shards: Vec<u16> = ends.keys().copied().collect();
        let ends: Vec<Mark> = ends.into_values().collect();
        self.database.write(|transaction| {
            let found = lock(transaction, &shards)?;
            if !self.are_as_thought(&found) {
                return Ok(Turn::Missed(found));
            }
            transaction.batch_execute(BY_KEYS)?;
            fold_facts_into(transaction, facts, &self.catalogue)?;
            marks::put(transaction, &ends)?;
            Ok(Turn::Fed(found))
        })
    }

    /// Whether all shards are where the last transaction left them.
    fn are_as_thought(&self, found: &Marks) -> bool {
        let is_as_thought = |head: Head| self.heads.get(&head.shard) == Some(&head);
        found.heads().into_iter().all(is_as_thought)
    }

    fn note(&mut self, marks: &Marks) {
        self.heads.extend(marks.heads().into_iter().map(|head| (head.shard, head)));
        self.reached.note(marks.made_at, marks.heads());
    }
}

impl Fed for FedTables {
    fn fed(&mut self) -> Result<Vec<Head>, ViewsError> {
        self.reached.look(LOOK_EVERY)?;
        self.follow_feeds()?;
        Ok(self.heads.values().copied().collect())
    }

    fn feed(&mut self, commits: &[StoredCommit]) -> Result<(), ViewsError> {
        match self.write(commits)? {
            Turn::Fed(mut marks) => {
                let ends: BTreeMap<u16, Head> = commits.iter().map(|commit| (commit.shard, commit.head())).collect();
                for shard in &mut marks.shards {
                    shard.mark.head = ends.get(&shard.mark.head.shard).copied().unwrap_or(shard.mark.head);
                }
                self.note(&marks);
            }
            Turn::Missed(marks) => self.note(&marks),
        }
        Ok(())
    }

    fn idle_wait(&self) -> Duration {
        IDLE_WAIT
    }

    fn rest(&self) -> Duration {
        TABLES_REST
    }

    fn progress(&self) -> &Progress<ViewsError> {
        self.reached.progress()
    }
}

/// Folds the next commits of some shards onto what the tables hold.
pub(super) fn fold_into(
    transaction: &mut Transaction<'_>,
    commits: &[StoredCommit],
    catalogue: &Catalogue,
) -> Result<(), Failure> {
    fold_facts_into(transaction, facts_of(commits)?, catalogue)
}

fn fold_facts_into(
    transaction: &mut Transaction<'_>,
    facts: Vec<(Position, Fact)>,
    catalogue: &Catalogue,
) -> Result<(), Failure> {
    let named: BTreeSet<LicenseeId> = facts.iter().filter_map(|(_, fact)| licensee_of(fact).cloned()).collect();
    let accounts: BTreeMap<LicenseeId, Account> = licensees::accounts(transaction, named.iter())?;
    let mut fold = Fold::new(&accounts, catalogue);
    fold.add_all(facts)?;
    apply(transaction, &fold.finish(), catalogue)
}

/// Writes the rows, of all tables in the same order as everybody else.
fn apply(transaction: &mut Transaction<'_>, changes: &Changes, catalogue: &Catalogue) -> Result<(), Failure> {
    let touched = changes.licensees.iter();
    let accounts = touched.clone().map(|(licensee, touched)| (licensee, &touched.account, touched.position));
    licensees::put(transaction, accounts, catalogue)?;
    timers::put(transaction, touched.filter_map(|(licensee, touched)| Some((licensee, touched.timers.as_deref()?))))?;
    // In this order: the row of a member tells whether there is a seat.
    seats::change(transaction, &changes.seats)?;
    members::change(transaction, &changes.members)?;
    members::note_seats(transaction, changes.seats.iter().filter(|(key, _)| !is_put(changes, key)))?;
    users::name(transaction, &changes.users)?;
    users::use_at(transaction, &changes.uses)?;
    refusals::put(transaction, &changes.refusals)?;
    totals::add(transaction, &changes.differences)
}

/// Whether the row of whoever has or had the seat is written as a whole.
fn is_put(changes: &Changes, seat: &SeatKey) -> bool {
    let member = (seat.licensee.clone(), seat.user.clone());
    matches!(changes.members.get(&member), Some(MemberChange::Put(_)))
}

/// What the commits say, each with the position of its record.
fn facts_of(commits: &[StoredCommit]) -> Result<Vec<(Position, Fact)>, ViewsError> {
    let facts = commits.iter().map(facts::of).collect::<Result<Vec<_>, _>>()?;
    Ok(facts.into_iter().flatten().collect())
}

/// The marks of shards, which nobody else changes until the transaction ends; fails on tables of a newer program.
fn lock(transaction: &mut Transaction<'_>, shards: &[u16]) -> Result<Marks, Failure> {
    let marks = marks::lock(transaction, shards)?;
    if marks.format > schema::FORMAT {
        return Err(schema::newer(marks.format).into());
    }
    if marks.shards.len() < shards.len() {
        return Err(unreadable("a shard has no position any more"));
    }
    Ok(marks)
}

fn licensee_of(fact: &Fact) -> Option<&LicenseeId> {
    match fact {
        Fact::Licensee { licensee, .. } => Some(licensee),
        _ => None,
    }
}
