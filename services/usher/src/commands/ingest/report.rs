//! How it is told what messages would do: a line for each to programs, what comes of it all to people.

use std::collections::BTreeMap;

use contract::event::StreamEvent;
use licensing::{Code, LicenseeId, ProductSummary, Refusal};
use serde::Serialize;

use super::{
    pools::Pools,
    preview::{Foreseen, PreviewError},
    seats::{Change, SeatChanges},
};
use crate::{
    error::CommandError,
    feed::Single,
    output::{self, Format, OutputError, Table},
    store::Store,
};

/// How many refused messages people are told of one by one; all are counted.
const REFUSED_SHOWN_MAX: usize = 1_000;
/// How many names are looked up at one go.
const NAMES_AT_ONCE: usize = 1_000;

/// What is told.
pub(super) enum Report {
    /// To programs, as it comes.
    Lines,
    /// To people, at the end.
    Tables(Box<Tables>),
}

impl Report {
    pub(super) fn new(format: Format) -> Self {
        match format {
            Format::Json => Self::Lines,
            Format::Table => Self::Tables(Box::default()),
        }
    }

    /// Takes in a message and what would follow from it.
    pub(super) fn add(&mut self, single: &Single, events: &[Foreseen]) -> Result<(), CommandError> {
        match self {
            Self::Lines => Ok(output::json_line(&Told::of(single, events))?),
            Self::Tables(tables) => {
                tables.add(single, events);
                Ok(())
            }
        }
    }

    /// Tells what is left to be told.
    pub(super) fn finish(self, store: &Store) -> Result<(), CommandError> {
        match self {
            Self::Lines => Ok(()),
            Self::Tables(tables) => tables.print(store),
        }
    }
}

/// A message, for programs.
#[derive(Serialize)]
struct Told<'a> {
    line: u64,
    id: Option<&'a str>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    events: &'a [Foreseen],
}

impl<'a> Told<'a> {
    fn of(single: &'a Single, events: &'a [Foreseen]) -> Self {
        let outcome = match &single.done.outcome {
            _ if single.done.duplicate => "duplicate",
            Ok(_) => "accepted",
            Err(_) => "refused",
        };
        let refusal = single.done.outcome.as_ref().err();
        Self {
            line: single.line,
            id: single.id.as_deref(),
            outcome,
            code: refusal.map(|refusal| refusal.code),
            detail: refusal.map(|refusal| refusal.detail.as_str()),
            events,
        }
    }
}

/// What comes of it all. Bounded by what would happen: each entry belongs to an event in memory.
#[derive(Default)]
pub(super) struct Tables {
    refused: Vec<Refused>,
    refused_more: u64,
    /// The version of each licensee's first new event.
    first_versions: BTreeMap<LicenseeId, u64>,
    seats: SeatChanges,
}

struct Refused {
    line: u64,
    id: Option<String>,
    refusal: Refusal,
}

impl Tables {
    fn add(&mut self, single: &Single, events: &[Foreseen]) {
        if let Err(refusal) = &single.done.outcome
            && !single.done.duplicate
        {
            self.add_refused(single, refusal);
        }
        for foreseen in events {
            if let StreamEvent::Licensee { licensee, event } = &foreseen.event {
                self.first_versions.entry(licensee.clone()).or_insert(foreseen.version);
                self.seats.note(licensee, event);
            }
        }
    }

    fn add_refused(&mut self, single: &Single, refusal: &Refusal) {
        if self.refused.len() >= REFUSED_SHOWN_MAX {
            self.refused_more = self.refused_more.saturating_add(1);
            return;
        }
        self.refused.push(Refused { line: single.line, id: single.id.clone(), refusal: refusal.clone() });
    }

    fn print(&self, store: &Store) -> Result<(), CommandError> {
        self.print_refused()?;
        self.print_pools(store)?;
        self.print_seats(store)
    }

    fn print_refused(&self) -> Result<(), OutputError> {
        if self.refused.is_empty() {
            return Ok(());
        }
        let mut table = Table::new(["line", "refused", "code", "detail"]);
        for Refused { line, id, refusal } in &self.refused {
            let id = id.clone().unwrap_or_else(|| "-".to_owned());
            table.row([line.to_string(), id, refusal.code.to_string(), refusal.detail.clone()]);
        }
        table.print()?;
        if self.refused_more > 0 {
            output::line(&format!("and {} more: --format json shows all", self.refused_more))?;
        }
        output::line("")
    }

    fn print_pools(&self, store: &Store) -> Result<(), CommandError> {
        let mut counts: BTreeMap<(&LicenseeId, &str), (u64, u64)> = BTreeMap::new();
        for (seat, change, _) in self.seats.in_the_end() {
            let (gained, lost) = counts.entry((&seat.licensee, seat.product.as_str())).or_default();
            match change {
                Change::Gained => *gained = gained.saturating_add(1),
                Change::Lost => *lost = lost.saturating_add(1),
            }
        }
        let index = store.index();
        let mut rows = Vec::new();
        for (licensee, first_version) in &self.first_versions {
            let pools = Pools::of(&*index, store.catalogue(), licensee, *first_version)?;
            for (product, before, after) in pools.products() {
                let (gained, lost) = counts.get(&(licensee, product)).copied().unwrap_or_default();
                if before != after || gained > 0 || lost > 0 {
                    rows.push(pool_row(licensee, product, (before, after), (gained, lost)));
                }
            }
        }
        if rows.is_empty() {
            return Ok(output::line("no pool of seats would change")?);
        }
        let mut table =
            Table::new(["licensee", "product", "status", "add-on", "quantity", "assigned", "gained", "lost"]);
        rows.into_iter().for_each(|row| table.row(row));
        Ok(table.print()?)
    }

    fn print_seats(&self, store: &Store) -> Result<(), CommandError> {
        let changes: Vec<_> = self.seats.in_the_end().collect();
        if changes.is_empty() {
            return Ok(());
        }
        output::line("")?;
        let journal = store.journal();
        let mut table = Table::new(["licensee", "product", "seat", "user", "username", "reason"]);
        for some in changes.chunks(NAMES_AT_ONCE) {
            let users: Vec<&str> = some.iter().map(|(seat, ..)| seat.user.as_str()).collect();
            let persons = journal.persons(&users).map_err(PreviewError::from)?;
            for ((seat, change, reason), person) in some.iter().zip(persons) {
                table.row([
                    seat.licensee.to_string(),
                    seat.product.to_string(),
                    change.as_str().to_owned(),
                    seat.user.to_string(),
                    person.map_or_else(|| "-".to_owned(), |person| person.username),
                    (*reason).to_owned(),
                ]);
            }
        }
        Ok(table.print()?)
    }
}

fn pool_row(
    licensee: &LicenseeId,
    product: &str,
    (before, after): (&ProductSummary, &ProductSummary),
    (gained, lost): (u64, u64),
) -> [String; 8] {
    let add_on = |pool: &ProductSummary| pool.add_on.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    [
        licensee.to_string(),
        product.to_owned(),
        step(before.status.as_str(), after.status.as_str()),
        step(&add_on(before), &add_on(after)),
        step(&before.quantity.to_string(), &after.quantity.to_string()),
        step(&before.assigned.to_string(), &after.assigned.to_string()),
        gained.to_string(),
        lost.to_string(),
    ]
}

/// A value before and after, or once if it is the same.
fn step(before: &str, after: &str) -> String {
    if before == after { after.to_owned() } else { format!("{before} → {after}") }
}
