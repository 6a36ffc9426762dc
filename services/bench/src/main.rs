//! `cargo xtask bench`: Usher's speed, as ratios to what runs beside it in the same run.
//!
//! [`benchmarks`] has one file or folder a benchmark, [`contest`] lets contenders take turns, [`ground`] has the servers,
//! stores and licensees that they stand on, [`report`] tells what came out. `docs/benchmarks.md` says what each row means.

mod benchmarks;
mod cli;
mod contest;
mod effort;
mod error;
mod ground;
mod machine;
mod measure;
mod progress;
mod report;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use crate::{
    benchmarks::{ALL, Benchmark},
    cli::Cli,
    effort::Effort,
    error::BenchError,
    ground::{Ground, crowd::Turn},
    machine::Circumstances,
    report::Report,
};

/// As in Usher's own program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let chosen = match chosen(&cli) {
        Ok(chosen) => chosen,
        Err(unknown) => {
            eprintln!("error: there is no benchmark {unknown}: --list shows them");
            return ExitCode::from(2);
        }
    };
    match run(&cli, &chosen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", with_causes(&error));
            ExitCode::FAILURE
        }
    }
}

fn chosen(cli: &Cli) -> Result<Vec<&'static Benchmark>, String> {
    if cli.names.is_empty() {
        return Ok(ALL.iter().collect());
    }
    cli.names.iter().map(|name| Benchmark::named(name).ok_or_else(|| name.clone())).collect()
}

fn run(cli: &Cli, chosen: &[&Benchmark]) -> Result<(), BenchError> {
    if let (Some(inner), Some(folder), [licensee, member]) = (cli.inner, &cli.inner_store, cli.inner_turn.as_slice()) {
        return ground::inner::run(inner, folder, Turn { licensee: *licensee, member: *member, is_given: true });
    }
    if cli.list {
        let list: String = ALL.iter().map(|Benchmark { name, about, .. }| format!("{name:<10} {about}\n")).collect();
        return print(&list);
    }
    let effort = Effort::new(cli.quick, cli.rounds);
    let mut report = Report { circumstances: Circumstances::now(effort), sections: Vec::new() };
    let ground = Ground::new(effort, cli.programs())?;
    for benchmark in chosen {
        eprintln!("{}: {}", benchmark.name, benchmark.about);
        report.sections.push(benchmark.measure(&ground)?);
        // After each, so that what was measured stays if a later one fails.
        write(cli, &report)?;
    }
    print(&report.table())
}

fn write(cli: &Cli, report: &Report) -> Result<(), BenchError> {
    if let Some(file) = &cli.json {
        report.write_json(file)?;
    }
    if let Some(file) = &cli.markdown {
        report.write_markdown(file)?;
    }
    if let Some(folder) = &cli.svg {
        report.write_plots(folder)?;
    }
    Ok(())
}

fn print(text: &str) -> Result<(), BenchError> {
    io::stdout().write_all(text.as_bytes()).map_err(BenchError::system("write to standard output"))
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(&format!(": {source}"));
        cause = source.source();
    }
    text
}
