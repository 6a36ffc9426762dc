//! Several nodes on one store: who holds which shard, and the way to it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod forwarding;
mod gate;
mod ground;
mod memory;
mod messages;
mod moves;
mod nodes;
mod postgres;
#[path = "../../../journal/tests/several/mod.rs"]
mod several;

/// Runs each of these tests on a store within the process, and on a real PostgreSQL.
macro_rules! on_each_ground {
    ($($name:ident),+ $(,)?) => {
        mod in_memory {
            $(#[test] fn $name() { super::$name(&crate::memory::memory()); })+
        }
        mod on_postgres {
            $(#[test] fn $name() { super::$name(&crate::postgres::Postgres::new()); })+
        }
    };
}
pub(crate) use on_each_ground;
