//! What only a real Apache Kafka shows: transactions, fencing, consumer groups, topics.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod on_kafka;
mod unreachable;
