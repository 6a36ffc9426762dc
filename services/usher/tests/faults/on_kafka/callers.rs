//! What comes in over HTTP.

use std::{
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use ureq::http::{Request, Response};

use super::{
    dice::Dice,
    load::Run,
    messages::{LICENSEES, licensee, members},
};
use crate::check::{Answer, Change, Said};

/// How long a caller waits for an answer before it asks another node.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long it may take until a request is answered, whoever was killed meanwhile.
const ANSWERED_WITHIN: Duration = Duration::from_secs(90);
/// For how many requests it stays with a node.
const NODE_FOR: u64 = 10;
const RETRY_AFTER: Duration = Duration::from_millis(100);
/// Between two requests of a caller: the load is to be steady, not as large as can be.
const PAUSE: Duration = Duration::from_millis(15);

/// A caller: asks for one change after another, each until it is answered.
pub struct Caller {
    name: String,
    dice: Dice,
    agent: ureq::Agent,
    asked: u64,
    /// Which node it asks: the same until that does not answer, or for a change.
    node: u64,
}

impl Caller {
    pub fn new(number: u64) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        Self {
            name: format!("caller-{number}"),
            dice: Dice::new(number),
            agent: config.build().into(),
            asked: 0,
            node: number,
        }
    }

    /// Asks until it is to stop; gives what was answered.
    pub fn ask_on(mut self, run: &Run) -> Vec<Answer> {
        let mut answers = Vec::new();
        while !run.is_over() {
            let Some(answer) = self.ask(run) else { break };
            answers.push(answer);
            run.answered.fetch_add(1, Ordering::Relaxed);
            thread::sleep(PAUSE);
        }
        answers
    }

    /// `None` if nobody wants to know any more.
    fn ask(&mut self, run: &Run) -> Option<Answer> {
        self.asked += 1;
        if self.dice.once_in(NODE_FOR) {
            self.node += 1;
        }
        let key = format!("{}-{}", self.name, self.asked);
        // One licensee after another, so that all shards are asked for.
        let number = self.asked % LICENSEES;
        let members = members(number);
        let user = match self.dice.below(members.len() as u64 + 1) as usize {
            place if place < members.len() => members[place].clone(),
            _ => "stranger".to_owned(),
        };
        let change = if self.dice.once_in(3) { Change::Remove } else { Change::Assign };
        let licensee = licensee(number);
        let path = format!("/v1/licensees/{licensee}/products/duo/seats/{user}");
        let said = self.until_answered(change, &path, &key, run)?;
        Some(Answer { key, change, licensee, user, said })
    }

    fn until_answered(&mut self, change: Change, path: &str, key: &str, run: &Run) -> Option<Said> {
        let method = match change {
            Change::Assign => "PUT",
            Change::Remove => "DELETE",
        };
        let began = Instant::now();
        while !run.is_abandoned() {
            let address = run.address(self.node);
            let request = Request::builder().method(method).uri(format!("{address}{path}"));
            let request = request.header("idempotency-key", key).body(String::new()).unwrap();
            let answer = self.agent.run(request).map_err(|error| error.to_string());
            match answer.and_then(read) {
                Ok(said) => return Some(said),
                Err(reason) => assert!(began.elapsed() < ANSWERED_WITHIN, "{method} {path} got no answer: {reason}"),
            }
            self.node += 1;
            thread::sleep(RETRY_AFTER);
        }
        None
    }
}

/// What was answered; an error is a reason to ask again.
fn read(mut response: Response<ureq::Body>) -> Result<Said, String> {
    let status = response.status().as_u16();
    let body = response.body_mut().read_to_string().map_err(|error| error.to_string())?;
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    match (status, value["changed"].as_bool(), value["code"].as_str()) {
        (200, Some(true), _) => Ok(Said::Changed),
        (200, Some(false), _) => Ok(Said::Unchanged),
        (409, _, Some("in_progress")) => Err(body),
        (409, _, Some(code)) => Ok(Said::Refused(code.to_owned())),
        (503, ..) => {
            assert!(response.headers().contains_key("retry-after"), "503 without saying when to come back: {body}");
            Err(body)
        }
        _ => panic!("answered with {status}: {body}"),
    }
}
