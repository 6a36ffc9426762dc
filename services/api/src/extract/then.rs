//! When something is to be shown.

use past::Moment;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Time, optional};

/// When something is to be shown: now, unless told otherwise.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Then {
    /// As it was at this time, by what had taken effect: what a reader saw then, but for names, which are today's, and
    /// without an `ETag`. Not later than now.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Time>,
    /// As it was known at this time, by what was recorded: without what was told, or fired, only later. Together with
    /// `as_of`: what was then known of how it was. Not later than now.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>, format = DateTime)]
    as_known_at: Option<Time>,
}

impl Then {
    /// The moment in the past; `None` for now.
    pub(crate) fn moment(self) -> Option<Moment> {
        let Self { as_of, as_known_at } = self;
        let moment = Moment { as_of: as_of.map(Time::instant), as_known_at: as_known_at.map(Time::instant) };
        Some(moment).filter(|moment| !moment.is_now())
    }
}
