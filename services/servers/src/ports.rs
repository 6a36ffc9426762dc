//! Free ports.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    net::TcpListener,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::Unavailable;

/// The first port that is given out.
const FIRST: u32 = 15_000;
/// Where the ports begin that the system gives to whoever connects, unless it says something else.
const EPHEMERAL: u32 = 32_768;
/// How many ports are tried.
const ATTEMPTS: u32 = 1_000;

/// A port of 127.0.0.1 on which nobody listens.
///
/// It is none that the system gives to whoever connects: while a server is down, one of those might get its port, even
/// the client that tries to reach the server.
pub fn free() -> Result<u16, Unavailable> {
    static NEXT: OnceLock<AtomicU32> = OnceLock::new();
    let count = ephemeral().saturating_sub(FIRST).max(1);
    // Each process begins somewhere else, so that two that run at once do not try the same ones.
    let next = NEXT.get_or_init(|| AtomicU32::new(u32::try_from(RandomState::new().hash_one(0) % 0xffff).unwrap_or(0)));
    for _ in 0..ATTEMPTS {
        let candidate = FIRST + next.fetch_add(1, Ordering::Relaxed) % count;
        let Ok(port) = u16::try_from(candidate) else { continue };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Unavailable::Unusable {
        what: format!("none of {ATTEMPTS} ports from {FIRST} up"),
        mend: "end some of the servers on this machine",
    })
}

fn ephemeral() -> u32 {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let first = range.split_whitespace().next().and_then(|first| first.parse().ok());
    first.filter(|first| *first > FIRST).unwrap_or(EPHEMERAL)
}
