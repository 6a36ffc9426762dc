//! Histories by chance, the same ones on every run.

use licensing::*;

use super::world::{World, days, duo, user};

/// A small generator of numbers that look random and never change.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.roll(choices.len() as u64)).unwrap()]
    }
}

/// Lets things happen, sensible and not.
pub fn play(world: &mut World, dice: &mut Dice, steps: usize) {
    for _ in 0..steps {
        let member = format!("u-{}", dice.roll(12));
        match dice.roll(20) {
            0 => world.set_status(&member, status(dice)),
            1 => world.use_now(&member),
            2 => world.put_person(&member, &format!("name-{}", dice.roll(9)), "Somebody"),
            3 => world.wait(days(dice.one_of(&[0, 1, 1, 2, 3, 5, 20, 40]))),
            _ => {
                let id = dice.one_of(&["acme", "globex", "initech", "umbrella"]);
                let command = command(world, dice, id, user(&member));
                // Refusals are part of the game.
                let _outcome = world.ask(id, &command);
            }
        }
    }
}

fn status(dice: &mut Dice) -> UserStatus {
    dice.one_of(&[UserStatus::Active, UserStatus::Active, UserStatus::Blocked, UserStatus::Banned])
}

fn command(world: &World, dice: &mut Dice, id: &str, member: UserId) -> Command {
    match dice.roll(20) {
        0 | 1 => start(world, dice, id),
        2 => Command::CancelSubscription { effective_at: None },
        3 => Command::ChangeSeatQuantity { add_on: AddOnId::new("duo_pro"), quantity: dice.one_of(&[0, 2, 4, 8]) },
        4 => purchase(dice),
        5 => {
            let add_on = AddOnId::new("duo_enterprise");
            Command::StartTrial { add_on, contact_email: None, started_by: Some(member) }
        }
        6 => Command::SynchronizeInstance { version: "17.5".parse().unwrap() },
        7 => Command::RemoveMember { user: member },
        8 => Command::RemoveSeat { product: duo(), user: member },
        9..=13 => add(dice, member),
        _ => Command::AssignSeat { product: duo(), user: member },
    }
}

fn start(world: &World, dice: &mut Dice, id: &str) -> Command {
    Command::StartSubscription(StartSubscription {
        offering: if id == "umbrella" { Offering::SelfManaged } else { Offering::GitlabCom },
        subscription: SubscriptionId::parse("A-1").unwrap(),
        plan: PlanId::new("ultimate"),
        seats: 8,
        starts_at: world.now + days(dice.one_of(&[0, 0, 3])),
        ends_at: world.now + days(90),
        instance_version: Some("17.5".parse().unwrap()),
        add_ons: Some(vec![AddOnOrder { add_on: AddOnId::new("duo_pro"), quantity: 6 }]),
    })
}

fn purchase(dice: &mut Dice) -> Command {
    let add_on = AddOnId::new(dice.one_of(&["duo_pro", "duo_enterprise"]));
    Command::PurchaseSeats { add_on, quantity: dice.one_of(&[0, 1, 3]), channel: Channel::Sales }
}

fn add(dice: &mut Dice, user: UserId) -> Command {
    let role = dice.one_of(&[Role::MinimalAccess, Role::Guest, Role::Developer, Role::Developer, Role::Owner]);
    let user_type = dice.one_of(&[UserType::Human, UserType::Human, UserType::Human, UserType::Human, UserType::Bot]);
    Command::AddMember { user, role, user_type, details_changed: false }
}
