//! A signed bundle.

use std::{io, path::Path};

use audit::{Scope, SigningKey, Written, write_bundle};
use chrono::{SubsecRound, Utc};

use super::{Config, ExportArgs, ExportError};
use crate::{
    error::CommandError,
    evidence::{self, NewFile},
    exit::ExitStatus,
    output,
    progress::Progress,
    store::{DEFAULT_FOLDER, Truth},
};

/// Stands for standard output.
const STANDARD_OUTPUT: &str = "-";

/// Writes it.
pub(super) fn run(args: &ExportArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let Some(key) = &args.key else { return Err(ExportError::NoKey.into()) };
    let key = evidence::signing_key(key)?;
    let scope = match args.licensees.as_slice() {
        [] => Scope::Store,
        licensees => Scope::Licensees(licensees.iter().cloned().collect()),
    };
    let path = args.out.as_deref().filter(|path| *path != Path::new(STANDARD_OUTPUT));
    let file = path.map(NewFile::of_everybody).transpose()?;
    let truth = Truth::open(&config.store_place(DEFAULT_FOLDER)?)?;
    let Some(mut file) = file else {
        write(&truth, &scope, &key, io::stdout().lock())?;
        return Ok(ExitStatus::Done);
    };
    let Written { events, refusals } = write(&truth, &scope, &key, file.writer())?;
    file.keep()?;
    output::line(&format!("wrote {events} events and {refusals} refusals"))?;
    Ok(ExitStatus::Done)
}

fn write(truth: &Truth, scope: &Scope, key: &SigningKey, to: impl io::Write) -> Result<Written, CommandError> {
    let now = Utc::now().trunc_subsecs(0);
    let mut progress = Progress::endless();
    let written = write_bundle(&*truth.journal, &truth.store_id, scope, now, key, to, &mut |commits| {
        progress.say(&|| format!("{commits} commits"));
    });
    progress.finish();
    Ok(written.map_err(ExportError::from)?)
}
