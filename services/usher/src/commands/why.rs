//! `usher why`: why a user has a seat, or has none.

use clap::Args;
use licensing::{LicenseeId, UserId};
use serde::Deserialize;
use serde_json::Value;

use super::{Config, Use};
use crate::{
    args::PlaceArgs,
    client::{ClientError, Target},
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format, OutputError},
    then::ThenArgs,
};

const EXAMPLES: &str = "\
Without --url it opens the store and changes nothing; a folder must not be open in another process.
With --format json the result is one object, as GET /v1/licensees/{licensee}/members/{user}/explain answers.

Examples:
  usher why acme u-1
  usher why acme u-1 --product duo --as-of 2025-06-30T12:00:00Z
  usher why acme u-1 --as-of 2025-06-30 --as-known-at 2025-07-31
  usher why acme u-1 --format json --url http://127.0.0.1:8080";

/// Prints why a user has a seat, or has none, and what would have to change
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct WhyArgs {
    /// The licensee's id
    licensee: LicenseeId,

    /// The user's id
    user: UserId,

    /// Only this product, instead of every one
    #[arg(long, value_name = "PRODUCT")]
    product: Option<String>,

    #[command(flatten)]
    then: ThenArgs,

    #[command(flatten)]
    place: PlaceArgs,
}

impl WhyArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.place.settings()
    }
}

/// Does it.
pub fn run(args: &WhyArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let client = config.client(Use::Reading)?;
    let target = Target::new(["v1", "licensees", args.licensee.as_str(), "members", args.user.as_str(), "explain"])
        .with_some("product", args.product.as_deref());
    let answer: Value = client.get(&args.then.ask_of(&client, target)?)?;
    match config.format() {
        Format::Json => output::json_line(&answer)?,
        Format::Table => print(&Explanation::read(&answer)?)?,
    }
    Ok(ExitStatus::Done)
}

/// What is shown of an explanation.
#[derive(Deserialize)]
struct Explanation {
    sentences: Vec<String>,
    products: Vec<Product>,
}

#[derive(Deserialize)]
struct Product {
    sentences: Vec<String>,
}

impl Explanation {
    fn read(answer: &Value) -> Result<Self, ClientError> {
        Self::deserialize(answer)
            .map_err(|error| ClientError::Answer { target: "the explanation".to_owned(), source: Box::new(error) })
    }
}

fn print(explanation: &Explanation) -> Result<(), OutputError> {
    let of_products = explanation.products.iter().flat_map(|product| &product.sentences);
    let mut sentences = explanation.sentences.iter().chain(of_products);
    // What others sent may hold control characters, which could play tricks with a terminal.
    sentences.try_for_each(|sentence| output::line(&sentence.replace(char::is_control, " ")))
}
