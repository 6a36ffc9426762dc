//! The documents say what is there.

use std::fs;

use crate::{files, root};

/// Paths in backticks that begin with a folder of the project.
fn named_paths(text: &str) -> Vec<String> {
    let folders = ["services/", "proto/", "schemas/", "tests/", "docs/", ".ci/", ".config/"];
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|path| folders.iter().any(|folder| path.starts_with(folder)))
        .filter(|path| !path.contains(['*', '{', ' ', '<']))
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn every_path_that_a_document_names_exists() {
    let mut count = 0;
    for document in files(&root().join("docs"), &[".md"]).into_iter().chain([root().join("README.md")]) {
        for path in named_paths(&fs::read_to_string(&document).unwrap()) {
            assert!(root().join(&path).exists(), "{} names {path}", document.display());
            count += 1;
        }
    }
    assert!(count > 20, "only {count} paths were found: the search is broken");
}

#[test]
fn no_source_file_unwraps_outside_of_tests() {
    for file in files(&root().join("services"), &[".rs"]) {
        let path = file.to_string_lossy().into_owned();
        if ["/tests/", "/examples/", "/benches/"].iter().any(|folder| path.contains(folder))
            || path.ends_with("build.rs")
        {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for forbidden in [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!("] {
            assert!(!code.contains(forbidden), "{path} has {forbidden}");
        }
    }
}
