//! Where the keys are.

use std::{net::IpAddr, path::Path, time::Duration};

use ureq::{
    Agent,
    http::Uri,
    tls::{RootCerts, TlsConfig, TlsProvider},
};

use crate::auth::{AuthError, watched_file::WatchedFile};

/// How long a fetch may take, all in all.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer, bytes.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;

/// Where the keys are.
pub(super) enum Source {
    File { file: WatchedFile, location: String },
    Url { url: String, shown: String, agent: Agent },
}

impl Source {
    /// The source, and what it says now. Blocks.
    pub(super) fn open(location: &str) -> Result<(Self, String), AuthError> {
        if !location.contains("://") {
            let (file, text) = WatchedFile::open(Path::new(location))?;
            return Ok((Self::File { file, location: location.to_owned() }, text));
        }
        if !is_safe(location) {
            return Err(AuthError::UnsafeUrl { url: shown(location) });
        }
        let source = Self::Url { url: location.to_owned(), shown: shown(location), agent: agent() };
        let text = source.read_again()?.unwrap_or_default();
        Ok((source, text))
    }

    pub(super) const fn is_file(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    /// The source by name, without what may be secret in it.
    pub(super) fn location(&self) -> &str {
        match self {
            Self::File { location, .. } => location,
            Self::Url { shown, .. } => shown,
        }
    }

    /// What it says now; `None` of a file that is as it was. Blocks.
    pub(super) fn read_again(&self) -> Result<Option<String>, AuthError> {
        match self {
            Self::File { file, .. } => file.read_if_changed(),
            Self::Url { url, shown, agent } => {
                let unreachable = |source| AuthError::Unreachable { url: shown.clone(), source: Box::new(source) };
                fetch(agent, url).map(Some).map_err(unreachable)
            }
        }
    }
}

/// Whether nobody on the way can put keys of their own in the place of the issuer's.
fn is_safe(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    match url.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => is_loopback,
        _ => false,
    }
}

fn agent() -> Agent {
    let tls = TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(RootCerts::PlatformVerifier);
    let config = Agent::config_builder()
        .tls_config(tls.build())
        .timeout_global(Some(FETCH_TIMEOUT))
        // It might lead over an unsafe wire.
        .max_redirects(0);
    config.build().into()
}

fn fetch(agent: &Agent, url: &str) -> Result<String, ureq::Error> {
    let mut answer = agent.get(url).call()?;
    // To the agent a redirection that it does not follow is a success.
    if !answer.status().is_success() {
        return Err(ureq::Error::StatusCode(answer.status().as_u16()));
    }
    answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()
}

/// A URL without its password and its query, either of which may be a secret.
fn shown(url: &str) -> String {
    let address = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = address.split_once("://").unwrap_or_default();
    let host_and_path = rest.rsplit_once('@').map_or(rest, |(_, host_and_path)| host_and_path);
    format!("{scheme}://{host_and_path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_a_url_is_not_shown() {
        assert_eq!(
            shown("https://user:hunter2@issuer.example:443/keys?key=hunter2#a"),
            "https://issuer.example:443/keys"
        );
        let unsafe_url = Source::open("http://user:hunter2@issuer.example/keys").err().map(|error| error.to_string());
        assert!(unsafe_url.is_some_and(|error| error.contains("issuer.example") && !error.contains("hunter2")));
    }

    #[test]
    fn keys_come_over_a_safe_wire_or_not_at_all() {
        for good in [
            "https://issuer.example/keys",
            "http://127.0.0.1:80/keys",
            "http://localhost/keys",
            "http://[::1]:8080/keys",
        ] {
            assert!(is_safe(good), "{good}");
        }
        for bad in [
            "http://issuer.example/keys",
            "http://localhost.example/keys",
            "http://127.0.0.1@issuer.example/keys",
            "ftp://127.0.0.1/keys",
            "https://",
            "://",
        ] {
            assert!(!is_safe(bad), "{bad} was taken");
            assert!(matches!(Source::open(bad), Err(AuthError::UnsafeUrl { .. })), "{bad} was asked");
        }
    }
}
