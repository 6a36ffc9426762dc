//! Bought against assigned seats over time, drawn here.

use std::fmt::Write;

use api::{SeatHistory, SeatLevel};
use licensing::Instant;
use maud::{Markup, html};

use super::day;

/// The size of the drawing, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
/// Room for the numbers at the left, and for the years below.
const LEFT: f64 = 44.0;
const BELOW: f64 = 22.0;
const ABOVE: f64 = 8.0;

/// The chart, and the same in words for those who don't see it.
pub(crate) fn seat_chart(history: &SeatHistory) -> Markup {
    let top = history.levels.iter().map(|level| level.bought.max(level.assigned)).max().unwrap_or(0).max(1);
    let scale = Scale { from: history.from, to: history.to, top };
    let last = history.levels.last();
    html! {
        figure.chart {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby="chart-title" {
                title #chart-title {
                    "Seats bought and seats assigned, " (history.from.format("%Y")) " to " (history.to.format("%Y"))
                }
                @for share in [0.0, 0.5, 1.0] {
                    @let y = scale.y(f64::from(top) * share);
                    line.grid x1=(LEFT) x2=(WIDTH) y1=(y) y2=(y) {}
                    @let seats = format!("{:.0}", f64::from(top) * share);
                    text.axis x=(LEFT - 8.0) y=(y + 4.0) text-anchor="end" { (seats) }
                }
                @for (x, year) in scale.years() {
                    line.grid x1=(x) x2=(x) y1=(ABOVE) y2=(HEIGHT - BELOW) {}
                    text.axis x=(x + 4.0) y=(HEIGHT - 6.0) { (year) }
                }
                path.bought d=(scale.area(&history.levels, |level| level.bought)) {}
                path.assigned d=(scale.line(&history.levels, |level| level.assigned)) {}
            }
            figcaption {
                span.key.bought-key aria-hidden="true" {} "bought "
                span.key.assigned-key aria-hidden="true" {} "assigned"
                @if let Some(last) = last {
                    span.quiet { " · since " (day(last.at)) ": " (last.bought) " bought, " (last.assigned) " assigned" }
                }
            }
        }
    }
}

struct Scale {
    from: Instant,
    to: Instant,
    top: u32,
}

impl Scale {
    fn x(&self, at: Instant) -> f64 {
        let length = self.to.signed_duration_since(self.from).as_seconds_f64().max(1.0);
        let share = at.signed_duration_since(self.from).as_seconds_f64() / length;
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT)
    }

    fn y(&self, seats: f64) -> f64 {
        HEIGHT - BELOW - seats / f64::from(self.top) * (HEIGHT - BELOW - ABOVE)
    }

    /// Steps: what was so lasts until it changes.
    fn line(&self, levels: &[SeatLevel], seats: impl Fn(&SeatLevel) -> u32) -> String {
        let mut path = String::new();
        for level in levels {
            let (x, y) = (self.x(level.at), self.y(f64::from(seats(level))));
            // Writing to a text can't fail.
            let _ = if path.is_empty() { write!(path, "M{x:.1} {y:.1}") } else { write!(path, "H{x:.1}V{y:.1}") };
        }
        let _ = write!(path, "H{WIDTH:.1}");
        path
    }

    fn area(&self, levels: &[SeatLevel], seats: impl Fn(&SeatLevel) -> u32) -> String {
        let ground = self.y(0.0);
        let line = self.line(levels, seats);
        let start = levels.first().map_or(LEFT, |level| self.x(level.at));
        format!("{line}V{ground:.1}H{start:.1}Z")
    }

    /// Where years begin, at most a dozen of them.
    fn years(&self) -> Vec<(f64, i32)> {
        use chrono::{Datelike, TimeZone, Utc};
        let (first, last) = (self.from.year(), self.to.year());
        let every = (last - first) / 12 + 1;
        let years = (first + 1..=last).filter(|year| (year - first) % every == 0);
        years.filter_map(|year| Some((self.x(Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single()?), year))).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_line_ends_at_the_right_edge_and_within_the_drawing() {
        let at = |second| chrono::DateTime::from_timestamp(second, 0).unwrap();
        let levels = vec![
            SeatLevel { at: at(0), bought: 0, assigned: 0 },
            SeatLevel { at: at(500_000_000), bought: 10, assigned: 12 },
        ];
        let history = SeatHistory { from: at(0), to: at(1_000_000_000), levels };
        let drawn = seat_chart(&history).into_string();
        assert!(drawn.contains("H720.0") && !drawn.contains("NaN") && !drawn.contains("V-"), "{drawn}");
        let scale = Scale { from: history.from, to: history.to, top: 12 };
        assert!(scale.years().len() <= 13);
    }
}
