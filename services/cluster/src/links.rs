//! Connections to other nodes, made when they are first needed.

use std::{collections::HashMap, error::Error, sync::mpsc::sync_channel, time::Duration};

use journal::{Node, NodeId, with_causes};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tonic::{
    Code, ConnectError, Request, Status,
    service::interceptor::InterceptedService,
    transport::{Channel, Endpoint},
};

use crate::{
    Secret,
    proto::{Answer, NudgeRequest, SubmitRequest, node_client::NodeClient},
    secret::Show,
    wire::{REPLY_BYTES_MAX, REQUEST_BYTES_MAX, VERSION},
};

/// How long connecting may take.
const CONNECT_WAIT: Duration = Duration::from_secs(1);
/// How often a connection is tried, so that a node that died without a word is noticed before its leases run out.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(1);
/// How long the answer to that may take.
const KEEP_ALIVE_WAIT: Duration = Duration::from_secs(2);
/// How many connections are kept, until all are made anew: a node is another one after each start, so those to nodes that
/// went away would pile up.
const LINKS_MAX: usize = 64;

type Client = NodeClient<InterceptedService<Channel, Show>>;

/// The connections.
pub(crate) struct Links {
    secret: Secret,
    clients: Mutex<HashMap<NodeId, Client>>,
}

/// Why there are no answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// Nothing was taken.
    NotTaken(String),
    /// Everything may have been taken.
    Lost(String),
}

impl Links {
    pub(crate) fn new(secret: Secret) -> Self {
        Self { secret, clients: Mutex::default() }
    }

    /// Hands orders of a shard, or of no shard, to a node, and gives its answers.
    pub(crate) async fn submit(
        &self,
        node: &Node,
        shard: Option<u16>,
        orders: Vec<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Vec<Answer>, Unsent> {
        let mut client = self.client(node)?;
        let mut request = Request::new(SubmitRequest { version: VERSION, shard: shard.map(u32::from), orders });
        request.set_timeout(timeout);
        match tokio::time::timeout(timeout, client.submit(request)).await {
            Ok(Ok(reply)) => Ok(reply.into_inner().answers),
            Ok(Err(status)) => Err(why_unsent(&status)),
            Err(_) => Err(Unsent::Lost(format!("nothing came within {} s", timeout.as_secs()))),
        }
    }

    /// Tells nodes to look at the leases at once; gives up waiting after `timeout`. Blocks.
    pub(crate) fn nudge_all(&self, nodes: &[Node], runtime: &Handle, timeout: Duration) {
        let _context = runtime.enter();
        let (begun, all_done) = sync_channel::<()>(0);
        for mut client in nodes.iter().filter_map(|node| self.client(node).ok()) {
            let begun = begun.clone();
            runtime.spawn(async move {
                // It looks by itself before long.
                let _ = tokio::time::timeout(timeout, client.nudge(NudgeRequest {})).await;
                drop(begun);
            });
        }
        drop(begun);
        // Nothing is ever sent: the wait ends with the last of them, or with the time.
        let _ = all_done.recv_timeout(timeout);
    }

    fn client(&self, node: &Node) -> Result<Client, Unsent> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(&node.id) {
            return Ok(client.clone());
        }
        let endpoint = Endpoint::from_shared(format!("http://{}", node.address))
            .map_err(|error| Unsent::NotTaken(with_causes(&error)))?
            .connect_timeout(CONNECT_WAIT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE_EVERY)
            .keep_alive_timeout(KEEP_ALIVE_WAIT)
            .keep_alive_while_idle(true);
        let client = NodeClient::with_interceptor(endpoint.connect_lazy(), Show(self.secret.clone()))
            .max_decoding_message_size(REPLY_BYTES_MAX)
            .max_encoding_message_size(REQUEST_BYTES_MAX);
        if clients.len() >= LINKS_MAX {
            clients.clear();
        }
        clients.insert(node.id, client.clone());
        Ok(client)
    }
}

/// Whether a call that failed may have been taken.
fn why_unsent(status: &Status) -> Unsent {
    let detail = with_causes(status);
    if was_never_connected(status) {
        return Unsent::NotTaken(detail);
    }
    match status.code() {
        // What a node says before it takes anything.
        Code::Unauthenticated | Code::FailedPrecondition | Code::InvalidArgument | Code::Unimplemented => {
            tracing::error!(status = detail, "another node does not take what it is sent");
            Unsent::NotTaken(detail)
        }
        _ => Unsent::Lost(detail),
    }
}

fn was_never_connected(status: &Status) -> bool {
    let mut source = status.source();
    while let Some(cause) = source {
        if cause.is::<ConnectError>() {
            return true;
        }
        source = cause.source();
    }
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::{
        io::Read,
        net::{SocketAddr, TcpListener},
        thread,
    };

    use uuid::Uuid;

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    fn node_at(address: SocketAddr) -> Node {
        Node { id: NodeId(Uuid::now_v7()), address: address.to_string(), duties: Vec::new() }
    }

    async fn submit_to(address: SocketAddr, timeout: Duration) -> Unsent {
        let links = Links::new(Secret::new("s3cret").unwrap());
        links.submit(&node_at(address), Some(0), vec![b"{}".to_vec()], timeout).await.unwrap_err()
    }

    #[tokio::test]
    async fn where_nobody_listens_nothing_was_taken() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(matches!(submit_to(address, LONG).await, Unsent::NotTaken(_)));
    }

    #[tokio::test]
    async fn at_an_address_that_is_none_nothing_was_taken() {
        let links = Links::new(Secret::new("s3cret").unwrap());
        let node = Node { id: NodeId(Uuid::now_v7()), address: "no address".to_owned(), duties: Vec::new() };
        let unsent = links.submit(&node, Some(0), Vec::new(), LONG).await.unwrap_err();
        assert!(matches!(unsent, Unsent::NotTaken(_)), "{unsent:?}");
    }

    #[tokio::test]
    async fn once_connected_nobody_knows_what_was_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let reader = thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            connection.read_exact(&mut [0; 64]).unwrap();
        });
        let unsent = submit_to(address, LONG).await;
        assert!(matches!(unsent, Unsent::Lost(_)), "{unsent:?}");
        reader.join().unwrap();
    }

    #[tokio::test]
    async fn a_node_that_says_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let unsent = submit_to(listener.local_addr().unwrap(), Duration::from_millis(50)).await;
        assert!(matches!(unsent, Unsent::Lost(_)), "{unsent:?}");
    }

    #[tokio::test]
    async fn a_node_that_stopped_answering_is_noticed_long_before_the_time_is_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let began = std::time::Instant::now();
        let unsent = submit_to(listener.local_addr().unwrap(), LONG).await;
        assert!(matches!(unsent, Unsent::Lost(_)), "{unsent:?}");
        assert!(began.elapsed() < LONG);
    }
}
