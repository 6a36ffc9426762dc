//! Why nothing was measured.

use std::io;

/// Why a benchmark did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A server can't be had.
    #[error(transparent)]
    Server(#[from] servers::Unavailable),
    /// The store.
    #[error("the store failed: see the cause")]
    Journal(#[from] journal::JournalError),
    /// The engine.
    #[error("the engine failed: see the cause")]
    Engine(#[from] engine::EngineError),
    /// The read models.
    #[error("the read models failed: see the cause")]
    Views(#[from] views::ViewsError),
    /// Kafka, by our own crate.
    #[error("kafka failed: see the cause")]
    Kafka(#[from] kafka::KafkaError),
    /// Kafka, by a client beside it.
    #[error("a client of kafka failed: see the cause")]
    KafkaClient(#[from] rdkafka::error::KafkaError),
    /// PostgreSQL, by a client beside the store.
    #[error("a client of postgresql failed: see the cause")]
    Postgres(#[from] postgres::Error),
    /// SQLite, beside the store.
    #[error("sqlite failed: see the cause")]
    Sqlite(#[from] rusqlite::Error),
    /// The built-in catalogue.
    #[error("the catalogue cannot be read: see the cause")]
    Catalogue(#[from] licensing::catalogue::CatalogueError),
    /// The system.
    #[error("cannot {doing}")]
    System {
        /// What was tried.
        doing: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something was answered otherwise than it has to be, so its speed means nothing.
    #[error("{what}: nothing is measured on a wrong answer")]
    Wrong {
        /// What is wrong.
        what: String,
    },
    /// Another program that is part of a benchmark.
    #[error("{program} does not do its part: {detail}")]
    Program {
        /// Which.
        program: String,
        /// What it did.
        detail: String,
    },
}

impl BenchError {
    /// What the system said when this was tried.
    pub fn system(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        |source| Self::System { doing, source }
    }

    /// Something is not as it has to be.
    pub fn wrong(what: impl Into<String>) -> Self {
        Self::Wrong { what: what.into() }
    }

    /// Another program did not do its part.
    pub fn program(program: &str, detail: impl ToString) -> Self {
        Self::Program { program: program.to_owned(), detail: detail.to_string() }
    }
}
