//! Reading topics with a client that is not usher's.

use std::{collections::BTreeMap, process::Command};

use serde::Deserialize;

use super::program::Program;

/// A record as `kcat` prints it.
#[derive(Debug, Deserialize)]
pub struct Printed {
    pub partition: u16,
    pub offset: i64,
    /// Name, value, name, value.
    #[serde(default)]
    headers: Vec<String>,
    pub key: Option<String>,
    pub payload: Option<String>,
}

impl Printed {
    pub fn headers(&self) -> BTreeMap<String, String> {
        self.headers.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
    }
}

/// All committed records of a topic, partition by partition.
pub fn read(program: &Program, topic: &str) -> Result<Vec<Printed>, String> {
    let topic = format!("{}{topic}", program.prefix);
    let mut command = Command::new("kcat");
    command.args([
        "-C",
        "-J",
        "-e",
        "-q",
        "-X",
        "isolation.level=read_committed",
        "-b",
        &program.brokers,
        "-t",
        &topic,
    ]);
    let output = command.output().unwrap();
    if !output.status.success() {
        return Err(format!("kcat: {}", String::from_utf8_lossy(&output.stderr)));
    }
    // Bodies in protobuf are no text, and not looked at.
    let lines = String::from_utf8_lossy(&output.stdout);
    let mut records: Vec<Printed> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    records.sort_by_key(|record| (record.partition, record.offset));
    Ok(records)
}
