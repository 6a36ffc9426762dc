//! What a command needs to know of the request that brings it.

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{HeaderMap, request::Parts},
};
use engine::{Call, Claim, IdempotencyKey};
use licensing::{Command, LicenseeId};

use crate::problem::Problem;

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
}

impl RequestHead {
    /// The command that this request brings. `content` is what it says beside its method and path (R34).
    pub(crate) fn call(self, licensee: LicenseeId, command: Command, content: &[u8]) -> Result<Call, Problem> {
        let key = self.key(content)?;
        Ok(Call { key, type_name: self.route, actor: self.actor, licensee, command })
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

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let pattern = parts.extensions.get::<MatchedPath>().map_or_else(|| parts.uri.path(), MatchedPath::as_str);
        Ok(Self {
            route: format!("{} {pattern}", parts.method),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            actor: actor_of(parts),
            key: single_header(&parts.headers, IDEMPOTENCY_KEY)?.map(str::to_owned),
        })
    }
}

/// Who asks: the one place where that is found out. Nobody has to say so yet.
fn actor_of(_parts: &Parts) -> String {
    "anonymous".to_owned()
}

/// The header's text, if it was sent; sent twice, or as no text, it can't be read.
pub(crate) fn single_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    text.map(Some).ok_or_else(|| Problem::malformed(format!("the header {name} is not valid: send it once, in ASCII")))
}
