//! The bytes of stored events, kept for good: what was ever written has to stay readable, and mean the same.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use contract::event::{SCHEMA_VERSION, TYPE_NAMES, decode};

use crate::samples;

/// Set, this writes the files that are missing. It never overwrites one.
const WRITE: &str = "USHER_WRITE_GOLDEN";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/golden/events")
}

fn file(name: &str) -> PathBuf {
    folder().join(format!("{name}.hex"))
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.trim_end().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn golden_bytes(name: &str, current: &[u8]) -> Vec<u8> {
    let path = file(name);
    if !path.exists() && env::var_os(WRITE).is_some() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&path, to_hex(current) + "\n").unwrap();
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("no golden file {}: {error}; write it with `{WRITE}=1 cargo test -p contract golden`", path.display())
    });
    from_hex(&text)
}

#[test]
fn every_event_type_has_a_sample() {
    let sampled: BTreeSet<_> = samples::all().iter().map(|sample| sample.event.encode().type_name).collect();
    assert_eq!(sampled, TYPE_NAMES.iter().copied().collect());
}

#[test]
fn golden_bytes_give_the_known_event_and_the_event_gives_the_same_bytes() {
    for sample in samples::all() {
        let encoded = sample.event.encode();
        let golden = golden_bytes(&sample.name(), &encoded.data);
        assert_eq!(encoded.schema_version, SCHEMA_VERSION);
        assert_eq!(to_hex(&encoded.data), to_hex(&golden), "{}", sample.name());
        assert_eq!(decode(encoded.type_name, 1, &golden).unwrap(), sample.event, "{}", sample.name());
    }
}

#[test]
fn every_golden_file_has_a_sample() {
    let known: BTreeSet<_> = samples::all().iter().map(|sample| file(&sample.name())).collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        assert!(known.contains(&path), "nothing tests {}", path.display());
    }
}
