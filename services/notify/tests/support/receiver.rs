//! A receiver on loopback that does what a test wants: takes events, says no, is slow, or breaks off.
#![allow(dead_code, reason = "the tests that share it use different parts")]

use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};
use serde_json::Value;

/// How long a test waits, at most.
pub const LONG: Duration = Duration::from_secs(60);

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It is answered with this status.
    Says(u16),
    /// It is answered with 503, and when to come again, seconds.
    ComeAgain(u64),
    /// It is answered with a redirection to the receiver itself.
    Redirects,
    /// The connection ends without an answer, and nothing was taken.
    BreaksOff,
    /// The event is taken, and the connection ends without an answer.
    TakenAndBreaksOff,
    /// Nothing is answered until the other side ends the connection.
    Hangs,
}

/// A request that was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Taken {
    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// The user of the event.
    pub fn user(&self) -> String {
        self.event()["data"]["user"].as_str().unwrap_or_default().to_owned()
    }

    /// With which of these secrets it is signed, as a receiver finds out.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = PKey::hmac(&STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap()).unwrap();
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        let signed = format!("{}.{}.{}", self.id(), self.headers["webhook-timestamp"], self.body);
        signer.update(signed.as_bytes()).unwrap();
        let expected = format!("v1,{}", STANDARD.encode(signer.sign_to_vec().unwrap()));
        self.headers["webhook-signature"].split(' ').any(|signature| signature == expected)
    }
}

#[derive(Default)]
struct State {
    plan: VecDeque<Reply>,
    /// What is done once the plan is at its end.
    usual: Option<Reply>,
    taken: Vec<Taken>,
    /// How many requests came, taken or not.
    seen: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    is_over: AtomicBool,
}

/// A running receiver.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Receiver {
    pub fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// Comes back where one was before.
    pub fn again_at(address: SocketAddr) -> Self {
        Self::on(TcpListener::bind(address).unwrap())
    }

    fn on(listener: TcpListener) -> Self {
        let (address, shared) = (listener.local_addr().unwrap(), Arc::new(Shared::default()));
        let accepting = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let shared = accepting.clone();
                // A connection that ends early is what is tested.
                thread::spawn(move || drop(receive(stream.unwrap(), &shared)));
            }
        });
        Self { address, shared }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}/usher", self.address)
    }

    /// What becomes of the next requests, one after another; those behind are taken.
    pub fn plan(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.state.lock().unwrap().plan.extend(replies);
    }

    /// What becomes of all requests; `None` to take them.
    pub fn always(&self, reply: Option<Reply>) {
        self.shared.state.lock().unwrap().usual = reply;
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.shared.state.lock().unwrap().taken.clone()
    }

    pub fn users(&self) -> Vec<String> {
        self.taken().iter().map(Taken::user).collect()
    }

    /// Waits until so many events were taken.
    pub fn wait_for(&self, count: usize) -> Vec<Taken> {
        self.wait_until(|state| state.taken.len() >= count);
        self.taken()
    }

    /// Waits until so many requests came, taken or not.
    pub fn wait_for_requests(&self, count: usize) {
        self.wait_until(|state| state.seen >= count);
    }

    pub fn requests(&self) -> usize {
        self.shared.state.lock().unwrap().seen
    }

    fn wait_until(&self, is_so: impl Fn(&State) -> bool) {
        let began = Instant::now();
        let mut state = self.shared.state.lock().unwrap();
        while !is_so(&state) {
            assert!(began.elapsed() < LONG, "seen: {}, taken: {:?}", state.seen, state.taken);
            state = self.shared.changed.wait_timeout(state, Duration::from_secs(1)).unwrap().0;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes whoever accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn receive(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let (mut reader, mut writer) = (BufReader::new(stream.try_clone()?), stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    if shared.is_over.load(Ordering::SeqCst) || !line.starts_with("POST /usher HTTP/1.1") {
        return Ok(());
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body)?;
    let taken = Taken { headers, body: String::from_utf8(body).unwrap() };
    let reply = {
        let mut state = shared.state.lock().unwrap();
        let reply = state.plan.pop_front().or(state.usual).unwrap_or(Reply::Says(204));
        state.seen += 1;
        if matches!(reply, Reply::Says(200..=299) | Reply::TakenAndBreaksOff) {
            state.taken.push(taken);
        }
        reply
    };
    shared.changed.notify_all();
    let answer = match reply {
        Reply::Says(status) => format!("HTTP/1.1 {status} So\r\n"),
        Reply::ComeAgain(seconds) => format!("HTTP/1.1 503 Later\r\nretry-after: {seconds}\r\n"),
        Reply::Redirects => "HTTP/1.1 307 There\r\nlocation: /usher\r\n".to_owned(),
        Reply::BreaksOff | Reply::TakenAndBreaksOff => return Ok(()),
        Reply::Hangs => {
            let mut rest = Vec::new();
            return reader.read_to_end(&mut rest).map(drop);
        }
    };
    writer.write_all(format!("{answer}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes())
}
