//! Tables for people.

use comfy_table::{ContentArrangement, presets::NOTHING};

use super::{OutputError, line};

/// Between two columns, in characters.
const COLUMN_GAP: u16 = 2;

/// A table; one line a row, whatever the terminal's width, so that it can be searched.
pub struct Table<const COLUMNS: usize>(comfy_table::Table);

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// An empty table with a heading.
    pub fn new(heading: [&str; COLUMNS]) -> Self {
        let mut table = Self::without_heading();
        table.0.set_header(heading.map(str::to_uppercase));
        table
    }

    /// An empty table without a heading.
    pub fn without_heading() -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        Self(table)
    }

    /// Adds a row; control characters, which could play tricks with a terminal, become spaces.
    pub fn row(&mut self, cells: [String; COLUMNS]) {
        self.0.add_row(cells.map(|cell| cell.replace(char::is_control, " ")));
    }

    /// Writes the table.
    pub fn print(mut self) -> Result<(), OutputError> {
        // Lines begin with what they are about, not with a space.
        self.0.column_iter_mut().for_each(|column| {
            column.set_padding((0, COLUMN_GAP));
        });
        self.0.lines().try_for_each(|row| line(row.trim_end()))
    }
}
