//! Who is meant by a filter of members: thousands at one go, of whom no more is read than is needed to choose them.

use axum::{extract::Query, http::Uri};
use licensing::{LicenseeId, UserId};
use views::MembersQuery;

use crate::{
    Services,
    past::is_of_past,
    problem::Problem,
    routes::{MembersParameters, check_members_wanted},
};

/// Members who were chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Each with the name to log in with, if there is one, in the order that was asked for.
    pub members: Vec<(UserId, Option<String>)>,
    /// Gives those behind them; `None` at the end.
    pub next_cursor: Option<String>,
}

/// Why nobody can be chosen, as the interface says it of a list of members.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct NotChosen {
    /// The HTTP status.
    pub status: u16,
    /// Why, for programs.
    pub code: &'static str,
    /// Why, for people.
    pub detail: String,
}

impl From<Problem> for NotChosen {
    fn from(problem: Problem) -> Self {
        let code = problem.code();
        Self { status: code.http_status(), code: code.as_str(), detail: problem.detail().to_owned() }
    }
}

impl Services {
    /// The members that `list`, a request for a list of them, finds now: as many as `limit` says instead of the request, 10,000
    /// at most. A search, and an order by anything but the id, ends also behind so many who were looked at. Blocks.
    ///
    /// # Errors
    /// As the interface on such a request.
    pub fn choose_members(&self, licensee: &LicenseeId, list: &Uri, limit: usize) -> Result<Chosen, NotChosen> {
        Ok(self.chosen(licensee, list, limit)?)
    }

    fn chosen(&self, licensee: &LicenseeId, list: &Uri, limit: usize) -> Result<Chosen, Problem> {
        if is_of_past(list) {
            return Err(Problem::malformed("nothing can be done to members of the past: choose among those of now"));
        }
        let Query(parameters) = Query::<MembersParameters>::try_from_uri(list)?;
        let query = MembersQuery { limit, ..parameters.into() };
        check_members_wanted(self, licensee, &query)?;
        let views::Page { items, next_cursor } = self.views.member_ids(licensee, &query)?;
        let names = self.usernames(&items.iter().map(UserId::as_str).collect::<Vec<_>>());
        Ok(Chosen { members: items.into_iter().zip(names).collect(), next_cursor })
    }
}
