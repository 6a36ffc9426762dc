//! From commits to rows, inside of one transaction.

use std::{collections::BTreeMap, error::Error, path::Path};

use contract::{
    event::{self, StreamEvent},
    proto::journal::{self as wire, record::Kind},
};
use journal::{Position, StoredCommit};
use licensing::{Account, Catalogue, Event, Instant, LicenseeId, Member, Timer, UserEvent, UserId};
use parking_lot::RwLock;
use rusqlite::Connection;

use crate::{
    error::{InFile, ViewsError},
    licensees, members,
    memory::{Changes, Memory, UserChange},
    refusals,
    seats::{self, SeatKey},
    timers,
    totals::{self, Difference},
    users,
};

/// Applies commits to the tables; what they change in memory is given at the end.
pub(crate) struct Apply<'a> {
    connection: &'a Connection,
    file: &'a Path,
    memory: &'a RwLock<Memory>,
    catalogue: &'a Catalogue,
    working: BTreeMap<LicenseeId, Working>,
    user_changes: Vec<UserChange>,
    difference: Difference,
}

/// An account that commits touch: until they are written, everyone else goes on to see it as it was.
struct Working {
    account: Account,
    position: Position,
    /// As they were before.
    timers: Vec<Timer>,
    members: u32,
    seats: u32,
    existed: bool,
}

/// Why a record cannot be applied.
type RecordError = Box<dyn Error + Send + Sync>;

impl<'a> Apply<'a> {
    /// Begins; `connection` is in a transaction, which whoever calls commits in the end.
    pub(crate) fn new(
        connection: &'a Connection,
        file: &'a Path,
        memory: &'a RwLock<Memory>,
        catalogue: &'a Catalogue,
    ) -> Self {
        Self {
            connection,
            file,
            memory,
            catalogue,
            working: BTreeMap::new(),
            user_changes: Vec::new(),
            difference: Difference::default(),
        }
    }

    /// Applies a commit; of one shard in the order of their numbers.
    pub(crate) fn commit(&mut self, stored: &StoredCommit) -> Result<(), ViewsError> {
        let first = Position { shard: stored.shard, position: stored.first_position };
        let commit = stored.decode().map_err(|cause| unreadable_record(first, cause))?;
        for (position, record) in (stored.first_position..).zip(commit.records) {
            self.record(Position { shard: stored.shard, position }, record.kind)?;
        }
        Ok(())
    }

    /// Writes the accounts that were touched, and gives what is to be changed in memory.
    pub(crate) fn finish(mut self) -> Result<Changes, ViewsError> {
        let working = std::mem::take(&mut self.working);
        let mut accounts = Vec::with_capacity(working.len());
        for (licensee, touched) in working {
            self.finish_licensee(&licensee, &touched).in_file(self.file)?;
            accounts.push((licensee, touched.account));
        }
        totals::add(self.connection, &self.difference).in_file(self.file)?;
        Ok(Changes { accounts, users: self.user_changes })
    }

    fn finish_licensee(&mut self, licensee: &LicenseeId, touched: &Working) -> rusqlite::Result<()> {
        let Working { account, position, timers, members, seats, existed } = touched;
        licensees::put(self.connection, licensee, account, *position)?;
        let timers_now = account.armed_timers(self.catalogue);
        if timers_now != *timers {
            timers::put(self.connection, licensee, &timers_now)?;
        }
        self.difference.licensees += i64::from(!existed);
        self.difference.members += i64::from(account.members()) - i64::from(*members);
        self.difference.seats += i64::from(seats_of(account)) - i64::from(*seats);
        Ok(())
    }

    fn record(&mut self, position: Position, kind: Option<Kind>) -> Result<(), ViewsError> {
        match kind {
            Some(Kind::Event(event)) => self.event(position, &event),
            Some(Kind::Usage(usage)) => self.usage(position, &usage),
            Some(Kind::Outcome(outcome)) => self.outcome(position, &outcome),
            // A kind of record that came with a newer program and that these views do not know.
            None => Ok(()),
        }
    }

    fn event(&mut self, position: Position, record: &wire::Event) -> Result<(), ViewsError> {
        let unreadable = |cause: RecordError| unreadable_record(position, cause);
        let decoded = event::decode(&record.r#type, record.schema_version, &record.data)
            .map_err(|cause| unreadable(cause.into()))?;
        let at = Instant::from_timestamp_micros(record.effective_at_us)
            .ok_or_else(|| unreadable("its effective time is no instant".into()))?;
        self.difference.events += 1;
        match decoded {
            StreamEvent::Licensee { licensee, event } => {
                let version = self.evolve(&licensee, &event, at, position);
                if version != record.version {
                    let detail = format!("version {} of its stream follows {}", record.version, version - 1);
                    return Err(unreadable(detail.into()));
                }
                self.licensee_event(licensee, event, at, version).in_file(self.file)
            }
            StreamEvent::User { user, event } => self.user_event(user, event).in_file(self.file),
        }
    }

    /// Folds an event into the licensee's account and gives the version that it has then.
    fn evolve(&mut self, licensee: &LicenseeId, event: &Event, at: Instant, position: Position) -> u64 {
        let (memory, catalogue) = (self.memory, self.catalogue);
        let touched = match self.working.get_mut(licensee) {
            Some(touched) => touched,
            None => {
                let account = memory.read().account(licensee).cloned();
                self.working.entry(licensee.clone()).or_insert(Working::new(account, position, catalogue))
            }
        };
        touched.account.evolve(event, at);
        touched.position = position;
        touched.account.version()
    }

    /// Changes the rows of members and seats; the account is folded already.
    fn licensee_event(
        &mut self,
        licensee: LicenseeId,
        event: Event,
        at: Instant,
        version: u64,
    ) -> rusqlite::Result<()> {
        match event {
            Event::MemberAdded { user, role, user_type, status } => {
                members::add(self.connection, &licensee, &user, &Member { role, user_type, status })?;
                users::know(self.connection, &user)?;
                self.user_changes.push(UserChange::Joined(user, licensee));
            }
            Event::MemberUpdated { user, role, user_type } => {
                members::update(self.connection, &licensee, &user, role, user_type)?;
            }
            Event::MemberStatusChanged { user, status } => {
                members::set_status(self.connection, &licensee, &user, status)?;
            }
            Event::MemberRemoved { user } => {
                members::remove(self.connection, &licensee, &user)?;
                self.user_changes.push(UserChange::Left(user, licensee));
            }
            Event::SeatAssigned { user, product, .. } => {
                let seat = SeatKey { licensee: &licensee, user: &user, product: &product };
                seats::assign(self.connection, &seat, at, version)?;
                self.user_changes.push(UserChange::Seated(user, licensee, product));
            }
            Event::SeatRemoved { user, product, reason, .. } => {
                seats::remove(self.connection, &SeatKey { licensee: &licensee, user: &user, product: &product })?;
                *self.difference.removals.entry(reason).or_default() += 1;
                self.user_changes.push(UserChange::Unseated(user, licensee, product));
            }
            // Everything else is told by the account.
            _ => {}
        }
        Ok(())
    }

    fn user_event(&mut self, user: UserId, event: UserEvent) -> rusqlite::Result<()> {
        users::set_status(self.connection, &user, event.status())?;
        self.user_changes.push(UserChange::Status(user, event.status()));
        Ok(())
    }

    fn usage(&mut self, position: Position, usage: &wire::Usage) -> Result<(), ViewsError> {
        let user = UserId::parse(&usage.user).map_err(|cause| unreadable_record(position, cause))?;
        users::use_at(self.connection, &user, usage.used_at_us).in_file(self.file)?;
        self.name(user).in_file(self.file)
    }

    fn outcome(&mut self, position: Position, outcome: &wire::Outcome) -> Result<(), ViewsError> {
        if let Some(refusal) = &outcome.refusal {
            self.difference.refusals += 1;
            // What names no licensee is listed under none.
            if !outcome.licensee.is_empty() {
                refusals::put(self.connection, position, outcome, refusal).in_file(self.file)?;
            }
            // A refused command changes nothing (R35): a user whom only it named stays unknown.
            return Ok(());
        }
        if outcome.user.is_empty() {
            return Ok(());
        }
        let user = UserId::parse(&outcome.user).map_err(|cause| unreadable_record(position, cause))?;
        self.name(user).in_file(self.file)
    }

    fn name(&mut self, user: UserId) -> rusqlite::Result<()> {
        users::know(self.connection, &user)?;
        self.user_changes.push(UserChange::Named(user));
        Ok(())
    }
}

impl Working {
    fn new(account: Option<Account>, position: Position, catalogue: &Catalogue) -> Self {
        let existed = account.is_some();
        let account = account.unwrap_or_default();
        Self {
            timers: account.armed_timers(catalogue),
            members: account.members(),
            seats: seats_of(&account),
            account,
            position,
            existed,
        }
    }
}

fn seats_of(account: &Account) -> u32 {
    account.pools().map(|(_, pool)| pool.assigned).sum()
}

fn unreadable_record(position: Position, cause: impl Into<RecordError>) -> ViewsError {
    ViewsError::Record { position, source: cause.into() }
}
