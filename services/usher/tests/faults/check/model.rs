//! A small model of licensees and their seats, made from nothing but the events.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Wrongs,
    history::{Event, History},
};

/// Everything, as it is after the last event.
#[derive(Debug, Default)]
pub struct Model {
    pub licensees: BTreeMap<String, Licensee>,
    /// By user; whoever is not in here is active.
    statuses: BTreeMap<String, String>,
    /// How many seats were taken away, by reason.
    pub removals: BTreeMap<String, u64>,
}

/// A licensee.
#[derive(Debug, Default)]
pub struct Licensee {
    pub version: u64,
    pub quantity: u64,
    pub members: BTreeMap<String, Member>,
    pub holders: BTreeSet<String>,
}

/// A member.
#[derive(Debug, Clone)]
pub struct Member {
    pub role: String,
    pub r#type: String,
    pub status: String,
}

impl Member {
    fn read(event: &Event) -> Self {
        let [role, r#type, status] = ["role", "type", "status"].map(|field| event.text(field).to_owned());
        Self { role, r#type, status }
    }

    /// R21.
    fn is_eligible(&self) -> bool {
        self.r#type == "human" && self.status == "active" && self.role != "minimal_access"
    }
}

impl Model {
    /// Replays the events, and tells of every moment at which something was not as the rules want it.
    pub fn replay(history: &History, wrongs: &mut Wrongs) -> Self {
        let mut model = Self::default();
        for (place, event) in history.events.iter().enumerate() {
            match event.stream.split_once('/') {
                Some(("licensee", id)) => model.licensee_event(id, event, wrongs),
                Some(("user", id)) => model.user_event(id, event, wrongs),
                _ => wrongs.add(format!("nobody knows the stream of {event:?}")),
            }
            let next = history.events.get(place + 1);
            let goes_on =
                next.is_some_and(|next| (&next.stream, &next.command_id) == (&event.stream, &event.command_id));
            if !goes_on {
                model.check_limits(event, wrongs);
            }
        }
        model.check_statuses(wrongs);
        model
    }

    fn user_event(&mut self, user: &str, event: &Event, wrongs: &mut Wrongs) {
        let status = match event.r#type.as_str() {
            "UserBlocked" => "blocked",
            "UserBanned" => "banned",
            "UserDeactivated" => "deactivated",
            "UserReactivated" => "active",
            other => return wrongs.add(format!("nobody asked for {other}")),
        };
        self.statuses.insert(user.to_owned(), status.to_owned());
    }

    fn licensee_event(&mut self, licensee: &str, event: &Event, wrongs: &mut Wrongs) {
        let of = self.licensees.entry(licensee.to_owned()).or_default();
        of.version = event.version;
        let user = event.text("user").to_owned();
        match event.r#type.as_str() {
            "SubscriptionStarted" => of.quantity = event.data["add_ons"][0]["quantity"].as_u64().unwrap_or(0),
            "SeatsPurchased" => of.quantity = event.data["total"].as_u64().unwrap_or(0),
            "SeatQuantityChanged" => of.quantity = event.data["quantity"].as_u64().unwrap_or(0),
            "MemberAdded" => {
                let is_new = of.members.insert(user.clone(), Member::read(event)).is_none();
                wrongs.unless(is_new, || format!("{user} joins {licensee} twice"));
            }
            "MemberUpdated" => match of.members.get_mut(&user) {
                Some(member) => *member = Member { status: member.status.clone(), ..Member::read(event) },
                None => wrongs.add(format!("{user} is changed and no member of {licensee}")),
            },
            "MemberStatusChanged" => match of.members.get_mut(&user) {
                Some(member) => event.text("status").clone_into(&mut member.status),
                None => wrongs.add(format!("{user} is changed and no member of {licensee}")),
            },
            "MemberRemoved" => {
                let was_there = of.members.remove(&user).is_some();
                wrongs.unless(was_there, || format!("{user} leaves {licensee} without having been there"));
            }
            "SeatAssigned" => of.assign(licensee, user, wrongs),
            "SeatRemoved" => {
                wrongs.unless(of.holders.remove(&user), || format!("{user} had no seat of {licensee} to lose"));
                *self.removals.entry(event.text("reason").to_owned()).or_default() += 1;
            }
            other => wrongs.add(format!("nobody asked for {other}")),
        }
    }

    /// Once all is done that a command does: no more seats than there are, and none with whoever must not have one.
    fn check_limits(&self, last: &Event, wrongs: &mut Wrongs) {
        let owner = last.stream.split_once('/').and_then(|(_, id)| self.licensees.get(id));
        let Some(licensee) = owner.filter(|_| last.stream.starts_with("licensee/")) else { return };
        let (held, quantity) = (licensee.holders.len() as u64, licensee.quantity);
        wrongs.unless(held <= quantity, || format!("{held} seats of {quantity} are held behind {}", last.position));
        for user in &licensee.holders {
            let is_eligible = licensee.members.get(user).is_some_and(Member::is_eligible);
            wrongs.unless(is_eligible, || format!("{user} must not hold a seat behind {}", last.position));
        }
    }

    /// In the end every licensee knows what became of each user (R26).
    fn check_statuses(&self, wrongs: &mut Wrongs) {
        for (licensee, of) in &self.licensees {
            for (user, member) in &of.members {
                let status = self.statuses.get(user).map_or("active", String::as_str);
                wrongs.unless(member.status == status, || {
                    format!("{user} is {status}, and for {licensee} still {}", member.status)
                });
            }
        }
    }
}

impl Licensee {
    fn assign(&mut self, licensee: &str, user: String, wrongs: &mut Wrongs) {
        let is_eligible = self.members.get(&user).is_some_and(Member::is_eligible);
        wrongs.unless(is_eligible, || format!("{licensee} gives a seat to {user}, who must not have one"));
        let is_free = (self.holders.len() as u64) < self.quantity;
        wrongs.unless(is_free, || format!("{licensee} gives a seat to {user}, and none is free"));
        wrongs.unless(self.holders.insert(user.clone()), || format!("{licensee} gives {user} a second seat"));
    }
}
