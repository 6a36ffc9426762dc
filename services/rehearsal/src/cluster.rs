//! The servers and the nodes.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use kafka::Security;
use serde_json::{Value, json};
use servers::{Database, Kafka, Postgres};
use tempfile::TempDir;

use crate::{error::RehearsalError, node::Node};

/// PostgreSQL, Kafka and the nodes.
pub struct Cluster {
    // In this order they go.
    nodes: Vec<Node>,
    database: Database,
    postgres: Postgres,
    kafka: Kafka,
    _folder: TempDir,
}

impl Cluster {
    /// Starts everything; the nodes' clock stands at `start`.
    pub fn start(usher: &Path, nodes: u16, start: DateTime<Utc>) -> Result<Self, RehearsalError> {
        eprintln!("starting PostgreSQL and Apache Kafka");
        let postgres = Postgres::start()?;
        let database = postgres.database()?;
        let kafka = Kafka::start()?;
        let folder = tempfile::tempdir().map_err(RehearsalError::system)?;
        eprintln!("starting {nodes} nodes");
        let arguments = [
            "--database-url".to_owned(),
            database.url(),
            "--kafka".to_owned(),
            kafka.bootstrap(),
            "--clock".to_owned(),
            format!("manual:{}", to_text(start)),
        ];
        let nodes: Result<_, _> =
            (1..=nodes).map(|number| Node::start(usher, number, &arguments, folder.path())).collect();
        Ok(Self { nodes: nodes?, database, postgres, kafka, _folder: folder })
    }

    /// Says where everything is.
    pub fn print(&self) {
        let pid = |pid: Option<u32>| pid.unwrap_or_default();
        println!("postgres  {}  pid {}", self.database.url(), pid(self.postgres.pid()));
        println!("kafka     {}  pid {}", self.kafka.bootstrap(), pid(self.kafka.pid()));
        for node in &self.nodes {
            println!("node {}    {}  pid {}  log {}", node.number, node.url, node.pid(), node.log.display());
        }
    }

    /// The way to the broker.
    pub fn kafka(&self) -> Result<kafka::Settings, RehearsalError> {
        Ok(kafka::Settings::new(&self.kafka.bootstrap(), Security::default())?)
    }

    /// Where the store is.
    pub fn database_url(&self) -> String {
        self.database.url()
    }

    /// Asks the database.
    pub fn sql(&self, query: &str) -> Result<String, RehearsalError> {
        Ok(self.database.run_sql(query)?)
    }

    /// Sets the clock of all nodes; whatever is due until then happens first.
    pub fn set_clock(&self, to: DateTime<Utc>) -> Result<(), RehearsalError> {
        let Some(node) = self.nodes.first() else { return Ok(()) };
        let url = format!("{}/v1/clock", node.url);
        let sent = ureq::put(&url).send_json(json!({ "now": to_text(to) }));
        sent.map(drop).map_err(|source| RehearsalError::Request { url, source: Box::new(source) })
    }

    /// When time alone changes something next.
    pub fn next_timer(&self) -> Result<Option<DateTime<Utc>>, RehearsalError> {
        let Some(node) = self.nodes.first() else { return Ok(None) };
        let url = format!("{}/v1/timers", node.url);
        let timers: Value = serde_json::from_str(&get(&url)?)
            .map_err(|error| RehearsalError::Answer { url: url.clone(), detail: error.to_string() })?;
        let due = timers["items"].as_array().into_iter().flatten().filter_map(|timer| timer["due_at"].as_str());
        let due: Result<Vec<DateTime<Utc>>, _> = due.map(str::parse).collect();
        let due = due.map_err(|error| RehearsalError::Answer { url, detail: error.to_string() })?;
        Ok(due.into_iter().min())
    }
}

fn get(url: &str) -> Result<String, RehearsalError> {
    let answer = ureq::get(url).call().and_then(|mut answer| answer.body_mut().read_to_string());
    answer.map_err(|source| RehearsalError::Request { url: url.to_owned(), source: Box::new(source) })
}

fn to_text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
