//! Why a command came to nothing, and how that is told.

use std::{
    error::Error,
    io::{self, Write},
};

use crate::{
    client::ClientError,
    commands::{CsvError, DemoError, EraseError, ExportError, ListError, PreviewError, RebuildError, ServeError},
    config::ConfigError,
    evidence::EvidenceError,
    exit::ExitStatus,
    feed::FeedError,
    output::OutputError,
    store::StoreError,
};

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The answer to a request.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The messages to be fed.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// What messages would do.
    #[error(transparent)]
    Preview(#[from] PreviewError),
    /// The list of users.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Who may call.
    #[error("the setting auth cannot be used")]
    Auth(#[from] api::AuthError),
    /// The events for auditors.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// What is held against what.
    #[error(transparent)]
    Audit(#[from] audit::AuditError),
    /// Keys, seals and bundles.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// Billing's list.
    #[error(transparent)]
    List(#[from] ListError),
    /// A rebuild by a server.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// What would have been.
    #[error(transparent)]
    Backtest(#[from] backtest::BacktestError),
    /// Who is to be forgotten.
    #[error(transparent)]
    Erase(#[from] EraseError),
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] kafka::KafkaError),
    /// The load.
    #[error(transparent)]
    Load(#[from] load::LoadError),
    /// The demonstration.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// Standard output.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl CommandError {
    /// How the program ends for this reason.
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Config(_)
            | Self::Auth(_)
            | Self::Erase(EraseError::NobodyToAsk)
            | Self::Demo(DemoError::NotFresh { .. } | DemoError::NotFreshDatabase { .. })
            | Self::Store(StoreError::NoStore { .. } | StoreError::NothingTold { .. })
            | Self::Export(ExportError::NoKey | ExportError::NotOfFormat { .. })
            | Self::Load(load::LoadError::OnlyReads) => ExitStatus::Usage,
            Self::Evidence(error) if error.is_wrong_usage() => ExitStatus::Usage,
            Self::Client(error) if error.is_wrong_usage() => ExitStatus::Usage,
            Self::Store(_)
            | Self::Client(_)
            | Self::Feed(_)
            | Self::Preview(_)
            | Self::Csv(_)
            | Self::Serve(_)
            | Self::Export(_)
            | Self::Audit(_)
            | Self::Evidence(_)
            | Self::List(_)
            | Self::Rebuild(_)
            | Self::Backtest(_)
            | Self::Erase(_)
            | Self::Kafka(_)
            | Self::Load(_)
            | Self::Demo(_)
            | Self::Output(OutputError::Unwritable(_)) => ExitStatus::Problem,
            // Whoever read the output has seen enough of it, as `head` does.
            Self::Output(OutputError::Closed) => ExitStatus::Done,
        }
    }
}

/// Tells an error and all of its causes on standard error, a line each.
pub fn report(error: &CommandError) {
    if matches!(error, CommandError::Output(OutputError::Closed)) {
        return;
    }
    let mut stderr = io::stderr().lock();
    // Nothing can be done where even an error can't be written.
    let _ = writeln!(stderr, "error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = writeln!(stderr, "caused by: {error}");
        cause = error.source();
    }
}
