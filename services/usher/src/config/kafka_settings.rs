//! Where Kafka is and how to get in.

use kafka::{Security, SecurityOptions};

use super::{ConfigError, NonEmpty, Settings};

/// What the settings say about Kafka; `None` where they name no brokers. The other settings of Kafka then mean nothing.
pub fn kafka_settings(settings: &Settings) -> Result<Option<kafka::Settings>, ConfigError> {
    let Some(brokers) = &settings.kafka else { return Ok(None) };
    let security = Security::new(SecurityOptions {
        protocol: settings.kafka_protocol.unwrap_or_default(),
        mechanism: settings.kafka_mechanism,
        username: settings.kafka_username.as_ref().map(|name| name.as_str().to_owned()),
        password: settings.kafka_password.clone(),
        ca: settings.kafka_ca.clone(),
        certificate: settings.kafka_certificate.clone(),
        key: settings.kafka_key.clone(),
    })?;
    let prefix = settings.kafka_prefix.as_ref().map_or("", NonEmpty::as_str);
    Ok(Some(kafka::Settings::new(brokers.as_str(), security)?.with_prefix(prefix)?))
}

/// The same for a command that is nothing without Kafka.
pub fn required_kafka_settings(settings: &Settings) -> Result<kafka::Settings, ConfigError> {
    let missing =
        ConfigError::Missing { setting: "kafka", instead: "it needs brokers, such as --kafka localhost:9092" };
    kafka_settings(settings)?.ok_or(missing)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn settings(given: &[(&str, &str)]) -> Settings {
        let mut settings = Settings::default();
        given.iter().for_each(|(name, value)| settings.set(name, value).unwrap());
        settings
    }

    #[test]
    fn without_brokers_there_is_no_kafka() {
        assert_eq!(kafka_settings(&settings(&[("kafka_username", "usher")])).unwrap(), None);
        assert!(required_kafka_settings(&Settings::default()).unwrap_err().to_string().contains("kafka"));
    }

    #[test]
    fn what_does_not_fit_together_is_told_without_the_password() {
        let halves = [("kafka", "a:1"), ("kafka_protocol", "sasl_ssl"), ("kafka_password", "hunter2")];
        let told = kafka_settings(&settings(&halves)).unwrap_err();
        assert!(!format!("{told:?}{:?}", settings(&halves)).contains("hunter2"), "{told:?}");
        let whole = [halves.as_slice(), &[("kafka_username", "usher")]].concat();
        assert_eq!(kafka_settings(&settings(&whole)).unwrap().unwrap().bootstrap(), "a:1");
    }

    #[test]
    fn a_prefix_stands_before_every_topic() {
        let staging = settings(&[("kafka", "a:1"), ("kafka_prefix", "staging.")]);
        assert_eq!(kafka_settings(&staging).unwrap().unwrap().prefixed("usher.usage.v1"), "staging.usher.usage.v1");
        assert!(kafka_settings(&settings(&[("kafka", "a:1"), ("kafka_prefix", "a b")])).is_err());
    }
}
