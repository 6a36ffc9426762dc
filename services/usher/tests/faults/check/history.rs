//! The events, as `usher export` writes them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::Wrongs;

/// An exported event.
#[derive(Debug, Deserialize)]
pub struct Event {
    pub position: String,
    pub stream: String,
    pub version: u64,
    pub id: String,
    pub r#type: String,
    pub command_id: String,
    pub data: Value,
}

impl Event {
    /// Shard and place in it.
    pub fn place(&self) -> Option<(u16, u64)> {
        let (shard, position) = self.position.split_once('-')?;
        Some((shard.parse().ok()?, position.parse().ok()?))
    }

    /// A field of its data that is text; empty where it is not.
    pub fn text(&self, field: &str) -> &str {
        self.data[field].as_str().unwrap_or_default()
    }
}

/// All events, in the order in which they were exported: shard by shard, oldest first.
#[derive(Debug)]
pub struct History {
    pub events: Vec<Event>,
}

impl History {
    pub fn read(exported: &str, wrongs: &mut Wrongs) -> Self {
        let mut events = Vec::new();
        for line in exported.lines() {
            match serde_json::from_str(line) {
                Ok(event) => events.push(event),
                Err(error) => wrongs.add(format!("an exported line cannot be read: {error}: {line}")),
            }
        }
        Self { events }
    }

    /// The events that a command caused.
    pub fn caused_by<'a>(&'a self, command_id: &'a str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |event| event.command_id == command_id)
    }

    /// How many events each command caused.
    pub fn counts(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for event in &self.events {
            *counts.entry(event.command_id.as_str()).or_default() += 1;
        }
        counts
    }

    /// Positions only rise, streams have no gaps, and no event is there twice.
    pub fn check(&self, wrongs: &mut Wrongs) {
        let mut ids = BTreeSet::new();
        let mut versions: BTreeMap<&str, u64> = BTreeMap::new();
        let mut last = None;
        for event in &self.events {
            let Event { position, stream, version, id, .. } = event;
            wrongs.unless(ids.insert(id), || format!("the event {id} is exported twice"));
            let before = versions.insert(stream, *version).unwrap_or(0);
            wrongs.unless(*version == before + 1, || format!("version {version} of {stream} follows {before}"));
            let place = event.place();
            wrongs.unless(place.is_some() && place > last, || format!("position {position} follows {last:?}"));
            last = place;
        }
    }
}
