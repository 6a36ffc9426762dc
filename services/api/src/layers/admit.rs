//! Lets in whoever may come in.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::Response,
};
use licensing::{LicenseeId, Offering};

use super::caught_up::{Source, wait_a_moment};
use crate::{
    app::App,
    auth::{Auth, Door, Principal, Unauthenticated, Verdict, bearer_token, door_of, licensee_of},
    blocking::BlockingJobs,
    problem::{Problem, ProblemCode},
};

/// How many may read again at a time what callers are known by: one does, unless that takes longer than the pause between
/// two.
const RELOADS_MAX: usize = 4;

/// What callers have to get past. Clones share it.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Parts>);

struct Parts {
    auth: Auth,
    /// Where licensees are known; `None` where nobody asks for any.
    app: Option<App>,
    reloads: BlockingJobs,
}

/// Finds out who calls, and refuses whoever may not do what is asked for, before anything of it is done. Handlers get the
/// caller as a [`Principal`].
pub(crate) async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let door = door_of(&parts);
    if door == Some(Door::Open) {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let principal = gate.identify(&parts.headers).await?;
    // That nothing is at a path may be known to everybody who is known.
    if let Some(door) = door {
        let licensee = licensee_of(&mut parts).await;
        if !gate.allows(door.verdict(&principal, licensee)).await? {
            let detail = "the token's roles do not allow this, nothing was done: use a token of somebody who may";
            return Err(Problem::forbidden(principal.actor(), detail));
        }
    }
    parts.extensions.insert(principal);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

impl Gate {
    /// With `app` where there are routes that ask for licensees.
    pub(crate) fn new(auth: Auth, app: Option<App>) -> Self {
        Self(Arc::new(Parts { auth, app, reloads: BlockingJobs::at_most(RELOADS_MAX) }))
    }

    async fn identify(&self, headers: &HeaderMap) -> Result<Principal, Problem> {
        let Parts { auth, reloads, .. } = &*self.0;
        if let Some(anonymous) = auth.anonymous() {
            return Ok(anonymous);
        }
        let token = bearer_token(headers)?;
        if auth.claim_reload(token) {
            let auth = auth.clone();
            let reloaded = reloads.run(move || -> Result<(), Problem> {
                auth.reload();
                Ok(())
            });
            reloaded.await?;
        }
        Ok(auth.identify(token)?)
    }

    async fn allows(&self, verdict: Verdict) -> Result<bool, Problem> {
        match verdict {
            Verdict::Allowed => Ok(true),
            Verdict::Refused => Ok(false),
            Verdict::If(licensee, custody) => Ok(custody.extends_to(self.offering_of(licensee).await?)),
        }
    }

    /// The offering of a licensee, which never changes once there is one (R1).
    async fn offering_of(&self, licensee: LicenseeId) -> Result<Option<Offering>, Problem> {
        let Some(app) = &self.0.app else { return Ok(None) };
        let known = offering_in_views(app, licensee.clone()).await?;
        if known.is_some() {
            return Ok(known);
        }
        // It may have come a moment ago.
        wait_a_moment(app, Source::Views).await?;
        offering_in_views(app, licensee).await
    }
}

async fn offering_in_views(app: &App, licensee: LicenseeId) -> Result<Option<Offering>, Problem> {
    let view = app.blocking(move |services| services.views.licensee(&licensee)).await?;
    Ok(view.and_then(|view| view.summary.offering))
}

impl From<Unauthenticated> for Problem {
    fn from(why: Unauthenticated) -> Self {
        tracing::debug!(%why, "a caller is nobody");
        let code = match why {
            Unauthenticated::KeysOnTheirWay => ProblemCode::Unavailable,
            _ => ProblemCode::Unauthenticated,
        };
        Self::new(code, why.to_string())
    }
}
