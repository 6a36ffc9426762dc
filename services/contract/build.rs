//! Generates the protobuf types from `proto/`, without a `protoc` on the machine.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use prost_build::Config;
use protox::prost_reflect::{DescriptorPool, FieldDescriptor, Kind};

/// Packages that come from outside: their messages are read from JSON too.
const INBOUND: [&str; 4] = ["usher.billing.v1", "usher.directory.v1", "usher.usage.v1", "usher.seats.v1"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let descriptors = protox::compile(&files, [&root])?;
    let mut config = Config::new();
    config.extern_path(".google.protobuf.Timestamp", "crate::timestamp::Timestamp");
    read_from_json(&mut config, &DescriptorPool::from_file_descriptor_set(descriptors.clone())?);
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

/// Lets the inbound types be read from JSON, field by field by the rules of `src/wire_json.rs`.
fn read_from_json(config: &mut Config, pool: &DescriptorPool) {
    for package in INBOUND {
        config.type_attribute(format!(".{package}"), "#[derive(serde::Deserialize)] #[serde(default)]");
    }
    for message in pool.all_messages().filter(|message| INBOUND.contains(&message.package_name())) {
        for field in message.fields() {
            if let Some(reader) = json_reader(&field) {
                let attribute = format!("#[serde(deserialize_with = \"crate::wire_json::{reader}\")]");
                config.field_attribute(format!(".{}", field.full_name()), attribute);
            }
        }
    }
}

/// The function that reads a field, where serde's own way is not that of the contract.
fn json_reader(field: &FieldDescriptor) -> Option<&'static str> {
    match field.kind() {
        Kind::Message(_) if field.is_list() => Some("objects"),
        _ if field.is_list() => Some("list"),
        Kind::Int64 => Some("optional_int64"),
        Kind::Message(message) if message.name() == "AddOnList" => Some("optional_add_on_list"),
        _ => None,
    }
}
