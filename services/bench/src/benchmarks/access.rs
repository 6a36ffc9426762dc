//! May this user use that feature? From memory over HTTP, against one indexed SQL query a check, behind HTTP too; and both
//! without HTTP. Meanwhile commands change seats at a steady pace.
//!
//! Over HTTP only: usher has no gRPC for callers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use chrono::Utc;
use licensing::{FeatureId, UserId};
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls, Statement};
use views::Views;

use super::{Benchmark, commands::crowd, http::serve};
use crate::{
    contest::{self, Contender},
    error::BenchError,
    ground::{
        Ground,
        background::Background,
        crowd::{Crowd, user_name},
        http::{self, CONNECTIONS, Requests, Served},
        store::{Place, Store},
    },
    measure::{Measure, Reading, Unit},
    report::{Section, Wanted},
};

/// The row `access`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "access",
    about: "access checks a second over HTTP while commands run, against one indexed SQL query a check",
    run,
};

const CHECKS: Measure = Measure { name: "checks", unit: Unit::PerSecond };
const FEATURE: &str = "code_suggestions";
/// Connections to PostgreSQL; on each, queries follow one another without waiting.
const SQL_CONNECTIONS: usize = 16;
/// The answer by the views' own tables, each by its index.
const QUERY: &str = "
    SELECT u.status, s.licensee, l.products -> s.product ->> 'add_on', l.products -> s.product ->> 'status'
    FROM usher_views.users u
         LEFT JOIN usher_views.seats s ON s.user_id = u.user_id
         LEFT JOIN usher_views.licensees l ON l.licensee = s.licensee
    WHERE u.user_id = $1";

const OURS: &str = "usher, HTTP";
const SQL: &str = "SQL, HTTP";
const OURS_ALONE: &str = "usher, in process";
const SQL_ALONE: &str = "SQL, in process";

fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let store = Store::new(ground, Place::Postgres)?;
    let crowd = crowd(ground);
    crowd.join(&store.engine())?;
    let views = store.open_views()?;
    let url = store.url().ok_or_else(|| BenchError::wrong("the store has no database"))?;
    let ours = Asked::new(OURS, crowd, serve(&store, &views)?);
    let sql = Asked::new(SQL, crowd, serve_sql(&url)?);
    let sql_alone = SqlAlone::open(&url, crowd)?;
    check_answers(&ours, &sql)?;
    let per_second = ground.effort.size(1_000, 200) as f64;
    let commands = Background::start(store.engine(), crowd, per_second);
    let mut contenders: [Box<dyn Contender>; 4] =
        [Box::new(ours), Box::new(sql), Box::new(Alone { views, crowd, next: 0 }), Box::new(sql_alone)];
    let results = contest::run("access", ground.effort, ground.effort.round_time(), &mut contenders)?;
    commands.end()?;
    section.add(&format!("{per_second:.0} commands/s beside"), &results);
    section.note("Over HTTP only: usher has no gRPC for callers yet.");
    for (about, ours, sql) in [
        ("one SQL query a check, both over HTTP", OURS, SQL),
        ("one SQL query a check, neither over HTTP", OURS_ALONE, SQL_ALONE),
    ] {
        let ratios = results.of(ours, CHECKS)?.ratios_to(results.of(sql, CHECKS)?);
        section.aim(about, Wanted::AtLeast(20.0, Unit::Times), ratios);
    }
    Ok(())
}

/// Whoever is asked over HTTP.
struct Asked {
    name: &'static str,
    served: Served,
    next: Arc<AtomicU64>,
    requests: Requests,
}

impl Asked {
    fn new(name: &'static str, crowd: Crowd, served: Served) -> Self {
        let requests: Requests = Arc::new(move |number| {
            let path = format!("/v1/users/{}/access?feature={FEATURE}", user_of(crowd, number));
            http::request("GET", &path, "")
        });
        Self { name, served, next: Arc::default(), requests }
    }
}

impl Contender for Asked {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        Ok(http::drive(self.served.address, time, &self.next, &self.requests)?.readings(CHECKS))
    }
}

/// The user of the `number`th check: all of them in turn.
fn user_of(crowd: Crowd, number: u64) -> String {
    let turn = crowd.turn(number);
    user_name(turn.licensee, turn.member)
}

/// What both say of the first user has to be the same.
fn check_answers(ours: &Asked, sql: &Asked) -> Result<(), BenchError> {
    let answer = |asked: &Asked| -> Result<Value, BenchError> {
        let answered = http::ask(asked.served.address, &(asked.requests)(0))?;
        serde_json::from_slice(&answered.body).map_err(|error| BenchError::wrong(error.to_string()))
    };
    let (ours, sql) = (answer(ours)?, answer(sql)?);
    if ours == sql { Ok(()) } else { Err(BenchError::wrong(format!("{ours} is not {sql}"))) }
}

/// Usher's memory, asked by one thread.
struct Alone {
    views: Arc<Views>,
    crowd: Crowd,
    next: u64,
}

impl Contender for Alone {
    fn name(&self) -> String {
        OURS_ALONE.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let (feature, now) = (FeatureId::new(FEATURE), Utc::now());
        let (began, first) = (Instant::now(), self.next);
        while began.elapsed() < time {
            let user = UserId::parse(&user_of(self.crowd, self.next));
            let user = user.map_err(|error| BenchError::wrong(error.to_string()))?;
            let access = self.views.access_from_memory(&user, &feature, now);
            std::hint::black_box(access).ok_or_else(|| BenchError::wrong("a user is not known"))?;
            self.next += 1;
        }
        Ok(vec![CHECKS.reading((self.next - first) as f64 / began.elapsed().as_secs_f64())])
    }
}

/// Connections to the views' database.
#[derive(Clone)]
struct Database {
    clients: Arc<Vec<(Client, Statement)>>,
    next: Arc<AtomicU64>,
}

impl Database {
    async fn open(url: &str) -> Result<Self, BenchError> {
        let mut clients = Vec::new();
        for _ in 0..SQL_CONNECTIONS {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            // It ends with the client.
            tokio::spawn(async move { drop(connection.await) });
            let statement = client.prepare(QUERY).await?;
            clients.push((client, statement));
        }
        Ok(Self { clients: Arc::new(clients), next: Arc::default() })
    }

    /// The answer in the form of the interface; `None` for an unknown user.
    async fn access(&self, user: &str) -> Result<Option<Value>, BenchError> {
        let place = self.next.fetch_add(1, Ordering::Relaxed) % SQL_CONNECTIONS as u64;
        let client = usize::try_from(place).ok().and_then(|place| self.clients.get(place));
        let (client, statement) = client.ok_or_else(|| BenchError::wrong("there is no connection"))?;
        let rows = client.query(statement, &[&user]).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        if first.get::<_, &str>(0) != "active" {
            return Ok(Some(answer(false, "user_not_active", Vec::new())));
        }
        let is_held = |row: &&tokio_postgres::Row| row.get::<_, Option<&str>>(3) == Some("active");
        let grant = |row: &tokio_postgres::Row| json!({"licensee": row.get::<_, &str>(1), "add_on": row.get::<_, Option<&str>>(2)});
        let grants: Vec<Value> = rows.iter().filter(is_held).map(grant).collect();
        Ok(Some(if grants.is_empty() { answer(false, "no_seat", grants) } else { answer(true, "seat", grants) }))
    }
}

fn answer(allowed: bool, reason: &str, grants: Vec<Value>) -> Value {
    json!({"allowed": allowed, "reason": reason, "grants": grants})
}

fn serve_sql(url: &str) -> Result<Served, BenchError> {
    let place: Arc<std::sync::OnceLock<Database>> = Arc::default();
    let router = Router::new().route("/v1/users/{user}/access", get(checked)).with_state(place.clone());
    let served = Served::start(router)?;
    let database = served.runtime()?.block_on(Database::open(url))?;
    // Nobody else sets it.
    let _ = place.set(database);
    Ok(served)
}

async fn checked(
    State(place): State<Arc<std::sync::OnceLock<Database>>>,
    Path(user): Path<String>,
) -> Result<Json<Value>, StatusCode> {
    let database = place.get().ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    let answer = database.access(&user).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    answer.map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// The same queries without HTTP, as many at a time.
struct SqlAlone {
    runtime: tokio::runtime::Runtime,
    database: Database,
    crowd: Crowd,
    next: Arc<AtomicU64>,
}

impl SqlAlone {
    fn open(url: &str, crowd: Crowd) -> Result<Self, BenchError> {
        let runtime = tokio::runtime::Runtime::new().map_err(BenchError::system("start a runtime"))?;
        let database = runtime.block_on(Database::open(url))?;
        Ok(Self { runtime, database, crowd, next: Arc::default() })
    }
}

impl Contender for SqlAlone {
    fn name(&self) -> String {
        SQL_ALONE.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let (began, first) = (Instant::now(), self.next.load(Ordering::Relaxed));
        self.runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..CONNECTIONS {
                let (database, next, crowd) = (self.database.clone(), self.next.clone(), self.crowd);
                tasks.spawn(async move {
                    while began.elapsed() < time {
                        let user = user_of(crowd, next.fetch_add(1, Ordering::Relaxed));
                        let answer = database.access(&user).await?;
                        answer.ok_or_else(|| BenchError::wrong("a user is not known"))?;
                    }
                    Ok::<(), BenchError>(())
                });
            }
            while let Some(done) = tasks.join_next().await {
                done.map_err(|error| BenchError::wrong(error.to_string()))??;
            }
            Ok::<(), BenchError>(())
        })?;
        let done = self.next.load(Ordering::Relaxed) - first;
        Ok(vec![CHECKS.reading(done as f64 / began.elapsed().as_secs_f64())])
    }
}
