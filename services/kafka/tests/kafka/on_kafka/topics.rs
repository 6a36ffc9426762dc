//! The topics: made, checked, refused.

use kafka::{KafkaError, Settings, topics};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
};

use super::fixture::{client, settings};

fn admin(settings: &Settings) -> AdminClient<DefaultClientContext> {
    client(settings).create().unwrap()
}

async fn create(settings: &Settings, name: &str, partitions: i32, config: &[(&str, &str)]) {
    let name = settings.prefixed(name);
    let topic = NewTopic::new(&name, partitions, TopicReplication::Fixed(1));
    let topic = config.iter().fold(topic, |topic, (setting, value)| topic.set(setting, value));
    let results = admin(settings).create_topics([&topic], &AdminOptions::new()).await.unwrap();
    results.into_iter().for_each(|result| drop(result.unwrap()));
}

async fn setting(settings: &Settings, topic: &str, name: &str) -> Option<String> {
    let topic = settings.prefixed(topic);
    let specifier = ResourceSpecifier::Topic(&topic);
    let described = admin(settings).describe_configs([&specifier], &AdminOptions::new()).await.unwrap();
    described.into_iter().next().unwrap().unwrap().get(name).unwrap().value.clone()
}

#[tokio::test]
async fn missing_topics_are_made_and_a_second_time_they_fit() {
    let settings = settings();
    for _ in 0..2 {
        topics::ensure(&settings, 3).unwrap();
    }
    assert_eq!(setting(&settings, topics::LICENSING, "retention.ms").await.as_deref(), Some("-1"));
    assert_eq!(setting(&settings, topics::LICENSING, "retention.bytes").await.as_deref(), Some("-1"));
    assert_eq!(setting(&settings, topics::DEAD_LETTERS, "max.message.bytes").await.as_deref(), Some("16777216"));
}

#[tokio::test]
async fn topics_that_other_people_made_for_their_messages_are_taken_as_they_are() {
    let settings = settings();
    create(&settings, "usher.billing.v1", 7, &[("retention.ms", "1000")]).await;
    topics::ensure(&settings, 3).unwrap();
}

#[tokio::test]
async fn a_licensing_topic_for_another_number_of_shards_is_refused() {
    let settings = settings();
    create(&settings, topics::LICENSING, 4, &[("retention.ms", "-1")]).await;
    let error = topics::ensure(&settings, 3).unwrap_err();
    assert!(matches!(error, KafkaError::WrongPartitions { found: 4, expected: 3, .. }), "{error}");
}

#[tokio::test]
async fn a_licensing_topic_that_loses_events_is_refused_with_the_command_that_mends_it() {
    for (config, mend) in [
        (&[("retention.ms", "604800000")][..], "--add-config retention.ms=-1"),
        (&[("retention.ms", "-1"), ("retention.bytes", "1000000")], "--add-config retention.bytes=-1"),
        (&[("retention.ms", "-1"), ("cleanup.policy", "compact")], "--add-config cleanup.policy=delete"),
    ] {
        let settings = settings();
        create(&settings, topics::LICENSING, 3, config).await;
        let error = topics::ensure(&settings, 3).unwrap_err().to_string();
        assert!(error.contains("kafka-configs.sh --bootstrap-server 127.0.0.1:"), "{error}");
        assert!(error.contains(mend), "{error}");
    }
}

#[tokio::test]
async fn dead_letters_in_a_topic_that_is_compacted_are_refused() {
    let settings = settings();
    create(&settings, topics::DEAD_LETTERS, 3, &[("cleanup.policy", "compact")]).await;
    let error = topics::ensure(&settings, 3).unwrap_err();
    let KafkaError::WrongSetting { setting, found, .. } = &error else { panic!("{error:?}") };
    assert_eq!((setting.as_str(), found.as_str()), ("cleanup.policy", "compact"));
}
