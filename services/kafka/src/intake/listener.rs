//! What the consumer group tells: which partitions come and go.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    ClientContext, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance},
    error::{KafkaError as ClientError, KafkaResult},
};

use super::assigned::{Assigned, Partition};
use crate::{Settings, client::Contact, topics};

/// How long a partition that is taken away waits for what is handed in. What takes longer is a duplicate for whoever
/// gets the partition.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// Hears what the consumer group tells.
pub(super) struct Listener {
    pub(super) settings: Settings,
    pub(super) contact: Contact,
    pub(super) assigned: Arc<Assigned>,
}

impl Listener {
    /// A partition by its name on the brokers; `None` for one of another topic.
    pub(super) fn partition(&self, topic: &str, number: i32) -> Option<Partition> {
        let name = self.settings.without_prefix(topic)?;
        let topic = topics::INBOUND.into_iter().find(|known| *known == name)?;
        Some(Partition { topic, number })
    }

    /// These offsets in librdkafka's form.
    pub(super) fn offsets(&self, offsets: &[(Partition, Offset)]) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for (partition, offset) in offsets {
            list.add_partition_offset(&self.settings.prefixed(partition.topic), partition.number, *offset)?;
        }
        Ok(list)
    }

    /// Commits what is done, of all partitions or of some.
    pub(super) fn commit(&self, consumer: &BaseConsumer<Self>, only: Option<&[Partition]>, mode: CommitMode) {
        let offsets = self.assigned.commit(only);
        if offsets.is_empty() {
            return;
        }
        let offsets: Vec<_> =
            offsets.into_iter().map(|(partition, offset)| (partition, Offset::Offset(offset))).collect();
        if let Err(error) = self.offsets(&offsets).and_then(|list| consumer.commit(&list, mode)) {
            self.not_committed(&error);
        }
    }

    fn not_committed(&self, error: &ClientError) {
        // What is not committed comes again, and has no effect then.
        tracing::info!(%error, "offsets were not committed, and are again in a moment");
        self.assigned.forget_commits();
    }

    fn partitions(&self, list: &TopicPartitionList) -> Vec<Partition> {
        let elements = list.elements();
        elements.iter().filter_map(|element| self.partition(element.topic(), element.partition())).collect()
    }
}

impl ClientContext for Listener {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.contact.log(level, facility, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        self.contact.error(error, reason);
    }
}

impl ConsumerContext for Listener {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => {
                let partitions = self.partitions(list);
                tracing::info!(?partitions, "partitions are ours");
                self.assigned.assign(partitions);
            }
            Rebalance::Revoke(list) => {
                let partitions = self.partitions(list);
                tracing::info!(?partitions, "partitions are taken away");
                if !consumer.assignment_lost() {
                    self.assigned.close(&partitions, CLOSE_MAX);
                    self.commit(consumer, Some(&partitions), CommitMode::Sync);
                }
                self.assigned.revoke(&partitions);
            }
            Rebalance::Error(error) => tracing::warn!(%error, "the consumer group failed to share the partitions"),
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(list) = rebalance else { return };
        // One that was ours before may still be paused from then.
        if let Err(error) = consumer.resume(list) {
            tracing::warn!(%error, "partitions that came cannot be resumed");
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            self.not_committed(&error);
        }
    }
}
