//! What became of each row.

use std::collections::HashMap;

use licensing::UserId;
use serde::Serialize;

use super::{UNKNOWN_USER, resolve::Resolved};
use crate::output::{self, Format, OutputError, Table};

/// A row of the list.
pub(super) struct Row {
    /// As the list names the user.
    pub(super) name: String,
    /// Who that is.
    pub(super) user: Resolved,
}

/// What became of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(super) enum Outcome {
    /// Got a seat.
    Assigned,
    /// Had one.
    AlreadyAssigned,
    /// Lost the seat.
    Removed,
    /// Had none.
    WithoutSeat,
    /// Nothing was done.
    Failed {
        /// Why.
        code: String,
    },
}

impl Outcome {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::AlreadyAssigned => "already_assigned",
            Self::Removed => "removed",
            Self::WithoutSeat => "without_seat",
            Self::Failed { .. } => "failed",
        }
    }
}

/// What became of each user, and of those that are not named.
#[derive(Debug)]
pub(super) struct Verdicts {
    by_user: HashMap<UserId, Outcome>,
    otherwise: Outcome,
}

impl Default for Verdicts {
    fn default() -> Self {
        Self::all_failed(UNKNOWN_USER)
    }
}

impl Verdicts {
    /// The same for all.
    pub(super) fn all(outcome: Outcome) -> Self {
        Self { by_user: HashMap::new(), otherwise: outcome }
    }

    /// Nothing was done for anyone.
    pub(super) fn all_failed(code: &str) -> Self {
        Self::all(Outcome::Failed { code: code.to_owned() })
    }

    /// The same for some.
    pub(super) fn set_all(&mut self, users: impl IntoIterator<Item = UserId>, outcome: &Outcome) {
        self.by_user.extend(users.into_iter().map(|user| (user, outcome.clone())));
    }

    fn of(&self, row: &Row) -> Outcome {
        match &row.user {
            Ok(user) => self.by_user.get(user).unwrap_or(&self.otherwise).clone(),
            Err(code) => Outcome::Failed { code: (*code).to_owned() },
        }
    }
}

/// A row, for programs.
#[derive(Serialize)]
struct Shown<'a> {
    username: &'a str,
    user: Option<&'a UserId>,
    #[serde(flatten)]
    outcome: Outcome,
}

/// Writes a line for each row.
pub(super) fn print(rows: &[Row], verdicts: &Verdicts, format: Format) -> Result<(), OutputError> {
    match format {
        Format::Json => rows.iter().try_for_each(|row| {
            output::json_line(&Shown { username: &row.name, user: row.user.as_ref().ok(), outcome: verdicts.of(row) })
        }),
        Format::Table => {
            let mut table = Table::without_heading();
            for row in rows {
                let outcome = verdicts.of(row);
                let code = if let Outcome::Failed { code } = &outcome { code.clone() } else { String::new() };
                table.row([row.name.clone(), outcome.as_str().to_owned(), code]);
            }
            table.print()
        }
    }
}
