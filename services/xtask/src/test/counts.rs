//! How many tests there were, over all test programs.

use std::fmt;

/// Sums of the closing lines of test programs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
    filtered: u64,
}

impl Counts {
    /// How many were left out by name.
    pub fn left_out(&self) -> u64 {
        self.filtered
    }

    /// Adds what a line counts, if it is a closing line.
    pub fn add(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        // "ok. 12 passed; 0 failed; 1 ignored; …": each number is followed by what it counts.
        let words: Vec<&str> = counts.split([' ', ';']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let [number, what] = pair else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match *what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                "filtered" => self.filtered += number,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = self.ignored + self.filtered;
        write!(f, "{} passed, {} failed, {skipped} skipped", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_summed_and_others_are_not() {
        let mut counts = Counts::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
            "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.30s",
            "test sends 7 passed letters ... ok",
        ] {
            counts.add(line);
        }
        assert_eq!(counts, Counts { passed: 17, failed: 2, ignored: 1, filtered: 3 });
        assert_eq!(counts.left_out(), 3);
        assert_eq!(counts.to_string(), "17 passed, 2 failed, 4 skipped");
    }
}
