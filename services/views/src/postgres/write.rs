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
    accounts::KnownAccounts,
    calls::Calls,
    database::{Database, Failure, unreadable},
    licensees,
    marks::{self, MadeAt, Marks},
    members,
    reached::Reached,
    refusals, schema, seats, timers, totals, users,
};
use crate::{
    Feeds, ViewsError,
    catalogue_mark::CatalogueMark,
    changes::Changes,
    facts::{self, Fact},
    fold::{Accounts, Fold},
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
    /// The tables that they were met in.
    made_at: Option<MadeAt>,
    /// Of those shards.
    accounts: KnownAccounts,
}

impl FedTables {
    pub(super) fn new(database: Database, catalogue: Arc<Catalogue>, feeds: Feeds, reached: Arc<Reached>) -> Self {
        let catalogue_mark = CatalogueMark::of(&catalogue);
        let (heads, made_at, accounts) = (BTreeMap::new(), None, KnownAccounts::default());
        Self { database, catalogue, catalogue_mark, feeds, reached, heads, made_at, accounts }
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
        self.note_met(&marks);
        Ok(())
    }

    /// Another catalogue may arm other timers, and other products be in effect.
    fn bring_under_catalogue(&self, transaction: &mut Transaction<'_>, shard: u16) -> Result<(), Failure> {
        let of_shard = licensees::of_shard(transaction, shard)?;
        for some in of_shard.chunks(RENEWED_AT_ONCE) {
            let rows = some.iter().map(|(licensee, account, position)| (licensee, account, *position));
            let armed: Vec<_> = some.iter().map(|(_, account, _)| account.armed_timers(&self.catalogue)).collect();
            let armed = some.iter().zip(&armed).map(|((licensee, ..), timers)| (licensee, timers.as_slice()));
            let mut calls = Calls::default();
            licensees::put(&mut calls, rows, &self.catalogue)?;
            timers::put(&mut calls, armed);
            calls.run(transaction)?;
        }
        marks::set_catalogue(transaction, shard, self.catalogue_mark)
    }

    /// Feeds commits; false if somebody else fed their shards, or made the tables anew: then nothing was written.
    fn write(&mut self, commits: &[StoredCommit]) -> Result<bool, ViewsError> {
        let facts = facts_of(commits)?;
        let ends: BTreeMap<u16, Mark> = commits.iter().map(|commit| (commit.shard, Mark::of(commit))).collect();
        let thought: Vec<Head> = ends.keys().filter_map(|shard| self.heads.get(shard).copied()).collect();
        let Some(made_at) = self.made_at else { return Ok(false) };
        // Not within the transaction: if somebody else has written since, the marks are not held.
        self.accounts.read_missing(&self.database, named(&facts).cloned())?;
        let Some(changes) = self.folded(facts, &thought)? else { return Ok(false) };
        let ends: Vec<Mark> = ends.into_values().collect();
        let mut calls = Calls::default();
        marks::hold(&mut calls, &thought, made_at, schema::FORMAT);
        write_changes(&mut calls, &changes, &self.catalogue)?;
        marks::put(&mut calls, &ends);
        let is_fed = self.database.write_at_once(&calls)?;
        if is_fed {
            drop(calls);
            self.accounts.note(changes.licensees);
            self.note(made_at, ends.iter().map(|mark| mark.head));
        }
        Ok(is_fed)
    }

    /// What facts change; `None` if they follow on something else than what the tables hold by now.
    fn folded(&self, facts: Vec<(Position, Fact)>, thought: &[Head]) -> Result<Option<Changes>, ViewsError> {
        match folded(facts, &self.accounts, &self.catalogue) {
            Ok(changes) => Ok(Some(changes)),
            Err(error) => {
                let shards: Vec<u16> = thought.iter().map(|head| head.shard).collect();
                let found = self.database.write(|transaction| lock(transaction, &shards))?;
                let is_as_thought = Some(found.made_at) == self.made_at && found.heads() == thought;
                if is_as_thought { Err(error) } else { Ok(None) }
            }
        }
    }

    /// Finds out where shards are.
    fn look(&mut self, shards: &[u16]) -> Result<(), ViewsError> {
        let marks = self.database.write(|transaction| lock(transaction, shards))?;
        self.note_met(&marks);
        Ok(())
    }

    /// Notes what was found, which somebody else may have written.
    fn note_met(&mut self, marks: &Marks) {
        self.accounts.forget();
        self.note(marks.made_at, marks.heads().into_iter());
    }

    fn note(&mut self, made_at: MadeAt, heads: impl Iterator<Item = Head>) {
        let heads: Vec<Head> = heads.collect();
        self.made_at = Some(made_at);
        self.heads.extend(heads.iter().map(|head| (head.shard, *head)));
        self.reached.note(made_at, heads);
    }
}

impl Fed for FedTables {
    fn fed(&mut self) -> Result<Vec<Head>, ViewsError> {
        self.reached.look(LOOK_EVERY)?;
        self.follow_feeds()?;
        Ok(self.heads.values().copied().collect())
    }

    fn feed(&mut self, commits: &[StoredCommit]) -> Result<(), ViewsError> {
        // After an error it is open what was written.
        if self.write(commits).inspect_err(|_| self.accounts.forget())? {
            return Ok(());
        }
        let shards: BTreeSet<u16> = commits.iter().map(|commit| commit.shard).collect();
        self.look(&shards.into_iter().collect::<Vec<_>>())
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

/// Folds the next commits of a shard, up to this mark, onto what the tables hold.
pub(super) fn fold_into(
    transaction: &mut Transaction<'_>,
    commits: &[StoredCommit],
    end: Mark,
    catalogue: &Catalogue,
) -> Result<(), Failure> {
    let facts = facts_of(commits)?;
    let touched: BTreeSet<&LicenseeId> = named(&facts).collect();
    let accounts: BTreeMap<LicenseeId, Account> = licensees::accounts(transaction, touched.into_iter())?;
    let changes = folded(facts, &accounts, catalogue)?;
    let mut calls = Calls::default();
    write_changes(&mut calls, &changes, catalogue)?;
    marks::put(&mut calls, &[end]);
    calls.run(transaction)
}

fn folded(
    facts: Vec<(Position, Fact)>,
    accounts: &impl Accounts,
    catalogue: &Catalogue,
) -> Result<Changes, ViewsError> {
    let mut fold = Fold::new(accounts, catalogue);
    fold.add_all(facts)?;
    Ok(fold.finish())
}

/// The licensees that something happened to, some of them several times.
fn named(facts: &[(Position, Fact)]) -> impl Iterator<Item = &LicenseeId> {
    facts.iter().filter_map(|(_, fact)| licensee_of(fact))
}

/// The rows to be written, of all tables in the same order as everybody else.
fn write_changes<'a>(calls: &mut Calls<'a>, changes: &'a Changes, catalogue: &Catalogue) -> Result<(), ViewsError> {
    let touched = changes.licensees.iter();
    let accounts = touched.clone().map(|(licensee, touched)| (licensee, &touched.account, touched.position));
    licensees::put(calls, accounts, catalogue)?;
    timers::put(calls, touched.filter_map(|(licensee, touched)| Some((licensee, touched.timers.as_deref()?))));
    // In this order: the row of a member that is put tells whether there is a seat.
    seats::change(calls, &changes.seats);
    members::change(calls, &changes.members);
    users::name(calls, &changes.users);
    users::use_at(calls, &changes.uses);
    refusals::put(calls, &changes.refusals);
    totals::add(calls, &changes.differences);
    Ok(())
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
