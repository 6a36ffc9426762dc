//! The company that is made up: what its licensees and users are called, and how many there are.

/// A company: licensees with as many members each. Everything about it follows from these few values, so that two runs
/// meet the same company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// What all its ids begin with: letters, digits and `-`.
    pub name: String,
    /// How many licensees it has, at least 1.
    pub licensees: u32,
    /// How many members each of them has at the start, at least 1.
    pub members: u32,
}

/// A member of one licensee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) licensee: u32,
    pub(crate) number: u32,
}

impl Company {
    /// How many members all licensees have together.
    pub fn members_total(&self) -> u64 {
        u64::from(self.licensees) * u64::from(self.members)
    }

    /// How many seats each licensee has bought at the start, and has given: one for every second member.
    pub(crate) fn quantity(&self) -> u32 {
        self.members.div_ceil(2)
    }

    /// How many users each subscription is for, and with it the most seats that can be bought (R9): with room for whoever
    /// joins.
    pub(crate) fn subscription_seats(&self) -> u32 {
        self.members.saturating_mul(2).saturating_add(1_000)
    }

    pub(crate) fn licensee(&self, number: u32) -> String {
        format!("{}-l{number}", self.name)
    }

    pub(crate) fn subscription(&self, licensee: u32) -> String {
        format!("{}-s", self.licensee(licensee))
    }

    pub(crate) fn user(&self, member: Member) -> String {
        format!("{}{}", self.users_of(member.licensee), member.number)
    }

    /// The number of a licensee's user; `None` for an id that is not of this company.
    pub(crate) fn number_of(&self, licensee: u32, user: &str) -> Option<u32> {
        user.strip_prefix(&self.users_of(licensee))?.parse().ok()
    }

    /// What the ids of a licensee's users begin with.
    fn users_of(&self, licensee: u32) -> String {
        format!("{}-l{licensee}-u", self.name)
    }

    /// Who sends the company's messages.
    pub(crate) fn source(&self) -> String {
        format!("urn:usher:load:{}", self.name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_a_number_with_one_licensee() {
        let company = Company { name: "a".into(), licensees: 20, members: 5 };
        let user = company.user(Member { licensee: 1, number: 17 });
        assert_eq!(company.number_of(1, &user), Some(17));
        assert_eq!(company.number_of(11, &user), None);
        assert_eq!(company.number_of(1, "somebody"), None);
    }
}
