//! The servers themselves: they are fresh, do what they are told, and leave nothing behind.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod leftovers;
mod on_kafka;
mod postgres;
