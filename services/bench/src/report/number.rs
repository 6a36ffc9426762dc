//! Numbers as people read them.

use crate::measure::{Spread, Unit};

/// A number with its unit.
pub fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond => format!("{}/s", rounded(value)),
        Unit::Seconds => format!("{} s", rounded(value)),
        Unit::Milliseconds => format!("{} ms", rounded(value)),
        Unit::Microseconds => format!("{} µs", rounded(value)),
        Unit::Bytes => bytes(value),
        Unit::Times => format!("{} ×", rounded(value)),
        Unit::Percent => format!("{} %", rounded(value)),
    }
}

/// The median, and the least and the greatest behind it.
pub fn with_spread(spread: Spread, unit: Unit) -> String {
    let Spread { median, min, max } = spread;
    if min.total_cmp(&max).is_eq() {
        return shown(median, unit);
    }
    let side = |value| if unit == Unit::Bytes { bytes(value) } else { rounded(value) };
    format!("{} ({} to {})", shown(median, unit), side(min), side(max))
}

fn bytes(value: f64) -> String {
    const STEP: f64 = 1024.0;
    if value.abs() < 10.0 * STEP {
        return format!("{} B", rounded(value));
    }
    if value.abs() < 10.0 * STEP * STEP {
        return format!("{} KiB", rounded(value / STEP));
    }
    format!("{} MiB", rounded(value / STEP / STEP))
}

/// Three digits that say something, and spaces between thousands.
fn rounded(value: f64) -> String {
    if !value.is_finite() {
        return "—".to_owned();
    }
    let decimals = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    grouped(&format!("{value:.decimals$}"))
}

fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut text = String::new();
    for (place, letter) in whole.chars().enumerate() {
        let left = whole.chars().count() - place;
        let is_between = place > 0 && left.is_multiple_of(3) && !text.ends_with('-');
        if is_between {
            text.push(' ');
        }
        text.push(letter);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_mean_something() {
        for (value, text) in [
            (123_456.7, "123 457/s"),
            (1_234.0, "1 234/s"),
            (999.4, "999/s"),
            (12.34, "12.3/s"),
            (1.234, "1.23/s"),
            (0.1234, "0.123/s"),
            (0.0, "0/s"),
            (f64::NAN, "—/s"),
        ] {
            assert_eq!(shown(value, Unit::PerSecond), text);
        }
        assert_eq!(shown(200.0, Unit::Bytes), "200 B");
        assert_eq!(shown(60.0 * 1024.0 * 1024.0, Unit::Bytes), "60.0 MiB");
    }

    #[test]
    fn a_spread_is_told_where_there_is_one() {
        let spread = Spread { median: 2.0, min: 1.0, max: 3.0 };
        assert_eq!(with_spread(spread, Unit::Times), "2.00 × (1.00 to 3.00)");
        assert_eq!(with_spread(Spread { median: 2.0, min: 2.0, max: 2.0 }, Unit::Times), "2.00 ×");
    }
}
