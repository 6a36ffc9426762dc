//! Running the built program, and killing it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

pub fn usher(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).env_clear();
    command
}

/// A server that is killed, not stopped, when it goes away.
pub struct Server {
    child: Child,
    address: String,
    agent: ureq::Agent,
}

impl Server {
    pub fn start(folder: &Path) -> Self {
        let folder = folder.to_str().unwrap();
        let arguments =
            ["serve", "--data-dir", folder, "--listen", "127.0.0.1:0", "--clock", "manual:2025-01-01T00:00:00Z"];
        let mut child = usher(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut first_line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first_line).unwrap();
        let address = first_line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address");
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Self { address: address.to_owned(), child, agent }
    }

    /// Sends one CloudEvent; `None` when no answer came.
    pub fn send(&self, event: &Value) -> Option<Value> {
        let url = format!("{}/v1/events", self.address);
        let request = self.agent.post(url).header("content-type", "application/cloudevents+json");
        let mut response = request.send(event.to_string()).ok()?;
        let body: Value = serde_json::from_str(&response.body_mut().read_to_string().ok()?).ok()?;
        assert_eq!(response.status(), 200, "{body}");
        Some(body["results"][0].clone())
    }

    pub fn get(&self, path: &str) -> Value {
        let mut response = self.agent.get(format!("{}{path}", self.address)).call().unwrap();
        let body = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
        assert_eq!(response.status(), 200, "{body}");
        body
    }

    pub fn set_clock(&self, now: &str) {
        let request = self.agent.put(format!("{}/v1/clock", self.address)).header("content-type", "application/json");
        let response = request.send(serde_json::json!({"now": now}).to_string()).unwrap();
        assert_eq!(response.status(), 200);
    }

    /// All events of a licensee.
    pub fn history(&self, licensee: &str) -> Vec<Value> {
        let mut events = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("/v1/licensees/{licensee}/events?limit=1000{cursor}"));
            events.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return events,
            }
        }
    }

    /// Sends SIGKILL while others still talk to it.
    pub fn kill_by_signal(&self) {
        let status = Command::new("kill").args(["-KILL", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Kills it with SIGKILL, if it is not dead already, and waits for its end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
