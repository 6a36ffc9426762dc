//! The tables as other people's programs see them.

use std::process::Command;

use servers::Postgres;

/// What `psql` prints: a row a line, columns apart by `|`.
pub fn psql(url: &str, sql: &str) -> String {
    let program = Postgres::shared().unwrap().bin_dir().join("psql");
    let output =
        Command::new(program).args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]).output().unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every row of every table that depends on the journal alone.
pub fn dump(url: &str) -> String {
    let tables = [
        ("positions", "shard, commit_number, position, checksum, catalogue", "shard"),
        ("licensees", "*", "licensee"),
        ("members", "*", "licensee, user_id"),
        ("seats", "*", "licensee, user_id, product"),
        ("users", "*", "user_id"),
        ("usage", "*", "user_id"),
        ("timers", "*", "licensee, place"),
        ("refusals", "*", "licensee, shard, position"),
        ("shard_totals", "*", "shard"),
        ("shard_removals", "*", "shard, reason"),
        ("shard_refusals", "*", "shard, code"),
    ];
    let rows = tables.map(|(table, columns, order)| {
        let rows = psql(url, &format!("SELECT {columns} FROM usher_views.{table} ORDER BY {order}"));
        format!("== {table}\n{rows}")
    });
    rows.concat()
}
