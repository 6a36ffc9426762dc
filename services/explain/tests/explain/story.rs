//! A licensee with a past, decided by the domain, as the facts that the journal would hold.

use std::collections::HashMap;

use explain::Cited;
use explain::{
    Background, CommandFacts, Diff, Differ, Explanation, Fact, Inquiry, MovesWanted, ProductExplanation, Range,
};
use licensing::*;

pub const BILLING: &str = "urn:billing";
pub const DIRECTORY: &str = "urn:directory";

/// One licensee, its clock, and what was recorded.
pub struct Story {
    pub catalogue: Catalogue,
    licensee: Licensee,
    pub now: Instant,
    facts: Vec<Fact>,
    uses: HashMap<UserId, Instant>,
}

impl Facts for Story {
    fn last_uses(&self, users: &[UserId]) -> Vec<Option<Instant>> {
        users.iter().map(|user| self.uses.get(user).copied()).collect()
    }

    fn contact_email(&self) -> Option<EmailAddress> {
        Some(EmailAddress::new("boss@example.com".to_owned()))
    }

    fn user_status(&self, _user: &UserId) -> UserStatus {
        UserStatus::Active
    }

    fn past_events(&self, _versions: VersionRange) -> Vec<PastEvent> {
        Vec::new()
    }
}

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub fn duo() -> ProductId {
    ProductId::new("duo")
}

pub fn orders(quantity: i64) -> Option<Vec<AddOnOrder>> {
    Some(vec![AddOnOrder { add_on: AddOnId::new("duo_pro"), quantity }])
}

pub fn renewal(ends_at: &str, add_ons: Option<Vec<AddOnOrder>>) -> Command {
    Command::RenewSubscription(RenewSubscription {
        subscription: SubscriptionId::parse("S-1").unwrap(),
        ends_at: at(ends_at),
        starts_at: None,
        plan: None,
        seats: None,
        add_ons,
    })
}

pub fn quantity(quantity: i64) -> Command {
    Command::ChangeSeatQuantity { add_on: AddOnId::new("duo_pro"), quantity }
}

pub fn trial(add_on: &str, started_by: Option<&str>) -> Command {
    let contact_email = Some(EmailAddress::new("boss@example.com".to_owned()));
    Command::StartTrial { add_on: AddOnId::new(add_on), contact_email, started_by: started_by.map(user) }
}

pub fn join(name: &str) -> Command {
    join_as(name, Role::Developer, UserType::Human)
}

pub fn join_as(name: &str, role: Role, user_type: UserType) -> Command {
    Command::AddMember { user: user(name), role, user_type, details_changed: false }
}

pub fn assign(name: &str) -> Command {
    Command::AssignSeat { product: duo(), user: user(name) }
}

pub fn status(name: &str, status: UserStatus) -> Command {
    Command::ChangeMemberStatus { user: user(name), status }
}

impl Story {
    /// A year of `plan` from 2025 on with 100 base seats and these of Duo Pro; an instance has told its version.
    pub fn of(offering: Offering, plan: &str, version: Option<&str>, duo_pro: Option<i64>) -> Self {
        let mut story = Self {
            catalogue: Catalogue::built_in().unwrap(),
            licensee: Licensee::default(),
            now: at("2025-01-01T00:00:00Z"),
            facts: Vec::new(),
            uses: HashMap::new(),
        };
        let start = StartSubscription {
            offering,
            subscription: SubscriptionId::parse("S-1").unwrap(),
            plan: PlanId::new(plan),
            seats: 100,
            starts_at: story.now,
            ends_at: at("2026-01-01T00:00:00Z"),
            instance_version: version.map(|version| version.parse().unwrap()),
            add_ons: duo_pro.and_then(orders),
        };
        story.tell("urn:billing#start", BILLING, &Command::StartSubscription(start));
        story
    }

    /// A group on gitlab.com with so many seats of Duo Pro, and these members.
    pub fn group(duo_pro: i64, members: &[&str]) -> Self {
        let mut story = Self::of(Offering::GitlabCom, "ultimate", None, Some(duo_pro));
        members.iter().for_each(|name| story.tell(&format!("urn:directory#join-{name}"), DIRECTORY, &join(name)));
        story
    }

    /// All of them get a seat, in this order, each by a request of `olga`.
    pub fn seat(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.tell(&format!("key:assign-{name}"), "olga", &assign(name)));
    }

    pub fn used(&mut self, name: &str, when: &str) {
        self.uses.insert(user(name), at(when));
    }

    /// A command, under this id and by this actor.
    #[track_caller]
    pub fn tell(&mut self, command_id: &str, actor: &str, command: &Command) {
        let context = Context { catalogue: &self.catalogue, now: self.now, facts: self };
        let events = decide(&self.licensee, command, &context).unwrap().events;
        self.record(command_id, actor, events);
    }

    /// Time passes, and what is due happens.
    pub fn pass_until(&mut self, until: &str) {
        let until = at(until);
        while let Some(timer) = self.licensee.next_timer(&self.catalogue).filter(|timer| timer.due <= until) {
            self.now = timer.due;
            let context = Context { catalogue: &self.catalogue, now: self.now, facts: self };
            let events = fire(&self.licensee, &timer, &context);
            self.record(&format!("timer:acme:{}:{}", timer.kind.as_str(), timer.due), "usher:timer", events);
        }
        self.now = until;
    }

    /// What no decision of the domain makes, such as a defect.
    pub fn record(&mut self, command_id: &str, actor: &str, events: Vec<Event>) {
        for event in events {
            self.licensee.evolve(&event, self.now);
            let version = self.licensee.version();
            let cited = Cited {
                version,
                position: format!("0-{version}"),
                id: format!("id-{version}"),
                type_name: event.name(),
                effective_at: self.now,
                recorded_at: self.now,
                actor: actor.to_owned(),
                command_id: command_id.to_owned(),
            };
            self.facts.push(Fact { cited, event });
        }
    }

    pub fn diff(&self, from: &str, to: &str) -> Diff {
        self.diff_page(from, to, MovesWanted { after_version: 0, limit: 1_000 })
    }

    pub fn diff_page(&self, from: &str, to: &str, wanted: MovesWanted) -> Diff {
        let mut differ = Differ::new(&self.catalogue, Range { from: at(from), to: at(to) }, wanted);
        self.facts.iter().cloned().for_each(|fact| differ.note(fact));
        differ.finish()
    }

    /// Why, for everything that there is.
    pub fn explain(&self, name: &str) -> Explanation {
        self.explain_with(name, &Background::new())
    }

    pub fn explain_with(&self, name: &str, background: &Background) -> Explanation {
        let mut inquiry = Inquiry::new(&self.catalogue, user(name));
        self.facts.iter().cloned().for_each(|fact| inquiry.note(fact));
        inquiry.close().explain(self.catalogue.products(), self.now, &self.catalogue, background)
    }

    /// Why, for Duo.
    pub fn why(&self, name: &str) -> ProductExplanation {
        self.explain(name).products.remove(0)
    }
}

/// A background that knows the type of one command.
pub fn typed(command_id: &str, type_name: &str) -> Background {
    let facts = CommandFacts { type_name: Some(type_name.to_owned()), ..CommandFacts::default() };
    Background::from([(command_id.to_owned(), facts)])
}

#[track_caller]
pub fn assert_says(explained: &ProductExplanation, part: &str) {
    let text = explained.sentences.join("\n");
    assert!(text.contains(part), "{part:?} is not in:\n{text}");
}
