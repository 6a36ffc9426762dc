//! Several nodes over real servers, under load, while nodes and servers are killed, stand still and come back. Afterwards
//! everything that was said, stored, published and shown is checked against each other, by code of its own: nothing lost,
//! nothing doubled, order kept, seats within limits.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod check;
mod on_kafka;
