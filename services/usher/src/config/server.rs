//! The settings of a server.

use engine::ClockMode;
use journal::Duty;

use super::{Auth, ConfigError, ListenAddress, Role, Roles, Settings, StorePlace};
use crate::{broker::BrokerParts, store::NodeOptions};

/// What `usher serve` works with besides its store.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerSettings {
    /// Where to listen; a loopback address, where anyone may call.
    pub listen: ListenAddress,
    /// What moves the clock.
    pub clock: ClockMode,
    /// What this process does.
    pub roles: Roles,
    /// Who may call.
    pub auth: Auth,
}

impl ServerSettings {
    /// Takes what concerns the server, and refuses what it can't do.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let listen = settings.listen.unwrap_or(ListenAddress::DEFAULT);
        let auth = settings.auth.clone().unwrap_or_default();
        if auth == Auth::None && !listen.0.ip().is_loopback() {
            return Err(ConfigError::OpenToAll { address: listen.0 });
        }
        Ok(Self {
            listen,
            clock: settings.clock.unwrap_or_default(),
            roles: settings.roles.clone().unwrap_or_default(),
            auth,
        })
    }
}

/// How a server takes part in the work on its store.
pub fn node_options(settings: &Settings, place: &StorePlace, roles: &Roles) -> Result<NodeOptions, ConfigError> {
    if matches!(place, StorePlace::Folder(_)) && !roles.are_all() {
        return Err(ConfigError::RolesApart);
    }
    let listen = settings.node_listen.map_or(NodeOptions::LISTEN, |ListenAddress(address)| address);
    if listen.ip().is_unspecified() && settings.node_address.is_none() {
        return Err(ConfigError::NoNodeAddress { listen });
    }
    let address = settings.node_address.as_ref().map(ToString::to_string);
    Ok(NodeOptions { listen, address, duties: duties(roles, settings.kafka.is_some()) })
}

/// What a process with these roles has to do with single shards.
fn duties(roles: &Roles, has_kafka: bool) -> Vec<Duty> {
    let does = |duty: &Duty| match duty {
        Duty::Write => roles.contains(Role::Ingest) || roles.contains(Role::Timers),
        Duty::Relay => has_kafka && roles.contains(Role::Relay),
        Duty::Project => roles.contains(Role::Views),
        Duty::Notify => roles.contains(Role::Notify),
    };
    Duty::ALL.iter().copied().filter(does).collect()
}

/// What a process with these roles does with Kafka.
pub fn broker_parts(roles: &Roles) -> BrokerParts {
    BrokerParts { intake: roles.contains(Role::Ingest), relay: roles.contains(Role::Relay) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

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
    fn with_authentication_any_address_is_listened_on() {
        for auth in ["tokens:a.toml", "jwks:https://a/keys"] {
            let listen = "0.0.0.0:80".parse().ok();
            let settings = Settings { listen, auth: auth.parse().ok(), ..Settings::default() };
            assert!(ServerSettings::read(&settings).is_ok(), "{auth}");
        }
    }

    fn options_of(settings: &Settings, place: &StorePlace) -> Result<NodeOptions, ConfigError> {
        let server = ServerSettings::read(settings)?;
        node_options(settings, place, &server.roles)
    }

    #[test]
    fn a_process_does_what_its_roles_ask_for() {
        let place = StorePlace::Database(Arc::new("postgres://a/b".parse().unwrap()));
        for (roles, duties) in [
            (None, vec![Duty::Write, Duty::Project, Duty::Notify]),
            (Some("api"), vec![]),
            (Some("intake"), vec![Duty::Write]),
            (Some("timers,relay"), vec![Duty::Write]),
            (Some("api,views"), vec![Duty::Project]),
            (Some("notify"), vec![Duty::Notify]),
        ] {
            let settings = Settings { roles: roles.map(|roles| roles.parse().unwrap()), ..Settings::default() };
            assert_eq!(options_of(&settings, &place).unwrap().duties, duties, "{roles:?}");
        }
        let relays = Settings { roles: "relay".parse().ok(), kafka: "a:1".parse().ok(), ..Settings::default() };
        assert_eq!(options_of(&relays, &place).unwrap().duties, [Duty::Relay]);
    }

    #[test]
    fn a_folder_has_one_process_that_does_everything() {
        let settings = Settings { roles: "api".parse().ok(), ..Settings::default() };
        let refused = options_of(&settings, &StorePlace::Folder("a".into())).unwrap_err();
        assert!(refused.to_string().contains("roles"), "{refused}");
    }

    #[test]
    fn other_nodes_need_an_address_that_means_this_machine_to_them() {
        let place = StorePlace::Database(Arc::new("postgres://a/b".parse().unwrap()));
        let anywhere = Settings { node_listen: "0.0.0.0:8081".parse().ok(), ..Settings::default() };
        assert!(matches!(options_of(&anywhere, &place), Err(ConfigError::NoNodeAddress { .. })));
        let told = Settings { node_address: "usher-1:8081".parse().ok(), ..anywhere };
        assert_eq!(options_of(&told, &place).unwrap().address.as_deref(), Some("usher-1:8081"));
    }
}
