//! The topics as data: `schemas/topics.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::KafkaError;

const TOPICS: &str = include_str!("../../../../schemas/topics.toml");

/// A topic, by its name without a prefix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topic {
    pub(super) name: String,
    /// For people.
    #[serde(rename = "holds")]
    _holds: String,
    pub(super) partitions: Partitions,
    /// Settings without which it would lose what it holds.
    #[serde(default)]
    pub(super) required: BTreeMap<String, String>,
    /// Settings that it is made with.
    #[serde(default)]
    pub(super) initial: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Partitions {
    /// Exactly one for each shard.
    #[serde(rename = "shards")]
    OneAShard,
    /// As many, unless somebody made the topic with another number.
    #[serde(rename = "shards by default")]
    OneAShardByDefault,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    topic: Vec<Topic>,
}

/// All topics.
pub(super) fn topics() -> Result<Vec<Topic>, KafkaError> {
    let catalogue: Catalogue = toml::from_str(TOPICS).map_err(KafkaError::Catalogue)?;
    Ok(catalogue.topic)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::topics::{DEAD_LETTERS, INBOUND, LICENSING};

    #[test]
    fn the_file_has_the_topics_that_the_code_names() {
        let named: BTreeSet<&str> = INBOUND.into_iter().chain([LICENSING, DEAD_LETTERS]).collect();
        let topics = topics().unwrap();
        assert_eq!(topics.iter().map(|topic| topic.name.as_str()).collect::<BTreeSet<_>>(), named);
    }

    #[test]
    fn events_are_kept_for_ever() {
        let topics = topics().unwrap();
        let licensing = topics.iter().find(|topic| topic.name == LICENSING).unwrap();
        assert_eq!(licensing.partitions, Partitions::OneAShard);
        for setting in ["retention.ms", "retention.bytes"] {
            assert_eq!(licensing.required.get(setting).map(String::as_str), Some("-1"));
        }
    }
}
