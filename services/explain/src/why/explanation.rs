//! The answer, as data and in sentences.

use licensing::{Catalogue, Event, Instant, Member, ProductId, ProductSummary, UserId};
use serde::Serialize;

use super::{
    deed::Deed,
    evidence::Evidence,
    inquiry::{Case, MembershipStory, SeatStory},
    link::Link,
    remedy::{Obstacle, Question, Remedy},
    sentences::{Writer, what_would_help},
    standing::Standing,
};
use crate::{command::Background, rule::Rule};

/// Why a user has, or has not, seats with a licensee at some moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The user.
    pub user: UserId,
    /// The moment.
    pub at: Instant,
    /// The member then; null for somebody who was none.
    pub member: Option<Member>,
    /// What is to be said of the membership, for people.
    pub sentences: Vec<String>,
    /// Each product that was asked for.
    pub products: Vec<ProductExplanation>,
}

/// Why a user has, or has not, a seat of a product.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProductExplanation {
    /// The product.
    pub product: ProductId,
    /// Whether the user has a seat, a retained one included.
    pub has_seat: bool,
    /// How the user stands with it.
    pub standing: Standing,
    /// The rule behind it; null where nothing but an assignment is missing.
    pub rule: Option<Rule>,
    /// The numbers and dates that it rests on.
    pub evidence: Evidence,
    /// The commands that brought it about, oldest first, with their events.
    pub chain: Vec<Link>,
    /// What would have to change for a working seat; nothing for who has one.
    pub remedies: Vec<Remedy>,
    /// The same for people.
    pub sentences: Vec<String>,
}

impl Case {
    /// Explains it, for these products, at the moment up to which was read.
    pub fn explain<'p>(
        &self,
        products: impl IntoIterator<Item = &'p ProductId>,
        at: Instant,
        catalogue: &Catalogue,
        background: &Background,
    ) -> Explanation {
        let asked: Vec<&ProductId> = products.into_iter().collect();
        let summary = self.licensee.account().summary(catalogue);
        let of_asked = summary.products.iter().filter(|(product, _)| asked.contains(&product));
        let products = of_asked
            .map(|(product, summary)| {
                let (licensee, user) = (&self.licensee, &self.user);
                let question = Question { licensee, user, product, summary, now: at, catalogue };
                self.explain_product(product, summary, question.remedies(), background)
            })
            .collect();
        Explanation {
            user: self.user.clone(),
            at,
            member: self.licensee.roster().member(&self.user),
            sentences: Writer { case: self, background }.membership(),
            products,
        }
    }

    fn explain_product(
        &self,
        product: &ProductId,
        summary: &ProductSummary,
        remedies: Vec<Remedy>,
        background: &Background,
    ) -> ProductExplanation {
        let story = self.stories.seats.get(product);
        let standing = self.standing(product, summary);
        let mut sentences = Writer { case: self, background }.seat(product, standing, summary, story);
        sentences.extend(what_would_help(&remedies, standing));
        ProductExplanation {
            product: product.clone(),
            has_seat: matches!(standing, Standing::Works | Standing::Retained),
            standing,
            rule: rule(product, standing, story, &remedies),
            evidence: Evidence::of(self, product, summary, story),
            chain: Link::chain(self.deeds_behind(product, standing), background),
            remedies,
            sentences,
        }
    }

    /// What brought it about.
    fn deeds_behind(&self, product: &ProductId, standing: Standing) -> Vec<&Deed> {
        let story = self.stories.seats.get(product);
        let taken = story.and_then(|story| story.taken.as_ref());
        let ended_by_grace = taken.filter(|taken| taken.deed.find(is_end_of_grace).is_some());
        let retained = self.retained(product).filter(|_| standing == Standing::Retained);
        let MembershipStory { joined, changed, left } = &self.stories.membership;
        let of_the_seat = [
            story.and_then(|story| story.trial.as_ref()),
            story.and_then(|story| story.given.as_ref()),
            taken.map(|taken| &taken.deed),
            ended_by_grace.and_then(|taken| taken.grace.as_ref()),
            retained,
        ];
        let of_the_membership = [joined.as_ref(), changed.as_ref(), left.as_ref()];
        of_the_seat.into_iter().chain(of_the_membership).flatten().flat_map(Deed::lineage).collect()
    }
}

fn is_end_of_grace(event: &Event) -> bool {
    matches!(event, Event::SeatRemoved { reason: licensing::RemovalReason::GraceEnded, .. })
}

fn rule(product: &ProductId, standing: Standing, story: Option<&SeatStory>, remedies: &[Remedy]) -> Option<Rule> {
    let last = match (standing, story) {
        (Standing::Works, Some(story)) => story.given.as_ref(),
        (Standing::Lost, Some(story)) => story.taken.as_ref().map(|taken| &taken.deed),
        _ => return remedies.first().and_then(|remedy| rule_of_obstacle(remedy.obstacle)),
    };
    let is_of_the_seat = |event: &Event| matches!(event, Event::SeatAssigned { product: of, .. } | Event::SeatRemoved { product: of, .. } if of == product);
    Rule::behind(&last?.find(is_of_the_seat)?.event)
}

const fn rule_of_obstacle(obstacle: Obstacle) -> Option<Rule> {
    match obstacle {
        Obstacle::NotAssigned | Obstacle::Other => None,
        Obstacle::NoSeatsAvailable => Some(Rule::ASSIGNMENT),
        Obstacle::InstanceVersionTooOld => Some(Rule::VERSIONS),
        Obstacle::PendingSync => Some(Rule::WAITS_FOR_SYNC),
        Obstacle::Grace | Obstacle::SubscriptionScheduled | Obstacle::SubscriptionNotActive | Obstacle::NoAddOn => {
            Some(Rule::GRACE)
        }
        Obstacle::NotAMember | Obstacle::NotHuman | Obstacle::RoleTooLow => Some(Rule::ELIGIBILITY),
        Obstacle::Blocked | Obstacle::Banned | Obstacle::Deactivated | Obstacle::Deleted => Some(Rule::INELIGIBLE),
    }
}
