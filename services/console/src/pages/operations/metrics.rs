//! What a process counts, read from the text that Prometheus reads.

/// A number with its name and labels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    pub(super) value: u64,
}

/// All of them.
pub(super) struct Metrics(Vec<Sample>);

impl Metrics {
    /// Lines that are no samples of whole numbers are left out.
    pub(super) fn read(text: &str) -> Self {
        Self(text.lines().filter_map(Sample::read).collect())
    }

    pub(super) fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.of(name).next().is_some()
    }

    pub(super) fn sum(&self, name: &str) -> u64 {
        self.of(name).map(|sample| sample.value).sum()
    }

    /// The sum of those whose label has this value.
    pub(super) fn sum_where(&self, name: &str, label: &str, value: &str) -> u64 {
        self.of(name).filter(|sample| sample.label(label) == value).map(|sample| sample.value).sum()
    }

    /// The sum of those whose label begins so.
    pub(super) fn sum_starting(&self, name: &str, label: &str, start: &str) -> u64 {
        self.of(name).filter(|sample| sample.label(label).starts_with(start)).map(|sample| sample.value).sum()
    }

    /// The one whose label has this value.
    pub(super) fn one(&self, name: &str, label: &str, value: &str) -> Option<u64> {
        self.of(name).find(|sample| sample.label(label) == value).map(|sample| sample.value)
    }
}

impl Sample {
    /// Reads a line such as `usher_commands_total{outcome="refused"} 3`.
    fn read(line: &str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let (key, value) = line.rsplit_once(' ')?;
        let value = value.parse().ok()?;
        let (name, labels) = key.split_once('{').unwrap_or((key, "}"));
        let labels = labels.strip_suffix('}')?.split("\",");
        let label = |text: &str| {
            let (name, value) = text.split_once("=\"")?;
            Some((name.to_owned(), value.trim_end_matches('"').to_owned()))
        };
        Some(Self { name: name.to_owned(), labels: labels.filter_map(label).collect(), value })
    }

    /// The value of a label; empty without it.
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_their_labels() {
        let text =
            "# TYPE a counter\na{outcome=\"refused\",x=\"1,2\"} 3\na{outcome=\"accepted\"} 4\nb 5\nc 0.5\n\nnonsense";
        let metrics = Metrics::read(text);
        assert_eq!((metrics.sum("a"), metrics.sum_where("a", "outcome", "refused"), metrics.sum("b")), (7, 3, 5));
        assert_eq!(metrics.one("a", "x", "1,2"), Some(3));
        assert!(!metrics.has("c") && !metrics.has("nonsense"));
        assert_eq!(metrics.sum_starting("a", "outcome", "acc"), 4);
    }
}
