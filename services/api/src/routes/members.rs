//! The members of a licensee.

use axum::{Json, extract::State};
use licensing::{Catalogue, Code, LicenseeId, Refusal, Summary, UserStatus};
use past::Moment;
use serde::Deserialize;
use utoipa::IntoParams;
use views::{Looks, MemberSort, MemberView, MembersQuery};

use super::known::known_licensee;
use crate::{
    Services,
    answer::Page,
    app::App,
    extract::{LicenseePath, Limit, Path, Query, Then, optional, parsed},
    past::members_at,
    problem::Problem,
    schema,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Only members with a seat, retained ones included, or only those without. An instance must be new enough (R19).
    assigned: Option<bool>,
    /// Only members with this status.
    #[param(value_type = Option<schema::UserStatus>)]
    status: Option<UserStatus>,
    /// Only members whose id, user name, name or e-mail address contains this, letter case aside. A page of a search, of a
    /// filter in the past, and of an order by anything but `user` ends also behind 8,000 members that were looked at, or
    /// fewer: it may have few items, or none, and go on with `next_cursor` all the same.
    search: Option<String>,
    /// What to sort by, with `-` before it for descending; nulls are last either way. In the past an order of many members but
    /// that by `user` is prepared first: 503 `being_prepared` until it is there.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<schema::MemberSort>, default = "user")]
    sort: Option<MemberSort>,
    /// Where the page before ended; it belongs to the same query.
    cursor: Option<String>,
    /// The most items of the page.
    #[serde(default, deserialize_with = "parsed")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
}

impl From<Parameters> for MembersQuery {
    fn from(parameters: Parameters) -> Self {
        let Parameters { assigned, status, search, sort, cursor, limit } = parameters;
        Self {
            assigned,
            status,
            search: search.filter(|search| !search.is_empty()),
            sort: sort.unwrap_or_default(),
            cursor: cursor.filter(|cursor| !cursor.is_empty()),
            limit: limit.get(),
            looks: Looks::default(),
        }
    }
}

/// Lists the members of a licensee as they are, or as they were; each exactly once however the data moves between pages.
#[utoipa::path(get, path = "/v1/licensees/{licensee}/members", operation_id = "list_members", tag = "licensees",
    params(LicenseePath, Parameters, Then), responses((status = 200, body = Page<schema::Member>)))]
pub(super) async fn list(
    State(app): State<App>,
    Path(LicenseePath { licensee }): Path<LicenseePath>,
    Query(parameters): Query<Parameters>,
    Query(then): Query<Then>,
) -> Result<Json<Page<MemberView>>, Problem> {
    let query = MembersQuery::from(parameters);
    let page = match then.moment() {
        Some(moment) => app.blocking(move |services| members_then(services, &licensee, &moment, &query)).await?,
        None => app.blocking(move |services| members_now(services, &licensee, &query)).await?,
    };
    Ok(Json(page.into()))
}

fn members_now(
    services: &Services,
    licensee: &LicenseeId,
    query: &MembersQuery,
) -> Result<views::Page<MemberView>, Problem> {
    check_wanted(services, licensee, query)?;
    Ok(services.views.members(licensee, query)?)
}

/// Whether there is a licensee of whose members now so many may be known.
pub(crate) fn check_wanted(services: &Services, licensee: &LicenseeId, query: &MembersQuery) -> Result<(), Problem> {
    let view = known_licensee(services, licensee)?;
    if query.assigned.is_some() {
        check_can_list_assigned(&view.summary, services.engine.catalogue())?;
    }
    Ok(())
}

fn members_then(
    services: &Services,
    licensee: &LicenseeId,
    moment: &Moment,
    query: &MembersQuery,
) -> Result<views::Page<MemberView>, Problem> {
    members_at(services, licensee, moment, query, |then| {
        let catalogue = services.engine.catalogue();
        if query.assigned.is_none() {
            return Ok(());
        }
        check_can_list_assigned(&then.account.summary(catalogue), catalogue)
    })
}

/// R19: an instance has to be new enough to list its assigned users.
fn check_can_list_assigned(summary: &Summary, catalogue: &Catalogue) -> Result<(), Problem> {
    let is_instance = summary.offering.is_some_and(licensing::Offering::synchronises);
    let min_version = catalogue.listing_min_version();
    if !is_instance || summary.instance_version.as_ref().is_some_and(|version| version >= min_version) {
        return Ok(());
    }
    let detail =
        format!("listing assigned users needs an instance of {min_version} or later that has told its version");
    Err(Problem::refused(Refusal::new(Code::InstanceVersionTooOld, detail)))
}
