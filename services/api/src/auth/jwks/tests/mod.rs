mod issuer;
mod sources;
mod verification;

use std::fs;

use serde_json::Value;

use super::{KeySet, Unauthenticated};
use issuer::{NOW, keys_of};

/// A set that was read from a file which is there no longer.
fn key_set(keys: &[Value]) -> KeySet {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    fs::write(&path, keys_of(keys)).unwrap();
    KeySet::open(path.to_str().unwrap()).unwrap()
}

fn actor_of(keys: &KeySet, token: &str) -> Result<String, Unauthenticated> {
    keys.identify(token, NOW.parse().unwrap()).map(|principal| principal.actor().to_owned())
}
