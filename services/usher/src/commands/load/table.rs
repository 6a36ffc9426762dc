//! The report of a load, for people.

use load::{Latency, Memory, Report};

use crate::output::{self, OutputError, Table};

/// How many bytes a megabyte has.
const MEGABYTE: f64 = 1_000_000.0;

/// Prints what came of a load.
pub(super) fn print(report: &Report) -> Result<(), OutputError> {
    let Report { rate_asked, rate, seconds, stopped, all, by_kind, shown, refused, failed, memory } = report;
    output::line(&format!(
        "{} requests in {seconds:.1} s: {rate:.0} a second of {rate_asked:.0}, {} failed{}",
        all.requests,
        report.failures(),
        if *stopped { "; stopped before the end" } else { "" }
    ))?;
    let answered = by_kind.iter().map(|(kind, latency)| (*kind, latency)).chain([("all", all)]);
    print_latencies("latency from when it was due, ms", answered)?;
    if !shown.is_empty() {
        print_latencies("until the server showed it, ms", shown.iter().map(|(kind, latency)| (*kind, latency)))?;
    }
    for (what, counts) in
        [("refused", refused), ("failed", failed)].into_iter().filter(|(_, counts)| !counts.is_empty())
    {
        output::line("")?;
        let mut table = Table::new([what, "requests"]);
        counts.iter().for_each(|(code, count)| table.row([code.clone(), count.to_string()]));
        table.print()?;
    }
    if let Some(Memory { start_bytes, middle_bytes, end_bytes, greatest_bytes }) = memory {
        output::line("")?;
        let mut table = Table::new(["memory of the server, MB", "start", "middle", "end", "greatest"]);
        let [start, middle, end, greatest] = [start_bytes, middle_bytes, end_bytes, greatest_bytes]
            .map(|bytes| format!("{:.0}", *bytes as f64 / MEGABYTE));
        table.row([String::new(), start, middle, end, greatest]);
        table.print()?;
    }
    Ok(())
}

fn print_latencies<'a>(
    what: &str,
    latencies: impl Iterator<Item = (&'static str, &'a Latency)>,
) -> Result<(), OutputError> {
    output::line("")?;
    let mut table = Table::new([what, "requests", "p50", "p99", "p99.9", "longest"]);
    for (kind, Latency { requests, p50_ms, p99_ms, p999_ms, max_ms }) in latencies {
        let [p50, p99, p999, max] = [p50_ms, p99_ms, p999_ms, max_ms].map(|time| format!("{time:.1}"));
        table.row([kind.to_owned(), requests.to_string(), p50, p99, p999, max]);
    }
    table.print()
}
