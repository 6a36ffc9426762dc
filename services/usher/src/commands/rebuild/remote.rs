//! A rebuild by a server that runs.

use std::{thread, time::Duration};

use serde::Deserialize;
use serde_json::json;
use views::{RebuildPhase, RebuildProgress, Rebuilt};

use super::RebuildError;
use crate::{
    client::{Client, ClientError, Target},
    error::CommandError,
};

/// Between two questions how far it is.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// The code of an answer that none runs.
const NO_REBUILD: &str = "no_rebuild";

/// A rebuild, as the server shows it.
#[derive(Deserialize)]
struct Shown {
    number: u64,
    state: State,
    phase: Option<RebuildPhase>,
    records: Option<u64>,
    of: Option<u64>,
    result: Option<Rebuilt>,
    reason: Option<String>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum State {
    None,
    Running,
    Done,
    Aborted,
    Failed,
}

/// Has the server rebuild its read models and waits until it is done; once `is_interrupted`, it has it ended.
pub(super) fn rebuild(
    server: &Client,
    is_interrupted: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(RebuildProgress),
) -> Result<Rebuilt, CommandError> {
    let target = Target::new(["v1", "views", "rebuild"]);
    let mut shown: Shown = server.post(&target, &json!({}), None)?;
    let (number, mut is_ending) = (shown.number, false);
    while shown.number == number && shown.state == State::Running {
        if let (Some(phase), Some(records), Some(of)) = (shown.phase, shown.records, shown.of) {
            tell(RebuildProgress { phase, records, of });
        }
        if is_interrupted() && !is_ending {
            is_ending = true;
            end(server, &target)?;
        }
        thread::sleep(ASK_EVERY);
        shown = server.get(&target)?;
    }
    match shown {
        Shown { number: of, .. } if of != number => Err(RebuildError::Lost.into()),
        Shown { state: State::Done, result: Some(rebuilt), .. } => Ok(rebuilt),
        Shown { state: State::Aborted, .. } => Err(RebuildError::Aborted.into()),
        Shown { state: State::Failed, reason, .. } => {
            Err(RebuildError::Failed { reason: reason.unwrap_or_default() }.into())
        }
        _ => Err(RebuildError::Lost.into()),
    }
}

fn end(server: &Client, target: &Target) -> Result<(), ClientError> {
    match server.delete::<Shown>(target) {
        // It came to its end by itself meanwhile.
        Err(ClientError::Refused(problem)) if problem.code == NO_REBUILD => Ok(()),
        ended => ended.map(|_| ()),
    }
}
