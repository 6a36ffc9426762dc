//! The server that has to bear it.

use std::time::Duration;

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::{LoadError, request::Asked};

/// The largest answer that is taken, bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long one answer may take.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

/// A server, asked over connections that stay open. Clones share them.
#[derive(Clone)]
pub struct Server {
    url: String,
    authorization: Option<String>,
    client: Client<HttpConnector, Full<std::io::Cursor<Vec<u8>>>>,
}

impl Server {
    /// The server at `url`, such as `http://127.0.0.1:8080`. `authorization` is what stands in the header of that name.
    pub fn new(url: &str, authorization: Option<String>, connections_max: usize) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(connections_max).build(connector);
        Self { url: url.trim_end_matches('/').to_owned(), authorization, client }
    }

    /// Asks, and waits for the whole answer.
    pub(crate) async fn ask(&self, asked: &Asked) -> Result<Answered, Cause> {
        let request = self.request(asked)?;
        tokio::time::timeout(ANSWER_TIMEOUT, async {
            let response = self.client.request(request).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await?;
            Ok(Answered { status, body: body.to_bytes().to_vec() })
        })
        .await?
    }

    /// As [`ask`](Self::ask), for what has to be answered with success.
    pub(crate) async fn demand(&self, asked: &Asked) -> Result<Vec<u8>, LoadError> {
        let answered = self.ask(asked).await;
        let Answered { status, body } =
            answered.map_err(|source| LoadError::Unreachable { url: self.url.clone(), source })?;
        if status.is_success() {
            return Ok(body);
        }
        Err(LoadError::Refused {
            status: status.as_u16(),
            asked: format!("{} {}", asked.method, asked.path),
            said: String::from_utf8_lossy(&body).chars().take(300).collect(),
        })
    }

    fn request(&self, asked: &Asked) -> Result<Request<Full<std::io::Cursor<Vec<u8>>>>, LoadError> {
        let mut request = Request::builder().method(&asked.method).uri(format!("{}{}", self.url, asked.path));
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let mut bytes = Vec::new();
        if let Some((content_type, body)) = &asked.body {
            request = request.header(header::CONTENT_TYPE, *content_type);
            bytes.clone_from(body);
        }
        let body = Full::new(std::io::Cursor::new(bytes));
        request.body(body).map_err(|source| LoadError::Address { url: self.url.clone(), source })
    }
}
