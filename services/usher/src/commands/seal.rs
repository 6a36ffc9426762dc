//! `usher seal`: a signed checkpoint of the history.

use std::path::{Path, PathBuf};

use audit::{SignedSeal, seal};
use chrono::{SubsecRound, Utc};
use clap::Args;

use super::Config;
use crate::{
    args::StoreArgs,
    config::Settings,
    error::CommandError,
    evidence::{self, NewFile},
    exit::ExitStatus,
    output,
    progress::Progress,
    store::{DEFAULT_FOLDER, Truth},
};

const EXAMPLES: &str = "\
Replays the journal, and if it is sound writes how every hash chain ends: of each licensee and
user the version and hash of the last event, of each shard the number of commits and a hash over
all of them. It is JSON, signed with Ed25519. Keep seals where nobody who can write the store can
write them: usher verify --seal then shows that nothing before the seal was changed since.

Nothing is changed in the store. On a database nodes may go on working; a folder must not be open
in another process. docs/evidence-bundle.md has the form, and how others check it.

Examples:
  usher seal --new-key /etc/usher/seal.key
  usher seal --key /etc/usher/seal.key --out /mnt/evidence/2026-01-31.json
  usher verify --seal /mnt/evidence/2026-01-31.json --public-key seal.key.pub";

/// Writes a signed checkpoint of the whole history
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SealArgs {
    /// The private key to sign with: Ed25519 in PEM (PKCS#8), as openssl genpkey -algorithm ed25519 writes it
    #[arg(long, value_name = "FILE", required_unless_present = "new_key")]
    key: Option<PathBuf>,

    /// Make a key instead: the private half in FILE, for its owner alone, the public half in FILE.pub
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "out"])]
    new_key: Option<PathBuf>,

    /// Where to write the seal; a file that is there is not overwritten [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    store: StoreArgs,
}

impl SealArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.store.settings()
    }
}

/// Does it.
pub fn run(args: &SealArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    if let Some(path) = &args.new_key {
        let public = evidence::write_new_pair(path)?;
        output::line(&format!("wrote {} and {}", path.display(), public.display()))?;
    }
    if let Some(key) = &args.key {
        write_seal(key, args.out.as_deref(), config)?;
    }
    Ok(ExitStatus::Done)
}

fn write_seal(key: &Path, out: Option<&Path>, config: &Config) -> Result<(), CommandError> {
    let key = evidence::signing_key(key)?;
    let file = out.map(NewFile::of_everybody).transpose()?;
    let Truth { journal, store_id } = Truth::open(&config.store_place(DEFAULT_FOLDER)?)?;
    let mut progress = Progress::endless();
    let sealed = seal(&*journal, &store_id, Utc::now().trunc_subsecs(0), &mut |commits| {
        progress.say(&|| format!("{commits} commits"));
    });
    progress.finish();
    let signed = sealed?.sign(&key)?;
    let text = output::pretty_json(&signed)?;
    match file {
        Some(mut file) => {
            file.write(format!("{text}\n").as_bytes())?;
            file.keep()?;
            output::line(&said(&signed, out))?;
        }
        None => output::line(&text)?,
    }
    Ok(())
}

fn said(signed: &SignedSeal, out: Option<&Path>) -> String {
    let SignedSeal { seal, signature } = signed;
    let commits: u64 = seal.shards.iter().map(|shard| shard.commits).sum();
    format!(
        "sealed {commits} commits, {} events of {} streams in {} with the key {}",
        seal.events,
        seal.streams.len(),
        out.unwrap_or(Path::new("-")).display(),
        signature.public_key
    )
}
