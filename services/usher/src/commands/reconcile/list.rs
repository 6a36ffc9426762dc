//! Billing's list, from CSV or JSON Lines.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use audit::reconcile::{Claim, ClaimKey};
use csv::{ReaderBuilder, Trim};
use licensing::{AddOnId, LicenseeId, PlanId, SubscriptionId};
use serde::Deserialize;

use crate::moment::Moment;

/// Stands for standard input.
const STANDARD_INPUT: &str = "-";
/// Ends the name of a file in JSON Lines.
const JSON_LINES: &str = "jsonl";
/// The most lines that are read.
const LINES_MAX: usize = 1_000_000;
/// The most bytes that are read.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Why the list can't be worked with.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It can't be opened or read.
    #[error("cannot read {name}: check that it exists and may be read")]
    Unreadable {
        /// Which file.
        name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is no CSV, or lacks a column.
    #[error(
        "{name} cannot be read as CSV: send UTF-8 text with a heading that has licensee, add_on, quantity and ends_at, and \
         commas between the columns"
    )]
    NotCsv {
        /// Which file.
        name: String,
        /// Where and why.
        #[source]
        source: csv::Error,
    },
    /// A line is no JSON of the right form.
    #[error("line {line} of {name} cannot be read: send an object with licensee, add_on, quantity and ends_at")]
    NotJson {
        /// Which file.
        name: String,
        /// Which line.
        line: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A value that can't be read.
    #[error("{field} in line {line} of {name} cannot be read: {reason}")]
    Value {
        /// Which file.
        name: String,
        /// Which line.
        line: u64,
        /// Which column.
        field: &'static str,
        /// What to write instead.
        reason: String,
    },
    /// Two lines about the same.
    #[error("line {line} of {name} is about the same licensee and add-on as line {first}: put both into one")]
    Twice {
        /// Which file.
        name: String,
        /// Which line.
        line: u64,
        /// The line before it.
        first: u64,
    },
    /// It is longer than is read.
    #[error("{name} has more than {LINES_MAX} lines or {BYTES_MAX} bytes: split it by licensees")]
    TooLong {
        /// Which file.
        name: String,
    },
}

/// A line as it stands in the list.
#[derive(Debug, Deserialize)]
struct Raw {
    licensee: String,
    #[serde(default)]
    add_on: Option<String>,
    #[serde(default)]
    quantity: Option<u32>,
    ends_at: String,
    #[serde(default)]
    plan: Option<String>,
    #[serde(default)]
    seats: Option<u32>,
    #[serde(default)]
    starts_at: Option<String>,
    #[serde(default)]
    subscription: Option<String>,
}

/// Reads the list.
pub(super) fn read(path: &Path) -> Result<Vec<Claim>, ListError> {
    if path.as_os_str() == STANDARD_INPUT {
        return List::new("standard input").of_csv(io::stdin().lock());
    }
    let name = format!("{path:?}");
    let file = File::open(path).map_err(|source| ListError::Unreadable { name: name.clone(), source })?;
    let is_json = path.extension().is_some_and(|extension| extension == JSON_LINES);
    if is_json { List::new(&name).of_json(file) } else { List::new(&name).of_csv(file) }
}

/// The lines so far.
struct List<'a> {
    name: &'a str,
    claims: Vec<Claim>,
    lines: HashMap<ClaimKey, u64>,
}

impl<'a> List<'a> {
    fn new(name: &'a str) -> Self {
        Self { name, claims: Vec::new(), lines: HashMap::new() }
    }

    fn of_csv(mut self, bytes: impl Read) -> Result<Vec<Claim>, ListError> {
        let mut bounded = bytes.take(BYTES_MAX);
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(&mut bounded);
        let not_csv = |source| ListError::NotCsv { name: self.name.to_owned(), source };
        let heading = reader.headers().map_err(not_csv)?.clone();
        for record in reader.records() {
            let not_csv = |source| ListError::NotCsv { name: self.name.to_owned(), source };
            let record = record.map_err(not_csv)?;
            let line = record.position().map_or(0, csv::Position::line);
            self.push(record.deserialize(Some(&heading)).map_err(not_csv)?, line)?;
        }
        drop(reader);
        self.end(bounded.limit())
    }

    fn of_json(mut self, bytes: impl Read) -> Result<Vec<Claim>, ListError> {
        let mut bounded = BufReader::new(bytes.take(BYTES_MAX));
        let (mut text, mut line) = (String::new(), 0);
        loop {
            text.clear();
            line += 1;
            let unreadable = |source| ListError::Unreadable { name: self.name.to_owned(), source };
            if bounded.read_line(&mut text).map_err(unreadable)? == 0 {
                break;
            }
            if text.trim().is_empty() {
                continue;
            }
            let not_json = |source| ListError::NotJson { name: self.name.to_owned(), line, source };
            self.push(serde_json::from_str(&text).map_err(not_json)?, line)?;
        }
        self.end(bounded.get_ref().limit())
    }

    fn push(&mut self, raw: Raw, line: u64) -> Result<(), ListError> {
        if self.claims.len() >= LINES_MAX {
            return Err(self.too_long());
        }
        let claim = raw.claim(line).map_err(|(field, reason)| {
            let name = self.name.to_owned();
            ListError::Value { name, line, field, reason }
        })?;
        if let Some(first) = self.lines.insert(claim.key(), line) {
            return Err(ListError::Twice { name: self.name.to_owned(), line, first });
        }
        self.claims.push(claim);
        Ok(())
    }

    /// Where nothing is left of what may be read, more may have been cut off.
    fn end(self, left: u64) -> Result<Vec<Claim>, ListError> {
        if left == 0 { Err(self.too_long()) } else { Ok(self.claims) }
    }

    fn too_long(&self) -> ListError {
        ListError::TooLong { name: self.name.to_owned() }
    }
}

/// A column, and what to write into it.
type Fault = (&'static str, String);

impl Raw {
    fn claim(self, line: u64) -> Result<Claim, Fault> {
        let add_on = given(self.add_on).map(|id| AddOnId::new(&id));
        let quantity = match (&add_on, self.quantity) {
            (Some(_), Some(quantity)) => quantity,
            (None, None | Some(0)) => 0,
            (Some(_), None) => return Err(("quantity", "say how many seats of the add-on are sold".to_owned())),
            (None, Some(_)) => return Err(("add_on", "say of which add-on so many seats are sold".to_owned())),
        };
        Ok(Claim {
            line,
            licensee: LicenseeId::parse(&self.licensee).map_err(|error| ("licensee", error.to_string()))?,
            add_on,
            quantity,
            ends_at: moment("ends_at", &self.ends_at)?,
            plan: given(self.plan).map(|id| PlanId::new(&id)),
            seats: self.seats,
            starts_at: given(self.starts_at).map(|at| moment("starts_at", &at)).transpose()?,
            subscription: given(self.subscription)
                .map(|id| SubscriptionId::parse(&id).map_err(|error| ("subscription", error.to_string())))
                .transpose()?,
        })
    }
}

/// An empty cell says nothing.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn moment(field: &'static str, text: &str) -> Result<licensing::Instant, Fault> {
    text.parse::<Moment>().map(|Moment(at)| at).map_err(|error| (field, error.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of_csv(text: &str) -> Result<Vec<Claim>, ListError> {
        List::new("list").of_csv(text.as_bytes())
    }

    #[test]
    fn csv_and_json_lines_say_the_same() {
        let csv = "licensee,add_on,quantity,ends_at,plan,seats\n\
                   acme, duo_pro, 50, 2024-03-01, premium, 100\n\
                   globex,,,2024-03-01T00:00:00Z,,\n";
        let json = r#"{"licensee":"acme","add_on":"duo_pro","quantity":50,"ends_at":"2024-03-01","plan":"premium","seats":100}
{"licensee":"globex","ends_at":"2024-03-01T01:00:00+01:00"}
"#;
        let claims = of_csv(csv).unwrap();
        assert_eq!(claims.len(), 2);
        let of_json = List::new("list").of_json(json.as_bytes()).unwrap();
        let without_lines =
            |claims: Vec<Claim>| claims.into_iter().map(|claim| Claim { line: 0, ..claim }).collect::<Vec<_>>();
        assert_eq!((claims[0].line, claims[1].line), (2, 3));
        assert_eq!((of_json[0].line, of_json[1].line), (1, 2));
        assert_eq!(without_lines(claims), without_lines(of_json));
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        let heading = "licensee,add_on,quantity,ends_at\n";
        for (rows, told) in [
            ("acme,duo_pro,many,2024-03-01\n", "CSV"),
            ("acme,duo_pro,50\n", "CSV"),
            ("a/b,duo_pro,50,2024-03-01\n", "licensee in line 2"),
            ("acme,duo_pro,50,soon\n", "ends_at in line 2"),
            ("acme,duo_pro,,2024-03-01\n", "quantity in line 2"),
            ("acme,,50,2024-03-01\n", "add_on in line 2"),
            ("acme,duo_pro,50,2024-03-01\nacme,duo_pro,5,2024-03-01\n", "line 3 of list is about the same"),
        ] {
            let error = of_csv(&format!("{heading}{rows}")).unwrap_err();
            assert!(error.to_string().contains(told), "{rows:?}: {error}");
        }
        assert!(of_csv("licensee,quantity\nacme,5\n").is_err());
        assert!(List::new("list").of_json(&b"{}\n"[..]).is_err());
    }
}
