//! Where Kafka is and how to get in.

mod secret;
mod security;

use rdkafka::ClientConfig;

pub use secret::Secret;
pub use security::{InvalidSecurity, Mechanism, Protocol, Security, SecurityOptions, UnknownWord};

/// The longest prefix of topics, in characters: Kafka takes 249 for a name, and the names after it need some.
const PREFIX_CHARS_MAX: usize = 200;

/// Where Kafka is and how to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    bootstrap: String,
    security: Security,
    prefix: String,
}

/// An address or prefix that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// No list of brokers.
    // Without what was given: in a URL there may be a password.
    #[error("the kafka address is not a list of brokers: use host:port, several with commas between them")]
    Bootstrap,
    /// No prefix of topic names.
    #[error("the topic prefix {found:?} is not valid: use up to {PREFIX_CHARS_MAX} of A-Z a-z 0-9 . _ -")]
    Prefix {
        /// What was given.
        found: String,
    },
}

impl Settings {
    /// The brokers to begin with, such as `kafka-1:9092,kafka-2:9092`; they tell where the others are.
    ///
    /// # Errors
    /// [`InvalidSettings::Bootstrap`] for anything else, such as a URL.
    pub fn new(bootstrap: &str, security: Security) -> Result<Self, InvalidSettings> {
        let brokers: Vec<&str> = bootstrap.split(',').map(str::trim).collect();
        if !brokers.iter().all(|broker| is_address(broker)) {
            return Err(InvalidSettings::Bootstrap);
        }
        Ok(Self { bootstrap: brokers.join(","), security, prefix: String::new() })
    }

    /// Puts `prefix` before the name of every topic, consumer group and transactional id, so that several installations
    /// share the brokers.
    ///
    /// # Errors
    /// [`InvalidSettings::Prefix`] for what Kafka takes in no name.
    pub fn with_prefix(self, prefix: &str) -> Result<Self, InvalidSettings> {
        let is_plain = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if !is_plain || prefix.len() > PREFIX_CHARS_MAX {
            return Err(InvalidSettings::Prefix { found: prefix.to_owned() });
        }
        Ok(Self { prefix: prefix.to_owned(), ..self })
    }

    /// The brokers to begin with.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// What something is called on the brokers: its name behind the prefix.
    pub fn prefixed(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// What a name on the brokers is called here; `None` for another installation's.
    pub(crate) fn without_prefix<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix(self.prefix.as_str())
    }

    /// Whom the broker's ACLs have to name.
    pub(crate) fn principal(&self) -> &str {
        self.security.principal()
    }

    /// What every client has in common.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap).set("client.id", "usher");
        // A topic that a broker made on its own would have its defaults, which keep events for a week.
        config.set("allow.auto.create.topics", "false");
        // Brokers that come back are noticed in a moment, not in ten seconds.
        config.set("reconnect.backoff.max.ms", "2000");
        self.security.apply(&mut config);
        config
    }

    /// What every client that writes has in common: what is written is with all replicas, once and in order.
    pub(crate) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("compression.type", "lz4")
            // As Java's clients choose it, so that a key has one partition whoever sends.
            .set("partitioner", "murmur2_random")
            // What a topic takes is for the topic to say.
            .set("message.max.bytes", "16777216")
            // What waits here at most: for more, sending waits.
            .set("queue.buffering.max.kbytes", "16384");
        config
    }
}

fn is_address(broker: &str) -> bool {
    let Some((host, port)) = broker.rsplit_once(':') else { return false };
    let is_host = !host.is_empty() && !host.contains(['/', '@', ' ']);
    is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_brokers_is_taken_and_anything_else_refused() {
        for (given, used) in [("kafka:9092", "kafka:9092"), ("a:1, [::1]:2", "a:1,[::1]:2")] {
            assert_eq!(Settings::new(given, Security::default()).unwrap().bootstrap(), used);
        }
        for bad in
            ["", "kafka", "kafka:", ":9092", "kafka:0", "kafka:99999", "kafka://kafka:9092", "u:p@kafka:1", "a:1,"]
        {
            assert!(Settings::new(bad, Security::default()).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_prefix_stands_before_every_name() {
        let settings = Settings::new("kafka:9092", Security::default()).unwrap().with_prefix("staging.").unwrap();
        assert_eq!(settings.prefixed("usher.usage.v1"), "staging.usher.usage.v1");
        assert_eq!(settings.without_prefix("staging.usher.usage.v1"), Some("usher.usage.v1"));
        assert_eq!(settings.without_prefix("usher.usage.v1"), None);
        assert!(settings.clone().with_prefix("a b").is_err());
        assert!(settings.with_prefix(&"x".repeat(201)).is_err());
    }
}
