//! Access checks over gRPC on loopback: as many under way as there are connections over HTTP, on few connections.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use api::grpc::proto::{
    CheckAccessRequest, CheckAccessResponse, access_service_client::AccessServiceClient,
    stream_access_response::Outcome,
};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};

use super::{
    http::{CONNECTIONS, on_own_thread},
    load::{Latencies, Load},
};
use crate::error::BenchError;

/// Checks under way.
pub const UNDER_WAY: u64 = CONNECTIONS;
/// Connections that they share.
pub const SHARED_CONNECTIONS: u64 = 4;

/// What makes the `number`th check.
pub type Checks = Arc<dyn Fn(u64) -> CheckAccessRequest + Send + Sync>;

type Client = AccessServiceClient<Channel>;

/// What a load needs to go on.
#[derive(Clone)]
struct Work {
    began: Instant,
    time: Duration,
    next: Arc<AtomicU64>,
    checks: Checks,
}

/// Sends one check and gives the answer.
///
/// # Errors
/// [`BenchError`] if there is none.
pub fn ask(address: SocketAddr, check: CheckAccessRequest) -> Result<CheckAccessResponse, BenchError> {
    on_own_thread(async move {
        connect(address).await?.check_access(check).await.map(tonic::Response::into_inner).map_err(refused)
    })
}

/// Keeps [`UNDER_WAY`] checks under way for so long, a call each, and does as many at least; checks are numbered by `next`,
/// which goes on from one round to the next.
///
/// # Errors
/// [`BenchError::Wrong`] if a check is not answered.
pub fn drive(address: SocketAddr, time: Duration, next: &Arc<AtomicU64>, checks: &Checks) -> Result<Load, BenchError> {
    load(address, time, next, checks, UNDER_WAY / SHARED_CONNECTIONS, keep_calling)
}

/// The same on streams, one a connection.
///
/// # Errors
/// [`BenchError::Wrong`] if a check is not answered.
pub fn drive_streams(
    address: SocketAddr,
    time: Duration,
    next: &Arc<AtomicU64>,
    checks: &Checks,
) -> Result<Load, BenchError> {
    load(address, time, next, checks, 1, keep_streaming)
}

/// So many tasks on each connection, and what they did together.
fn load<F>(
    address: SocketAddr,
    time: Duration,
    next: &Arc<AtomicU64>,
    checks: &Checks,
    tasks_a_connection: u64,
    task: impl Fn(Client, Work) -> F,
) -> Result<Load, BenchError>
where
    F: Future<Output = Result<(u64, Latencies), BenchError>> + Send + 'static,
{
    let (next, checks) = (next.clone(), checks.clone());
    on_own_thread(async move {
        let mut clients = Vec::new();
        for _ in 0..SHARED_CONNECTIONS {
            clients.push(connect(address).await?);
        }
        let work = Work { began: Instant::now(), time, next, checks };
        let mut tasks = JoinSet::new();
        for client in &clients {
            for _ in 0..tasks_a_connection {
                tasks.spawn(task(client.clone(), work.clone()));
            }
        }
        let (mut done, mut latencies) = (0, Latencies::new()?);
        while let Some(finished) = tasks.join_next().await {
            let (count, of_one) = finished.map_err(|error| BenchError::wrong(error.to_string()))??;
            done += count;
            latencies.add_all(&of_one);
        }
        Ok(Load { done, took: work.began.elapsed(), latencies })
    })
}

async fn connect(address: SocketAddr) -> Result<Client, BenchError> {
    let silent = |error| BenchError::wrong(format!("{address} does not answer over gRPC: {error}"));
    let channel = Endpoint::from_shared(format!("http://{address}")).map_err(|error| silent(error.to_string()))?;
    let channel = channel.connect().await.map_err(|error| silent(error.to_string()))?;
    Ok(AccessServiceClient::new(channel))
}

/// One check after the other.
async fn keep_calling(mut client: Client, work: Work) -> Result<(u64, Latencies), BenchError> {
    let (mut done, mut latencies) = (0, Latencies::new()?);
    while done == 0 || !work.is_over() {
        let check = work.check();
        let asked = Instant::now();
        client.check_access(check).await.map_err(refused)?;
        latencies.add(asked.elapsed());
        done += 1;
    }
    Ok((done, latencies))
}

/// This connection's part of what is under way, on one stream: a check for each answer.
async fn keep_streaming(mut client: Client, work: Work) -> Result<(u64, Latencies), BenchError> {
    let under_way = usize::try_from(UNDER_WAY / SHARED_CONNECTIONS).unwrap_or(1);
    let (ask, checks) = mpsc::channel(under_way);
    let mut asked = VecDeque::with_capacity(under_way);
    let send = async |asked: &mut VecDeque<Instant>| {
        asked.push_back(Instant::now());
        ask.send(work.check()).await.map_err(|_| BenchError::wrong("a stream has ended"))
    };
    for _ in 0..under_way {
        send(&mut asked).await?;
    }
    let mut answers = client.stream_access(ReceiverStream::new(checks)).await.map_err(refused)?.into_inner();
    let (mut done, mut latencies) = (0, Latencies::new()?);
    while let Some(since) = asked.pop_front() {
        let answer = answers.message().await.map_err(refused)?;
        match answer.and_then(|answer| answer.outcome) {
            Some(Outcome::Access(_)) => latencies.add(since.elapsed()),
            other => return Err(BenchError::wrong(format!("a check was answered with {other:?}"))),
        }
        done += 1;
        if !work.is_over() {
            send(&mut asked).await?;
        }
    }
    Ok((done, latencies))
}

impl Work {
    fn check(&self) -> CheckAccessRequest {
        (self.checks)(self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn is_over(&self) -> bool {
        self.began.elapsed() >= self.time
    }
}

fn refused(status: Status) -> BenchError {
    BenchError::wrong(format!("a check was refused: {status}"))
}
