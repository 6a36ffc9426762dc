//! What is left in files of what was erased.

use std::fmt;

use serde::Serialize;

/// What became of the last traces of what was erased: what lies in files although no query finds it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Erased {
    /// They are cleared away.
    Cleared,
    /// The server that was asked clears them away by itself, within seconds.
    ByServer,
    /// They could not be cleared away now.
    Later,
}

impl fmt::Display for Erased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cleared => "traces in the store's files: cleared away",
            Self::ByServer => "traces in the store's files: the server clears them away within seconds",
            Self::Later => {
                "traces in the store's files: stay until a reader or, on a database, autovacuum lets them go; see \
                 docs/operations.md"
            }
        })
    }
}
