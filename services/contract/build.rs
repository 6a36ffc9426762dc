//! Generates the protobuf types from `proto/`, without a `protoc` on the machine.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let descriptors = protox::compile(&files, [&root])?;
    let mut config = prost_build::Config::new();
    // JSON bodies are read into the same types as protobuf bodies.
    for package in ["billing", "directory", "usage", "seats"] {
        let path = format!(".usher.{package}.v1");
        config.type_attribute(&path, "#[derive(serde::Deserialize)] #[serde(default)]");
    }
    config.compile_fds(descriptors)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
