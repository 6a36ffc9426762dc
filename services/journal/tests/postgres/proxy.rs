//! A wire that can be cut at the worst moment.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Sender, channel},
    },
    thread,
};

use parking_lot::Mutex;

/// When a connection is cut that carries a certain text to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The server never sees it.
    BeforeRequest,
    /// The server has it, and may be at it still.
    AfterRequest,
    /// The server is done with it; its answer gets lost.
    BeforeAnswer,
    /// The server gets it only when it is sent a second time, and is done with it before it gets the second.
    Late,
}

/// Passes on what goes to a server and comes from it.
pub struct Proxy {
    address: String,
    plan: Arc<Mutex<Option<Plan>>>,
    cuts: Arc<AtomicUsize>,
}

struct Plan {
    cut: Cut,
    text: &'static str,
    times_left: usize,
    /// How many requests carried the text.
    carried: usize,
    /// A request that is still on its way, and the connection that it belongs to.
    late: Option<(Arc<Link>, Vec<u8>)>,
}

impl Proxy {
    /// A way to the server at `target`.
    pub fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy =
            Self { address: listener.local_addr().unwrap().to_string(), plan: Arc::default(), cuts: Arc::default() };
        let (target, plan, cuts) = (target.to_owned(), proxy.plan.clone(), proxy.cuts.clone());
        thread::spawn(move || {
            for client in listener.incoming() {
                let server = TcpStream::connect(&target).unwrap();
                Link::start(client.unwrap(), server, plan.clone(), cuts.clone());
            }
        });
        proxy
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Cuts the next `times` connections that carry `text`.
    pub fn cut(&self, cut: Cut, text: &'static str, times: usize) {
        *self.plan.lock() = Some(Plan { cut, text, times_left: times, carried: 0, late: None });
    }

    /// How many requests carried the text since [`cut`](Self::cut).
    pub fn carried(&self) -> usize {
        self.plan.lock().as_ref().map_or(0, |plan| plan.carried)
    }

    /// How many connections it has cut.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }
}

/// One connection.
struct Link {
    client: TcpStream,
    server: TcpStream,
    plan: Arc<Mutex<Option<Plan>>>,
    cuts: Arc<AtomicUsize>,
    /// Who is told when the server answers; the answer itself gets lost.
    swallows: Mutex<Option<Sender<()>>>,
}

impl Link {
    fn start(client: TcpStream, server: TcpStream, plan: Arc<Mutex<Option<Plan>>>, cuts: Arc<AtomicUsize>) {
        let link = Arc::new(Self { client, server, plan, cuts, swallows: Mutex::default() });
        let back = link.clone();
        thread::spawn(move || link.carry_requests());
        thread::spawn(move || back.carry_answers());
    }

    fn carry_requests(self: Arc<Self>) {
        let mut buffer = vec![0; 1 << 20];
        while let Some(bytes) = read(&self.client, &mut buffer) {
            match self.cut_for(bytes) {
                Some(Cut::BeforeRequest) => return self.cut(),
                Some(Cut::AfterRequest) => {
                    let _ = (&self.server).write_all(bytes);
                    return self.cut();
                }
                Some(Cut::BeforeAnswer) => *self.swallows.lock() = Some(channel().0),
                Some(Cut::Late) => return self.hold_back(bytes),
                None => {}
            }
            if (&self.server).write_all(bytes).is_err() {
                break;
            }
        }
        self.close();
    }

    fn carry_answers(&self) {
        let mut buffer = vec![0; 1 << 20];
        while let Some(bytes) = read(&self.server, &mut buffer) {
            if let Some(teller) = self.swallows.lock().take() {
                let _ = teller.send(());
                return self.cut();
            }
            if (&self.client).write_all(bytes).is_err() {
                break;
            }
        }
        self.close();
    }

    fn cut_for(&self, bytes: &[u8]) -> Option<Cut> {
        let mut plan = self.plan.lock();
        let plan = plan.as_mut()?;
        if !bytes.windows(plan.text.len()).any(|window| window == plan.text.as_bytes()) {
            return None;
        }
        plan.carried += 1;
        if let Some((link, late)) = plan.late.take() {
            link.deliver(&late);
        }
        plan.times_left = plan.times_left.checked_sub(1)?;
        Some(plan.cut)
    }

    /// Cuts off the client, but not what it has sent.
    fn hold_back(self: Arc<Self>, bytes: &[u8]) {
        let _ = self.client.shutdown(Shutdown::Both);
        let plan = self.plan.clone();
        plan.lock().as_mut().unwrap().late = Some((self, bytes.to_vec()));
    }

    /// Hands over what was held back, and waits until the server is done with it.
    fn deliver(&self, late: &[u8]) {
        let (teller, told) = channel();
        *self.swallows.lock() = Some(teller);
        (&self.server).write_all(late).unwrap();
        told.recv().unwrap();
    }

    fn cut(&self) {
        self.cuts.fetch_add(1, Ordering::SeqCst);
        self.close();
    }

    fn close(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

fn read<'a>(mut from: &TcpStream, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    match from.read(buffer) {
        Ok(0) | Err(_) => None,
        Ok(length) => Some(&buffer[..length]),
    }
}
