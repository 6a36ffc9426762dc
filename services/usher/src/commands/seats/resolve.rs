//! Finds the users behind the names of a list.

use std::collections::HashMap;

use licensing::{LicenseeId, UserId};
use serde_json::Value;

use super::{UNKNOWN_USER, list::Column};
use crate::client::{Client, ClientError, Target};

/// The code of a row whose user name several users bear.
const AMBIGUOUS: &str = "ambiguous_username";

/// A user, or the code that says why there is none.
pub(super) type Resolved = Result<UserId, &'static str>;

/// Finds users by name, each name once.
pub(super) struct Resolver<'a> {
    client: &'a Client,
    licensee: &'a LicenseeId,
    column: Column,
    found: HashMap<String, Resolved>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(client: &'a Client, licensee: &'a LicenseeId, column: Column) -> Self {
        Self { client, licensee, column, found: HashMap::new() }
    }

    /// Who is meant.
    pub(super) fn resolve(&mut self, name: &str) -> Result<Resolved, ClientError> {
        if let Some(resolved) = self.found.get(name) {
            return Ok(resolved.clone());
        }
        let resolved = self.look_up(name)?;
        self.found.insert(name.to_owned(), resolved.clone());
        Ok(resolved)
    }

    fn look_up(&self, name: &str) -> Result<Resolved, ClientError> {
        if name.is_empty() {
            return Ok(Err(UNKNOWN_USER));
        }
        let as_id = UserId::parse(name).ok().filter(|_| self.column == Column::User);
        if let Some(user) = &as_id
            && self.is_known(user)?
        {
            return Ok(Ok(user.clone()));
        }
        let mut users = match self.client {
            Client::InProcess(store) => store.users_named(name)?,
            Client::Remote(_) => self.members_named(name)?,
        };
        Ok(match (users.pop(), users.is_empty()) {
            (Some(user), true) => UserId::parse(&user).map_err(|_| UNKNOWN_USER),
            (Some(_), false) => Err(AMBIGUOUS),
            // An id that nobody has heard of goes on as it is: what it means is for the rules to say.
            (None, _) => as_id.ok_or(UNKNOWN_USER),
        })
    }

    fn is_known(&self, user: &UserId) -> Result<bool, ClientError> {
        match self.client.get::<Value>(&Target::new(["v1", "users", user.as_str()])) {
            Ok(_) => Ok(true),
            Err(ClientError::Refused(problem)) if problem.status == 404 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The members who bear a name. The search finds more than that: parts of names, ids and addresses.
    fn members_named(&self, name: &str) -> Result<Vec<String>, ClientError> {
        let found = Target::new(["v1", "licensees", self.licensee.as_str(), "members"]).with("search", name);
        let mut users = Vec::new();
        for page in self.client.pages(found) {
            let text = |member: &Value, field: &str| member.get(field).and_then(Value::as_str).map(str::to_owned);
            let named = page?.into_iter().filter(|member| text(member, "username").as_deref() == Some(name));
            users.extend(named.filter_map(|member| text(&member, "user")));
        }
        Ok(users)
    }
}
