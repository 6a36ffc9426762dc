//! A server under load.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::program::Server;

const ROUNDS: u32 = 5;
const CALLERS: usize = 4;

fn event(id: &str, type_name: &str, data: &Value) -> Value {
    json!({"specversion": "1.0", "source": "urn:test", "id": id, "type": format!("usher.{type_name}"),
        "time": "2025-01-01T00:00:00Z", "data": data})
}

fn member_added(number: usize) -> Value {
    let user = format!("u-{number}");
    let data = json!({"licensee": "acme", "user": user, "username": user, "name": user, "email": "u@example.com",
        "role": "developer", "type": "human"});
    event(&format!("member-{number}"), "directory.v1.MemberAdded", &data)
}

#[test]
fn what_was_acknowledged_is_there_once_whenever_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let start = json!({"licensee": "acme", "name": "Acme", "offering": "gitlab_com", "subscription": "S-1",
        "plan": "ultimate", "seats": 10, "starts_at": "2025-01-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"});
    assert_eq!(server.send(&event("start", "billing.v1.SubscriptionStarted", &start)).unwrap()["outcome"], "accepted");

    let next = AtomicUsize::new(0);
    let mut acknowledged: Vec<usize> = Vec::new();
    for round in 0..ROUNDS {
        let before = acknowledged.len();
        acknowledged.extend(send_until_killed(&mut server, &next, Duration::from_millis(150 + 130 * u64::from(round))));
        assert!(acknowledged.len() > before, "nothing was acknowledged before the kill");
        drop(server);
        server = Server::start(folder.path());
    }

    // Whoever got no answer sends it again; whoever got one is told that it was there.
    let sent = next.load(Ordering::Relaxed);
    let mut once_more: Vec<&str> = Vec::new();
    for number in 0..sent {
        let outcome = server.send(&member_added(number)).unwrap()["outcome"].clone();
        let expected = if acknowledged.contains(&number) { &["duplicate"][..] } else { &["duplicate", "accepted"] };
        assert!(expected.contains(&outcome.as_str().unwrap()), "{number} was {outcome}");
        once_more.push(if outcome == "accepted" { "accepted" } else { "duplicate" });
    }
    assert!(once_more.contains(&"duplicate"));
    let mut per_command: BTreeMap<String, usize> = BTreeMap::new();
    for event in server.history("acme") {
        *per_command.entry(event["command_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert!(per_command.values().all(|count| *count == 1), "{per_command:?}");
    assert_eq!(per_command.len(), sent + 1, "one event a command, and the start");
    let licensee = server.get("/v1/licensees/acme");
    assert_eq!(licensee["members"], json!(sent), "the views are where the history is");

    // The timers that were armed before the kills fire, once, at their time.
    server.set_clock("2027-01-01T00:00:00Z");
    let names: Vec<_> = server.history("acme").iter().map(|event| event["type"].clone()).collect();
    for (name, count) in [("SubscriptionExpired", 1), ("GracePeriodEnded", 1)] {
        assert_eq!(names.iter().filter(|found| **found == name).count(), count, "{name}");
    }
}

/// Callers send one message after another until the server dies; gives which were acknowledged.
fn send_until_killed(server: &mut Server, next: &AtomicUsize, after: Duration) -> Vec<usize> {
    let is_dead = AtomicBool::new(false);
    let shared = &*server;
    let acknowledged = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut acknowledged = Vec::new();
                    while !is_dead.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        match shared.send(&member_added(number)) {
                            Some(result) => {
                                assert_eq!(result["outcome"], "accepted");
                                acknowledged.push(number);
                            }
                            None => break,
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        // The moment of the kill is what is random here; nothing waits for it.
        thread::sleep(after);
        shared.kill_by_signal();
        is_dead.store(true, Ordering::Relaxed);
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    server.kill();
    acknowledged
}
