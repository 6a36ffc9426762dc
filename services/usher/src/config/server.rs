//! The settings of a server.

use engine::ClockMode;

use super::{Auth, ConfigError, ListenAddress, Settings};

/// What `usher serve` works with besides its store.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServerSettings {
    /// Where to listen; a loopback address, as anyone may call.
    pub listen: ListenAddress,
    /// What moves the clock.
    pub clock: ClockMode,
}

impl ServerSettings {
    /// Takes what concerns the server, and refuses what it can't do.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        refuse_unavailable(settings)?;
        let listen = settings.listen.unwrap_or(ListenAddress::DEFAULT);
        if !listen.0.ip().is_loopback() {
            return Err(ConfigError::OpenToAll { address: listen.0 });
        }
        Ok(Self { listen, clock: settings.clock.unwrap_or_default() })
    }
}

/// Refuses the settings that are part of the contract but not of this version: a server that went without would only
/// seem to work.
fn refuse_unavailable(settings: &Settings) -> Result<(), ConfigError> {
    let unavailable = |setting, instead| Err(ConfigError::Unavailable { setting, instead });
    if settings.kafka.is_some() {
        return unavailable("kafka", "leave it out, and send messages to POST /v1/events or through usher ingest");
    }
    if settings.smtp.is_some() {
        return unavailable("smtp", "leave it out; no mail is sent");
    }
    if settings.roles.as_ref().is_some_and(|roles| !roles.are_all()) {
        return unavailable("roles with less than all", "leave it out; this process does everything");
    }
    match settings.auth {
        None | Some(Auth::None) => Ok(()),
        Some(Auth::Tokens(_)) => unavailable("auth = tokens:…", "use none, on a loopback address"),
        Some(Auth::Jwks(_)) => unavailable("auth = jwks:…", "use none, on a loopback address"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn without_authentication_only_loopback_is_listened_on() {
        for (listen, taken) in
            [("127.0.0.1:0", true), ("[::1]:80", true), ("0.0.0.0:80", false), ("10.0.0.1:80", false)]
        {
            let settings = Settings { listen: listen.parse().ok(), ..Settings::default() };
            assert_eq!(ServerSettings::read(&settings).is_ok(), taken, "{listen}");
        }
    }

    #[test]
    fn what_a_later_version_does_is_refused_by_name() {
        for (name, value) in [
            ("kafka", "localhost:9092"),
            ("smtp", "smtp://localhost"),
            ("roles", "api,views"),
            ("auth", "tokens:a"),
            ("auth", "jwks:a"),
        ] {
            let mut settings = Settings::default();
            settings.set(name, value).unwrap();
            assert!(ServerSettings::read(&settings).unwrap_err().to_string().contains(name));
        }
    }
}
