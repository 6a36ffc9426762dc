//! The README's tour, run as it is written: only address, folder and program are put in their place.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod guide;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
const ADDRESS: &str = "http://127.0.0.1:8080";
const FOLDER: &str = "usher-demo";

/// The shell blocks of the README, in order.
fn blocks() -> Vec<String> {
    let text = fs::read_to_string(README).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// Runs a block in a folder; gives what it prints. Any failure within it is one of the test.
fn run(block: &str, folder: &Path) -> String {
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", block])
        .current_dir(folder)
        .env_remove("USHER_LOG")
        .output()
        .expect("bash and curl are needed: install them");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{block}\nended with {}: {errors}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// The demo, and the address that it prints.
fn demo(folder: &Path) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["demo", "--listen", "127.0.0.1:0"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines
        .map(Result::unwrap)
        .find_map(|line| line.split_whitespace().find(|word| word.starts_with("http://")).map(ToOwned::to_owned));
    (child, address.expect("the demo prints an address"))
}

#[test]
fn the_tour_works_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, address) = demo(folder.path());
    let address = address.trim_end_matches('/');
    let (with_server, on_folder): (Vec<_>, Vec<_>) = blocks().into_iter().partition(|block| block.contains("curl"));
    assert!(with_server.len() >= 6 && on_folder.len() == 1);

    let answers: Vec<String> =
        with_server.iter().map(|block| run(&block.replace(ADDRESS, address), folder.path())).collect();
    for (block, answer) in with_server.iter().zip(&answers) {
        assert!(answer.contains('{') && !answer.contains("urn:usher:error"), "{block}\nanswers {answer}");
    }
    let all = answers.concat();
    for promised in [
        r#""licensee":"rails","name":"Rails""#,
        r#""kind":"subscription_expires""#,
        r#""changed":true"#,
        r#""user":"u-84f02b","status":"active","seats":[{"licensee":"rails""#,
        r#""allowed":true,"reason":"seat""#,
        r#""code":"quantity_exceeds_subscription_seats""#,
        r#""type":"SeatRemoved""#,
        r#"{"events":[{"type":"SeatQuantityChanged""#,
    ] {
        assert!(all.contains(promised), "nothing in the tour answers {promised}:\n{all}");
    }

    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(child.wait().unwrap().code(), Some(0), "a SIGTERM that ended in order exits 0");
    let program = env!("CARGO_BIN_EXE_usher");
    let block: String =
        on_folder[0].lines().map(|line| line.replacen("usher ", &format!("{program} "), 1) + "\n").collect();
    let printed = run(&block, folder.path());
    assert!(folder.path().join(FOLDER).exists());
    for promised in ["duo_pro", "duo_enterprise", "SeatRemoved", "subscription_expires"] {
        assert!(printed.contains(promised), "{promised} is not in\n{printed}");
    }
}
