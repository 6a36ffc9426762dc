//! May this user use that feature? From memory over HTTP and gRPC, against one indexed SQL query a check, behind HTTP too;
//! and both without a wire. Meanwhile commands change seats at a steady pace.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use api::grpc::proto::{CheckAccessRequest, CheckAccessResponse};
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
        grpc::{self, Checks},
        http::{self, CONNECTIONS, Requests, Served},
        load::Load,
        store::{Place, Store},
    },
    measure::{Measure, Reading, Unit},
    report::{Section, Wanted},
};

/// The row `access`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "access",
    about: "access checks a second over HTTP and gRPC while commands run, against one indexed SQL query a check",
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
const OURS_GRPC: &str = "usher, gRPC";
const OURS_STREAM: &str = "usher, gRPC stream";
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
    let single =
        Called { name: OURS_GRPC, address: ours.served.address, crowd, next: Arc::default(), drive: grpc::drive };
    let stream = Called { name: OURS_STREAM, drive: grpc::drive_streams, next: Arc::default(), ..single };
    single.check_answer(&ours)?;
    let per_second = ground.effort.size(1_000, 200) as f64;
    let commands = Background::start(store.engine(), crowd, per_second);
    let mut contenders: [Box<dyn Contender>; 6] = [
        Box::new(ours),
        Box::new(single),
        Box::new(stream),
        Box::new(sql),
        Box::new(Alone { views, crowd, next: 0 }),
        Box::new(sql_alone),
    ];
    let results = contest::run("access", ground.effort, ground.effort.round_time(), &mut contenders)?;
    commands.end()?;
    section.add(&format!("{per_second:.0} commands/s beside"), &results);
    for (about, ours, sql) in [
        ("one SQL query a check, both over HTTP", OURS, SQL),
        ("one SQL query a check over HTTP, ours over gRPC", OURS_GRPC, SQL),
        ("one SQL query a check over HTTP, ours on gRPC streams", OURS_STREAM, SQL),
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

    /// What is said of the first user.
    fn answer(&self) -> Result<Value, BenchError> {
        let answered = http::ask(self.served.address, &(self.requests)(0))?;
        serde_json::from_slice(&answered.body).map_err(|error| BenchError::wrong(error.to_string()))
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

/// Usher, asked over gRPC, a call each or on streams.
struct Called {
    name: &'static str,
    address: SocketAddr,
    crowd: Crowd,
    next: Arc<AtomicU64>,
    drive: fn(SocketAddr, Duration, &Arc<AtomicU64>, &Checks) -> Result<Load, BenchError>,
}

impl Called {
    fn checks(&self) -> Checks {
        let crowd = self.crowd;
        Arc::new(move |number| CheckAccessRequest {
            user: user_of(crowd, number),
            feature: FEATURE.to_owned(),
            ..CheckAccessRequest::default()
        })
    }

    /// What is said of the first user has to be what is said over HTTP.
    fn check_answer(&self, over_http: &Asked) -> Result<(), BenchError> {
        let (over_grpc, over_http) = (as_json(&grpc::ask(self.address, self.checks()(0))?), over_http.answer()?);
        if over_grpc == over_http { Ok(()) } else { Err(BenchError::wrong(format!("{over_grpc} is not {over_http}"))) }
    }
}

impl Contender for Called {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        Ok((self.drive)(self.address, time, &self.next, &self.checks())?.readings(CHECKS))
    }
}

/// An answer as the interface writes it over HTTP.
fn as_json(access: &CheckAccessResponse) -> Value {
    let reason = access.reason().as_str_name().trim_start_matches("REASON_").to_ascii_lowercase();
    let grants = access.grants.iter().map(|grant| json!({"licensee": grant.licensee, "add_on": grant.add_on}));
    answer(access.allowed, &reason, grants.collect())
}

/// The user of the `number`th check: all of them in turn.
fn user_of(crowd: Crowd, number: u64) -> String {
    let turn = crowd.turn(number);
    user_name(turn.licensee, turn.member)
}

/// What both say of the first user has to be the same.
fn check_answers(ours: &Asked, sql: &Asked) -> Result<(), BenchError> {
    let (ours, sql) = (ours.answer()?, sql.answer()?);
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
