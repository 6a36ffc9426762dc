//! Accounts as the last transactions of this process left them: so they need not be read again by the next.

use std::collections::{BTreeMap, BTreeSet};

use licensing::{Account, LicenseeId};

use super::{database::Database, licensees};
use crate::{ViewsError, changes::Touched, fold::Accounts};

/// How many are kept at most behind a transaction.
const KEPT_MAX: usize = 10_000;

/// What the tables hold of some licensees, for as long as they are as this process left them.
#[derive(Default)]
pub(super) struct KnownAccounts(BTreeMap<LicenseeId, Account>);

impl KnownAccounts {
    /// To be done when somebody else may have written, or made the tables anew, or it is open what was written.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Reads those of `wanted` that are not known yet.
    pub(super) fn read_missing(
        &mut self,
        database: &Database,
        wanted: impl Iterator<Item = LicenseeId>,
    ) -> Result<(), ViewsError> {
        let missing: BTreeSet<LicenseeId> = wanted.filter(|licensee| !self.0.contains_key(licensee)).collect();
        if !missing.is_empty() {
            self.0.extend(database.read(|transaction| licensees::accounts(transaction, missing.iter()))?);
        }
        Ok(())
    }

    /// Notes what was written.
    pub(super) fn note(&mut self, written: BTreeMap<LicenseeId, Touched>) {
        if self.0.len() > KEPT_MAX {
            // Those of now are the most likely to be wanted next.
            self.0.clear();
        }
        self.0.extend(written.into_iter().map(|(licensee, touched)| (licensee, touched.account)));
    }
}

impl Accounts for KnownAccounts {
    fn account(&self, licensee: &LicenseeId) -> Option<Account> {
        self.0.get(licensee).cloned()
    }
}
