//! `usher members`: a licensee's members, now or then.

use std::fmt::{self, Display};

use clap::{Args, ValueEnum};
use licensing::{LicenseeId, UserStatus};
use serde::Deserialize;
use serde_json::Value;
use views::MemberSort;

use super::{Config, Use};
use crate::{
    args::PlaceArgs,
    client::{Client, ClientError, Target},
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    output::{Format, JsonArray, Table},
    then::ThenArgs,
};

const EXAMPLES: &str = "\
Without --url it opens the store and changes nothing; a folder must not be open in another process.
With --format json the result is one array, each member as GET /v1/licensees/{licensee}/members shows it.

Examples:
  usher members acme --assigned true --sort=-last_used_at
  usher members acme --as-of 2025-06-30 --status blocked
  usher members acme --as-of 2025-06-30 --as-known-at 2025-07-01 --format json";

/// Prints a licensee's members: who they are, and who has a seat
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MembersArgs {
    /// The licensee's id
    licensee: LicenseeId,

    /// Only members with a seat, retained ones included, or only those without
    #[arg(long, value_name = "true|false")]
    assigned: Option<bool>,

    /// Only members with this status
    #[arg(long, value_name = "STATUS", value_enum)]
    status: Option<Status>,

    /// Only members whose id, user name, name or e-mail address contains this, letter case aside
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,

    /// What to sort by: user, username, last_used_at or assigned_at, with - before it for descending, as in --sort=-user
    #[arg(long, value_name = "BY", allow_hyphen_values = true)]
    sort: Option<Sort>,

    /// How many members to print at most [default: all]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

    #[command(flatten)]
    then: ThenArgs,

    #[command(flatten)]
    place: PlaceArgs,
}

/// A user's status, as the wire spells it.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Status {
    Active,
    Blocked,
    Banned,
    Deactivated,
    Deleted,
}

impl Status {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Active => UserStatus::Active.as_str(),
            Self::Blocked => UserStatus::Blocked.as_str(),
            Self::Banned => UserStatus::Banned.as_str(),
            Self::Deactivated => UserStatus::Deactivated.as_str(),
            Self::Deleted => UserStatus::Deleted.as_str(),
        }
    }
}

/// An order that there is, as the wire spells it.
#[derive(Debug, Clone, Copy)]
struct Sort(MemberSort);

impl std::str::FromStr for Sort {
    type Err = views::UnknownSort;

    fn from_str(text: &str) -> Result<Self, views::UnknownSort> {
        text.parse().map(Self)
    }
}

impl Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.0.descending { "-" } else { "" };
        write!(f, "{direction}{}", self.0.key.as_str())
    }
}

impl MembersArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.place.settings()
    }

    fn target(&self, client: &Client) -> Result<Target, ClientError> {
        let assigned = self.assigned.map(|assigned| assigned.to_string());
        let sort = self.sort.map(|sort| sort.to_string());
        let target = Target::new(["v1", "licensees", self.licensee.as_str(), "members"])
            .with_some("assigned", assigned.as_deref())
            .with_some("status", self.status.map(Status::as_str))
            .with_some("search", self.search.as_deref())
            .with_some("sort", sort.as_deref());
        self.then.ask_of(client, target)
    }
}

/// Does it.
pub fn run(args: &MembersArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let client = config.client(Use::Reading)?;
    let members = client.pages(args.target(&client)?);
    let mut printer = Printer::new(config.format());
    let mut left = args.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    for page in members {
        let page = page?;
        page.iter().take(left).try_for_each(|member| printer.print(member))?;
        left = left.saturating_sub(page.len());
        if left == 0 {
            break;
        }
    }
    printer.end()
}

/// Where members go.
enum Printer {
    Json(JsonArray),
    Table(Box<Table<8>>),
}

impl Printer {
    fn new(format: Format) -> Self {
        match format {
            Format::Json => Self::Json(JsonArray::default()),
            Format::Table => Self::Table(Box::new(Table::new([
                "user",
                "user name",
                "name",
                "role",
                "type",
                "status",
                "assigned at",
                "last used at",
            ]))),
        }
    }

    fn print(&mut self, member: &Value) -> Result<(), CommandError> {
        match self {
            Self::Json(array) => array.push(member)?,
            Self::Table(table) => table.row(Shown::deserialize(member).unwrap_or_default().cells()),
        }
        Ok(())
    }

    fn end(self) -> Result<ExitStatus, CommandError> {
        match self {
            Self::Json(array) => array.end()?,
            Self::Table(table) => table.print()?,
        }
        Ok(ExitStatus::Done)
    }
}

/// What is shown of a member.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    user: String,
    username: Option<String>,
    name: Option<String>,
    role: String,
    #[serde(rename = "type")]
    user_type: String,
    status: String,
    assigned_at: Option<String>,
    last_used_at: Option<String>,
}

impl Shown {
    fn cells(self) -> [String; 8] {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        [
            self.user,
            or_dash(self.username),
            or_dash(self.name),
            self.role,
            self.user_type,
            self.status,
            or_dash(self.assigned_at),
            or_dash(self.last_used_at),
        ]
    }
}
