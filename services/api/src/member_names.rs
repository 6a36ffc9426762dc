//! Who is meant by the names of a list.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
};

use journal::JournalError;
use licensing::{LicenseeId, UserId};

use crate::Services;

impl Services {
    /// The members of a licensee that each name stands for, in the order of the names: whoever has it as id, else those
    /// who have it as user name. `None` where the store does not answer. Blocks.
    pub fn members_named(&self, licensee: &LicenseeId, names: &[String]) -> Option<Vec<Vec<UserId>>> {
        let found = self.find_members(licensee, &names.iter().map(String::as_str).collect::<Vec<_>>());
        found.inspect_err(|error| tracing::error!(error = error as &dyn Error, "names can't be looked up")).ok()
    }

    /// The name that a user logs in with; `None` where there is none, or the store does not answer. Blocks.
    pub fn username(&self, user: &UserId) -> Option<String> {
        self.journal.person(user.as_str()).ok().flatten().map(|person| person.username)
    }

    /// The same of several, in their order; nobody has a name where the store does not answer. Blocks.
    pub fn usernames(&self, users: &[&str]) -> Vec<Option<String>> {
        let persons = self.journal.persons(users).unwrap_or_default();
        let mut names: Vec<_> = persons.into_iter().map(|person| person.map(|person| person.username)).collect();
        names.resize(users.len(), None);
        names
    }

    fn find_members(&self, licensee: &LicenseeId, names: &[&str]) -> Result<Vec<Vec<UserId>>, JournalError> {
        let ids: Vec<&str> = names.iter().copied().filter(|name| UserId::parse(name).is_ok()).collect();
        let members = self.members_among(licensee, &ids)?;
        let others: Vec<&str> = names.iter().copied().filter(|name| !members.contains(name)).collect();
        let of_names = self.journal.users_of_names(&others)?;
        let namesakes: Vec<&str> = of_names.iter().flatten().map(String::as_str).collect();
        let namesakes = self.members_among(licensee, &namesakes)?;
        let by_name: HashMap<&str, &Vec<String>> = others.into_iter().zip(&of_names).collect();
        let members_of = |name: &&str| match members.contains(name) {
            true => UserId::parse(name).into_iter().collect(),
            false => {
                let users = by_name.get(name).into_iter().copied().flatten().map(String::as_str);
                users.filter(|user| namesakes.contains(user)).filter_map(|user| UserId::parse(user).ok()).collect()
            }
        };
        Ok(names.iter().map(members_of).collect())
    }

    /// Those of some users who are members of a licensee.
    fn members_among<'u>(&self, licensee: &LicenseeId, users: &[&'u str]) -> Result<HashSet<&'u str>, JournalError> {
        let are_members = self.index.are_members(licensee.as_str(), users)?;
        Ok(users.iter().zip(are_members).filter(|(_, is_member)| *is_member).map(|(user, _)| *user).collect())
    }
}
