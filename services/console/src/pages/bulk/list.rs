//! Lists of people as they are pasted or dropped.

use crate::failure::Failure;

/// What the column with the people may be called.
const COLUMNS: [&str; 2] = ["username", "user"];
/// The most lines of a list: as many users as one command takes.
pub(super) const LINES_MAX: usize = 10_000;

/// The names in a list: of the column `username` or `user` if the first line names one, else of the first column. Empty
/// lines count for nothing.
pub(super) fn names(text: &str) -> Result<Vec<String>, Failure> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut column = None;
    let mut names = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| Failure::malformed(format!("the list is not CSV: {error}")))?;
        let Some(index) = column else {
            let named = record.iter().position(is_title);
            column = Some(named.unwrap_or(0));
            if named.is_none() {
                names.extend(record.get(0).filter(|name| !name.is_empty()).map(str::to_owned));
            }
            continue;
        };
        names.extend(record.get(index).filter(|name| !name.is_empty()).map(str::to_owned));
        if names.len() > LINES_MAX {
            return Err(Failure::malformed(format!("the list has more than {LINES_MAX} lines: split it")));
        }
    }
    Ok(names)
}

fn is_title(text: &str) -> bool {
    // Some programs begin a file with a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    COLUMNS.iter().any(|column| text.eq_ignore_ascii_case(column))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_by_its_title_or_is_the_first() {
        for (text, expected) in [
            ("ada\nbob\n\n  eve ", &["ada", "bob", "eve"][..]),
            ("username\nada", &["ada"]),
            ("\u{feff}Username,team\r\nada,x\r\nbob,y", &["ada", "bob"]),
            ("team,user\nx,u-1\ny\n,u-2", &["u-1", "u-2"]),
            ("\"a,b\",x", &["a,b"]),
            ("", &[]),
        ] {
            assert_eq!(names(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_list_has_a_bound() {
        assert!(names(&"x\n".repeat(LINES_MAX)).is_ok());
        assert!(names(&"x\n".repeat(LINES_MAX + 1)).is_err());
    }
}
