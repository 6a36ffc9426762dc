//! Throw-away servers for trying things out: `cargo run -p servers -- postgres kafka`.

use std::{error::Error, io, process::ExitCode};

use servers::{Kafka, Postgres, Unavailable};

const HELP: &str = "\
Throw-away servers for tests and for trying things out.

Usage: servers [postgres] [kafka]   starts them, prints where they are, and keeps them until standard input ends
       servers fetch-kafka          only fetches what Kafka needs, and prints where that is
       servers fetch-axe            only fetches axe-core, for the tests in a browser
";

/// A server that runs until it is dropped.
enum Server {
    Postgres(Postgres),
    Kafka(Kafka),
}

impl Server {
    fn start(name: &str) -> Result<Self, Unavailable> {
        if name == "kafka" { Kafka::start().map(Self::Kafka) } else { Postgres::start().map(Self::Postgres) }
    }

    /// Its name, where it is, and its process.
    fn line(&self) -> String {
        let (name, address, process) = match self {
            Self::Postgres(server) => ("postgres", server.url("postgres"), server.pid()),
            Self::Kafka(broker) => ("kafka", broker.bootstrap(), broker.pid()),
        };
        format!("{name} {address} {}", process.unwrap_or_default())
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match names.as_slice() {
        ["fetch-kafka"] => servers::fetch_kafka().map(|folder| println!("{}", folder.display())),
        ["fetch-axe"] => servers::axe().map(|_script| ()),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        wanted if wanted.iter().all(|name| ["postgres", "kafka"].contains(name)) => keep(wanted),
        _ => {
            eprint!("error: there is no such server\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", with_causes(&error));
            ExitCode::FAILURE
        }
    }
}

fn keep(wanted: &[&str]) -> Result<(), Unavailable> {
    let mut servers = Vec::new();
    for name in wanted {
        let server = Server::start(name)?;
        println!("{}", server.line());
        servers.push(server);
    }
    // Whatever is typed is of no interest, nor how it ends.
    let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
    Ok(())
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
