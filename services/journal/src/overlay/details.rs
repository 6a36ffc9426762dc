//! Changes of the erasable details (R30) on top of those that the store beneath keeps.

use std::collections::{BTreeMap, HashMap};

use crate::{DetailChange, Journal, JournalError, LicenseeDetails, Person, StatusReason};

/// How many users of one name are told.
const NAMESAKES_MAX: usize = 16;
/// How many reasons of one user are told.
const REASONS_MAX: usize = 1_000;
/// What a detail takes beside its texts, roughly.
const BYTES_PER_DETAIL: usize = 256;

/// What was changed.
#[derive(Default)]
pub(super) struct Details {
    /// By user; `None` once erased.
    persons: HashMap<String, Option<Person>>,
    /// By licensee.
    licensees: HashMap<String, LicenseeDetails>,
    /// By user.
    reasons: HashMap<String, Reasons>,
}

/// The reasons given about a user.
#[derive(Default)]
struct Reasons {
    /// Whether those that the store beneath keeps are gone.
    are_erased_beneath: bool,
    /// By command id.
    added: BTreeMap<String, StatusReason>,
}

impl Details {
    /// About how much memory a change takes, bytes.
    pub(super) fn bytes_of(change: &DetailChange) -> usize {
        let texts = match change {
            DetailChange::PutPerson(Person { user, username, name, email }) => {
                [user.len(), username.len(), name.len(), email.len()].iter().sum()
            }
            DetailChange::ErasePerson { user } => user.len(),
            DetailChange::PutLicensee(LicenseeDetails { licensee, name, contact_email }) => {
                [licensee.len(), name.len(), contact_email.as_ref().map_or(0, String::len)].iter().sum()
            }
            DetailChange::PutReason(StatusReason { command_id, user, reason }) => {
                [command_id.len(), user.len(), reason.len()].iter().sum::<usize>()
            }
        };
        texts.saturating_add(BYTES_PER_DETAIL)
    }

    pub(super) fn apply(&mut self, change: &DetailChange) {
        match change {
            DetailChange::PutPerson(person) => {
                self.persons.insert(person.user.clone(), Some(person.clone()));
            }
            DetailChange::ErasePerson { user } => {
                self.persons.insert(user.clone(), None);
                self.reasons.insert(user.clone(), Reasons { are_erased_beneath: true, added: BTreeMap::new() });
            }
            DetailChange::PutLicensee(details) => {
                self.licensees.insert(details.licensee.clone(), details.clone());
            }
            DetailChange::PutReason(reason) => {
                let reasons = self.reasons.entry(reason.user.clone()).or_default();
                reasons.added.insert(reason.command_id.clone(), reason.clone());
            }
        }
    }

    pub(super) fn persons(&self, base: &dyn Journal, users: &[&str]) -> Result<Vec<Option<Person>>, JournalError> {
        let beneath = base.persons(users)?;
        let persons = users.iter().zip(beneath);
        Ok(persons.map(|(user, beneath)| self.persons.get(*user).cloned().unwrap_or(beneath)).collect())
    }

    pub(super) fn users_named(&self, base: &dyn Journal, username: &str) -> Result<Vec<String>, JournalError> {
        let mut users = base.users_named(username)?;
        users.retain(|user| !self.persons.contains_key(user));
        let namesakes = self.persons.values().flatten().filter(|person| person.username == username);
        users.extend(namesakes.map(|person| person.user.clone()));
        users.sort_unstable();
        users.truncate(NAMESAKES_MAX);
        Ok(users)
    }

    pub(super) fn licensees(
        &self,
        base: &dyn Journal,
        licensees: &[&str],
    ) -> Result<Vec<Option<LicenseeDetails>>, JournalError> {
        let beneath = base.licensees_details(licensees)?;
        let details = licensees.iter().zip(beneath);
        Ok(details.map(|(id, beneath)| self.licensees.get(*id).cloned().or(beneath)).collect())
    }

    pub(super) fn status_reasons(&self, base: &dyn Journal, user: &str) -> Result<Vec<StatusReason>, JournalError> {
        let Some(Reasons { are_erased_beneath, added }) = self.reasons.get(user) else {
            return base.status_reasons(user);
        };
        let beneath = if *are_erased_beneath { Vec::new() } else { base.status_reasons(user)? };
        let mut reasons: BTreeMap<String, StatusReason> =
            beneath.into_iter().map(|reason| (reason.command_id.clone(), reason)).collect();
        reasons.extend(added.clone());
        Ok(reasons.into_values().take(REASONS_MAX).collect())
    }
}
