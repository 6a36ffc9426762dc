//! `usher verify --bundle`: a signed bundle, by itself.

use std::{
    io::{self, BufReader},
    path::Path,
};

use audit::{AuditError, BundleError, Held, VerifyingKey, verify_bundle};

use super::{tell_difference, vouches_for_itself};
use crate::{
    error::CommandError,
    evidence::{self, EvidenceError},
    exit::ExitStatus,
    moment,
    output::{self, Format},
};

/// Stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Checks it.
pub(super) fn run(path: &Path, public_key: Option<&Path>, format: Format) -> Result<ExitStatus, CommandError> {
    let key = evidence::verifying_key(public_key)?;
    let held = match check(path, key.as_ref())? {
        Ok(held) => held,
        Err(BundleError::Audit(AuditError::Difference(difference))) => return tell_difference(&difference, format),
        Err(source) => return Err(EvidenceError::Bundle { path: path.to_owned(), source }.into()),
    };
    if key.is_none() {
        output::remark(&vouches_for_itself(&held.public_key));
    }
    match format {
        Format::Json => output::json_line(&held)?,
        Format::Table => output::line(&said(&held))?,
    }
    Ok(ExitStatus::Done)
}

fn check(path: &Path, key: Option<&VerifyingKey>) -> Result<Result<Held, BundleError>, EvidenceError> {
    if path == Path::new(STANDARD_INPUT) {
        return Ok(verify_bundle(io::stdin().lock(), key));
    }
    Ok(verify_bundle(BufReader::new(evidence::open(path)?), key))
}

fn said(held: &Held) -> String {
    let Held { events, refusals, streams, made_at, public_key } = held;
    let made_at = moment::to_text(*made_at);
    format!(
        "sound: {events} events of {streams} streams, {refusals} refusals, signed at {made_at} with the key {public_key}"
    )
}
