//! Searching in texts, letter case aside: SQLite's own functions know the case of ASCII letters only.

use rusqlite::{Connection, functions::FunctionFlags};

/// Makes the SQL function `contains_folded(text, needle)`: whether the text holds a needle that [`fold`] made.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("contains_folded", 2, flags, |context| {
        let Some(text) = context.get_raw(0).as_str_or_null()? else { return Ok(false) };
        Ok(holds(text, context.get_raw(1).as_str()?))
    })
}

/// Whether a text holds a folded needle. Of ASCII nothing is copied: a search looks at every member.
fn holds(text: &str, needle: &str) -> bool {
    if !text.is_ascii() {
        return fold(text).contains(needle);
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    needle.is_empty() || text.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

/// The text without regard to letter case.
pub(super) fn fold(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_any_letter_case_and_wildcards_mean_themselves() {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        let contains = |text: Option<&str>, needle: &str| -> bool {
            connection.query_row("SELECT contains_folded(?1, ?2)", (text, fold(needle)), |row| row.get(0)).unwrap()
        };
        assert!(contains(Some("Käthe MÜLLER"), "müll"));
        assert!(contains(Some("anything"), ""));
        assert!(contains(Some("100%"), "0%"));
        assert!(!contains(Some("100"), "%"));
        assert!(!contains(Some("a"), "_"));
        assert!(!contains(None, ""));
    }
}
