//! What a command needs to know of the request that brings it.

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::request::Parts,
};
use engine::{Call, Claim, IdempotencyKey};
use licensing::{Command, LicenseeId};

use super::{Terms, header::single_header};
use crate::{auth::Principal, problem::Problem};

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Who asks, for what, and under which key.
pub(crate) struct RequestHead {
    /// Method and pattern of the path: what the command is called for auditors.
    route: String,
    method: String,
    /// As it was sent.
    path: String,
    actor: String,
    key: Option<String>,
    terms: Terms,
}

impl RequestHead {
    /// The command that this request brings, and on what terms. `content` is what it says beside its method and path (R34).
    pub(crate) fn call(self, licensee: LicenseeId, command: Command, content: &[u8]) -> Result<(Call, Terms), Problem> {
        let key = self.key(content)?;
        Ok((Call { key, type_name: self.route, actor: self.actor, licensee, command }, self.terms))
    }

    /// The caller's own name for the change, if it has one.
    pub(crate) fn idempotency_key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// On what terms the change is asked for.
    pub(crate) const fn terms(&self) -> Terms {
        self.terms
    }

    /// The claim on this request's key, if it has one, for a request whose commands have ids of their own.
    pub(crate) fn claim(self, content: &[u8]) -> Result<Option<Claim>, Problem> {
        let key = self.key(content)?;
        Ok(key.map(|key| Claim { key, type_name: self.route, actor: self.actor }))
    }

    fn key(&self, content: &[u8]) -> Result<Option<IdempotencyKey>, Problem> {
        let parts = [self.method.as_bytes(), self.path.as_bytes(), self.actor.as_bytes(), content];
        let key = self.key.as_deref().map(|key| IdempotencyKey::new(key, &parts)).transpose();
        key.map_err(|invalid| Problem::malformed(invalid.to_string()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestHead {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Principal::from_request_parts(parts, state).await?;
        let pattern = parts.extensions.get::<MatchedPath>().map_or_else(|| parts.uri.path(), MatchedPath::as_str);
        Ok(Self {
            route: format!("{} {pattern}", parts.method),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            actor: caller.actor().to_owned(),
            key: single_header(&parts.headers, IDEMPOTENCY_KEY)?.map(str::to_owned),
            terms: Terms::from_request_parts(parts, state).await?,
        })
    }
}
