//! A store with several nodes on it, under load.

use std::{
    sync::{
        Arc, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use servers::Database;
use tempfile::TempDir;

use super::{
    evidence::{collect, wait_until_decided},
    ground::Ground,
    load::{Load, Run},
    messages::Messages,
    node::Node,
    program::Program,
    publisher::publish,
    wait::wait_for,
};
use crate::check::{Evidence, Said, Sent, wrongs_of};

const NODES: usize = 3;
/// How soon leases are with those who are there: they live four seconds, the rest is for a slow machine.
const SPREAD_WITHIN: Duration = Duration::from_secs(40);

/// Nodes on a store of their own, under load; all for one test.
pub struct Scene {
    // In this order they go: first those that need the others.
    pub load: Load,
    nodes: Vec<Node>,
    started: usize,
    run: Arc<Run>,
    first_sent: Vec<Sent>,
    database: Database,
    program: Program,
    _folder: TempDir,
    pub servers: MutexGuard<'static, Ground>,
}

impl Scene {
    /// Starts the nodes and the load, and waits until it flows.
    pub fn begin() -> Self {
        static SCENES: AtomicU32 = AtomicU32::new(1);
        let number = SCENES.fetch_add(1, Ordering::Relaxed);
        let servers = Ground::alone();
        let folder = tempfile::tempdir().unwrap();
        let database = servers.postgres.database().unwrap();
        let program = Program {
            folder: folder.path().to_owned(),
            database_url: database.url(),
            brokers: servers.kafka.bootstrap(),
            prefix: format!("scene-{number}."),
        };
        let nodes: Vec<Node> = (1..=NODES).map(|number| Node::start(&program, &format!("node-{number}"))).collect();
        let run = Arc::new(Run::default());
        run.set_addresses(nodes.iter().map(|node| node.address.clone()).collect());

        let mut messages = Messages::new(number.into());
        let beginning = messages.beginning();
        publish(&program, &beginning, "json", &run);
        let first_sent: Vec<Sent> = beginning.into_iter().map(|message| message.sent).collect();
        wait_until_decided(&database, &first_sent);
        let load = Load::start(&run, &program, messages);
        let scene = Self { load, nodes, started: NODES, run, first_sent, database, program, _folder: folder, servers };
        scene.wait_until_spread(NODES);
        scene.load.flows();
        scene
    }

    /// Starts one more node.
    pub fn add_node(&mut self) {
        self.started += 1;
        let node = Node::start(&self.program, &format!("node-{}", self.started));
        self.nodes.push(node);
        self.tell_callers();
    }

    /// Takes the node out that is the longest there. Callers still try to reach it, as they don't know.
    pub fn take_oldest_node(&mut self) -> Node {
        self.nodes.remove(0)
    }

    /// One of the nodes; 0 is the longest there.
    pub fn node(&self, place: usize) -> &Node {
        &self.nodes[place]
    }

    /// Waits until so many nodes share all leases.
    pub fn wait_until_spread(&self, nodes: usize) {
        let sql = "SELECT count(DISTINCT holder), count(*) - count(holder) FROM usher.leases";
        let expected = format!("{nodes}|0");
        wait_for("the leases to be spread", SPREAD_WITHIN, || {
            let found = self.database.run_sql(sql).map_err(|error| error.to_string())?;
            if found.trim() == expected { Ok(()) } else { Err(format!("{} is not {expected}", found.trim())) }
        });
    }

    /// Ends the load and, once all is settled, the nodes; checks what there is, and gives it.
    pub fn end(self) -> Evidence {
        // Whatever fails: the last goes first.
        let Self { servers: _servers, _folder, database, program, first_sent, run: _, started: _, nodes, load } = self;
        let (sent, answers) = load.finish();
        let evidence = collect(&program, &database, [first_sent, sent].concat(), answers);
        let wrongs = wrongs_of(&evidence);
        assert!(wrongs.is_empty(), "{wrongs}");
        assert_much_happened(&evidence);
        nodes.into_iter().for_each(Node::stop);
        evidence
    }

    fn tell_callers(&self) {
        self.run.set_addresses(self.nodes.iter().map(|node| node.address.clone()).collect());
    }
}

/// Where nothing much happens, nothing much can go wrong.
fn assert_much_happened(evidence: &Evidence) {
    let Evidence { answers, letters, shown, .. } = evidence;
    for said in [Said::Changed, Said::Unchanged, Said::Refused("no_seats_available".to_owned())] {
        assert!(answers.iter().any(|answer| answer.said == said), "nobody was answered {said:?}");
    }
    let is_lost = |reason: &str| shown.removals.contains(&format!("{reason}|"));
    let is_ineligible = ["blocked", "deactivated", "role_ineligible", "membership_removed"].into_iter().any(is_lost);
    let has_all = is_ineligible && ["requested", "overage"].into_iter().all(is_lost);
    assert!(has_all, "seats were lost for few reasons: {}", shown.removals);
    assert!(letters.len() > 10, "there are {} dead letters", letters.len());
}
