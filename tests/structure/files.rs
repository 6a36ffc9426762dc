//! No file lies about that no crate is made of: nothing would build, check or test it.

use std::path::Path;

use crate::root;

/// The files that may say that a file is a module.
fn parents(file: &Path) -> Vec<std::path::PathBuf> {
    let folder = file.parent().unwrap();
    let of = if file.ends_with("mod.rs") { folder.parent().unwrap() } else { folder };
    let beside = of.with_extension("rs");
    ["mod.rs", "lib.rs", "main.rs"].iter().map(|name| of.join(name)).chain([beside]).collect()
}

#[test]
fn every_source_file_is_a_module_of_its_crate() {
    for file in crate::files(&root().join("services"), &[".rs"]) {
        let is_source = file.components().any(|part| part.as_os_str() == "src");
        let stem = file.file_stem().unwrap().to_str().unwrap();
        if !is_source || ["lib", "main"].contains(&stem) {
            continue;
        }
        let name = if stem == "mod" { file.parent().unwrap().file_name().unwrap().to_str().unwrap() } else { stem };
        let declaration = format!("mod {name};");
        let is_declared = |parent: &std::path::PathBuf| {
            std::fs::read_to_string(parent).is_ok_and(|text| text.lines().any(|line| line.ends_with(&declaration)))
        };
        assert!(parents(&file).iter().any(is_declared), "{} is a module of nothing", file.display());
    }
}
