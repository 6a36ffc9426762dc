//! From what was recorded to what it changes.

use std::collections::BTreeMap;

use journal::{Position, StoredCommit};
use licensing::{Account, Catalogue, Event, Instant, LicenseeId, Member, Timer, UserEvent, UserId};
use parking_lot::RwLock;

use crate::{
    ViewsError,
    changes::{Changes, MemberChange, Seat, SeatKey, Standing, Touched},
    facts::{self, Fact, RefusedCommand, unreadable_record},
    memory::Memory,
};

/// The accounts that commits are folded onto.
pub(crate) trait Accounts {
    /// What a licensee has so far; `None` if it does not exist.
    fn account(&self, licensee: &LicenseeId) -> Option<Account>;
}

impl Accounts for RwLock<Memory> {
    fn account(&self, licensee: &LicenseeId) -> Option<Account> {
        self.read().account(licensee).cloned()
    }
}

impl Accounts for BTreeMap<LicenseeId, Account> {
    fn account(&self, licensee: &LicenseeId) -> Option<Account> {
        self.get(licensee).cloned()
    }
}

/// Folds what was recorded: of one shard in the order of its records.
pub(crate) struct Fold<'a> {
    accounts: &'a dyn Accounts,
    catalogue: &'a Catalogue,
    working: BTreeMap<LicenseeId, Working>,
    changes: Changes,
}

/// An account that is being folded: until all is written, everyone else goes on to see it as it was.
struct Working {
    account: Account,
    position: Position,
    /// As they were before.
    timers: Vec<Timer>,
    members: u32,
    seats: u32,
    existed: bool,
}

/// What commits change about `accounts` and everything else.
pub(crate) fn fold(
    commits: &[StoredCommit],
    accounts: &dyn Accounts,
    catalogue: &Catalogue,
) -> Result<Changes, ViewsError> {
    let mut fold = Fold::new(accounts, catalogue);
    for commit in commits {
        fold.add_all(facts::of(commit)?)?;
    }
    Ok(fold.finish())
}

impl<'a> Fold<'a> {
    pub(crate) fn new(accounts: &'a dyn Accounts, catalogue: &'a Catalogue) -> Self {
        Self { accounts, catalogue, working: BTreeMap::new(), changes: Changes::default() }
    }

    /// Folds facts, each with the position of its record.
    pub(crate) fn add_all(&mut self, facts: impl IntoIterator<Item = (Position, Fact)>) -> Result<(), ViewsError> {
        facts.into_iter().try_for_each(|(position, fact)| self.add(position, fact))
    }

    /// What all of it changes.
    pub(crate) fn finish(self) -> Changes {
        let mut changes = self.changes;
        for (licensee, touched) in self.working {
            let Working { account, position, timers, members, seats, existed } = touched;
            let difference = changes.difference(position.shard);
            difference.licensees += i64::from(!existed);
            difference.members += i64::from(account.members()) - i64::from(members);
            difference.seats += i64::from(seats_of(&account)) - i64::from(seats);
            let timers_now = account.armed_timers(self.catalogue);
            let timers = (timers_now != timers).then_some(timers_now);
            changes.licensees.insert(licensee, Touched { account, position, timers });
        }
        changes
    }

    fn add(&mut self, position: Position, fact: Fact) -> Result<(), ViewsError> {
        match fact {
            Fact::Licensee { licensee, event, at, version } => {
                self.changes.difference(position.shard).events += 1;
                let reached = self.evolve(&licensee, &event, at, position);
                if reached != version {
                    let detail = format!("version {version} of its stream follows {}", reached.saturating_sub(1));
                    return Err(unreadable_record(position, detail));
                }
                self.licensee_event(
                    position.shard,
                    licensee,
                    event,
                    Seat { assigned_at: at, assigned_version: version },
                );
            }
            Fact::User { user, event } => self.user_event(position.shard, user, event),
            Fact::Use { user, at } => {
                self.changes.use_at(user.clone(), at);
                self.changes.name_user(user);
            }
            Fact::Named(user) => self.changes.name_user(user),
            Fact::Refused(command) => self.refused(position, *command),
            Fact::Nothing => {}
        }
        Ok(())
    }

    /// Folds an event into the licensee's account and gives the version that it has then.
    fn evolve(&mut self, licensee: &LicenseeId, event: &Event, at: Instant, position: Position) -> u64 {
        let touched = match self.working.get_mut(licensee) {
            Some(touched) => touched,
            None => {
                let working = Working::new(self.accounts.account(licensee), position, self.catalogue);
                self.working.entry(licensee.clone()).or_insert(working)
            }
        };
        touched.account.evolve(event, at);
        touched.position = position;
        touched.account.version()
    }

    /// Notes what becomes of members and seats; the account is folded already. `given` is the seat that the event gives,
    /// if it gives one.
    fn licensee_event(&mut self, shard: u16, licensee: LicenseeId, event: Event, given: Seat) {
        match event {
            Event::MemberAdded { user, role, user_type, status } => {
                self.changes.name_user(user.clone());
                self.changes.change_member(licensee, user, MemberChange::Put(Member { role, user_type, status }));
            }
            Event::MemberUpdated { user, role, user_type } => {
                let update = MemberChange::Update { standing: Some(Standing { role, user_type }), status: None };
                self.changes.change_member(licensee, user, update);
            }
            Event::MemberStatusChanged { user, status } => {
                let update = MemberChange::Update { standing: None, status: Some(status) };
                self.changes.change_member(licensee, user, update);
            }
            Event::MemberRemoved { user } => self.changes.change_member(licensee, user, MemberChange::Remove),
            Event::SeatAssigned { user, product, .. } => {
                self.changes.seats.insert(SeatKey { licensee, user, product }, Some(given));
            }
            Event::SeatRemoved { user, product, reason, .. } => {
                self.changes.seats.insert(SeatKey { licensee, user, product }, None);
                *self.changes.difference(shard).removals.entry(reason).or_default() += 1;
            }
            // Everything else is told by the account.
            _ => {}
        }
    }

    fn user_event(&mut self, shard: u16, user: UserId, event: UserEvent) {
        self.changes.difference(shard).events += 1;
        self.changes.users.insert(user, Some(event.status()));
    }

    fn refused(&mut self, position: Position, command: RefusedCommand) {
        let difference = self.changes.difference(position.shard);
        difference.refusals += 1;
        *difference.refused.entry(command.refusal.code.clone()).or_default() += 1;
        // What names no licensee is listed under none.
        if !command.outcome.licensee.is_empty() {
            self.changes.refusals.push((position, command));
        }
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
