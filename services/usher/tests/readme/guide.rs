//! The auditor's guide, run as it is written: every command gives what the guide shows.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/audit-guide.md");
const ADDRESS: &str = "http://127.0.0.1:8080";
/// Stands for lines that are left out, or for the rest of a line.
const LEFT_OUT: char = '…';
/// How a line ends that says how far something is: on a slow machine there are some.
const PROGRESS: &str = " so far";

/// A command of the guide, and the lines that are shown below it.
struct Shown {
    command: String,
    lines: Vec<String>,
}

/// Every command of the guide, in order.
fn commands() -> Vec<Shown> {
    let text = fs::read_to_string(GUIDE).unwrap();
    let blocks = text.split("\n```\n").skip(1).step_by(2);
    blocks.flat_map(commands_of).collect()
}

/// The commands of a block: from `$ ` on, as many lines as it takes until quotes are closed and no line is continued.
fn commands_of(block: &str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    for line in block.lines() {
        let is_open = |command: &str| command.matches('\'').count() % 2 == 1 || command.ends_with('\\');
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push(Shown { command: command.to_owned(), lines: Vec::new() }),
            (None, Some(last)) if last.lines.is_empty() && is_open(&last.command) => {
                last.command = format!("{}\n{line}", last.command);
            }
            (None, Some(last)) => last.lines.push(line.to_owned()),
            (None, None) => panic!("a block begins without a command: {line}"),
        }
    }
    commands
}

/// What a command prints, on either way out, whatever its exit status: some of them find what is wrong.
fn run(command: &str, folder: &Path) -> Vec<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_usher")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(folder)
        .env("PATH", path)
        .env_remove("USHER_LOG")
        .stdin(Stdio::null())
        .output()
        .expect("bash and curl are needed: install them");
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.lines().filter(|line| !line.ends_with(PROGRESS)).map(ToOwned::to_owned).collect()
}

/// A server on the sample, and where it listens.
fn server(folder: &Path) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["serve", "--data-dir", "usher-demo", "--clock", "event-time", "--listen", "127.0.0.1:0"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.find_map(|line| Some(line[line.find("http://")?..].trim_end_matches('/').to_owned()));
    (child, address.expect("it says where it listens"))
}

/// A line as it is compared: without what differs from run to run, and with one space between words.
fn settled(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let settled = words.iter().enumerate().map(|(at, word)| {
        let (before, behind) = (at.checked_sub(1).map(|at| words[at]), words.get(at + 1));
        // How many commits a writer makes of what it is fed depends on its speed.
        let is_count = behind.is_some_and(|behind| behind.starts_with("commits"));
        let is_of_now = matches!(before, Some("key")) || (before == Some("at") && words[..at].contains(&"signed"));
        if is_of_now || (is_count && word.bytes().all(|byte| byte.is_ascii_digit())) { "*" } else { word }
    });
    settled.collect::<Vec<_>>().join(" ")
}

/// Whether a line is as shown.
fn is_as_shown(shown: &str, line: &str) -> bool {
    let (shown, line) = (settled(shown), settled(line));
    match shown.split_once(LEFT_OUT) {
        Some((start, _)) => line.starts_with(start),
        None => shown == line,
    }
}

/// Whether it prints what is shown: the same lines, some left out where the guide says so.
#[track_caller]
fn assert_prints(shown: &Shown, printed: &[String]) {
    let mut left = printed.iter();
    let mut may_skip = false;
    for expected in &shown.lines {
        if expected.trim() == LEFT_OUT.to_string() {
            may_skip = true;
            continue;
        }
        let found = if may_skip {
            left.any(|line| is_as_shown(expected, line))
        } else {
            left.next().is_some_and(|line| is_as_shown(expected, line))
        };
        assert!(found, "{}\ndoes not print\n{expected}\nbut\n{}", shown.command, printed.join("\n"));
        may_skip = false;
    }
    let more = left.next().filter(|_| !may_skip);
    assert!(more.is_none(), "{}\nprints more than is shown: {more:?}", shown.command);
}

#[test]
fn every_command_of_the_auditors_guide_gives_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::os::unix::fs::symlink(root.join("services"), folder.path().join("services")).unwrap();
    let demo = run("usher demo --no-serve", folder.path());
    assert!(folder.path().join("usher-demo").exists(), "{}", demo.join("\n"));
    let commands = commands();
    assert!(commands.len() >= 15, "only {} commands were found", commands.len());
    for shown in &commands {
        let printed = if shown.command.contains(ADDRESS) {
            let (mut child, address) = server(folder.path());
            let printed = run(&shown.command.replace(ADDRESS, &address), folder.path());
            let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
            assert!(stopped.success() && child.wait().unwrap().success());
            printed
        } else {
            run(&shown.command, folder.path())
        };
        assert_prints(shown, &printed);
    }
}
