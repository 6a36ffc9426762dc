//! The topic of the events, as any client reads it that asks for committed records.

use std::collections::{BTreeMap, BTreeSet};

use super::{Evidence, Wrongs, first_difference, history::History};

/// A record of the topic.
#[derive(Debug, Clone)]
pub struct TopicRecord {
    pub partition: u16,
    pub key: String,
    pub headers: BTreeMap<String, String>,
}

impl TopicRecord {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// The topic holds each event once, in order, and tells auditors the same as the store.
pub fn check(evidence: &Evidence, history: &History, wrongs: &mut Wrongs) {
    let Evidence { stored, relayed, records, .. } = evidence;
    wrongs.unless(stored == relayed, || {
        format!("the exports differ: {}", first_difference(["the store", "the topic"], [stored, relayed]))
    });
    let mut ids = BTreeSet::new();
    let mut sequences: BTreeMap<&str, u64> = BTreeMap::new();
    for record in records {
        let (id, subject) = (record.header("ce_id"), record.header("ce_subject"));
        wrongs.unless(ids.insert(id), || format!("the event {id} is on the topic twice"));
        let is_keyed = subject.split_once('/').is_some_and(|(_, owner)| owner == record.key);
        wrongs.unless(is_keyed, || format!("an event of {subject} has the key {}", record.key));
        let sequence: u64 = record.header("ce_sequence").parse().unwrap_or(0);
        let before = sequences.insert(subject, sequence).unwrap_or(0);
        wrongs.unless(sequence == before + 1, || format!("on the topic, {sequence} of {subject} follows {before}"));
    }
    let on_topic: Vec<_> =
        records.iter().map(|record| (record.header("ce_position"), record.header("ce_id"))).collect();
    let exported: Vec<_> = history.events.iter().map(|event| (event.position.as_str(), event.id.as_str())).collect();
    wrongs.unless(on_topic == exported, || {
        format!("{} events are on the topic, {} are exported, or others", on_topic.len(), exported.len())
    });
    let is_placed = |record: &TopicRecord| {
        let shard = record.header("ce_position").split('-').next().and_then(|shard| shard.parse().ok());
        shard == Some(record.partition)
    };
    wrongs.unless(records.iter().all(is_placed), || "an event is not in the partition of its shard".to_owned());
}
