//! No token gets out: not into the log, not into an answer.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock},
};

use serde_json::json;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::{
    messages::{event, subscription},
    reply::Reply,
    server::{JSON, ONE_EVENT, Server},
    tokens::{Tokens, entry},
};

/// Everything that this process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    /// The log of the process, for as long as it runs.
    fn capture() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            let lines = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false);
            lines.with_env_filter(EnvFilter::new("api=trace")).init();
            log
        })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

fn whole(reply: &Reply) -> String {
    format!("{:?} {}", reply.headers, String::from_utf8_lossy(&reply.body))
}

#[tokio::test]
async fn no_token_gets_into_the_log_or_an_answer() {
    let log = Log::capture();
    let expired = entry("secret-expired", "expired", &["operator"]) + "expires_at = 2020-01-01T00:00:00Z\n";
    let tokens = Tokens::new(&[
        expired,
        entry("secret-usage", "usage", &["usage", "an-odd-role"]),
        entry("secret-operator", "operator", &["operator"]),
    ]);
    let server = Server::for_callers_of(tokens.auth());
    let mut answers = String::new();
    for token in ["secret-unknown", "secret-expired", "secret-usage", "secret-operator", "secret.with.dots"] {
        for (method, path) in [("GET", "/v1/clock"), ("GET", "/metrics"), ("PUT", "/v1/clock"), ("GET", "/v2")] {
            let reply = server.send_as(token, method, path, (JSON, json!({"now": "x"}).to_string())).await;
            answers.push_str(&whole(&reply));
        }
        for message in [subscription("acme", "gitlab_com", 5), event("bad", "usage.v1.Nothing", json!({}))] {
            let reply = server.send_as(token, "POST", "/v1/events", (ONE_EVENT, message.to_string())).await;
            answers.push_str(&whole(&reply));
        }
    }
    let history = server.send_as("secret-operator", "GET", "/v1/licensees/acme/events", (JSON, String::new())).await;
    answers.push_str(&whole(&history));
    let broken = Tokens::new(&["[[token]]\nsha256 = \"secret-by-mistake\"\nactor = \"a\"\nroles = []\n".to_owned()]);
    answers.push_str(&api::Auth::tokens(&broken.file()).err().unwrap().to_string());

    let log = log.text();
    for told in ["a caller is nobody", "a caller asked for what they may not have", "an-odd-role"] {
        assert!(log.contains(told), "nothing was logged of {told:?}:\n{log}");
    }
    assert!(!log.contains("secret"), "{log}");
    assert!(!answers.contains("secret"), "{answers}");
}
