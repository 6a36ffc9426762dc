//! What Usher is measured against: `cqrs-es` with `postgres-es`, both as published.
//!
//! A program of its own, told what to do by lines of JSON on standard input, and answering each with one on standard
//! output. Its only argument is the URL of an empty database.
//!
//! The aggregate is equal to a licensee as far as `AssignSeat` goes: a quantity, members, seats; a command loads it, checks
//! membership and limit, and appends an event with the durability of the server. What it does **not** do, and Usher does
//! in the same time: idempotency, a hash chain, refusals that are kept, an order over all aggregates, outcomes for auditors,
//! timers, other products, who asked.

mod job;
mod licensee;
mod seats_view;
mod work;

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use job::{Answer, Job};
use work::{PeerError, Workplace};

#[tokio::main]
async fn main() -> ExitCode {
    let Some(url) = std::env::args().nth(1) else {
        eprintln!("usage: peer DATABASE_URL; then a job a line on standard input");
        return ExitCode::from(2);
    };
    match answer_all(&url).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does one job after another, until standard input ends.
async fn answer_all(url: &str) -> Result<(), PeerError> {
    let workplace = Workplace::new(url).await?;
    for line in io::stdin().lock().lines() {
        let job: Job = serde_json::from_str(&line.map_err(PeerError::Lines)?).map_err(PeerError::NoJob)?;
        let answer: Answer = workplace.do_job(job).await?;
        let text = serde_json::to_string(&answer).map_err(PeerError::NoJob)?;
        let mut output = io::stdout().lock();
        writeln!(output, "{text}").and_then(|()| output.flush()).map_err(PeerError::Lines)?;
    }
    Ok(())
}
