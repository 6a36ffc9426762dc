//! A mail server on loopback that does what a test wants: takes mail, says no, is slow, or breaks off, at any step; with a
//! certificate it speaks STARTTLS, and takes nothing without it.
#![allow(dead_code, reason = "the tests that share it use different parts")]

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use openssl::ssl::SslAcceptor;

/// How long a test waits for mail, at most.
pub const LONG: Duration = Duration::from_secs(60);

/// Where in a session something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Connect,
    Hello,
    Login,
    Sender,
    Recipient,
    Data,
    /// At the end of a mail, which counts as not taken.
    Body,
    /// At the end of a mail, which counts as taken.
    Taken,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It answers with this code.
    Says(u16),
    /// It ends the connection.
    BreaksOff,
    /// It answers nothing, until the other side ends the connection.
    Hangs,
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub to: String,
    pub text: String,
}

impl Taken {
    /// The value of a header that stands on one line.
    pub fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        self.text.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_else(|| panic!("{name}: {}", self.text))
    }
}

#[derive(Default)]
struct State {
    plan: VecDeque<(Step, Trouble)>,
    taken: Vec<Taken>,
    logins: Vec<String>,
    connections: usize,
    hanging: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    is_over: AtomicBool,
}

/// A running server.
pub struct SmtpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl SmtpServer {
    pub fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), None)
    }

    /// One that offers STARTTLS, and takes nothing in the clear.
    pub fn with_tls(certificate: SslAcceptor) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), Some(certificate))
    }

    /// Comes back where one was before.
    pub fn again_at(address: SocketAddr) -> Self {
        Self::on(TcpListener::bind(address).unwrap(), None)
    }

    fn on(listener: TcpListener, tls: Option<SslAcceptor>) -> Self {
        let (address, shared) = (listener.local_addr().unwrap(), Arc::new(Shared::default()));
        let tls = tls.map(Arc::new);
        let accepting = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, tls) = (accepting.clone(), tls.clone());
                // A session that ends early is what is tested.
                thread::spawn(move || drop(session(stream.unwrap(), &shared, tls.as_deref())));
            }
        });
        Self { address, shared }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// What goes wrong next, one after another.
    pub fn plan(&self, troubles: impl IntoIterator<Item = (Step, Trouble)>) {
        self.shared.state.lock().unwrap().plan.extend(troubles);
    }

    /// What was planned and did not come yet.
    pub fn planned(&self) -> usize {
        self.shared.state.lock().unwrap().plan.len()
    }

    pub fn connections(&self) -> usize {
        self.shared.state.lock().unwrap().connections
    }

    /// Who logged in, as it was sent.
    pub fn logins(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().logins.clone()
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.shared.state.lock().unwrap().taken.clone()
    }

    /// Waits until so many mails were taken.
    pub fn wait_for(&self, count: usize) -> Vec<Taken> {
        self.wait_until(|state| state.taken.len() >= count);
        self.taken()
    }

    /// Waits until a session hangs.
    pub fn wait_for_hanging(&self) {
        self.wait_until(|state| state.hanging > 0);
    }

    fn wait_until(&self, is_so: impl Fn(&State) -> bool) {
        let began = Instant::now();
        let mut state = self.shared.state.lock().unwrap();
        while !is_so(&state) {
            assert!(began.elapsed() < LONG, "taken: {:?}", state.taken);
            state = self.shared.changed.wait_timeout(state, Duration::from_secs(1)).unwrap().0;
        }
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes whoever accepts.
        let _ = TcpStream::connect(self.address);
    }
}

/// Why a session goes no further.
struct Over;

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self
    }
}

trait Wire: Read + Write {}

impl<W: Read + Write> Wire for W {}

struct Session<'a> {
    wire: BufReader<Box<dyn Wire>>,
    shared: &'a Shared,
}

fn session(stream: TcpStream, shared: &Shared, tls: Option<&SslAcceptor>) -> Result<(), Over> {
    let mut session = Session { wire: BufReader::new(Box::new(stream.try_clone()?)), shared };
    let mut offered = tls;
    shared.state.lock().unwrap().connections += 1;
    session.step(Step::Connect, "220 here")?;
    let mut to = String::new();
    loop {
        let line = session.read_line()?;
        let command = line.trim_end().split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match command.as_str() {
            "EHLO" | "HELO" if offered.is_some() => session.step(Step::Hello, "250-here\r\n250 STARTTLS")?,
            "EHLO" | "HELO" => session.step(Step::Hello, "250-here\r\n250 AUTH PLAIN")?,
            "STARTTLS" => {
                let acceptor = offered.take().ok_or(Over)?;
                session.say("220 go on")?;
                let secured = acceptor.accept(stream.try_clone()?).map_err(|_| Over)?;
                session.wire = BufReader::new(Box::new(secured));
            }
            "AUTH" | "MAIL" if offered.is_some() => session.say("530 not in the clear")?,
            "AUTH" => {
                session.shared.state.lock().unwrap().logins.push(line.trim_end().to_owned());
                session.step(Step::Login, "235 welcome")?;
            }
            "MAIL" => session.step(Step::Sender, "250 fine")?,
            "RCPT" => {
                to = line.trim().to_owned();
                session.step(Step::Recipient, "250 fine")?;
            }
            "DATA" => {
                if session.step_or_refuse(Step::Data, "354 go on")? {
                    session.take(&to)?;
                }
            }
            "QUIT" => return session.say("221 bye"),
            _ => session.say("250 fine")?,
        }
    }
}

impl Session<'_> {
    fn take(&mut self, to: &str) -> Result<(), Over> {
        let mut text = String::new();
        loop {
            let line = self.read_line()?;
            if line == ".\r\n" {
                break;
            }
            text.push_str(&line);
        }
        if let Some(trouble) = self.planned(Step::Body) {
            return self.meet(trouble);
        }
        self.shared.state.lock().unwrap().taken.push(Taken { to: to.to_owned(), text });
        self.shared.changed.notify_all();
        self.step(Step::Taken, "250 taken")
    }

    fn step(&mut self, step: Step, usual: &str) -> Result<(), Over> {
        self.step_or_refuse(step, usual).map(drop)
    }

    /// Whether it went as usual.
    fn step_or_refuse(&mut self, step: Step, usual: &str) -> Result<bool, Over> {
        match self.planned(step) {
            Some(trouble) => self.meet(trouble).map(|()| false),
            None => self.say(usual).map(|()| true),
        }
    }

    fn planned(&self, step: Step) -> Option<Trouble> {
        let mut state = self.shared.state.lock().unwrap();
        let is_next = state.plan.front().is_some_and(|(at, _)| *at == step);
        if is_next { state.plan.pop_front().map(|(_, trouble)| trouble) } else { None }
    }

    fn meet(&mut self, trouble: Trouble) -> Result<(), Over> {
        match trouble {
            Trouble::Says(code) => self.say(&format!("{code} no, ann@example.com")),
            Trouble::BreaksOff => Err(Over),
            Trouble::Hangs => {
                self.shared.state.lock().unwrap().hanging += 1;
                self.shared.changed.notify_all();
                while self.read_line().is_ok() {}
                self.shared.state.lock().unwrap().hanging -= 1;
                Err(Over)
            }
        }
    }

    fn say(&mut self, line: &str) -> Result<(), Over> {
        self.wire.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        Ok(self.wire.get_mut().flush()?)
    }

    fn read_line(&mut self) -> Result<String, Over> {
        let mut line = String::new();
        if self.wire.read_line(&mut line)? == 0 { Err(Over) } else { Ok(line) }
    }
}
