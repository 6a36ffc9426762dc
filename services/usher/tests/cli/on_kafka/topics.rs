//! Topics that fit, and others.

use super::Installation;

#[test]
fn a_topic_of_another_store_or_number_of_shards_is_refused_with_the_mend() {
    let installation = Installation::new();
    installation.serve().stop().done();
    let other = "serve --listen 127.0.0.1:0 --data-dir other --shards 8";
    let refused = installation.run(other).failed(1, "has 4 partitions");
    assert!(refused.stderr.contains("kafka-topics.sh"), "{refused:#?}");
}

#[test]
fn what_needs_topics_says_how_they_come_about() {
    let installation = Installation::new();
    installation.place.write("none.jsonl", "");
    for command in ["export --from-kafka", "dead-letters list", "publish none.jsonl"] {
        installation.run(command).failed(1, "there is no topic");
    }
}
