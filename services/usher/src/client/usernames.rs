//! The user names behind ids, for people.

use std::collections::{HashMap, HashSet};

use licensing::{LicenseeId, UserId};
use serde_json::Value;

use super::{Client, ClientError, Target};

impl Client {
    /// The user names of those members of a licensee who have one; of a store that is opened here, of whoever has one.
    pub fn usernames(&self, licensee: &LicenseeId, users: &[&UserId]) -> Result<HashMap<UserId, String>, ClientError> {
        match self {
            Self::InProcess(store) => store.usernames(users),
            Self::Remote(_) => self.names_of_members(licensee, users),
        }
    }

    /// Goes through the members until everybody is found.
    fn names_of_members(
        &self,
        licensee: &LicenseeId,
        users: &[&UserId],
    ) -> Result<HashMap<UserId, String>, ClientError> {
        let mut wanted: HashSet<&UserId> = users.iter().copied().collect();
        let mut names = HashMap::new();
        for page in self.pages(Target::new(["v1", "licensees", licensee.as_str(), "members"])) {
            if wanted.is_empty() {
                break;
            }
            for member in page? {
                let text = |field: &str| member.get(field).and_then(Value::as_str);
                let Some(user) = text("user").and_then(|user| UserId::parse(user).ok()) else { continue };
                if wanted.remove(&user)
                    && let Some(username) = text("username")
                {
                    names.insert(user, username.to_owned());
                }
            }
        }
        Ok(names)
    }
}
