//! Journal to topic: every committed event, exactly once for a `read_committed` reader, in the order of its shard.
//!
//! For each shard that this process relays there is one thread and one producer with a transactional id of the shard's
//! own. Starting it fences whoever relayed the shard before, and ends what they left open; only then is the last
//! committed record of the partition read, which itself says up to which commit the journal is relayed: records and
//! progress can't part. From there on, each Kafka transaction holds whole commits. After any failure the producer is
//! thrown away and all of this done anew: there is one way to begin, and it is also the way to recover.

mod counted;
mod follower;
mod last_record;
mod problem;
mod progress;
mod shard;
mod supervisor;
mod transactions;

use std::{collections::BTreeMap, sync::Arc};

use journal::{Background, Held, Journal};
use parking_lot::Mutex;

use crate::{KafkaError, Settings, topics};
use last_record::Ends;
use progress::Progress;

/// A running relay. When it is dropped it aborts what is not committed yet, which is for whoever relays the shard next. That
/// blocks, for some seconds if no broker answers.
pub struct Relay {
    shared: Arc<Shared>,
    /// In the order in which they are stopped.
    _supervisor: Background,
    _follower: Background,
}

/// What all threads of a relay have in common.
struct Shared {
    settings: Settings,
    /// The topic, the prefix included.
    topic: String,
    /// Where all events come from: `/usher/` and the id of the store.
    source: String,
    /// What the transactional ids begin with.
    id_prefix: String,
    journal: Arc<dyn Journal>,
    /// Where the partitions of the topic end.
    ends: Ends,
    /// The shards that this process relays.
    tasks: Held,
    progress: Progress,
    /// What keeps a shard from being relayed.
    problems: Mutex<BTreeMap<u16, String>>,
}

impl Relay {
    /// Relays the shards in `tasks`, and follows every change of them; a process without leases puts all of them there.
    ///
    /// `store_id` tells this store from all others: a topic that holds another's events is left alone. The topics must be
    /// there ([`topics::ensure`]).
    ///
    /// # Errors
    /// [`KafkaError`] when a client or a thread can't be made. Whatever goes wrong with Kafka or the journal later is logged,
    /// counted and tried again.
    pub fn start(
        settings: Settings,
        store_id: &[u8],
        journal: Arc<dyn Journal>,
        tasks: Held,
    ) -> Result<Self, KafkaError> {
        let store = hex::encode(store_id);
        let (tasks_changed, committed) = (tasks.watch(), journal.watch());
        let topic = settings.prefixed(topics::LICENSING);
        let shared = Arc::new(Shared {
            ends: Ends::new(&settings, &topic)?,
            topic,
            source: format!("/usher/{store}"),
            id_prefix: settings.prefixed(&format!("usher-relay-{store}")),
            progress: Progress::new(journal.shard_count()),
            problems: Mutex::default(),
            settings,
            journal,
            tasks,
        });
        let (following, supervised) = (shared.clone(), shared.clone());
        let follower = Background::start("relay-heads", committed, move |stopping| {
            follower::follow(&following, &stopping);
        });
        let follower = follower.map_err(KafkaError::Thread)?;
        let supervisor = Background::start("relay", tasks_changed, move |stopping| {
            supervisor::supervise(&supervised, &stopping);
        });
        Ok(Self { shared, _supervisor: supervisor.map_err(KafkaError::Thread)?, _follower: follower })
    }

    /// What keeps shards from being relayed at the moment, each with its causes; empty if all is well.
    pub fn problems(&self) -> BTreeMap<u16, String> {
        self.shared.problems.lock().clone()
    }
}
