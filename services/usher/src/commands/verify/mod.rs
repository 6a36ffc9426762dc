//! `usher verify`: whether the store is what it was.

mod bundle;

use std::path::PathBuf;

use audit::{
    AuditError, Checked, Difference, RawPublicKey, SignedSeal, Since, Stage, Subject, verify, verify_against,
    verify_journal, verify_journal_against,
};
use clap::Args;
use journal::Duty;
use serde::Serialize;

use super::Config;
use crate::{
    args::StoreArgs,
    config::Settings,
    error::CommandError,
    evidence::{self, EvidenceError},
    exit::ExitStatus,
    output::{self, Format},
    progress::Progress,
    store::{Clock, DEFAULT_FOLDER, Part, Store, StoreError, StoreOptions, Truth},
};

/// Where no node runs, the index of a database is filled by whoever writes: it may lack what the last one wrote.
const PART: Part = Part::Passing(&[Duty::Write, Duty::Project]);

const EXAMPLES: &str = "\
Reads every commit: checksums, numbers and positions without gaps, the hash chain of every
licensee and user. Then replays all of it and compares what the index and the read models
show: streams, outcomes, memberships, uses, snapshots; licensees, members, timers, users with
their seats, refusals, totals. Decides nothing; the index and the read models are brought up to
date first, as by any command. On a database nodes may go on working meanwhile; if none runs,
what the last one left undone is done first.

Give the same --catalog as to serve: timers and products follow from it. What is different in
the index or the read models only is made anew by usher rebuild, or by deleting index.db.

With --seal it also shows that the store still has the history that usher seal vouched for. Give
--public-key, and get it from whoever sealed, not from the store: without, the seal only
vouches for itself.

With --bundle only that file is looked at, which usher export --format bundle wrote: neither a
store nor a server is needed.

Exit status: 0 all is sound, 1 it is not, and the first difference is named.

Examples:
  usher verify
  usher verify --data-dir /var/lib/usher --format json
  usher verify --seal /mnt/evidence/2026-01-31.json --public-key seal.key.pub
  usher verify --bundle acme.bundle --public-key seal.key.pub
  usher verify --database-url postgres://usher@db.internal/usher?sslmode=verify-full";

/// Checks every hash chain, and that index and read models equal a replay
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    #[command(flatten)]
    store: StoreArgs,

    /// Also hold the store against this seal, which usher seal wrote
    #[arg(long, value_name = "FILE")]
    seal: Option<PathBuf>,

    /// Check this bundle instead of a store; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seal", "data_dir", "database_url"])]
    bundle: Option<PathBuf>,

    /// The public key, in PEM, with which the seal or bundle has to be signed
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl VerifyArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { format: self.format, ..self.store.settings() }
    }
}

/// What programs get to know of a difference.
#[derive(Serialize)]
struct Found<'a> {
    difference: &'a Difference,
}

/// What programs get to know of a sound store.
#[derive(Serialize)]
struct Sound {
    #[serde(flatten)]
    checked: Checked,
    #[serde(skip_serializing_if = "Option::is_none")]
    since_seal: Option<Since>,
}

/// Does it.
pub fn run(args: &VerifyArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    if args.public_key.is_some() && args.seal.is_none() && args.bundle.is_none() {
        return Err(EvidenceError::NothingSigned.into());
    }
    if let Some(path) = &args.bundle {
        return bundle::run(path, args.public_key.as_deref(), config.format());
    }
    match look(args, config) {
        Ok(sound) => tell_sound(&sound, config.format()),
        Err(CommandError::Audit(AuditError::Difference(difference))) => tell_difference(&difference, config.format()),
        Err(error) => Err(error),
    }
}

fn look(args: &VerifyArgs, config: &Config) -> Result<Sound, CommandError> {
    let seal = seal_of(args)?;
    let place = config.store_place(DEFAULT_FOLDER)?;
    look_at_store(config.store_options(place, Clock::StandStill, PART)?, seal.as_ref())
}

/// The seal that is named, if its signature holds.
fn seal_of(args: &VerifyArgs) -> Result<Option<SignedSeal>, CommandError> {
    let Some(path) = &args.seal else { return Ok(None) };
    let key = evidence::verifying_key(args.public_key.as_deref())?;
    let signed = evidence::signed_seal(path)?;
    signed.check_signature(key.as_ref())?;
    if key.is_none() {
        output::remark(&vouches_for_itself(&signed.signature.public_key));
    }
    Ok(Some(signed))
}

fn vouches_for_itself(key: &RawPublicKey) -> String {
    format!("note: only the key {key} vouches for it, which stands in it: give --public-key, from whoever signed")
}

fn look_at_store(options: StoreOptions, seal: Option<&SignedSeal>) -> Result<Sound, CommandError> {
    let (place, catalogue) = (options.place.clone(), options.catalogue.clone());
    let opened = Store::open_existing(options);
    let store = opened.or_else(|error| explained(error, seal, || Truth::open(&place).ok()))?;
    let (journal, index) = (store.journal(), store.inspected_index());
    let truth = || Some(Truth { journal: journal.clone(), store_id: store.store_id().to_vec() });
    // Not waited for here: whatever is wrong with the journal is to be told first.
    let views = store.open_views_as_they_are().or_else(|error| explained(error, seal, truth))?;
    let subject = Subject { journal: journal.clone(), index, views, catalogue };
    let mut progress = Progress::endless();
    let mut tell = |stage, done| progress.say(&|| said(stage, done));
    let checked = match seal {
        Some(SignedSeal { seal, .. }) => verify_against(&subject, seal, store.store_id(), &mut tell)
            .map(|(checked, since)| Sound { checked, since_seal: Some(since) }),
        None => verify(&subject, &mut tell).map(|checked| Sound { checked, since_seal: None }),
    };
    progress.finish();
    Ok(checked?)
}

/// A damaged journal keeps what is derived from it from opening: then the damage is the finding.
fn explained<T>(
    error: StoreError,
    seal: Option<&SignedSeal>,
    truth: impl FnOnce() -> Option<Truth>,
) -> Result<T, CommandError> {
    let is_there = !matches!(error, StoreError::NoStore { .. });
    if let Some(Truth { journal, store_id }) = is_there.then(truth).flatten() {
        match seal {
            Some(SignedSeal { seal, .. }) => verify_journal_against(&*journal, seal, &store_id).map(drop)?,
            None => verify_journal(&*journal)?,
        }
    }
    Err(error.into())
}

fn said(stage: Stage, done: u64) -> String {
    match stage {
        Stage::Commits => format!("{done} commits"),
        Stage::Streams => format!("{done} streams in the index"),
        Stage::Licensees => format!("{done} licensees in the views"),
        Stage::Users => format!("{done} users in the views"),
        Stage::Refusals => format!("refusals of {done} commits of a shard"),
    }
}

fn tell_sound(sound: &Sound, format: Format) -> Result<ExitStatus, CommandError> {
    match format {
        Format::Json => output::json_line(sound)?,
        Format::Table => {
            let Checked { commits, events, streams, licensees } = sound.checked;
            output::line(&format!(
                "sound: {commits} commits, {events} events of {streams} streams, {licensees} licensees"
            ))?;
            if let Some(Since { commits, events }) = sound.since_seal {
                output::line(&format!("as sealed, and since then {commits} commits, {events} events"))?;
            }
        }
    }
    Ok(ExitStatus::Done)
}

fn tell_difference(difference: &Difference, format: Format) -> Result<ExitStatus, CommandError> {
    match format {
        Format::Json => output::json_line(&Found { difference })?,
        Format::Table => output::line(&format!("difference: {difference}"))?,
    }
    Ok(ExitStatus::Problem)
}
