//! Why a user has, or has not, a seat with a licensee.

use axum::{Json, extract::State};
use chrono::DateTime;
use explain::{Background, Case, CommandFacts, Explanation, Inquiry};
use licensing::{Code, Instant, LicenseeId, ProductId, Refusal, UserId};
use past::{Moment, clock_at};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::history::wait_for_index;
use crate::{
    Services,
    app::App,
    auth::Principal,
    extract::{MemberPath, Path, Query, Time, optional},
    facts::for_each_fact_about,
    past::check_past,
    problem::Problem,
    schema_of_reasons as schema,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only this product of the catalogue, instead of every one.
    #[param(value_type = Option<String>, example = "duo")]
    product: Option<ProductId>,
    /// At this time instead of now, by what had taken effect. Not later than now.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Time>,
    /// As it was known at this time, by what was recorded: without what was told, or fired, only later. Together with
    /// `as_of`: what was then known of how it was. Not later than now.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>, format = DateTime)]
    as_known_at: Option<Time>,
}

/// The explanation, and for which licensee.
#[derive(Serialize)]
pub(super) struct Answer {
    licensee: LicenseeId,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_known_at: Option<Instant>,
    #[serde(flatten)]
    explanation: Explanation,
}

/// What is asked, and by whom.
struct Question {
    licensee: LicenseeId,
    user: UserId,
    product: Option<ProductId>,
    moment: Moment,
    /// Whether whoever asks may read of everybody.
    reads_everything: bool,
}

/// Explains why a user has, or has not, a seat: the chain from the message to the event, the rule, the evidence, and what
/// would have to change.
#[utoipa::path(get, path = "/v1/licensees/{licensee}/members/{user}/explain", operation_id = "explain_member",
    tag = "licensees", params(MemberPath, Parameters), responses((status = 200, body = schema::Explanation)))]
pub(super) async fn show(
    State(app): State<App>,
    caller: Principal,
    Path(MemberPath { licensee, user }): Path<MemberPath>,
    Query(Parameters { product, as_of, as_known_at }): Query<Parameters>,
) -> Result<Json<Answer>, Problem> {
    let moment = Moment { as_of: as_of.map(Time::instant), as_known_at: as_known_at.map(Time::instant) };
    let question = Question { licensee, user, product, moment, reads_everything: caller.reads_everything() };
    Ok(Json(app.blocking(move |services| explain(services, question)).await?))
}

fn explain(services: &Services, question: Question) -> Result<Answer, Problem> {
    let catalogue = services.engine.catalogue();
    // Without a moment it is now, by the clock: nothing that is committed meanwhile counts.
    let now = services.engine.now();
    let moment = if question.moment.is_now() { Moment::of(now) } else { question.moment };
    check_past(services, &moment)?;
    wait_for_index(services, &question.licensee)?;
    let then = services.past.licensee_at(&question.licensee, &moment)?.ok_or_else(Problem::unknown_licensee)?;
    let mut inquiry = Inquiry::new(catalogue, question.user.clone());
    for_each_fact_about(services, &then, &question.user, &moment, |fact| inquiry.note(fact))?;
    let at = clock_at(&moment, then.last_effective_at, now);
    let case = inquiry.close(services.past.with_member(&then, &moment, &question.user)?);
    check_user(services, &case, &question)?;
    let products = products(services, question.product.as_ref())?;
    let background = background(services, &case, &question)?;
    let explanation = case.explain(products, at, catalogue, &background);
    Ok(Answer { licensee: question.licensee, as_known_at: moment.as_known_at, explanation })
}

/// Whoever looks after one licensee learns nothing of users of others, not even that they exist.
fn check_user(services: &Services, case: &Case, question: &Question) -> Result<(), Problem> {
    if case.names_user() {
        return Ok(());
    }
    let is_known = question.reads_everything && services.views.user(&question.user)?.is_some();
    if is_known { Ok(()) } else { Err(Problem::unknown_user()) }
}

fn products<'a>(services: &'a Services, asked: Option<&'a ProductId>) -> Result<Vec<&'a ProductId>, Problem> {
    let catalogue = services.engine.catalogue();
    let Some(product) = asked else { return Ok(catalogue.products().collect()) };
    if catalogue.has_product(product) {
        return Ok(vec![product]);
    }
    let detail = "the catalogue has no such product: the licensee shows those that there are";
    Err(Problem::refused(Refusal::new(Code::UnknownProduct, detail)))
}

/// What is known of the commands of a case besides their events. Free text is for those who read everything, until it is
/// erased (R30).
fn background(services: &Services, case: &Case, question: &Question) -> Result<Background, Problem> {
    let ids = case.command_ids();
    let outcomes = services.index.outcomes(&ids)?;
    let mut background = Background::new();
    for (id, stored) in ids.iter().zip(outcomes) {
        let Some(outcome) = stored.map(|stored| stored.outcome) else { continue };
        let facts = CommandFacts {
            told_at: outcome.told_at_us.and_then(DateTime::from_timestamp_micros),
            type_name: Some(outcome.r#type),
            free_text: None,
        };
        background.insert((*id).to_owned(), facts);
    }
    if question.reads_everything {
        for told in services.journal.status_reasons(question.user.as_str())? {
            if ids.contains(&told.command_id.as_str()) {
                background.entry(told.command_id).or_default().free_text = Some(told.reason);
            }
        }
    }
    Ok(background)
}
