//! The company that is made up: who its licensees and members are.

use fastrand::Rng;

/// A company: licensees with as many members each. Everything about it follows from these few values, so that two runs
/// meet the same company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// What all its ids begin with: letters, digits and `-`.
    pub name: String,
    /// How many licensees it has, at least 1.
    pub licensees: u32,
    /// How many members each of them has, at least 1.
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

    /// How many seats each licensee has bought: every second member can have one.
    pub(crate) fn quantity(&self) -> u32 {
        self.members.div_ceil(2)
    }

    pub(crate) fn licensee(&self, number: u32) -> String {
        format!("{}-l{number}", self.name)
    }

    pub(crate) fn user(&self, member: Member) -> String {
        format!("{}-l{}-u{}", self.name, member.licensee, member.number)
    }

    pub(crate) fn members_of(&self, licensee: u32) -> impl Iterator<Item = Member> + use<> {
        (0..self.members).map(move |number| Member { licensee, number })
    }

    pub(crate) fn any_licensee(&self, dice: &mut Rng) -> u32 {
        dice.u32(0..self.licensees.max(1))
    }

    pub(crate) fn any_member(&self, dice: &mut Rng) -> Member {
        Member { licensee: self.any_licensee(dice), number: dice.u32(0..self.members.max(1)) }
    }

    /// Some members of one licensee, each once, who stand beside each other in its list.
    pub(crate) fn any_neighbours(&self, count: u32, dice: &mut Rng) -> (u32, Vec<Member>) {
        let first = self.any_member(dice);
        let numbers = (0..count.min(self.members)).map(|step| (first.number + step) % self.members.max(1));
        (first.licensee, numbers.map(|number| Member { number, ..first }).collect())
    }
}
