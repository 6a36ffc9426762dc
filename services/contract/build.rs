//! Generates the protobuf types from `proto/`, without a `protoc` on the machine.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use prost_build::Config;
use protox::prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

/// Packages that come from outside: their messages are read from JSON too.
const INBOUND: [&str; 4] = ["usher.billing.v1", "usher.directory.v1", "usher.usage.v1", "usher.seats.v1"];

/// The package whose messages are also read where they lie.
const BORROWED: &str = "usher.licensing.v1";
/// The one message of others in it.
const TIMESTAMP: &str = "google.protobuf.Timestamp";

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let descriptors = protox::compile(&files, [&root])?;
    let mut config = Config::new();
    config.extern_path(".google.protobuf.Timestamp", "crate::timestamp::Timestamp");
    let pool = DescriptorPool::from_file_descriptor_set(descriptors.clone())?;
    read_from_json(&mut config, &pool);
    let borrowed = Path::new(&env::var("OUT_DIR")?).join(format!("{BORROWED}.borrowed.rs"));
    fs::write(borrowed, read_where_they_lie(&pool)?)?;
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

/// Types for `src/borrowed.rs`.
fn read_where_they_lie(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let mut code = String::from("use super::{Borrowed, DamagedMessage, Fields};\n");
    for message in pool.all_messages().filter(|message| message.package_name() == BORROWED) {
        write_borrowed(&mut code, &message)?;
    }
    Ok(code)
}

fn write_borrowed(code: &mut String, message: &MessageDescriptor) -> Result<(), Box<dyn Error>> {
    let name = message.name();
    let (mut members, mut arms) = (String::new(), String::new());
    for field in message.fields() {
        let (plain, read) = borrowed_type(&field)?;
        let (number, field_name) = (field.number(), name_of(&field));
        let (kind, set) = if field.is_list() {
            (format!("Vec<{plain}>"), format!("message.{field_name}.push({read})"))
        } else if field.supports_presence() {
            (format!("Option<{plain}>"), format!("message.{field_name} = Some({read})"))
        } else {
            (plain, format!("message.{field_name} = {read}"))
        };
        writeln!(members, "    pub(crate) {field_name}: {kind},")?;
        writeln!(arms, "                ({number}, value) => {set},")?;
    }
    write!(
        code,
        "
#[derive(Debug, Clone, Default)]
pub(crate) struct {name}<'a> {{
{members}}}

impl<'a> Borrowed<'a> for {name}<'a> {{
    fn read(encoded: &'a [u8]) -> Result<Self, DamagedMessage> {{
        let mut message = Self::default();
        for field in Fields::of(encoded) {{
            match field? {{
{arms}                _ => {{}}
            }}
        }}
        Ok(message)
    }}
}}
"
    )?;
    Ok(())
}

/// The type of a single value, and how it is read.
fn borrowed_type(field: &FieldDescriptor) -> Result<(String, String), Box<dyn Error>> {
    Ok(match field.kind() {
        Kind::String => ("&'a str".to_owned(), "value.text()?".to_owned()),
        // A list of numbers would come as one value.
        Kind::Uint32 if !field.is_list() => ("u32".to_owned(), "value.uint32()?".to_owned()),
        Kind::Bool if !field.is_list() => ("bool".to_owned(), "value.bool()?".to_owned()),
        Kind::Message(message) if message.full_name() == TIMESTAMP => {
            ("crate::timestamp::Timestamp".to_owned(), "value.message()?".to_owned())
        }
        Kind::Message(message) if message.package_name() == BORROWED => {
            let name = message.name();
            (format!("{name}<'a>"), format!("{name}::read(value.bytes()?)?"))
        }
        other => return Err(format!("{}: no way to read {other:?} where it lies", field.full_name()).into()),
    })
}

/// The only field's name that is a word of Rust is `type`.
fn name_of(field: &FieldDescriptor) -> String {
    if field.name() == "type" { "r#type".to_owned() } else { field.name().to_owned() }
}
