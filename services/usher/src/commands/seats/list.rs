//! The list of users, from CSV.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use csv::{ReaderBuilder, StringRecord, Trim};

/// Stands for standard input.
const STANDARD_INPUT: &str = "-";
/// The most rows that are read; far beyond what one command takes.
const ROWS_MAX: usize = 100_000;
/// The most bytes that are read.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Why the list can't be worked with.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// It can't be opened.
    #[error("cannot open {name}: check that it exists and may be read")]
    Unopenable {
        /// Which file.
        name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It can't be read, or is no CSV.
    #[error("cannot read {name} as CSV: send UTF-8 text with a heading and commas between the columns")]
    Unreadable {
        /// Which file.
        name: String,
        /// Where and why.
        #[source]
        source: csv::Error,
    },
    /// It does not say who is meant.
    #[error("{name} has no column `username` or `user`: name one so in its first row")]
    NoColumn {
        /// Which file.
        name: String,
    },
    /// It is longer than is read.
    #[error("{name} has more than {ROWS_MAX} rows or {BYTES_MAX} bytes: split it")]
    TooLong {
        /// Which file.
        name: String,
    },
}

/// By what the list names users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// By user name.
    Username,
    /// By id.
    User,
}

/// Users, as the list names them, in its order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UserList {
    pub(super) column: Column,
    pub(super) names: Vec<String>,
}

pub(super) fn read(path: &Path) -> Result<UserList, CsvError> {
    if path.as_os_str() == STANDARD_INPUT {
        return parse("standard input", io::stdin().lock());
    }
    let name = format!("{path:?}");
    match File::open(path) {
        Ok(file) => parse(&name, file),
        Err(source) => Err(CsvError::Unopenable { name, source }),
    }
}

fn parse(name: &str, bytes: impl Read) -> Result<UserList, CsvError> {
    let unreadable = |source| CsvError::Unreadable { name: name.to_owned(), source };
    let too_long = || CsvError::TooLong { name: name.to_owned() };
    let mut bounded = bytes.take(BYTES_MAX);
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(&mut bounded);
    let (column, place) =
        column_of(reader.headers().map_err(unreadable)?).ok_or_else(|| CsvError::NoColumn { name: name.to_owned() })?;
    let mut names = Vec::new();
    for record in reader.records() {
        if names.len() >= ROWS_MAX {
            return Err(too_long());
        }
        names.push(record.map_err(unreadable)?.get(place).unwrap_or_default().to_owned());
    }
    drop(reader);
    // Nothing is left of what may be read: more may have been cut off.
    if bounded.limit() == 0 { Err(too_long()) } else { Ok(UserList { column, names }) }
}

/// Ids say more than names, so they come first.
fn column_of(headings: &StringRecord) -> Option<(Column, usize)> {
    [(Column::User, "user"), (Column::Username, "username")].into_iter().find_map(|(column, name)| {
        let is_named = |heading: &str| heading.trim_start_matches(BYTE_ORDER_MARK).eq_ignore_ascii_case(name);
        Some((column, headings.iter().position(is_named)?))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<UserList, CsvError> {
        parse("list", text.as_bytes())
    }

    fn list(column: Column, names: &[&str]) -> UserList {
        UserList { column, names: names.iter().map(|name| (*name).to_owned()).collect() }
    }

    #[test]
    fn users_are_in_a_column_of_that_name() {
        assert_eq!(parsed("username\na\nb\na\n").unwrap(), list(Column::Username, &["a", "b", "a"]));
        assert_eq!(parsed("\u{feff}User\r\na\r\n").unwrap(), list(Column::User, &["a"]));
        assert_eq!(parsed("name, username\n\"B, A\", ba\nshort\n").unwrap(), list(Column::Username, &["ba", ""]));
        assert_eq!(parsed("username,user\na,u-1\n").unwrap(), list(Column::User, &["u-1"]));
        assert_eq!(parsed("username\n").unwrap(), list(Column::Username, &[]));
    }

    #[test]
    fn what_names_nobody_is_refused() {
        for bad in ["", "email\na@example.com\n", "a\nb\n"] {
            assert!(matches!(parsed(bad), Err(CsvError::NoColumn { .. })), "{bad:?} was taken");
        }
        assert!(matches!(parse("list", &b"username\n\xff\n"[..]), Err(CsvError::Unreadable { .. })));
        let long = format!("username\n{}", "a\n".repeat(ROWS_MAX + 1));
        assert!(matches!(parsed(&long), Err(CsvError::TooLong { .. })));
    }
}
