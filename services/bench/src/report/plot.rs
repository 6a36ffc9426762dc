//! Curves, drawn as SVG: sizes from left to right by powers of ten, values from zero upwards.

use std::fmt::Write;

use serde::Serialize;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Told apart also by those who see no red or no green.
const COLOURS: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];
/// Lines across, at least; at most two and a half times as many.
const STEPS_MIN: f64 = 3.0;

/// Curves over one axis.
#[derive(Debug, Clone, Serialize)]
pub struct Plot {
    /// The name of its file, without the ending.
    pub file: String,
    /// What it shows.
    pub title: String,
    /// What grows to the right.
    pub x: String,
    /// What is measured.
    pub y: String,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// What one contender did at each size.
#[derive(Debug, Clone, Serialize)]
pub struct Curve {
    /// Who.
    pub name: String,
    /// Size and value, by size.
    pub points: Vec<(f64, f64)>,
}

/// From sizes and values to places on the sheet.
struct Scale {
    /// The logarithms of the smallest and the greatest size.
    x: (f64, f64),
    /// What stands at the top: a multiple of the step.
    y_max: f64,
    /// Between two lines across.
    y_step: f64,
}

impl Scale {
    fn of(plot: &Plot) -> Self {
        let points = || plot.curves.iter().flat_map(|curve| &curve.points);
        let sizes = points().map(|(size, _)| size.max(1.0).log10());
        let (smallest, greatest) =
            sizes.fold((f64::MAX, f64::MIN), |(least, most), size| (least.min(size), most.max(size)));
        let y_max = points().map(|(_, value)| *value).fold(0.0, f64::max);
        let greatest = if greatest > smallest { greatest } else { smallest + 1.0 };
        let y_step = round_step(if y_max > 0.0 { y_max } else { 1.0 } / STEPS_MIN);
        Self { x: (smallest, greatest), y_max: ((y_max / y_step).floor() + 1.0) * y_step, y_step }
    }

    fn x(&self, size: f64) -> f64 {
        let part = (size.max(1.0).log10() - self.x.0) / (self.x.1 - self.x.0);
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - value / self.y_max * (HEIGHT - TOP - BOTTOM)
    }
}

/// The greatest number of the form 1, 2 or 5 times a power of ten that is not above `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let digit = [5.0, 2.0].into_iter().find(|digit| digit * power <= step).unwrap_or(1.0);
    digit * power
}

impl Plot {
    /// The drawing.
    pub fn svg(&self) -> String {
        let scale = Scale::of(self);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        self.draw_axes(&mut svg, &scale);
        for (curve, colour) in self.curves.iter().zip(COLOURS.iter().cycle()) {
            draw_curve(&mut svg, &scale, curve, colour);
        }
        svg + "</svg>\n"
    }

    fn draw_axes(&self, svg: &mut String, scale: &Scale) {
        let (right, bottom, middle) = (WIDTH - RIGHT, HEIGHT - BOTTOM, f64::midpoint(LEFT, WIDTH - RIGHT));
        text(svg, (LEFT, TOP - 18.0), "start", &format!("{}, {}", self.title, self.y));
        text(svg, (middle, HEIGHT - 12.0), "middle", &self.x);
        let lines = (scale.y_max / scale.y_step).round() as u32;
        for line in 0..=lines {
            let value = scale.y_step * f64::from(line);
            let y = scale.y(value);
            // Writing to a text never fails.
            let _ = writeln!(svg, "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/>");
            text(svg, (LEFT - 6.0, y + 4.0), "end", &tick(value));
        }
        let mut sizes: Vec<f64> = self.curves.iter().flat_map(|curve| &curve.points).map(|(size, _)| *size).collect();
        sizes.sort_by(f64::total_cmp);
        sizes.dedup();
        for size in sizes {
            text(svg, (scale.x(size), bottom + 18.0), "middle", &tick(size));
        }
    }
}

fn draw_curve(svg: &mut String, scale: &Scale, curve: &Curve, colour: &str) {
    let places: Vec<(f64, f64)> = curve.points.iter().map(|(size, value)| (scale.x(*size), scale.y(*value))).collect();
    let line: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ =
        writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", line.join(" "));
    for (x, y) in &places {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }
    if let Some((x, y)) = places.last() {
        let name = escaped(&curve.name);
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>", x + 8.0, y + 4.0);
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, what: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escaped(what));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn tick(value: f64) -> String {
    match value {
        million if million >= 1e6 => format!("{:.0} M", million / 1e6),
        thousand if thousand >= 1e4 => format!("{:.0} k", thousand / 1e3),
        large if large >= 10.0 || large == 0.0 => format!("{large:.0}"),
        small => format!("{small:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: Vec<(f64, f64)>) -> Plot {
        let curves = vec![Curve { name: "us & <them>".to_owned(), points }];
        Plot { file: "a".to_owned(), title: "cost".to_owned(), x: "seats".to_owned(), y: "µs".to_owned(), curves }
    }

    #[test]
    fn greater_sizes_are_further_right_and_greater_values_further_up() {
        let plot = plot(vec![(10.0, 1.0), (1_000.0, 3.0)]);
        let scale = Scale::of(&plot);
        assert!(scale.x(10.0) < scale.x(1_000.0) && scale.y(3.0) < scale.y(1.0));
        assert!((scale.x(100.0) - f64::midpoint(scale.x(10.0), scale.x(1_000.0))).abs() < 1e-9);
        let svg = plot.svg();
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("us &amp; &lt;them>") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn lines_across_are_at_round_values() {
        for (step, round) in [(48.0, 20.0), (50.0, 50.0), (0.7, 0.5), (19.0, 10.0), (1.0, 1.0)] {
            assert!((round_step(step) - round).abs() < 1e-9, "{step}");
        }
    }

    #[test]
    fn a_single_point_and_none_at_all_can_be_drawn() {
        for points in [vec![(10.0, 0.0)], vec![]] {
            assert!(!plot(points).svg().contains("NaN"));
        }
    }
}
