//! Where settings come from, and which of them are refused.

use crate::{
    messages::acme,
    program::{Place, Ran},
};

fn run_with(place: &Place, variables: &[(&str, &str)], arguments: &str) -> Ran {
    let mut command = place.command(arguments.split_whitespace());
    Ran::of(command.envs(variables.iter().copied()).output().unwrap())
}

#[test]
fn an_unknown_or_ill_typed_setting_stops_the_start_and_is_named() {
    for (text, named) in [
        ("lisen = \"127.0.0.1:0\"", "lisen"),
        ("listen = 8080", "listen"),
        ("listen = \"everywhere\"", "listen"),
        ("clock = \"sundial\"", "clock"),
        ("roles = \"api,cook\"", "roles"),
        ("auth = \"basic\"", "auth"),
        ("log = \"loud\"", "log"),
        ("data_dir = ", "line 1"),
    ] {
        let place = Place::new();
        place.write("usher.toml", text);
        // Whatever the command, also where it would not need the setting.
        for command in ["serve", "timers --data-dir data"] {
            let ran = place.run(command).failed(2, named);
            assert_eq!(ran.stderr.lines().filter(|line| line.contains(named)).count(), 1, "{ran:#?}");
        }
        assert!(!place.path("usher-data").exists(), "{text} did not stop it in time");
    }
}

#[test]
fn an_unknown_or_ill_typed_variable_stops_the_start_and_is_named() {
    let place = Place::new();
    for (variable, value) in
        [("USHER_LISENT", "x"), ("USHER_LISTEN", "everywhere"), ("USHER_FORMAT", "xml"), ("USHER_DATA_DIR", "")]
    {
        run_with(&place, &[(variable, value)], "serve").failed(2, variable);
    }
}

#[test]
fn a_command_line_beats_the_environment_beats_the_file() {
    let place = acme(1, &[]);
    place.write("usher.toml", "data_dir = \"file\"\nformat = \"json\"");
    place.run("show acme").failed(2, "\"file\"");
    run_with(&place, &[("USHER_DATA_DIR", "environment")], "show acme").failed(2, "\"environment\"");
    let ran = run_with(&place, &[("USHER_DATA_DIR", "environment")], "show acme --data-dir data").done();
    assert_eq!(ran.json()["licensee"], "acme");
    let ran = run_with(&place, &[("USHER_FORMAT", "table")], "show acme --data-dir data").done();
    assert!(ran.stdout.starts_with("licensee "), "{ran:#?}");
}

#[test]
fn a_named_file_is_read_instead_and_has_to_be_there() {
    let place = acme(1, &[]);
    place.write("other.toml", "data-dir = \"data\"");
    place.write("usher.toml", "nonsense = \"not read\"");
    place.run("show acme --config other.toml").done();
    run_with(&place, &[("USHER_CONFIG", "other.toml")], "show acme").done();
    place.run("show acme --config none.toml").failed(2, "none.toml");
}

#[test]
fn what_is_not_available_is_refused_by_name() {
    let place = Place::new();
    for (arguments, named) in [
        ("serve --smtp smtp://mail.example.com", "smtp"),
        ("serve --smtp smtp://localhost --mail-templates none", "mail_templates"),
        ("serve --auth tokens:none.toml", "auth"),
        ("serve --auth jwks:http://example.com/keys", "auth"),
        ("serve --listen 0.0.0.0:0", "loopback"),
    ] {
        place.run(arguments).failed(2, named);
    }
    assert!(!place.path("usher-data").exists());
}

#[test]
fn one_place_at_a_time() {
    let place = Place::new();
    place.run("show acme --data-dir data --url http://127.0.0.1:1").failed(2, "exclude one another");
    // The command line's place beats the environment's.
    let ran = run_with(&place, &[("USHER_DATA_DIR", "data")], "show acme --url http://127.0.0.1:1");
    ran.failed(1, "http://127.0.0.1:1");
}

#[test]
fn a_catalogue_of_ones_own_is_used_or_refused() {
    let place = Place::new();
    place.write("bad.toml", "grace_days = \"many\"");
    for arguments in ["serve --catalog bad.toml", "ingest --catalog bad.toml -", "serve --catalog none.toml"] {
        place.run(arguments).failed(2, "catalog");
    }
    assert!(!place.path("usher-data").exists());
}
