//! What was tried with Kafka, and what its failure means.

use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};

use crate::{
    KafkaError,
    client::Contact,
    codes::{code_of, is_authorization, is_login, is_unreachable},
    settings::Settings,
};

/// What an ACL is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Resource<'a> {
    /// A topic, by its full name.
    Topic(&'a str),
    /// A consumer group.
    Group(&'a str),
    /// A transactional id.
    TransactionalId(&'a str),
}

/// What was tried, for the error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// In our words, behind "cannot".
    pub(crate) action: &'static str,
    /// In the words of Kafka's ACLs.
    pub(crate) operation: &'static str,
    /// On what.
    pub(crate) resource: Resource<'a>,
}

impl Attempt<'_> {
    /// The error for a failure of this attempt; what the client heard in the meantime says more than the failure itself.
    pub(crate) fn failed(self, settings: &Settings, contact: &Contact, source: ClientError) -> KafkaError {
        let bootstrap = settings.bootstrap().to_owned();
        let code = code_of(&source);
        if code.is_some_and(is_authorization) {
            return self.forbidden(settings, Box::new(source));
        }
        // An answer of a broker says what it is; that none came says little.
        let trouble = contact.last_trouble().filter(|_| code.is_none_or(is_unreachable));
        let detail = trouble.as_ref().map_or_else(|| source.to_string(), |trouble| trouble.reason.clone());
        let source = Box::new(source);
        match trouble.map(|trouble| trouble.code).or(code) {
            Some(code) if is_login(code) => KafkaError::Login { bootstrap, detail, source },
            Some(RDKafkaErrorCode::SSL) => KafkaError::Tls { bootstrap, detail, source },
            Some(code) if is_unreachable(code) => KafkaError::Unreachable { bootstrap, detail, source },
            _ => KafkaError::Client { bootstrap, action: self.action, source },
        }
    }

    fn forbidden(self, settings: &Settings, source: Box<ClientError>) -> KafkaError {
        let (option, resource) = match self.resource {
            Resource::Topic(name) => ("--topic", name),
            Resource::Group(name) => ("--group", name),
            Resource::TransactionalId(name) => ("--transactional-id", name),
        };
        KafkaError::Forbidden {
            bootstrap: settings.bootstrap().to_owned(),
            principal: settings.principal().to_owned(),
            operation: self.operation,
            option,
            resource: resource.to_owned(),
            source,
        }
    }
}
