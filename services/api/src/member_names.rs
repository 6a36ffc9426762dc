//! Who is meant by the names of a list.

use licensing::{LicenseeId, UserId};

use crate::{Services, problem::Problem};

impl Services {
    /// The members of a licensee that each name stands for, in the order of the names: whoever has it as id, else those
    /// who have it as user name. `None` where the store does not answer. Blocks.
    pub fn members_named(&self, licensee: &LicenseeId, names: &[String]) -> Option<Vec<Vec<UserId>>> {
        // The cause is in the log.
        names.iter().map(|name| self.find_members(licensee, name).ok()).collect()
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

    fn find_members(&self, licensee: &LicenseeId, name: &str) -> Result<Vec<UserId>, Problem> {
        if let Ok(user) = UserId::parse(name)
            && self.is_member(licensee, name)?
        {
            return Ok(vec![user]);
        }
        let mut found = Vec::new();
        for user in self.journal.users_named(name)? {
            if self.is_member(licensee, &user)? {
                found.extend(UserId::parse(&user));
            }
        }
        Ok(found)
    }

    fn is_member(&self, licensee: &LicenseeId, user: &str) -> Result<bool, Problem> {
        Ok(self.index.memberships(user)?.iter().any(|of| of == licensee.as_str()))
    }
}
