//! What would have to change for a user to get, or to keep, a working seat.

use licensing::{
    Catalogue, Code, Command, Context, InstanceVersion, Instant, Licensee, Member, NoFacts, Phase, ProductId,
    ProductStatus, ProductSummary, Refusal, UserId, UserStatus, UserType, decide,
};
use serde::Serialize;

use super::time::time;

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Nothing: nobody has given the user a seat.
    NotAssigned,
    /// Every seat is taken (R23).
    NoSeatsAvailable,
    /// The instance is too old, or its version unknown (R19).
    InstanceVersionTooOld,
    /// What was sold waits for the instance to synchronise (R16).
    PendingSync,
    /// The product is in its days of grace (R20).
    Grace,
    /// The subscription's term has not begun (R2).
    SubscriptionScheduled,
    /// There is no subscription, or it ran out (R2).
    SubscriptionNotActive,
    /// The subscription has no add-on of the product (R20).
    NoAddOn,
    /// The user is no member (R21).
    NotAMember,
    /// The user is blocked (R26).
    Blocked,
    /// The user is banned (R26).
    Banned,
    /// The user is deactivated (R26).
    Deactivated,
    /// The user is deleted, for good (R29).
    Deleted,
    /// Only people hold seats (R21).
    NotHuman,
    /// The role is too low (R21).
    RoleTooLow,
    /// The domain refuses for another reason, which the sentence tells.
    Other,
}

/// What could be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Give the user a seat.
    AssignSeat,
    /// Take another user's seat.
    FreeSeat,
    /// Buy more seats.
    RaiseQuantity,
    /// Upgrade the instance, and synchronise it.
    UpgradeInstance,
    /// Synchronise the instance.
    SynchronizeInstance,
    /// Renew the subscription.
    RenewSubscription,
    /// Start a subscription.
    StartSubscription,
    /// Buy an add-on of the product.
    PurchaseAddOn,
    /// Wait: time alone will do it.
    Wait,
    /// Make the user a member.
    AddMember,
    /// Make the user active in the directory.
    ReactivateUser,
    /// Give the member a higher role.
    RaiseRole,
}

/// One thing that would have to change. All of them have to; of the actions of one, any will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// What stands in the way.
    pub obstacle: Obstacle,
    /// What could be done about it; empty where nothing can.
    pub any_of: Vec<Action>,
    /// The date that matters: until when it helps, or when time alone will do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// The version that an instance needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed_version: Option<InstanceVersion>,
    /// The same for people.
    pub sentence: String,
}

/// A user, a licensee and a product, at some moment.
pub(super) struct Question<'a> {
    pub(super) licensee: &'a Licensee,
    pub(super) user: &'a UserId,
    pub(super) product: &'a ProductId,
    pub(super) summary: &'a ProductSummary,
    pub(super) now: Instant,
    pub(super) catalogue: &'a Catalogue,
}

impl Question<'_> {
    /// What would have to change; nothing for somebody whose seat works.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        let mut remedies = match self.try_to_assign() {
            // A seat that is kept without access needs what any seat would.
            Ok(()) if self.holds() => self.of_a_pool_without_add_on().into_iter().collect(),
            Ok(()) => vec![Remedy::new(
                Obstacle::NotAssigned,
                &[Action::AssignSeat],
                "nothing stands in the way: assign the seat".to_owned(),
            )],
            Err(refusal) => self.of_refusal(&refusal).into_iter().collect(),
        };
        if !self.licensee.is_eligible(self.user) {
            let remedy = self.of_somebody_ineligible();
            // Where nothing can be done about the user, nothing else would help.
            if remedy.any_of.is_empty() {
                return vec![remedy];
            }
            remedies.push(remedy);
        }
        remedies
    }

    fn holds(&self) -> bool {
        self.licensee.holds(self.product, self.user)
    }

    /// Asks the domain: it decides on a copy, so nothing happens.
    fn try_to_assign(&self) -> Result<(), Refusal> {
        let command = Command::AssignSeat { product: self.product.clone(), user: self.user.clone() };
        let context = Context { catalogue: self.catalogue, now: self.now, facts: &NoFacts };
        decide(self.licensee, &command, &context).map(|_| ())
    }

    fn of_refusal(&self, refusal: &Refusal) -> Option<Remedy> {
        match refusal.code {
            Code::PurchaseNotActive => self.of_a_pool_without_add_on(),
            Code::NoSeatsAvailable => Some(Remedy::new(
                Obstacle::NoSeatsAvailable,
                &[Action::FreeSeat, Action::RaiseQuantity],
                format!(
                    "somebody frees a seat, or the quantity is raised: {} of {} are free",
                    self.summary.available, self.summary.quantity
                ),
            )),
            Code::InstanceVersionTooOld => Some(self.of_an_old_instance(refusal)),
            // Asked for whatever the domain refuses first.
            Code::InvalidUserMembership => None,
            _ => Some(Remedy::new(Obstacle::Other, &[], refusal.detail.clone())),
        }
    }

    fn of_an_old_instance(&self, refusal: &Refusal) -> Remedy {
        let add_on = self.summary.add_on.as_ref().and_then(|add_on| self.catalogue.add_on(add_on));
        let needed = add_on.map(|(_, add_on)| add_on.min_version.clone());
        let known = self.licensee.account().instance_version();
        let known = known.map_or_else(|| "has not told its version".to_owned(), |known| format!("runs {known}"));
        let sentence = match &needed {
            Some(needed) => {
                format!("the instance {known}, and {needed} or later is needed: upgrade and synchronise it")
            }
            None => refusal.detail.clone(),
        };
        let remedy = Remedy::new(Obstacle::InstanceVersionTooOld, &[Action::UpgradeInstance], sentence);
        Remedy { needed_version: needed, ..remedy }
    }

    /// Why the pool grants nothing; `None` where it does.
    fn of_a_pool_without_add_on(&self) -> Option<Remedy> {
        match self.summary.status {
            ProductStatus::Active => None,
            ProductStatus::PendingSync => Some(self.of_what_waits()),
            ProductStatus::Grace | ProductStatus::None => Some(self.of_nothing_in_effect()),
        }
    }

    fn of_what_waits(&self) -> Remedy {
        let account = self.licensee.account();
        let due = account.waiting_since().map(|since| since + self.catalogue.sync_after());
        let by_itself = due.map_or_else(String::new, |due| format!(", which happens by itself at {} (R18)", time(due)));
        let is_starter = account.recorded().trials.get(self.product).and_then(|trial| trial.starter.as_ref());
        let first_seat = if is_starter == Some(self.user) {
            "; the user started the trial, and gets its first seat then (R13)"
        } else {
            ""
        };
        let sentence = format!(
            "what billing recorded waits for the instance to synchronise{by_itself}: synchronise it{first_seat}"
        );
        let remedy = Remedy::new(Obstacle::PendingSync, &[Action::SynchronizeInstance, Action::Wait], sentence);
        Remedy { at: due, ..remedy }
    }

    fn of_nothing_in_effect(&self) -> Remedy {
        let subscription = self.licensee.account().recorded().subscription.as_ref();
        let (obstacle, actions, what): (_, &[Action], _) = match subscription.map(|subscription| subscription.phase) {
            None => (
                Obstacle::SubscriptionNotActive,
                &[Action::StartSubscription],
                "there never was a subscription: start one with an add-on".to_owned(),
            ),
            Some(Phase::Scheduled) => (
                Obstacle::SubscriptionScheduled,
                &[Action::Wait],
                "the subscription's term has not begun: wait for it".to_owned(),
            ),
            Some(Phase::Active) => (
                Obstacle::NoAddOn,
                &[Action::PurchaseAddOn],
                format!("the subscription has no add-on of {}: purchase one", self.product),
            ),
            Some(Phase::Grace | Phase::Ended) => (
                Obstacle::SubscriptionNotActive,
                &[Action::RenewSubscription],
                "the subscription has run out: renew it".to_owned(),
            ),
        };
        let starts_at = subscription.filter(|subscription| subscription.phase == Phase::Scheduled);
        let remedy =
            Remedy { at: starts_at.map(|subscription| subscription.starts_at), ..Remedy::new(obstacle, actions, what) };
        let Some(ends_at) = self.summary.grace_ends_at else { return remedy };
        let kept = if self.holds() { ", then the seat that is kept works again" } else { "" };
        let sentence = format!("{}; the product is in grace until {}{kept}", remedy.sentence, time(ends_at));
        Remedy { obstacle: Obstacle::Grace, at: Some(ends_at), sentence, ..remedy }
    }

    fn of_somebody_ineligible(&self) -> Remedy {
        let Some(member) = self.licensee.roster().member(self.user) else {
            let sentence = "the user is no member of the licensee: add the user".to_owned();
            return Remedy::new(Obstacle::NotAMember, &[Action::AddMember], sentence);
        };
        if member.status != UserStatus::Active {
            return of_status(member.status);
        }
        self.of_role_or_type(member)
    }

    fn of_role_or_type(&self, member: Member) -> Remedy {
        if member.user_type != UserType::Human {
            let sentence = format!("the user is a {}: only people hold seats", member.user_type);
            return Remedy::new(Obstacle::NotHuman, &[], sentence);
        }
        let sentence = format!("the role {} is too low: give the member a higher one", member.role);
        Remedy::new(Obstacle::RoleTooLow, &[Action::RaiseRole], sentence)
    }
}

/// What to do about a user who isn't active.
fn of_status(status: UserStatus) -> Remedy {
    let reactivate: &[Action] = &[Action::ReactivateUser];
    let (obstacle, actions, what) = match status {
        UserStatus::Blocked => (Obstacle::Blocked, reactivate, "unblock the user in the directory"),
        UserStatus::Banned => (Obstacle::Banned, reactivate, "lift the ban in the directory"),
        UserStatus::Deactivated => (Obstacle::Deactivated, reactivate, "reactivate the user in the directory"),
        UserStatus::Deleted => (Obstacle::Deleted, &[] as &[Action], "that is final, so nothing gives a seat back"),
        // Not asked for.
        UserStatus::Active => (Obstacle::Other, &[] as &[Action], "nothing has to change"),
    };
    Remedy::new(obstacle, actions, format!("the user is {status}: {what}"))
}

impl Remedy {
    fn new(obstacle: Obstacle, any_of: &[Action], sentence: String) -> Self {
        Self { obstacle, any_of: any_of.to_vec(), at: None, needed_version: None, sentence }
    }
}
