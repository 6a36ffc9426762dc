//! `usher load`: requests as in life on a running server.

use std::time::Duration;

use clap::Args;
use load::{Company, Kind, Latency, LoadError, Mix, Pace, Report, Server};
use tokio::runtime::Runtime;

use super::Config;
use crate::{
    client::ClientError,
    config::{ConfigError, ServerUrl, Settings, Token},
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format, OutputError, Table},
    progress::Progress,
};

const EXAMPLES: &str = "\
First it makes a company on the server, or what is missing of it: licensees with members, each with
seats for half of them. Then it asks and changes things, at a fixed rate whatever the answers take
(an open loop): a latency counts from when its request was due, so a server that stalls is charged
for all that would have come meanwhile. What a rule refuses is part of it; 5xx and answers that
don't come in 30 s are failures, and with any of them the exit status is 1.

The company stays on the server, under the name that was given: use one that is there for trying.

Examples:
  usher load --url http://127.0.0.1:8080 --rate 500 --seconds 60
  usher load --url http://127.0.0.1:8080 --licensees 1 --members 1000000 --rate 2000 --seconds 600
  usher load --url http://127.0.0.1:8080 --mix check_access=9,assign_one=1 --format json";

/// Put a load as in life on a running server, and tell how it bears it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LoadArgs {
    /// The server, such as http://127.0.0.1:8080; the token that it may ask for (one of an operator) comes from the
    /// environment, as USHER_TOKEN, or the file [env: USHER_URL]
    #[arg(long, value_name = "URL")]
    url: Option<ServerUrl>,

    /// Requests a second
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: u32,

    /// For how long, seconds
    #[arg(long, value_name = "NUMBER", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=604_800))]
    seconds: u32,

    /// How many licensees the company has
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    licensees: u32,

    /// How many members each licensee has
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    members: u32,

    /// What the ids of the company begin with: letters, digits and -
    #[arg(long, value_name = "NAME", default_value = "load", value_parser = company_name)]
    name: String,

    /// How many requests may be under way at one time; the others wait, and their wait counts
    #[arg(long, value_name = "NUMBER", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,

    /// What is asked, as KIND=WEIGHT,… [default: a mix like that of a large company]
    #[arg(long, value_name = "MIX", long_help = mix_help())]
    mix: Option<Mix>,

    /// The same requests come again with the same number
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

fn mix_help() -> String {
    let kinds: Vec<_> = Kind::all().map(Kind::name).collect();
    format!(
        "What is asked, as KIND=WEIGHT,… [default: a mix like that of a large company]; kinds: {}",
        kinds.join(", ")
    )
}

fn company_name(text: &str) -> Result<String, String> {
    let is_name =
        (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_name { Ok(text.to_owned()) } else { Err("use 1 to 32 letters, digits and -".to_owned()) }
}

impl LoadArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { url: self.url.clone(), format: self.format, ..Settings::default() }
    }
}

/// Does it.
pub fn run(args: &LoadArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let url = config.settings.url.as_ref().ok_or(ConfigError::Missing {
        setting: "url",
        instead: "it needs a running server, such as --url http://127.0.0.1:8080",
    })?;
    let authorization = config.settings.token.as_ref().map(Token::header);
    let company = Company { name: args.name.clone(), licensees: args.licensees, members: args.members };
    let pace = Pace {
        rate: f64::from(args.rate),
        lasting: Duration::from_secs(args.seconds.into()),
        connections: args.connections as usize,
        mix: args.mix.clone().unwrap_or_default(),
        seed: args.seed,
    };
    let runtime = Runtime::new().map_err(ClientError::Runtime)?;
    let server = Server::new(&url.to_string(), authorization, pace.connections);
    let report = runtime.block_on(put_load(&server, company, pace))?;
    match config.format() {
        Format::Json => output::json_line(&report)?,
        Format::Table => print(&report)?,
    }
    Ok(if report.failures() == 0 { ExitStatus::Done } else { ExitStatus::Problem })
}

async fn put_load(server: &Server, company: Company, pace: Pace) -> Result<Report, LoadError> {
    let mut progress = Progress::of_items(company.members_total());
    let prepared = load::prepare(server, company, |members| {
        progress.set(members);
        progress.say(&|| format!("{members} members"));
    })
    .await?;
    progress.finish();
    let mut progress = Progress::of_items((pace.rate * pace.lasting.as_secs_f64()) as u64);
    let report = load::run(server, prepared, pace, |requests| {
        progress.set(requests);
        progress.say(&|| format!("{requests} requests"));
    })
    .await;
    progress.finish();
    Ok(report)
}

fn print(report: &Report) -> Result<(), OutputError> {
    let Report { rate_asked, rate, seconds, all, by_kind, refused, failed } = report;
    output::line(&format!(
        "{} requests in {seconds:.1} s: {rate:.0} a second of {rate_asked:.0}, {} failed",
        all.requests,
        report.failures()
    ))?;
    output::line("")?;
    let mut table = Table::new(["latency from when it was due, ms", "requests", "p50", "p99", "p99.9", "longest"]);
    for (kind, latency) in by_kind.iter().map(|(kind, latency)| (*kind, latency)).chain([("all", all)]) {
        let Latency { requests, p50_ms, p99_ms, p999_ms, max_ms } = latency;
        let times = [p50_ms, p99_ms, p999_ms, max_ms].map(|time| format!("{time:.1}"));
        let [p50, p99, p999, max] = times;
        table.row([kind.to_owned(), requests.to_string(), p50, p99, p999, max]);
    }
    table.print()?;
    for (what, counts) in
        [("refused", refused), ("failed", failed)].into_iter().filter(|(_, counts)| !counts.is_empty())
    {
        output::line("")?;
        let mut table = Table::new([what, "requests"]);
        counts.iter().for_each(|(code, count)| table.row([code.clone(), count.to_string()]));
        table.print()?;
    }
    Ok(())
}
