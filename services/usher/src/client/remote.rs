//! A running server.

use std::time::Duration;

use ureq::{Agent, http};

use super::{ANSWER_BYTES_MAX, ClientError, Request, Response, Target};
use crate::config::{ServerUrl, Token};

/// How long an answer may take, all in all: a bulk command for many users takes a while.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// A running server.
pub struct Remote {
    url: ServerUrl,
    token: Option<Token>,
    agent: Agent,
}

impl Remote {
    pub(super) fn new(url: ServerUrl, token: Option<Token>) -> Self {
        let config = Agent::config_builder()
            // What usher says against a request is an answer too.
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_TIMEOUT))
            .build();
        Self { url, token, agent: config.into() }
    }

    pub(super) fn send(&self, request: &Request<'_>) -> Result<Response, ClientError> {
        self.exchange(request)
            .map_err(|source| ClientError::Unreachable { url: self.url.clone(), source: Box::new(source) })
    }

    pub(super) fn delete(&self, target: &Target) -> Result<Response, ClientError> {
        let request = self.signed(self.agent.delete(format!("{}{target}", self.url)));
        request
            .call()
            .and_then(read)
            .map_err(|source| ClientError::Unreachable { url: self.url.clone(), source: Box::new(source) })
    }

    fn exchange(&self, request: &Request<'_>) -> Result<Response, ureq::Error> {
        let address = format!("{}{}", self.url, request.target);
        let response = match request.body {
            None => self.signed(self.agent.get(address)).call()?,
            Some(body) => {
                let mut post = self.signed(self.agent.post(address)).content_type(request.content_type);
                if let Some(key) = request.idempotency_key {
                    post = post.header("idempotency-key", key);
                }
                post.send(body.to_string())?
            }
        };
        read(response)
    }

    /// The request with what shows who asks.
    fn signed<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.token {
            Some(token) => request.header("authorization", token.header()),
            None => request,
        }
    }
}

fn read(mut response: http::Response<ureq::Body>) -> Result<Response, ureq::Error> {
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX as u64).read_to_vec()?;
    Ok(Response { status: response.status().as_u16(), body })
}
