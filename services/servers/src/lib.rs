//! Throw-away PostgreSQL and Apache Kafka servers, and a browser, for tests and for trying things out.
//!
//! Each server is on 127.0.0.1, on a free port, with its data in a temporary folder. However the process that started it
//! ends, `kill -9` included, the server is killed and its folder removed. Never is a server used that happens to run.
//! Linux only: `/proc` tells which processes are there.
//!
//! Where a server can't be had, it is [`Unavailable`]; a test then fails, as it must not pass without having run.

mod browser;
mod cache;
mod error;
mod folder;
mod kafka;
mod ports;
mod postgres;
mod programs;
mod supervisor;
mod tls;

pub use browser::{Browser, axe};
pub use error::Unavailable;
pub use kafka::{Kafka, KafkaOptions, Listener, jars as fetch_kafka};
pub use postgres::{Database, Options, PgBouncer, Postgres};
