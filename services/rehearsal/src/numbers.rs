//! What came out, in the form in which `usher demo --format json` prints it.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Map, Value, json};

use crate::{cluster::Cluster, error::RehearsalError, replay::Outcomes};

/// What came out of the cluster: the outcomes of messages, and for the rest the views, read with `psql`.
pub fn of_cluster(cluster: &Cluster, outcomes: Outcomes) -> Result<Value, RehearsalError> {
    let Outcomes { sent, kept } = outcomes;
    let refused = table(&cluster.sql("SELECT code, count(*) FROM usher_views.refusals GROUP BY code")?);
    let removals = table(&cluster.sql("SELECT reason, count FROM usher_views.removals WHERE count > 0")?);
    let totals = row(&cluster.sql("SELECT licensees, members, seats FROM usher_views.totals")?);
    let sold = row(&cluster.sql("SELECT sum(quantity) FROM usher_views.seat_pools")?);
    let refusals: u64 = refused.values().filter_map(Value::as_u64).sum();
    let (accepted, duplicate) = (kept.saturating_sub(refusals), sent.saturating_sub(kept));
    let number = |numbers: &[u64], place: usize| numbers.get(place).copied().unwrap_or_default();
    Ok(json!({
        "messages": {"accepted": accepted, "duplicate": duplicate, "refused": refused},
        "licensees": number(&totals, 0),
        "members": number(&totals, 1),
        "seats": {"held": number(&totals, 2), "quantity": number(&sold, 0)},
        "removals": removals,
    }))
}

/// What `usher demo` prints: one process on a folder.
pub fn of_demo(usher: &Path) -> Result<Value, RehearsalError> {
    let folder = tempfile::tempdir().map_err(RehearsalError::system)?;
    let mut demo = Command::new(usher);
    demo.args(["demo", "--no-serve", "--format", "json"]).current_dir(folder.path()).stderr(Stdio::null());
    let output = demo.output().map_err(|source| RehearsalError::Program { program: usher.to_owned(), source })?;
    if !output.status.success() {
        return Err(RehearsalError::Demo(output.status));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| RehearsalError::Answer { url: "usher demo".to_owned(), detail: error.to_string() })
}

/// Rows of a name and a number, as `psql` prints them: `name|17`.
fn table(printed: &str) -> Map<String, Value> {
    let rows = printed.lines().filter_map(|line| line.split_once('|'));
    rows.filter_map(|(name, number)| Some((name.to_owned(), number.parse::<u64>().ok()?.into()))).collect()
}

/// The numbers of a single row.
fn row(printed: &str) -> Vec<u64> {
    printed.trim().split('|').filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_psql_prints_is_read() {
        assert_eq!(Value::from(table("a|1\nb|20\n\n")), json!({"a": 1, "b": 20}));
        assert_eq!(row("1|2161|35\n"), [1, 2161, 35]);
    }
}
