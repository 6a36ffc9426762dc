//! From what the server and the wire say to what it means for the store.

use std::{error::Error as _, io};

use postgres::{
    Error,
    error::{DbError, Severity, SqlState},
};

use crate::JournalError;

/// Why a query or a transaction did not do what it was asked to.
#[derive(Debug)]
pub enum Failure {
    /// The server said no, or could not be reached.
    Postgres(Error),
    /// What was read cannot be what was written; says what.
    Damaged(String),
    /// Something else, which ends the transaction all the same.
    Other(JournalError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::Other(error)
    }
}

impl Failure {
    /// What it means for the store on `server`.
    pub(super) fn at(self, server: &str) -> JournalError {
        match self {
            Self::Postgres(error) => classify(server, error),
            Self::Damaged(detail) => damaged(server, detail),
            Self::Other(error) => error,
        }
    }

    /// Whether the connection is gone, so that it is open what became of a statement that was under way.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Postgres(error) if is_lost(error))
    }

    /// Whether the server undid the transaction only because of another one.
    pub(super) fn is_collision(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        matches!(error.code(), Some(&SqlState::T_R_DEADLOCK_DETECTED | &SqlState::T_R_SERIALIZATION_FAILURE))
    }
}

/// An error about a store that does not hold what it should.
pub(super) fn damaged(server: &str, detail: impl Into<String>) -> JournalError {
    JournalError::Corrupt { file: server.into(), detail: detail.into() }
}

/// Whether the connection can't be used any more.
pub(super) fn is_lost(error: &Error) -> bool {
    match error.as_db_error() {
        Some(said) => is_farewell(said),
        None => error.is_closed() || comes_from_the_wire(error),
    }
}

/// Whether the server, or a pooler before it, ends the connection with this.
fn is_farewell(said: &DbError) -> bool {
    let is_fatal = matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    is_fatal || said.code().code().starts_with("08") || said.code().code().starts_with("57P")
}

fn comes_from_the_wire(error: &Error) -> bool {
    let is_garbled = error.to_string() == "unexpected message from server";
    is_garbled || error.source().is_some_and(|source| source.is::<io::Error>())
}

/// What an error while a connection is being made means.
pub(super) fn while_connecting(server: &str, error: Error) -> JournalError {
    if let Some(said) = error.as_db_error() {
        let is_only_busy = said.code() == &SqlState::CANNOT_CONNECT_NOW || said.code().code().starts_with("08");
        return if is_only_busy { unreachable(server, error) } else { classify_refusal(server, error) };
    }
    // The crate tells these apart by their texts only.
    let remedy = match error.to_string().as_str() {
        "error performing TLS handshake" => {
            "check sslmode and sslrootcert in --database-url against the server's certificate and its setting ssl"
        }
        "authentication error" | "invalid configuration" => {
            "give user and password in --database-url, or the password in PGPASSWORD"
        }
        _ => return unreachable(server, error),
    };
    refused(server, remedy, error)
}

/// What an error on a connection that was sound means.
pub(super) fn classify(server: &str, error: Error) -> JournalError {
    if is_lost(&error) {
        return unreachable(server, error);
    }
    if error.as_db_error().is_some() {
        return classify_refusal(server, error);
    }
    // What is left is about values that are not of the type, or not there, that every program wrote.
    let detail = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    damaged(server, detail)
}

fn classify_refusal(server: &str, error: Error) -> JournalError {
    let Some(said) = error.as_db_error() else { return unreachable(server, error) };
    let code = said.code();
    if is_damage(code) {
        return damaged(server, said.to_string());
    }
    if code == &SqlState::DISK_FULL {
        return JournalError::Full { file: server.into(), source: error.into() };
    }
    refused(server, remedy(code), error)
}

/// Whether an error can only come from tables that were changed from outside.
fn is_damage(code: &SqlState) -> bool {
    // Keys are only given out once, so a constraint can't fail in a sound store.
    code.code().starts_with("23")
        || [
            SqlState::UNDEFINED_TABLE,
            SqlState::UNDEFINED_COLUMN,
            SqlState::INVALID_SCHEMA_NAME,
            SqlState::DATATYPE_MISMATCH,
            SqlState::DATA_CORRUPTED,
            SqlState::INDEX_CORRUPTED,
        ]
        .contains(code)
}

fn remedy(code: &SqlState) -> &'static str {
    match *code {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "check user and password in --database-url (or PGPASSWORD), and pg_hba.conf on the server"
        }
        SqlState::INVALID_CATALOG_NAME => "make the database with CREATE DATABASE, or name another one",
        SqlState::INSUFFICIENT_PRIVILEGE => {
            "run `usher migrate` as the owner of the database, and grant the user that --database-url names its rights"
        }
        SqlState::TOO_MANY_CONNECTIONS => "raise max_connections on the server, or put a pooler before it",
        SqlState::READ_ONLY_SQL_TRANSACTION => "it takes no writes: name the primary server, not a standby",
        SqlState::QUERY_CANCELED | SqlState::LOCK_NOT_AVAILABLE => {
            "a statement was cancelled: look for who holds locks, or raise statement_timeout and lock_timeout"
        }
        SqlState::T_R_DEADLOCK_DETECTED | SqlState::T_R_SERIALIZATION_FAILURE => {
            "another transaction was in the way: try again"
        }
        SqlState::OUT_OF_MEMORY => "give the server more memory, or less to do",
        _ => "see the cause and the server's log",
    }
}

/// An error of a server that was reached and said no.
pub(super) fn refused(
    server: &str,
    remedy: impl Into<String>,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> JournalError {
    JournalError::Database { server: server.to_owned(), remedy: remedy.into(), source: source.into() }
}

fn unreachable(server: &str, error: Error) -> JournalError {
    JournalError::Unreachable { server: server.to_owned(), source: error.into() }
}
