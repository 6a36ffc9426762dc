//! The explanation in plain English.

use licensing::{AssignmentCause, Event, Grant, ProductId, ProductStatus, ProductSummary, RemovalReason, UserId};

use super::{
    act::act,
    deed::{Deed, PoolMove},
    inquiry::{Case, MembershipStory, SeatStory, Taken},
    remedy::Remedy,
    standing::Standing,
    time::time,
};
use crate::{
    command::{Background, CommandKind, CommandShown},
    fact::{Cited, Fact},
    rule::Rule,
};

/// Writes about one user.
pub(super) struct Writer<'a> {
    pub(super) case: &'a Case,
    pub(super) background: &'a Background,
}

impl Writer<'_> {
    /// About the membership.
    pub(super) fn membership(&self) -> Vec<String> {
        let (user, MembershipStory { joined, left, .. }) = (&self.case.user, &self.case.stories.membership);
        let Some(member) = self.case.licensee.roster().member(user) else {
            let sentence = match left.as_ref().and_then(Deed::first) {
                Some(cited) => {
                    format!("{user} is no member since {}: {}.", time(cited.effective_at), self.command(cited))
                }
                None => format!("{user} was never a member."),
            };
            return vec![sentence];
        };
        let since = joined.as_ref().and_then(Deed::first);
        let since = since.map_or_else(String::new, |cited| format!(" since {}", time(cited.effective_at)));
        vec![format!("{user} is a member{since}: {}, {}, {}.", member.role, member.user_type, member.status)]
    }

    /// About the seat of a product.
    pub(super) fn seat(
        &self,
        product: &ProductId,
        standing: Standing,
        summary: &ProductSummary,
        story: Option<&SeatStory>,
    ) -> Vec<String> {
        let user = &self.case.user;
        let mut sentences = match (standing, story) {
            (Standing::Works | Standing::Retained, Some(story)) => self.given(product, story),
            (Standing::Lost, Some(SeatStory { taken: Some(taken), .. })) => self.taken(product, taken),
            _ => vec![format!("{user} has never had a seat of {product}.")],
        };
        if let (Standing::NeverHad, Some(trial)) = (standing, story.and_then(|story| story.trial.as_ref())) {
            sentences.extend(self.trial_without_seat(trial, summary));
        }
        sentences.extend(self.pool(product, standing, summary));
        sentences
    }

    /// How the seat came.
    fn given(&self, product: &ProductId, story: &SeatStory) -> Vec<String> {
        let is_it = |event: &Event| matches!(event, Event::SeatAssigned { product: of, .. } if of == product);
        let Some(Fact { cited, event: Event::SeatAssigned { add_on, cause, .. } }) =
            story.given.as_ref().and_then(|deed| deed.find(is_it))
        else {
            return Vec::new();
        };
        let (user, since, rule) = (&self.case.user, time(cited.effective_at), Rule::behind_assignment(*cause));
        let how = match cause {
            AssignmentCause::Requested => format!("it was given by {}", self.command(cited)),
            AssignmentCause::Restored => format!("it was given back by {}, which undid a removal", self.command(cited)),
            AssignmentCause::TrialStarter => {
                format!("it is the first seat of the trial that the user started, by {}", self.command(cited))
            }
        };
        vec![format!("{user} has a seat of {product} ({add_on}) since {since}: {how} ({rule}).")]
    }

    /// How the seat went, and what made it go.
    fn taken(&self, product: &ProductId, taken: &Taken) -> Vec<String> {
        let is_it = |event: &Event| matches!(event, Event::SeatRemoved { product: of, .. } if of == product);
        let Some(Fact { cited, event: Event::SeatRemoved { reason, evidence, .. } }) = taken.deed.find(is_it) else {
            return Vec::new();
        };
        let (user, rule) = (&self.case.user, Rule::behind_removal(*reason));
        let why = self.reason_of(user, *reason, taken, cited);
        let at = time(cited.effective_at);
        let mut sentences = vec![format!("{user} lost the seat of {product} at {at}, because {why} ({rule}).")];
        if *reason == RemovalReason::Overage {
            sentences.extend(self.surplus(product, &taken.deed));
        }
        if let Some(evidence) = evidence {
            let used = evidence.last_used_at.map_or_else(
                || "it had never been used".to_owned(),
                |last_used_at| format!("it was last used at {}", time(last_used_at)),
            );
            sentences.push(format!(
                "It was number {} to go: {used}. Seats that were never used go first, then the least recent use.",
                evidence.rank
            ));
        }
        if let Some(grace) = taken.grace.as_ref().filter(|_| *reason == RemovalReason::GraceEnded) {
            sentences.extend(self.beginning_of_grace(product, grace));
        }
        sentences
    }

    /// Why the seat went, behind "because".
    fn reason_of(&self, user: &UserId, reason: RemovalReason, taken: &Taken, removal: &Cited) -> String {
        // The cause and the removal are of one command, so either names it.
        let by = self.command(taken.deed.personal_cause().map_or(removal, |fact| &fact.cited));
        match reason {
            RemovalReason::Requested => format!("somebody asked for it: {by}"),
            RemovalReason::Overage => "more seats were taken than there were".to_owned(),
            RemovalReason::Blocked => format!("{user} was blocked by {by}"),
            RemovalReason::Banned => format!("{user} was banned by {by}"),
            RemovalReason::Deactivated => format!("{user} was deactivated by {by}"),
            RemovalReason::Deleted => format!("{user} was deleted by {by}"),
            RemovalReason::MembershipRemoved => format!("the membership ended by {by}"),
            RemovalReason::RoleIneligible => match taken.deed.personal_cause().map(|fact| &fact.event) {
                Some(Event::MemberUpdated { role, user_type, .. }) => {
                    format!("{user} became {role} and {user_type}, which may hold no seat, by {by}")
                }
                _ => format!("role or type became ineligible by {by}"),
            },
            RemovalReason::GraceEnded => "the product's grace ended without an add-on".to_owned(),
            RemovalReason::Swept => format!("{by} found that the seat should not be, which is a defect to be reported"),
        }
    }

    /// What made seats too many.
    fn surplus(&self, product: &ProductId, deed: &Deed) -> Option<String> {
        let Fact { cited, event } = deed.cause()?;
        let PoolMove { before, after, surplus } = deed.pools.get(product)?;
        let (before, after) = (before.as_ref().map_or_else(nothing, pool), after.as_ref().map_or_else(nothing, pool));
        let (act, command) = (capitalised(&act(event)), self.command_and_origin(cited, deed));
        Some(format!("{act}, {command}, took the pool from {before} to {after}: {surplus} too many."))
    }

    /// What took the product its last add-on.
    fn beginning_of_grace(&self, product: &ProductId, deed: &Deed) -> Option<String> {
        let is_it = |event: &Event| matches!(event, Event::SeatsRetained { product: of, .. } if of == product);
        let Event::SeatsRetained { grace_ends_at, .. } = deed.find(is_it)?.event else { return None };
        let Fact { cited, event } = deed.cause()?;
        let (act, command, at) =
            (capitalised(&act(event)), self.command_and_origin(cited, deed), time(cited.effective_at));
        let ends_at = time(grace_ends_at);
        Some(format!("{act}, {command}, took {product} its last add-on at {at}, so its grace ran until {ends_at}."))
    }

    /// How the pool is now.
    fn pool(&self, product: &ProductId, standing: Standing, summary: &ProductSummary) -> Vec<String> {
        let ProductSummary { quantity, assigned, available, ends_at, .. } = summary;
        let add_on = summary.add_on.as_ref().map_or_else(String::new, |add_on| format!(" of {add_on}"));
        match summary.status {
            ProductStatus::Active => {
                let until = ends_at.map_or_else(String::new, |ends_at| format!(", until {}", time(ends_at)));
                vec![format!("{product} has {quantity} seats{add_on}, {assigned} taken and {available} free{until}.")]
            }
            ProductStatus::Grace => {
                let mut sentences: Vec<String> = Vec::new();
                if standing == Standing::Retained {
                    sentences.push("The seat is kept, but gives no access (R20).".to_owned());
                }
                sentences.extend(self.case.retained(product).and_then(|deed| self.beginning_of_grace(product, deed)));
                sentences
            }
            ProductStatus::PendingSync => {
                vec![format!("{product} has {quantity} seats{add_on} on record, and none in effect yet (R16).")]
            }
            ProductStatus::None => vec![format!("{product} has no add-on in effect.")],
        }
    }

    /// Who started a trial and got nothing by it (R13).
    fn trial_without_seat(&self, trial: &Deed, summary: &ProductSummary) -> Option<String> {
        if summary.status == ProductStatus::PendingSync {
            return None;
        }
        let at = time(trial.first()?.effective_at);
        Some(format!(
            "The trial of {at} was started by {}, but its first seat was not given: when it took effect there was none \
             free, or the user or the instance did not fit (R13).",
            self.case.user
        ))
    }

    /// As [`Self::command`], with the earlier commands that this one goes back to.
    fn command_and_origin(&self, cited: &Cited, deed: &Deed) -> String {
        let origins = deed.lineage().skip(1).filter_map(Deed::cause);
        let told = origins.map(|Fact { cited, event }| {
            format!(" (it goes back to {} of {}: {})", act(event), time(cited.effective_at), self.command(cited))
        });
        self.command(cited) + &told.collect::<String>()
    }

    /// Who or what gave a command, and which it was.
    fn command(&self, cited: &Cited) -> String {
        let CommandShown { id, kind, actor, source, message_id, type_name, free_text, .. } =
            CommandShown::of(&cited.command_id, &cited.actor, self.background);
        let typed = type_name.map_or_else(String::new, |type_name| format!(" ({type_name})"));
        let command = match kind {
            CommandKind::Message => {
                let (id, source) = (message_id.unwrap_or(id), source.unwrap_or(actor));
                format!("message {id} of {source}{typed}")
            }
            CommandKind::Request => format!("the request {id} of {actor}{typed}"),
            CommandKind::Timer => format!("the timer {id}"),
            CommandKind::Sweep => format!("the sweep {id}"),
        };
        free_text.map_or(command.clone(), |text| format!("{command}, with the reason {text:?}"))
    }
}

/// What would have to change, for people.
pub(super) fn what_would_help(remedies: &[Remedy], standing: Standing) -> Vec<String> {
    let aim = if standing == Standing::Retained { "For the seat to work" } else { "To get a seat" };
    remedies.iter().map(|remedy| format!("{aim}: {}.", remedy.sentence)).collect()
}

fn nothing() -> String {
    "nothing".to_owned()
}

fn pool(grant: &Grant) -> String {
    let trial = if grant.trial { " on trial" } else { "" };
    let seats = if grant.quantity == 1 { "seat" } else { "seats" };
    format!("{} {seats} of {}{trial}", grant.quantity, grant.add_on)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
