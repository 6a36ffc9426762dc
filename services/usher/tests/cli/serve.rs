//! `usher serve`, and the commands that ask a server.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{
    messages::acme,
    program::{Place, Ran},
};

/// A server in the background; killed if a test forgets it.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    /// Starts it and waits until it says where it listens.
    pub fn start(place: &Place, arguments: &str) -> Self {
        Self::spawn(&mut place.command(arguments.split_whitespace()), 0).1
    }

    /// The same for a command that is put together already.
    pub fn start_command(command: &mut Command) -> Self {
        Self::spawn(command, 0).1
    }

    /// The same for a command that prints a line before; gives it too.
    pub fn start_after_a_line(command: &mut Command) -> (String, Self) {
        Self::spawn(command, 1)
    }

    fn spawn(command: &mut Command, lines_before: usize) -> (String, Self) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut before = String::new();
        (0..lines_before).for_each(|_| assert_ne!(stdout.read_line(&mut before).unwrap(), 0, "it ended"));
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        child.stdout = Some(stdout.into_inner());
        let address =
            line.strip_prefix("usher listens on ").unwrap_or_else(|| panic!("{before}{line}")).trim_end().to_owned();
        (before, Self { child, address })
    }

    /// Ends it in order.
    pub fn stop(self) -> Ran {
        self.end_with("-TERM")
    }

    fn end_with(mut self, signal: &str) -> Ran {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Ran { status: self.child.wait().unwrap().code().expect("an exit status, not a signal"), stdout, stderr }
    }

    /// Ends it as a crash does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.send("GET", path, "")
    }

    /// Reads, and sees what the change did that answered with this body.
    pub fn get_behind(&self, change: &str, path: &str) -> (u16, String) {
        let change: Value = serde_json::from_str(change).unwrap();
        let position = change["position"].as_str().unwrap_or_else(|| panic!("no change: {change}"));
        self.request("GET", path, "", &[("x-usher-min-position", position)])
    }

    /// Sends a request with a body in JSON, unless that is empty; gives status and body of the answer.
    pub fn send(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.request(method, path, body, &[])
    }

    fn request(&self, method: &str, path: &str, body: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let content_type = if path == "/v1/events" { "application/cloudevents+json" } else { "application/json" };
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.address));
        if !body.is_empty() {
            request = request.header("content-type", content_type);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = agent.run(request.body(body.to_owned()).unwrap()).unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail where it has ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub const SERVE: &str = "serve --data-dir data --listen 127.0.0.1:0 --clock manual";

#[test]
fn it_listens_on_any_free_port_and_ends_in_order_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let place = Place::new();
        let server = Server::start(&place, SERVE);
        assert!(!server.address.ends_with(":0"), "{}", server.address);
        assert_eq!(server.get("/readyz").0, 200);
        let metrics = server.get("/metrics").1;
        assert!(metrics.lines().any(|line| line.starts_with("process_resident_memory_bytes ")), "{metrics}");
        let ran = server.end_with(signal).done();
        assert_eq!(ran.stdout, "", "one line says where it listens, and no more");
        // The folder is free again.
        Server::start(&place, SERVE).stop().done();
    }
}

#[test]
fn what_was_fed_before_is_there_from_the_first_answer_on() {
    let place = acme(2, &["ann"]);
    let server = Server::start(&place, SERVE);
    let (status, body) = server.get("/v1/licensees/acme");
    assert_eq!(status, 200, "{body}");
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["members"], 1);
    server.stop().done();
}

#[test]
fn a_port_that_is_taken_is_1_and_the_store_is_left_alone() {
    let place = Place::new();
    let server = Server::start(&place, SERVE);
    let address = server.address.trim_start_matches("http://");
    place.run(&format!("serve --data-dir other --listen {address}")).failed(1, "cannot listen");
    assert!(!place.path("other").exists());
    server.stop().done();
}

#[test]
fn commands_answer_the_same_of_a_server_and_of_its_store() {
    let place = acme(2, &["ann", "bob"]);
    let commands = [
        "show acme --format json",
        "show acme",
        "history acme --format json",
        "history acme",
        "timers",
        "timers --format json",
    ];
    let of_store = commands.map(|command| place.run(&format!("{command} --data-dir data")).done().stdout);
    let server = Server::start(&place, SERVE);
    let of_server = commands.map(|command| place.run(&format!("{command} --url {}", server.address)).done().stdout);
    assert_eq!(of_store, of_server);
    place.run(&format!("show nobody --url {}", server.address)).failed(1, "unknown_licensee");
    server.stop().done();
}

#[test]
fn seats_can_be_assigned_through_a_server() {
    let place = acme(2, &["ann", "an"]);
    let server = Server::start(&place, SERVE);
    place.write("users.csv", "username\nan\nnobody\n");
    let arguments = format!("seats assign --licensee acme --csv users.csv --best-effort --url {}", server.address);
    let table = place.run(&arguments).done().stdout;
    assert_eq!(table, "an      assigned\nnobody  failed    invalid_user_membership\n");
    server.stop().done();
}

#[test]
fn a_server_that_is_not_there_is_1() {
    let place = Place::new();
    place.run("timers --url http://127.0.0.1:1").failed(1, "http://127.0.0.1:1");
}
