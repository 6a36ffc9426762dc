//! Whether a user may use a feature (R31, R32), for whoever asks, over HTTP or gRPC.

use licensing::{FeatureId, UserId, access::Access};
use past::Moment;

use crate::{
    app::App,
    layers::{MinPosition, Source, catch_up},
    past::access_at,
    problem::{Problem, ProblemCode},
};

/// What is asked.
pub(crate) struct AccessCheck {
    /// Who.
    pub(crate) user: UserId,
    /// What.
    pub(crate) feature: FeatureId,
    /// When in the past; `None` for now.
    pub(crate) moment: Option<Moment>,
}

impl AccessCheck {
    /// The answer, as of what the asker wants to have seen: of now from memory, of the past by what the user was a member of
    /// then.
    pub(crate) async fn answer(self, app: &App, min_position: MinPosition<'_>) -> Result<Access, Problem> {
        let Self { user, feature, moment } = self;
        let services = app.services();
        let is_feature = services.engine.catalogue().has_feature(&feature);
        let access = match moment {
            Some(moment) => {
                catch_up(app, Source::Index, min_position).await?;
                app.blocking(move |services| access_at(services, &user, &feature, &moment)).await?
            }
            None => {
                catch_up(app, Source::Memory, min_position).await?;
                let now = services.engine.now();
                match services.views.access_from_memory(&user, &feature, now) {
                    Some(access) => Some(access),
                    // Of whoever is a member of nobody only the tables know whether there is such a user.
                    None => {
                        catch_up(app, Source::Views, min_position).await?;
                        app.blocking(move |services| services.views.access(&user, &feature, now)).await?
                    }
                }
            }
        };
        let access = access.ok_or_else(Problem::unknown_user)?;
        if !is_feature {
            return Err(Problem::new(ProblemCode::UnknownFeature, "no add-on of the catalogue has this feature"));
        }
        Ok(access)
    }
}
