//! What the hot paths work on when their instructions are counted: a licensee with a thousand members and as many seats, the
//! events that made it, and those events as the journal keeps them.

use std::{collections::HashMap, error::Error};

use chrono::DateTime;
use contract::{
    event::{EncodedEvent, encode_licensee_event},
    proto::journal::Event as Record,
};
use licensing::{
    AddOnId, AddOnOrder, AssignMode, Catalogue, Command, Context, EmailAddress, Event, Facts, Instant, Licensee,
    LicenseeId, Offering, PastEvent, PlanId, ProductId, Refusal, Role, StartSubscription, SubscriptionId, UserId,
    UserStatus, UserType, VersionRange, decide,
};

/// How many members the licensee has, and seats.
pub const MEMBERS: usize = 1_000;
/// When the licensee begins: microseconds since 1970.
const BEGINS_US: i64 = 1_700_000_000_000_000;
/// A year.
const YEAR_US: i64 = 365 * 86_400_000_000;

/// A licensee of which every member has a seat but one, and one more seat is free.
pub struct Sample {
    catalogue: Catalogue,
    now: Instant,
    /// Who it is.
    pub id: LicenseeId,
    /// As it stands.
    pub licensee: Licensee,
    /// What made it.
    pub events: Vec<Event>,
    last_uses: HashMap<UserId, Instant>,
}

impl Sample {
    /// Makes it.
    ///
    /// # Errors
    /// What the domain refuses, which is a defect of this file.
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let members: Vec<UserId> = (0..MEMBERS).map(user).collect::<Result<_, _>>()?;
        let mut sample = Self {
            catalogue: Catalogue::built_in()?,
            now: instant(BEGINS_US),
            id: LicenseeId::parse("acme")?,
            licensee: Licensee::default(),
            events: Vec::new(),
            last_uses: (0..).zip(&members).step_by(3).map(|(number, user)| (user.clone(), used(number))).collect(),
        };
        sample.tell(&start()?)?;
        members.iter().try_for_each(|member| sample.tell(&join(member)))?;
        let users = members.into_iter().skip(1).collect();
        sample.tell(&Command::AssignSeats { product: ProductId::new("duo"), users, mode: AssignMode::AllOrNothing })?;
        Ok(sample)
    }

    /// Decides a command.
    pub fn decide(&self, command: &Command) -> Vec<Event> {
        let context = Context { catalogue: &self.catalogue, now: self.now, facts: self };
        decide(&self.licensee, command, &context).map(|decision| decision.events).unwrap_or_default()
    }

    /// Folds what made the licensee.
    pub fn fold(&self) -> Licensee {
        let mut licensee = Licensee::default();
        self.events.iter().for_each(|event| licensee.evolve(event, self.now));
        licensee
    }

    /// The events as they are encoded.
    pub fn encoded(&self) -> Vec<EncodedEvent> {
        self.events.iter().map(|event| encode_licensee_event(&self.id, event)).collect()
    }

    /// The events as the journal keeps them, without their hashes.
    pub fn records(&self) -> Vec<Record> {
        let record = |(version, encoded): (u64, EncodedEvent)| Record {
            stream: "licensee/acme".to_owned(),
            version,
            id: vec![7; 16],
            r#type: encoded.type_name.to_owned(),
            schema_version: encoded.schema_version,
            effective_at_us: BEGINS_US,
            recorded_at_us: BEGINS_US,
            command_id: "/billing#m-000001".to_owned(),
            actor: "/billing".to_owned(),
            correlation_id: "/billing#m-000001".to_owned(),
            causation_id: "/billing#m-000001".to_owned(),
            data: encoded.data,
            hash: Vec::new(),
        };
        (1..).zip(self.encoded()).map(record).collect()
    }

    fn tell(&mut self, command: &Command) -> Result<(), Refusal> {
        let context = Context { catalogue: &self.catalogue, now: self.now, facts: self };
        let decision = decide(&self.licensee, command, &context)?;
        decision.events.iter().for_each(|event| self.licensee.evolve(event, self.now));
        self.events.extend(decision.events);
        Ok(())
    }
}

/// Gives the last free seat to the one member without a seat.
///
/// # Errors
/// None, as long as ids are as they are.
pub fn assign() -> Result<Command, Box<dyn Error>> {
    Ok(Command::AssignSeat { product: ProductId::new("duo"), user: user(0)? })
}

/// Leaves half of the seats, so that the others are surplus (R22).
pub fn halve() -> Command {
    Command::ChangeSeatQuantity { add_on: AddOnId::new("duo_pro"), quantity: i64::try_from(MEMBERS / 2).unwrap_or(1) }
}

/// A message as the directory sends it, structured JSON.
pub const MESSAGE: &str = r#"{"specversion":"1.0","id":"m-000001","source":"/directory","type":"usher.directory.v1.MemberAdded","time":"2024-03-01T08:00:00Z","datacontenttype":"application/json","data":{"licensee":"acme","user":"u-7c2c82","username":"ann","name":"Ann Other","email":"ann@acme.example","role":"developer","type":"human"}}"#;

fn user(number: usize) -> Result<UserId, Box<dyn Error>> {
    Ok(UserId::parse(&format!("u-{number:06}"))?)
}

fn used(number: i64) -> Instant {
    instant(BEGINS_US - number * 7_919_000_000 % YEAR_US)
}

fn instant(us: i64) -> Instant {
    DateTime::from_timestamp_micros(us).unwrap_or_default()
}

fn start() -> Result<Command, Box<dyn Error>> {
    let quantity = i64::try_from(MEMBERS)?;
    Ok(Command::StartSubscription(StartSubscription {
        offering: Offering::GitlabCom,
        subscription: SubscriptionId::parse("S-1")?,
        plan: PlanId::new("premium"),
        seats: quantity,
        starts_at: instant(BEGINS_US),
        ends_at: instant(BEGINS_US + YEAR_US),
        instance_version: None,
        add_ons: Some(vec![AddOnOrder { add_on: AddOnId::new("duo_pro"), quantity }]),
    }))
}

fn join(user: &UserId) -> Command {
    let (role, user_type) = (Role::Developer, UserType::Human);
    Command::AddMember { user: user.clone(), role, user_type, details_changed: false }
}

impl Facts for Sample {
    fn last_uses(&self, users: &[UserId]) -> Vec<Option<Instant>> {
        users.iter().map(|user| self.last_uses.get(user).copied()).collect()
    }

    fn contact_email(&self) -> Option<EmailAddress> {
        None
    }

    fn user_status(&self, _user: &UserId) -> UserStatus {
        UserStatus::Active
    }

    fn past_events(&self, _versions: VersionRange) -> Vec<PastEvent> {
        Vec::new()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_says() {
        let sample = Sample::new().unwrap();
        assert_eq!(sample.events.len(), 2 * MEMBERS);
        assert_eq!(sample.fold(), sample.licensee);
        assert_eq!(sample.decide(&assign().unwrap()).len(), 1);
        // The change itself, and every seat above half.
        assert_eq!(sample.decide(&halve()).len(), 1 + MEMBERS / 2 - 1);
        assert!(contract::incoming::from_json(MESSAGE.as_bytes()).request.is_ok());
    }
}
