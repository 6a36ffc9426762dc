//! The ids under which a message is sent again.

/// Between the first id and the number of the attempt.
const MARK: &str = "~retry-";

/// The longest id of a message, in characters.
const CHARS_MAX: usize = 255;

/// The id for the next attempt at a message, after `id` was refused and, perhaps, `last` was used for it already.
pub(super) fn next(id: &str, last: Option<&str>) -> String {
    let (first, number) = split(id);
    let used = last.map_or(0, |last| split(last).1).max(number);
    let mark = format!("{MARK}{}", used.saturating_add(1));
    // An id may be as long as is allowed already.
    let room = CHARS_MAX.saturating_sub(mark.len());
    first.chars().take(room).chain(mark.chars()).collect()
}

/// The first id and the number of the attempt, 0 for the first.
fn split(id: &str) -> (&str, u32) {
    let attempt = id.rsplit_once(MARK).and_then(|(first, number)| Some((first, number.parse().ok()?)));
    attempt.unwrap_or((id, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r34_each_attempt_has_an_id_of_its_own() {
        for (id, last, expected) in [
            ("m-1", None, "m-1~retry-1"),
            ("m-1~retry-1", None, "m-1~retry-2"),
            ("m-1", Some("m-1~retry-1"), "m-1~retry-2"),
            ("m-1~retry-x", None, "m-1~retry-x~retry-1"),
            ("", None, "~retry-1"),
        ] {
            assert_eq!(next(id, last), expected);
        }
    }

    #[test]
    fn an_id_stays_as_short_as_it_has_to_be() {
        let long = "ü".repeat(255);
        let retried = next(&long, None);
        assert_eq!(retried.chars().count(), 255);
        assert!(retried.ends_with("ü~retry-1"));
        assert!(next(&retried, None).ends_with("ü~retry-2"));
    }
}
