//! Every rule of the domain is named by a test.

use std::fs;

use crate::{files, root};

/// The rules.
fn rules() -> impl Iterator<Item = u32> {
    1..=37
}

#[test]
fn every_rule_is_named_by_a_test() {
    let mut names = String::new();
    for folder in ["services", "tests"] {
        for file in files(&root().join(folder), &[".rs"]) {
            let text = fs::read_to_string(file).unwrap();
            for line in text.lines().map(str::trim_start) {
                if let Some((name, _)) = line.strip_prefix("fn ").and_then(|rest| rest.split_once('(')) {
                    names.push('_');
                    names.push_str(name);
                    names.push_str("_\n");
                }
            }
        }
    }
    let missing: Vec<u32> = rules().filter(|rule| !names.contains(&format!("_r{rule:02}_"))).collect();
    assert!(missing.is_empty(), "no test is named after the rules {missing:?}");
}
