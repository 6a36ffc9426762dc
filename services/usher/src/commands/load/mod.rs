//! `usher load`: requests as in life on a running server, messages to the brokers before it.

mod table;

use std::{future::pending, process, time::Duration};

use clap::Args;
use kafka::{Courier, DataForm};
use load::{Company, Kind, LoadError, Mix, Pace, Report, Server, Target};
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

use super::Config;
use crate::{
    args::KafkaArgs,
    client::ClientError,
    config::{ConfigError, ServerUrl, Settings, Token, kafka_settings},
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format},
    progress::Progress,
};

const EXAMPLES: &str = "\
First it makes a company on the server, or what is missing of it: licensees with members, each with
seats for half of them, and gives the seats. Then it asks and changes things, at a fixed rate
whatever the answers take (an open loop): a latency counts from when its request was due, so a
server that stalls is charged for all that would have come meanwhile. What a rule refuses is part
of it; 5xx and answers that don't come in 30 s are failures, and with any of them the exit status is
1. Ctrl-C ends it with what came so far.

With --kafka, messages of billing, directory and usage go to the topics, as billing and the directory
send them; everything else still goes to --url. A message's latency is until the brokers have it.
Of some that a look at a user shows (join, deactivate, block, reactivate; four at a time), a second
table tells until when the server showed it. Without --url, seats are changed by messages too, nothing
is read, and nobody sees what becomes of it: the company is told anew with every run.

With --churn, so many of the members leave in the course of the run, as many others join, and as many
seats change hands. The report tells the server's memory at the start, in the middle and at the end.

The company stays on the server, under the name that was given: use one that is there for trying.

Examples:
  usher load --url http://127.0.0.1:8080 --rate 500 --seconds 60
  usher load --url http://127.0.0.1:8080 --mix check_access=9,assign_one=1 --format json
  usher load --url http://127.0.0.1:8080 --kafka 127.0.0.1:9092 --rate 200
Eight hours of a company of a million, in ten minutes:
  usher load --url http://127.0.0.1:8080 --licensees 1 --members 1000000 --churn 10% \\
      --rate 2000 --seconds 600";

/// The most members of all licensees together.
const MEMBERS_MAX: u64 = 20_000_000;

/// Put a load as in life on a running server, or on the brokers before it, and tell how they bear it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LoadArgs {
    /// The server, such as http://127.0.0.1:8080; the token that it may ask for (one of an operator) comes from the
    /// environment, as USHER_TOKEN, or the file [env: USHER_URL]
    #[arg(long, value_name = "URL")]
    url: Option<ServerUrl>,

    #[command(flatten)]
    kafka: KafkaArgs,

    /// Requests and messages a second
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: u32,

    /// For how long, seconds
    #[arg(long, value_name = "NUMBER", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=604_800))]
    seconds: u32,

    /// How many licensees the company has
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    licensees: u32,

    /// How many members each licensee has; all together 20,000,000 at most
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    members: u32,

    /// How many of the members leave in the course of the run, such as 10%; as many join, and as many seats change hands
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    churn: Option<f64>,

    /// What the ids of the company begin with: letters, digits and -
    #[arg(long, value_name = "NAME", default_value = "load", value_parser = company_name)]
    name: String,

    /// How many requests and messages may be under way at one time; the others wait, and their wait counts
    #[arg(long, value_name = "NUMBER", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,

    /// What is asked, as KIND=WEIGHT,… [default: a mix like that of a large company]
    #[arg(long, value_name = "MIX", long_help = mix_help())]
    mix: Option<Mix>,

    /// The same requests come again with the same number, to a company in the same state
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

/// A percentage as a share of 1.
fn share(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    percent.map(|percent: f64| percent / 100.0).ok_or_else(|| "use a percentage from 0% to 100%".to_owned())
}

impl LoadArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { url: self.url.clone(), format: self.format, ..self.kafka.settings() }
    }

    fn company(&self) -> Result<Company, ConfigError> {
        let company = Company { name: self.name.clone(), licensees: self.licensees, members: self.members };
        if company.members_total() > MEMBERS_MAX {
            let instead = "licensees times members is 20000000 at most: take fewer";
            return Err(ConfigError::Unfit { setting: "members", instead });
        }
        Ok(company)
    }

    fn pace(&self, company: &Company) -> Result<Pace, ConfigError> {
        let requests = f64::from(self.rate) * f64::from(self.seconds);
        let leaving = self.churn.map(|churn| churn * company.members_total() as f64 / requests);
        let mix = self.mix.clone().unwrap_or_default();
        let mix = leaving.map_or(Some(mix.clone()), |leaving| mix.with_churn(leaving));
        Ok(Pace {
            rate: f64::from(self.rate),
            lasting: Duration::from_secs(self.seconds.into()),
            connections: self.connections as usize,
            mix: mix.ok_or(ConfigError::Unfit {
                setting: "churn",
                instead: "there are 3.5 requests for each who leaves: raise rate or seconds, or lower it",
            })?,
            seed: self.seed,
        })
    }

    /// Where the load goes.
    fn target(&self, config: &Config) -> Result<Target, CommandError> {
        let authorization = config.settings.token.as_ref().map(Token::header);
        let url = config.settings.url.as_ref();
        let server = url.map(|url| Server::new(&url.to_string(), authorization, self.connections as usize));
        let kafka = kafka_settings(&config.settings)?;
        let courier = kafka.map(|settings| Courier::new(&settings, DataForm::Protobuf)).transpose()?;
        match (server, courier) {
            (Some(server), None) => Ok(Target::Server(server)),
            (None, Some(courier)) => Ok(Target::Brokers(courier)),
            (Some(server), Some(courier)) => Ok(Target::Both(server, courier)),
            (None, None) => Err(ConfigError::Missing {
                setting: "url",
                instead: "it needs a running server, such as --url http://127.0.0.1:8080, or brokers, as --kafka",
            }
            .into()),
        }
    }
}

/// Does it.
pub fn run(args: &LoadArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let company = args.company()?;
    let mut pace = args.pace(&company)?;
    let target = args.target(config)?;
    pace.mix = target.mix(pace.mix)?;
    let runtime = Runtime::new().map_err(ClientError::Runtime)?;
    let report = runtime.block_on(put_load(&target, company, pace))?;
    match config.format() {
        Format::Json => output::json_line(&report)?,
        Format::Table => table::print(&report)?,
    }
    Ok(if report.failures() == 0 { ExitStatus::Done } else { ExitStatus::Problem })
}

async fn put_load(target: &Target, company: Company, pace: Pace) -> Result<Report, LoadError> {
    let mut progress = Progress::of_items(company.members_total());
    let prepared = load::prepare(target, company, |members| {
        progress.set(members);
        progress.say(&|| format!("{members} members"));
    })
    .await?;
    progress.finish();
    let mut progress = Progress::of_items((pace.rate * pace.lasting.as_secs_f64()) as u64);
    let report = load::run(target, prepared, pace, interrupted(), |requests| {
        progress.set(requests);
        progress.say(&|| format!("{requests} requests"));
    })
    .await;
    progress.finish();
    Ok(report)
}

/// Comes with the first signal that ends a program; a second one ends it as if nobody had listened.
async fn interrupted() {
    let listened = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = listened else { return pending().await };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        process::exit(ExitStatus::Problem.code().into())
    });
}
