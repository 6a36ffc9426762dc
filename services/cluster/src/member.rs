//! This process among the nodes of its store.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use journal::{Leases, Node, Roster, Watch};
use tokio::{runtime::Handle, sync::oneshot};

use crate::{
    ClusterError, Hands, Options, Secret, Timing,
    context::Context,
    forwarder::Forwarder,
    heartbeat::{Heartbeat, renew},
    links::Links,
    mover::{Mover, Wake},
    myself::Myself,
    routes::{Route, Routes},
    service,
    tenure::Tenure,
};

/// How many wakes of the mover may wait: one does for all.
const WAKES_MAX: usize = 4;
/// How long handing over may take until it is done without the others' knowing.
const HAND_OVER_WAIT: Duration = Duration::from_secs(20);

/// A node at work: it holds its part of the shards, answers other nodes and forwards to them.
///
/// Dropping it ends that without a word to the others, as a crash does; [`leave`](Self::leave) is the orderly way.
pub struct Member {
    context: Context,
    is_over: Arc<AtomicBool>,
    wakes: SyncSender<Wake>,
    threads: Vec<JoinHandle<()>>,
    _forwarder: Forwarder,
    /// Dropped, it ends the answering.
    _serving: Option<oneshot::Sender<()>>,
}

impl Member {
    /// Joins the other nodes of the store: answers them, connects the engine to them, and takes over a part of the
    /// shards. Must not be called on a thread of the runtime.
    ///
    /// # Errors
    /// [`ClusterError`] when the store can't be reached, the listener not be used, or a thread not be started.
    pub fn start(
        options: Options,
        leases: Arc<dyn Leases>,
        hands: Hands,
        runtime: &Handle,
    ) -> Result<Self, ClusterError> {
        let Options { node, timing, listener, secret } = options;
        // Without duties at first: nothing is to be taken before others can be reached and reach this node.
        let seen = renew(&*leases, &Node { duties: Vec::new(), ..node.clone() }, timing.time_to_live)?;
        let context = Context {
            me: node.id,
            tenure: Tenure::new(seen.asked_at, timing.time_to_live),
            routes: Routes::new(node.id, seen),
            myself: Myself::new(node),
            leases,
            hands,
            links: Arc::new(Links::new(secret.clone())),
            looked: Watch::default(),
            runtime: runtime.clone(),
        };
        let forwarder = Forwarder::start(&context);
        let serving = listener.map(|listener| serve(listener, secret, &context)).transpose()?;
        let (wakes, woken) = sync_channel(WAKES_MAX);
        let mover = Mover::new(context.clone());
        let mut member = Self {
            context,
            is_over: Arc::default(),
            wakes,
            threads: Vec::new(),
            _forwarder: forwarder,
            _serving: serving,
        };
        member.spawn("usher-leases", move || mover.run(&woken))?;
        member.start_guard()?;
        member.start_heartbeat(timing)?;
        Ok(member)
    }

    /// Who is there and who does what, as of the last renewal.
    pub fn roster(&self) -> Arc<Roster> {
        self.context.routes.newest().roster
    }

    /// Tells where other nodes reach the one that decides a shard, as of the last renewal; `None` while nobody does who
    /// can be reached, and for what this node decides.
    pub fn owners(&self) -> impl Fn(u16) -> Option<String> + Send + Sync + 'static {
        let routes = self.context.routes.clone();
        move |shard| match routes.route(shard) {
            Route::To(node) => Some(node.address),
            Route::Here | Route::Nowhere => None,
        }
    }

    /// Has the roster looked at now instead of at the next renewal.
    pub fn refresh(&self) {
        self.context.routes.nudge();
    }

    /// Gives everything back that this node holds, in order: what is begun is finished first, and the other nodes learn
    /// of it at once. The node stays on the roster and goes on forwarding. Blocks; whether all of it went in order.
    pub fn hand_over(&self) -> bool {
        self.context.myself.leave_all_duties();
        let deadline = Instant::now() + HAND_OVER_WAIT;
        self.context.routes.nudge();
        loop {
            let seen = self.context.looked.generation();
            if self.holds_nothing() {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                tracing::warn!("the shards could not be handed over in order: others take them when their leases end");
                return false;
            }
            self.context.looked.wait_beyond(seen, left);
        }
    }

    /// [Hands over](Self::hand_over) and takes the node off the roster. Blocks.
    ///
    /// # Errors
    /// When the store can't be reached; then the others find out by themselves.
    pub fn leave(mut self) -> Result<(), ClusterError> {
        self.hand_over();
        self.stop();
        self.context.leases.leave(self.context.me)?;
        Ok(())
    }

    fn holds_nothing(&self) -> bool {
        let roster = self.roster();
        let is_done = roster.nodes.iter().all(|node| node.id != self.context.me || node.duties.is_empty());
        is_done
            && roster.leases.iter().all(|lease| lease.holder != Some(self.context.me))
            && self.context.hands.doing().is_empty()
    }

    fn start_guard(&mut self) -> Result<(), ClusterError> {
        let Context { tenure, hands, .. } = self.context.clone();
        let wakes = self.wakes.clone();
        self.spawn("usher-tenure", move || {
            tenure.guard(|| {
                tracing::warn!("the leases could not be renewed in time: nothing is written until they are");
                hands.drop_everything();
                let _ = wakes.try_send(Wake::Look);
            });
        })
    }

    fn start_heartbeat(&mut self, timing: Timing) -> Result<(), ClusterError> {
        let heartbeat = Heartbeat { context: self.context.clone(), timing };
        let (is_over, wakes) = (self.is_over.clone(), self.wakes.clone());
        self.spawn("usher-heartbeat", move || {
            heartbeat.run(
                || is_over.load(Ordering::Acquire),
                // With a full queue, the mover looks soon anyway.
                || drop(wakes.try_send(Wake::Look)),
            );
        })
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), ClusterError> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run).map_err(ClusterError::Thread)?;
        self.threads.push(thread);
        Ok(())
    }

    /// Ends the threads; from then on nothing is renewed, so nothing may be written.
    fn stop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        self.context.routes.nudge();
        self.context.tenure.close();
        // An error means that the mover has ended.
        let _ = self.wakes.send(Wake::Stop);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the member panicked");
            }
        }
        self.context.hands.drop_everything();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts answering other nodes, until what is given back is dropped.
fn serve(listener: TcpListener, secret: Secret, context: &Context) -> Result<oneshot::Sender<()>, ClusterError> {
    let _context = context.runtime.enter();
    let incoming = service::listen(listener).map_err(ClusterError::Listen)?;
    let (serving, end) = oneshot::channel::<()>();
    let (engine, routes) = (context.hands.engine.clone(), context.routes.clone());
    context.runtime.spawn(async move {
        service::serve(incoming, secret, engine, routes, async { drop(end.await) }).await;
    });
    Ok(serving)
}
