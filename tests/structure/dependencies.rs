//! Which crate may use which: data flows one way.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use crate::root;

/// Which crates of ours each may name, tests aside.
const ALLOWED: &[(&str, &[&str])] = &[
    ("licensing", &[]),
    ("contract", &["licensing"]),
    ("journal", &["contract", "licensing"]),
    ("engine", &["contract", "journal", "licensing"]),
    ("views", &["contract", "journal", "licensing"]),
    ("audit", &["contract", "journal", "licensing", "views"]),
    ("explain", &["contract", "licensing"]),
    ("api", &["contract", "engine", "explain", "journal", "licensing", "notify", "past", "views"]),
    ("backtest", &["contract", "journal", "licensing"]),
    ("past", &["contract", "engine", "journal", "licensing", "views"]),
    ("cluster", &["engine", "journal", "licensing"]),
    ("console", &["api", "licensing"]),
    ("kafka", &["contract", "journal", "licensing"]),
    ("notify", &["contract", "journal", "licensing"]),
    ("load", &["kafka"]),
    ("servers", &[]),
    ("rehearsal", &["contract", "kafka", "servers"]),
    (
        "usher",
        &[
            "api",
            "audit",
            "backtest",
            "cluster",
            "console",
            "contract",
            "engine",
            "journal",
            "kafka",
            "licensing",
            "load",
            "notify",
            "past",
            "views",
        ],
    ),
    ("bench", &["api", "contract", "engine", "journal", "kafka", "licensing", "past", "servers", "views"]),
    ("instructions", &["contract", "journal", "licensing"]),
    ("structure-tests", &[]),
    ("xtask", &[]),
];

/// What the domain may use from outside: nothing that does I/O, runs tasks or knows a wire.
const OF_THE_DOMAIN: &[&str] = &["chrono", "imbl", "serde", "thiserror", "toml"];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata speaks JSON");
    let normal = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        let kept = all.filter(|dependency| dependency["kind"].is_null());
        kept.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (package["name"].as_str().unwrap().to_owned(), normal(package))).collect()
}

#[test]
fn crates_depend_only_downwards() {
    let dependencies = dependencies();
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    assert_eq!(known, dependencies.keys().map(String::as_str).collect(), "every crate has its line");
    for (name, allowed) in ALLOWED {
        let ours = dependencies[*name].iter().map(String::as_str).filter(|name| known.contains(name));
        let forbidden: Vec<_> = ours.filter(|name| !allowed.contains(name)).collect();
        assert!(forbidden.is_empty(), "{name} may not use {forbidden:?}");
    }
}

#[test]
fn the_domain_is_pure() {
    let of_licensing = &dependencies()["licensing"];
    let others: Vec<_> = of_licensing.iter().filter(|name| !OF_THE_DOMAIN.contains(&name.as_str())).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn only_the_program_names_a_concrete_store() {
    for crate_name in ["licensing", "contract", "engine", "views", "past", "api"] {
        for file in crate::files(&root().join("services").join(crate_name).join("src"), &[".rs"]) {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(!text.contains("SqliteStore") && !text.contains("PostgresStore"), "{}", file.display());
        }
    }
}
