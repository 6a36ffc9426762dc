//! What the program says about itself.

use crate::program::Place;

const COMMANDS: &[&str] = &[
    "serve",
    "demo",
    "ingest",
    "seats",
    "seats assign",
    "seats remove",
    "history",
    "show",
    "diff",
    "why",
    "timers",
    "verify",
    "seal",
    "reconcile",
    "rebuild",
    "migrate",
    "export",
    "publish",
    "dead-letters",
    "dead-letters list",
    "dead-letters retry",
];

#[test]
fn every_command_explains_itself_with_an_example() {
    let place = Place::new();
    for command in COMMANDS {
        let help = place.run(&format!("{command} --help")).done();
        assert!(help.stderr.is_empty(), "{help:#?}");
        for part in ["Usage: usher", "Examples:", &format!("usher {}", command.split(' ').next().unwrap())] {
            assert!(help.stdout.contains(part), "{command} lacks {part:?}: {}", help.stdout);
        }
    }
}

#[test]
fn help_names_the_variable_of_every_setting() {
    let place = Place::new();
    let help: String = COMMANDS.iter().map(|command| place.run(&format!("{command} --help")).done().stdout).collect();
    // The lines are wrapped.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for setting in [
        "LISTEN",
        "DATA_DIR",
        "DATABASE_URL",
        "SHARDS",
        "NODE_LISTEN",
        "NODE_ADDRESS",
        "URL",
        "KAFKA",
        "ROLES",
        "AUTH",
        "CLOCK",
        "CATALOG",
        "SMTP",
        "FORMAT",
        "LOG",
        "LOG_FORMAT",
        "CONFIG",
    ] {
        assert!(help.contains(&format!("[env: USHER_{setting}]")), "{setting}");
    }
}

#[test]
fn version_and_help_are_results() {
    let place = Place::new();
    let version = place.run("--version").done();
    assert_eq!(version.stdout, format!("usher {}\n", env!("CARGO_PKG_VERSION")));
    let help = place.run("--help").done();
    for part in ["USHER_", "usher.toml", "Exit status"] {
        assert!(help.stdout.contains(part), "{}", help.stdout);
    }
}

#[test]
fn wrong_usage_is_2() {
    let place = Place::new();
    for (arguments, told) in [
        ("", "Usage"),
        ("sing", "sing"),
        ("serve --loud", "--loud"),
        ("ingest", "FILE"),
        ("history", "LICENSEE"),
        ("history a/b", "licensee"),
        ("history acme --from yesterday", "--from"),
        ("show acme --format xml", "--format"),
        ("seats assign --csv users.csv", "--licensee"),
        ("timers --url ftp://a", "--url"),
    ] {
        let ran = place.run(arguments).failed(2, told);
        assert_eq!(ran.stdout, "", "{arguments}");
    }
}
