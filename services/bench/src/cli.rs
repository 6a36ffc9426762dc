//! What can be asked.

use std::{env, path::PathBuf};

use clap::Parser;

use crate::ground::{Programs, inner::Inner};

const ORDER: &str = "\
Each benchmark runs with what it is measured against in turns, in the same run. Figures are the median of all
rounds, with the least and the greatest; a figure is worth as much as the machine was quiet.
Progress goes to standard error, the table to standard output.

Examples:
  cargo xtask bench --quick
  cargo xtask bench commands http --rounds 9
  cargo xtask bench --json bench.json --markdown bench.md --svg docs/benchmarks";

/// Measures Usher against what it is compared with
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", after_help = ORDER)]
pub struct Cli {
    /// Which benchmarks to run [default: all]
    pub names: Vec<String>,

    /// List the benchmarks, and run none
    #[arg(long)]
    pub list: bool,

    /// Only for a look, each in under two minutes: few rounds, small sizes
    #[arg(long)]
    pub quick: bool,

    /// How often each contender is measured [default: 5; with --quick 2]
    #[arg(long, value_name = "N")]
    pub rounds: Option<usize>,

    /// Write everything as JSON, every sample included
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write the tables as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,

    /// Draw the curves into this folder
    #[arg(long, value_name = "DIR")]
    pub svg: Option<PathBuf>,

    /// Usher's program [default: beside this one]
    #[arg(long, value_name = "FILE")]
    usher: Option<PathBuf>,

    /// The peer's program [default: target/bench-peer]
    #[arg(long, value_name = "FILE")]
    peer: Option<PathBuf>,

    /// What this process does for another one of the same program.
    #[arg(long, hide = true, requires = "inner_store", requires = "inner_turn")]
    pub inner: Option<Inner>,
    #[arg(long, hide = true)]
    pub inner_store: Option<PathBuf>,
    /// Licensee and member.
    #[arg(long, hide = true, num_args = 2)]
    pub inner_turn: Vec<u64>,
}

impl Cli {
    /// The programs that are measured from outside.
    pub fn programs(&self) -> Programs {
        let own = env::current_exe().unwrap_or_default();
        let built = own.parent().map(PathBuf::from).unwrap_or_default();
        let kind = built.file_name().unwrap_or_default();
        let target = built.parent().map(PathBuf::from).unwrap_or_default();
        Programs {
            usher: self.usher.clone().unwrap_or_else(|| built.join("usher")),
            peer: self.peer.clone().unwrap_or_else(|| target.join("bench-peer").join(kind).join("peer")),
        }
    }
}
