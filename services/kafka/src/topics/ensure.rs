//! Makes the topics that are missing, and checks those that are there.

use std::{thread, time::Duration};

use rdkafka::{
    admin::{AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication},
    consumer::BaseConsumer,
    error::{KafkaError as ClientError, RDKafkaErrorCode},
};

use super::catalogue::{Partitions, Topic, topics};
use crate::{
    KafkaError, Settings,
    attempt::{Attempt, Resource},
    blocking,
    client::Contact,
    partitions,
};

const ANSWER_WAIT: Duration = Duration::from_secs(15);

/// How often is looked whether a topic is there that was just made, and how long between.
const LOOKS_MAX: u32 = 100;
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// The broker's own default number of replicas, which whoever runs it has thought about.
const REPLICAS: TopicReplication<'static> = TopicReplication::Fixed(-1);

/// Makes the topics that are missing, for a store of `shards` shards, and checks those that are there. Blocks.
///
/// # Errors
/// [`KafkaError`] when no broker answers or takes the login, when a right is missing, or when a topic that is there
/// would lose events or mix them up; it says how to mend it.
pub fn ensure(settings: &Settings, shards: u16) -> Result<(), KafkaError> {
    let contact = Contact::default();
    Setup::new(settings, &contact, shards)?.run()
}

struct Setup<'a> {
    settings: &'a Settings,
    contact: &'a Contact,
    shards: u16,
    /// Asks, since unlike a producer it makes no topic by asking for it.
    consumer: BaseConsumer<Contact>,
    admin: AdminClient<Contact>,
    options: AdminOptions,
}

impl<'a> Setup<'a> {
    fn new(settings: &'a Settings, contact: &'a Contact, shards: u16) -> Result<Self, KafkaError> {
        let create_failed = |source| attempt("make a client", "Describe", "").failed(settings, contact, source);
        let config = settings.client();
        Ok(Self {
            settings,
            contact,
            shards,
            consumer: config.create_with_context(contact.clone()).map_err(create_failed)?,
            admin: config.create_with_context(contact.clone()).map_err(create_failed)?,
            options: AdminOptions::new().request_timeout(Some(ANSWER_WAIT)).operation_timeout(Some(ANSWER_WAIT)),
        })
    }

    fn run(&self) -> Result<(), KafkaError> {
        for topic in topics()? {
            let name = self.settings.prefixed(&topic.name);
            let partitions = match self.partitions(&name)? {
                Some(partitions) => partitions,
                None => self.create(&topic, &name)?,
            };
            if topic.partitions == Partitions::OneAShard && partitions != usize::from(self.shards) {
                return Err(KafkaError::WrongPartitions {
                    bootstrap: self.settings.bootstrap().to_owned(),
                    topic: name,
                    found: partitions,
                    expected: self.shards,
                });
            }
            if !topic.required.is_empty() {
                self.check_settings(&topic, &name)?;
            }
        }
        Ok(())
    }

    /// How many partitions a topic has; `None` if it is not there.
    fn partitions(&self, name: &str) -> Result<Option<usize>, KafkaError> {
        let describe = attempt("describe a topic", "Describe", name);
        partitions::count(&self.consumer, name).map_err(|source| describe.failed(self.settings, self.contact, source))
    }

    /// Makes a topic and gives its number of partitions once it is there.
    fn create(&self, topic: &Topic, name: &str) -> Result<usize, KafkaError> {
        let settings = topic.initial.iter().chain(&topic.required);
        let new_topic = settings
            .fold(NewTopic::new(name, i32::from(self.shards), REPLICAS), |new_topic, (setting, value)| {
                new_topic.set(setting, value)
            });
        let created = blocking::wait_for(self.admin.create_topics([&new_topic], &self.options));
        let results = created
            .map_err(|source| attempt("create a topic", "Create", name).failed(self.settings, self.contact, source))?;
        for result in results {
            match result {
                Ok(_) => tracing::info!(topic = name, "created"),
                // Another node was faster; whether it fits is looked at in a moment.
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(self.not_created(name, code)),
            }
        }
        for _ in 0..LOOKS_MAX {
            if let Some(partitions) = self.partitions(name)? {
                return Ok(partitions);
            }
            thread::sleep(LOOK_PAUSE);
        }
        Err(KafkaError::NoTopic { topic: name.to_owned() })
    }

    fn not_created(&self, name: &str, code: RDKafkaErrorCode) -> KafkaError {
        let source = ClientError::AdminOp(code);
        match attempt("create a topic", "Create", name).failed(self.settings, self.contact, source) {
            KafkaError::Client { source, .. } => KafkaError::CreateTopic { topic: name.to_owned(), source },
            clearer => clearer,
        }
    }

    fn check_settings(&self, topic: &Topic, name: &str) -> Result<(), KafkaError> {
        let describe = attempt("describe a topic", "DescribeConfigs", name);
        let failed = |source| describe.failed(self.settings, self.contact, source);
        let specifier = ResourceSpecifier::Topic(name);
        let described = blocking::wait_for(self.admin.describe_configs([&specifier], &self.options)).map_err(failed)?;
        for resource in described {
            let resource = resource.map_err(|code| failed(ClientError::AdminOp(code)))?;
            self.compare(topic, name, &resource)?;
        }
        Ok(())
    }

    fn compare(&self, topic: &Topic, name: &str, resource: &ConfigResource) -> Result<(), KafkaError> {
        for (setting, expected) in &topic.required {
            // To whom a broker may not show the settings it shows none, and rdkafka keeps its error to itself.
            let entry = resource.get(setting).ok_or_else(|| self.not_shown(name))?;
            let found = entry.value.as_deref().unwrap_or_default();
            if found != expected {
                return Err(KafkaError::WrongSetting {
                    bootstrap: self.settings.bootstrap().to_owned(),
                    topic: name.to_owned(),
                    setting: setting.clone(),
                    found: found.to_owned(),
                    expected: expected.clone(),
                });
            }
        }
        Ok(())
    }

    fn not_shown(&self, name: &str) -> KafkaError {
        let source = ClientError::AdminOp(RDKafkaErrorCode::TopicAuthorizationFailed);
        attempt("describe a topic", "DescribeConfigs", name).failed(self.settings, self.contact, source)
    }
}

const fn attempt<'a>(action: &'static str, operation: &'static str, topic: &'a str) -> Attempt<'a> {
    Attempt { action, operation, resource: Resource::Topic(topic) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use rdkafka::admin::OwnedResourceSpecifier;

    use super::*;
    use crate::Security;

    #[test]
    fn a_missing_right_is_named_also_where_the_broker_only_shows_nothing() {
        let settings = Settings::new("127.0.0.1:1", Security::default()).unwrap();
        let contact = Contact::default();
        let setup = Setup::new(&settings, &contact, 4).unwrap();
        let not_created = setup.not_created("t", RDKafkaErrorCode::TopicAuthorizationFailed).to_string();
        assert!(not_created.contains("--operation Create --topic t"), "{not_created}");

        let topics = topics().unwrap();
        let topic = topics.iter().find(|topic| !topic.required.is_empty()).unwrap();
        let empty = ConfigResource { specifier: OwnedResourceSpecifier::Topic("t".to_owned()), entries: Vec::new() };
        let not_shown = setup.compare(topic, "t", &empty).unwrap_err().to_string();
        assert!(not_shown.contains("--operation DescribeConfigs --topic t"), "{not_shown}");
    }

    #[test]
    fn a_topic_that_cannot_be_made_for_another_reason_is_named() {
        let settings = Settings::new("127.0.0.1:1", Security::default()).unwrap();
        let contact = Contact::default();
        let setup = Setup::new(&settings, &contact, 4).unwrap();
        let error = setup.not_created("t", RDKafkaErrorCode::InvalidReplicationFactor);
        assert!(matches!(error, KafkaError::CreateTopic { .. }), "{error:?}");
    }
}
