//! HTTP on loopback: a router that is served, and a client so lean that it takes little from whoever is measured.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::Router;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    task::JoinSet,
};

use super::load::{Latencies, Load};
use crate::error::BenchError;

/// Connections that are kept alive.
pub const CONNECTIONS: u64 = 256;
/// The largest answer that is read, bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// How much is read at a time, bytes.
const READ_BYTES: usize = 4096;

/// A router that is served until this is dropped.
pub struct Served {
    /// Where.
    pub address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Served {
    /// Serves a router on a free port of loopback, on threads of its own.
    ///
    /// # Errors
    /// [`BenchError::System`] if there is no port.
    pub fn start(router: Router) -> Result<Self, BenchError> {
        let in_start = || BenchError::system("serve on loopback");
        let runtime = Builder::new_multi_thread().enable_all().build().map_err(in_start())?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).map_err(in_start())?;
        let address = listener.local_addr().map_err(in_start())?;
        runtime.spawn(async move {
            // It ends with the runtime.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, runtime: Some(runtime) })
    }

    /// On what it is served.
    ///
    /// # Errors
    /// [`BenchError::Wrong`] never, as long as it is served.
    pub fn runtime(&self) -> Result<&Runtime, BenchError> {
        self.runtime.as_ref().ok_or_else(|| BenchError::wrong("the server has ended"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What makes the `number`th request, as it goes over the wire.
pub type Requests = Arc<dyn Fn(u64) -> String + Send + Sync>;

/// A request without a body, as it goes over the wire.
pub fn request(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: bench\r\n{headers}\r\n")
}

/// Sends one request and gives the answer.
///
/// # Errors
/// [`BenchError`] if there is none.
pub fn ask(address: SocketAddr, request: &str) -> Result<Answered, BenchError> {
    let request = request.to_owned();
    on_own_thread(async move {
        let mut connection = Connection::open(address).await?;
        connection.ask(&request).await
    })
}

/// Keeps [`CONNECTIONS`] busy for so long, one request at a time each, and at least one; requests are numbered by `next`, which goes on from
/// one round to the next.
///
/// # Errors
/// [`BenchError::Wrong`] if anything but 200 is answered.
pub fn drive(
    address: SocketAddr,
    time: Duration,
    next: &Arc<AtomicU64>,
    requests: &Requests,
) -> Result<Load, BenchError> {
    let (next, requests) = (next.clone(), requests.clone());
    on_own_thread(async move {
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            connections.push(Connection::open(address).await?);
        }
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for connection in connections {
            tasks.spawn(keep_busy(connection, began, time, next.clone(), requests.clone()));
        }
        let (mut done, mut latencies) = (0, Latencies::new()?);
        while let Some(finished) = tasks.join_next().await {
            let (count, of_one) = finished.map_err(|error| BenchError::wrong(error.to_string()))??;
            done += count;
            latencies.add_all(&of_one);
        }
        Ok(Load { done, took: began.elapsed(), latencies })
    })
}

async fn keep_busy(
    mut connection: Connection,
    began: Instant,
    time: Duration,
    next: Arc<AtomicU64>,
    requests: Requests,
) -> Result<(u64, Latencies), BenchError> {
    let (mut done, mut latencies) = (0, Latencies::new()?);
    while done == 0 || began.elapsed() < time {
        let request = requests(next.fetch_add(1, Ordering::Relaxed));
        let asked = Instant::now();
        let answered = connection.ask(&request).await?;
        if answered.status != 200 {
            let body = String::from_utf8_lossy(&answered.body).into_owned();
            return Err(BenchError::wrong(format!("status {} for {request:?}: {body}", answered.status)));
        }
        latencies.add(asked.elapsed());
        done += 1;
    }
    Ok((done, latencies))
}

/// Runs it on a single thread, which is all that a client may take.
pub(super) fn on_own_thread<T>(work: impl Future<Output = Result<T, BenchError>>) -> Result<T, BenchError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(BenchError::system("start a client"))?;
    runtime.block_on(work)
}

/// A connection that is kept alive.
struct Connection {
    stream: TcpStream,
    /// What was read and not used.
    read: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(address).await.map_err(BenchError::system("connect to loopback"))?;
        stream.set_nodelay(true).map_err(BenchError::system("connect to loopback"))?;
        Ok(Self { stream, read: Vec::with_capacity(READ_BYTES) })
    }

    async fn ask(&mut self, request: &str) -> Result<Answered, BenchError> {
        self.stream.write_all(request.as_bytes()).await.map_err(BenchError::system("send a request"))?;
        loop {
            if let Some((answered, length)) = parse(&self.read)? {
                self.read.drain(..length);
                return Ok(answered);
            }
            if self.read.len() > ANSWER_BYTES_MAX {
                return Err(BenchError::wrong("an answer is too long"));
            }
            let read = self.stream.read_buf(&mut self.read).await.map_err(BenchError::system("read an answer"))?;
            if read == 0 {
                return Err(BenchError::wrong("the server closed a connection"));
            }
        }
    }
}

/// The answer at the beginning, and how many bytes it takes; `None` while it is not whole.
fn parse(read: &[u8]) -> Result<Option<(Answered, usize)>, BenchError> {
    let Some(head_bytes) = read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let unreadable = || BenchError::wrong("an answer is no HTTP");
    let head = read.get(..head_bytes).and_then(|head| str::from_utf8(head).ok()).ok_or_else(unreadable)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or_else(unreadable)?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").ok_or_else(unreadable)?;
    let whole = head_bytes + 4 + length.1.parse::<usize>().map_err(|_| unreadable())?;
    let Some(body) = read.get(head_bytes + 4..whole) else { return Ok(None) };
    Ok(Some((Answered { status, headers, body: body.to_vec() }, whole)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_it_is_whole() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-a: b\r\n\r\n{}HTTP";
        for part in 0..whole.len() - 4 {
            assert!(parse(&whole[..part]).unwrap().is_none(), "{part}");
        }
        let (answered, length) = parse(whole).unwrap().unwrap();
        assert_eq!((answered.status, answered.body.as_slice(), length), (200, b"{}".as_slice(), whole.len() - 4));
        assert!(answered.headers.contains(&("x-a".to_owned(), "b".to_owned())));
        assert!(parse(b"nonsense\r\n\r\n").is_err());
    }

    #[test]
    fn every_connection_is_kept_busy_and_a_wrong_answer_is_told() {
        let served = Served::start(Router::new().route("/a", axum::routing::get(|| async { "b" }))).unwrap();
        let next = Arc::new(AtomicU64::new(0));
        let good: Requests = Arc::new(|_| request("GET", "/a", ""));
        let load = drive(served.address, Duration::from_millis(20), &next, &good).unwrap();
        assert!(load.done >= CONNECTIONS);
        assert_eq!(load.done, next.load(Ordering::Relaxed));
        let bad: Requests = Arc::new(|_| request("GET", "/b", ""));
        assert!(drive(served.address, Duration::from_millis(20), &next, &bad).is_err());
    }
}
