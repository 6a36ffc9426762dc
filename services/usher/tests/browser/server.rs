//! The built program, serving.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;
use tempfile::TempDir;

/// A server on a folder of its own; it ends with the test.
pub struct Server {
    child: Child,
    pub address: String,
    _folder: TempDir,
}

impl Server {
    /// On a copy of the sample history.
    pub fn on_sample() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(sample(), &folder.path().join("data"));
        Self::start(folder, &[])
    }

    /// On an empty store, with these arguments besides.
    pub fn empty(arguments: &[&str]) -> Self {
        Self::start(tempfile::tempdir().unwrap(), arguments)
    }

    fn start(folder: TempDir, arguments: &[&str]) -> Self {
        let data = folder.path().join("data");
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--clock", "event-time", "--data-dir"]).arg(data);
        command.args(arguments).env_clear().current_dir(folder.path());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("usher listens on ").expect("where it listens").trim_end().to_owned();
        Self { child, address, _folder: folder }
    }

    /// Asks the interface, not the console.
    pub fn get(&self, path: &str) -> Value {
        let mut answer = ureq::get(format!("{}{path}", self.address)).call().unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    pub fn delete(&self, path: &str) {
        ureq::delete(format!("{}{path}", self.address)).call().unwrap();
    }

    /// Has a message accepted.
    pub fn message(&self, message: &Value) {
        self.message_as(message, None);
    }

    pub fn message_as(&self, message: &Value, token: Option<&str>) {
        let mut request = ureq::post(format!("{}/v1/events", self.address));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = request.content_type("application/cloudevents+json").send(message.to_string()).unwrap();
        let results: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        assert_eq!(results["results"][0]["outcome"], "accepted", "{results}");
    }

    /// The seats that `rails` has assigned, and bought.
    pub fn seats(&self) -> (u64, u64) {
        let duo = &self.get("/v1/licensees/rails")["products"]["duo"];
        (duo["assigned"].as_u64().unwrap(), duo["quantity"].as_u64().unwrap())
    }

    /// Some members of `rails` with a seat, or active ones without.
    pub fn members(&self, assigned: bool) -> Vec<String> {
        let found = self.get(&format!("/v1/licensees/rails/members?assigned={assigned}&status=active&limit=10"));
        let user = |member: &Value| member["user"].as_str().unwrap().to_owned();
        found["items"].as_array().unwrap().iter().map(user).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The sample history, played once for all tests.
fn sample() -> &'static Path {
    static SAMPLE: OnceLock<TempDir> = OnceLock::new();
    let folder = SAMPLE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut demo = Command::new(env!("CARGO_BIN_EXE_usher"));
        demo.args(["demo", "--no-serve", "--data-dir"]).arg(folder.path()).env_clear();
        assert!(demo.output().unwrap().status.success());
        folder
    });
    folder.path()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
