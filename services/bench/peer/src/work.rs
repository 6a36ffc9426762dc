//! Doing what is asked.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use cqrs_es::{AggregateError, Query, persist::GenericQuery};
use hdrhistogram::Histogram;
use postgres_es::{PostgresCqrs, PostgresViewRepository, postgres_cqrs};
use sqlx::{Executor, PgPool, postgres::PgPoolOptions};
use tokio::task::{JoinError, JoinSet};

use crate::{
    job::{Answer, Job},
    licensee::{Command, Licensee, Refused},
    seats_view::SeatsView,
};

/// Connections: more than its own default of 10, as it has a round trip a statement.
const CONNECTIONS: u32 = 32;
/// How many commands open licensees at a time.
const OPENING: u64 = 64;
/// The tables as the crate's own `db/init.sql` makes them.
const TABLES: &str = "
    DROP TABLE IF EXISTS events;
    DROP TABLE IF EXISTS seats_view;
    CREATE TABLE events (
        aggregate_type text NOT NULL,
        aggregate_id text NOT NULL,
        sequence bigint CHECK (sequence >= 0) NOT NULL,
        event_type text NOT NULL,
        event_version text NOT NULL,
        payload json NOT NULL,
        metadata json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence));
    CREATE TABLE seats_view (
        view_id text NOT NULL,
        version bigint CHECK (version >= 0) NOT NULL,
        payload json NOT NULL,
        PRIMARY KEY (view_id));";

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// Standard input or output.
    #[error("cannot read a job or write an answer: {0}")]
    Lines(#[source] io::Error),
    /// A line that is no job.
    #[error("a line is no job: {0}")]
    NoJob(#[source] serde_json::Error),
    /// The database.
    #[error("the database refuses: {0}")]
    Database(#[from] sqlx::Error),
    /// The framework.
    #[error("a command failed: {0}")]
    Command(#[from] AggregateError<Refused>),
    /// A task that did not end.
    #[error("a task did not end in order: {0}")]
    Task(#[from] JoinError),
}

/// A database, and connections to it.
pub struct Workplace {
    pool: PgPool,
}

/// What a job works on.
struct Licensees {
    framework: PostgresCqrs<Licensee>,
    count: u64,
    members: u64,
    next: AtomicU64,
}

impl Workplace {
    /// Works in the database at a URL.
    ///
    /// # Errors
    /// [`PeerError::Database`] if it can't be reached.
    pub async fn new(url: &str) -> Result<Self, PeerError> {
        Ok(Self { pool: PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await? })
    }

    /// Does a job on new tables.
    ///
    /// # Errors
    /// [`PeerError`] when the database or the framework refuse.
    pub async fn do_job(&self, job: Job) -> Result<Answer, PeerError> {
        match job {
            Job::Round { in_flight, seconds, licensees, members, with_view } => {
                let licensees = self.fresh(licensees, members, with_view).await?;
                licensees.drive(in_flight, Duration::from_secs_f64(seconds)).await
            }
            Job::Growth { seats, seconds } => {
                let licensees = self.fresh(1, seats + 1, false).await?;
                for _ in 0..seats {
                    licensees.do_next().await?;
                }
                licensees.churn(Duration::from_secs_f64(seconds)).await
            }
        }
    }

    /// New licensees without a history.
    async fn fresh(&self, count: u64, members: u64, with_view: bool) -> Result<Arc<Licensees>, PeerError> {
        self.pool.execute(TABLES).await?;
        let views = PostgresViewRepository::<SeatsView, Licensee>::new("seats_view", self.pool.clone());
        let mut queries: Vec<Box<dyn Query<Licensee>>> = Vec::new();
        if with_view {
            let mut query = GenericQuery::<_, SeatsView, Licensee>::new(Arc::new(views));
            query.use_error_handler(Box::new(|error| eprintln!("the view failed: {error}")));
            queries.push(Box::new(query));
        }
        let framework = postgres_cqrs(self.pool.clone(), queries, ());
        let licensees = Arc::new(Licensees { framework, count, members, next: AtomicU64::new(0) });
        licensees.open_all().await?;
        Ok(licensees)
    }
}

impl Licensees {
    async fn open_all(self: &Arc<Self>) -> Result<(), PeerError> {
        let mut tasks = JoinSet::new();
        for first in 0..OPENING {
            let own = self.clone();
            let numbers = (first..self.count).step_by(usize::try_from(OPENING).unwrap_or(1));
            tasks.spawn(async move {
                for number in numbers {
                    let members = (0..own.members).map(|member| user(number, member)).collect();
                    let open = Command::Open { quantity: own.members, members };
                    own.framework.execute(&licensee(number), open).await?;
                }
                Ok::<(), PeerError>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(())
    }

    /// So many commands at a time, each for another licensee, for so long.
    async fn drive(self: &Arc<Self>, in_flight: u64, time: Duration) -> Result<Answer, PeerError> {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..in_flight {
            let own = self.clone();
            tasks.spawn(async move {
                let mut times = Vec::new();
                while began.elapsed() < time {
                    let asked = Instant::now();
                    own.do_next().await?;
                    times.push(asked.elapsed());
                }
                Ok::<Vec<Duration>, PeerError>(times)
            });
        }
        let mut all = Vec::new();
        while let Some(done) = tasks.join_next().await {
            all.extend(done??);
        }
        Ok(answer(&all, began.elapsed()))
    }

    /// Gives the last seat and takes it, one after the other, for so long.
    async fn churn(&self, time: Duration) -> Result<Answer, PeerError> {
        let began = Instant::now();
        let mut times = Vec::new();
        let last = user(0, self.members.saturating_sub(1));
        while began.elapsed() < time {
            for command in [Command::AssignSeat { user: last.clone() }, Command::RemoveSeat { user: last.clone() }] {
                let asked = Instant::now();
                self.framework.execute(&licensee(0), command).await?;
                times.push(asked.elapsed());
            }
        }
        Ok(answer(&times, began.elapsed()))
    }

    /// The next command of all: passes of assignments over everybody, then of removals, and so on.
    async fn do_next(&self) -> Result<(), PeerError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let everybody = self.count.saturating_mul(self.members).max(1);
        let (pass, place) = (number / everybody, number % everybody);
        let (of_licensee, member) = (place % self.count, place / self.count);
        loop {
            let user = user(of_licensee, member);
            let command =
                if pass.is_multiple_of(2) { Command::AssignSeat { user } } else { Command::RemoveSeat { user } };
            match self.framework.execute(&licensee(of_licensee), command).await {
                // Another command was faster: its own documentation says to try again.
                Err(AggregateError::AggregateConflict) => {}
                done => return Ok(done?),
            }
        }
    }
}

fn licensee(number: u64) -> String {
    format!("l-{number}")
}

fn user(licensee: u64, member: u64) -> String {
    format!("u-{licensee}-{member}")
}

fn answer(times: &[Duration], took: Duration) -> Answer {
    let mut histogram = Histogram::<u64>::new_with_max(60_000_000_000, 3).ok();
    for time in times {
        if let Some(histogram) = &mut histogram {
            histogram.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        }
    }
    let quantile = |part: f64| histogram.as_ref().map_or(0.0, |all| all.value_at_quantile(part) as f64 / 1e6);
    Answer { commands: times.len() as u64, seconds: took.as_secs_f64(), p50_ms: quantile(0.5), p99_ms: quantile(0.99) }
}
