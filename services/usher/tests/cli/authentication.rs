//! Servers that ask who calls.

use std::process::Command;

use crate::{
    messages::acme,
    program::{Place, Ran},
    serve::Server,
};

fn digest(token: &str) -> String {
    let output = Command::new("sh").args(["-c", "printf %s \"$1\" | sha256sum", "sh", token]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split_whitespace().next().unwrap().to_owned()
}

pub fn write_tokens(place: &Place, tokens: &[(&str, &str, &str)]) {
    let entries = tokens.iter().map(|(token, actor, role)| {
        format!("[[token]]\nsha256 = \"{}\"\nactor = \"{actor}\"\nroles = [\"{role}\"]\n", digest(token))
    });
    place.write("tokens.toml", entries.collect::<String>());
}

fn run_as(place: &Place, token: &str, arguments: &str) -> Ran {
    let mut command = place.command(arguments.split_whitespace());
    Ran::of(command.env("USHER_TOKEN", token).output().unwrap())
}

#[test]
fn r36_who_has_a_token_is_the_actor_and_may_do_what_its_roles_allow() {
    let place = acme(1, &["ann"]);
    write_tokens(&place, &[("olgas-token", "olga", "owner:acme"), ("auditors-token", "ada", "auditor")]);
    let serve = "serve --data-dir data --clock manual --auth tokens:tokens.toml --listen 0.0.0.0:0";
    let server = Server::start(&place, serve);
    let url = &server.address;
    place.write("users.csv", "username\nann\n");
    let assign = format!("seats assign --licensee acme --csv users.csv --url {url}");
    place.run(&assign).failed(1, "a token is needed");
    run_as(&place, "nobodys-token", &assign).failed(1, "unauthenticated");
    run_as(&place, "auditors-token", &assign).failed(1, "forbidden");
    run_as(&place, "olgas-token", &assign).done();
    let history = run_as(&place, "auditors-token", &format!("history acme --format json --url {url}")).done().json();
    let given = history.as_array().unwrap().iter().find(|event| event["type"] == "SeatAssigned").unwrap();
    assert_eq!(given["actor"], "olga");
    let ran = server.stop().done();
    assert!(!ran.stderr.contains("-token"), "{ran:#?}");
}

#[test]
fn tokens_that_can_not_be_read_stop_the_start() {
    let place = Place::new();
    place.write("tokens.toml", "[[token]]\nsha256 = \"secret-in-the-clear\"\nactor = \"a\"\nroles = []\n");
    let refused = place.run("serve --data-dir data --auth tokens:tokens.toml").failed(2, "auth");
    assert!(!refused.stderr.contains("secret-in-the-clear"), "{refused:#?}");
    run_as(&place, "a b", "timers --url http://127.0.0.1:1").failed(2, "USHER_TOKEN");
    assert!(!place.path("data").exists());
}
