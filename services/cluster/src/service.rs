//! What other nodes ask of this one.

use std::{future::Future, net, time::Duration};

use engine::{Engine, Order};
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    service::interceptor::InterceptedService,
    transport::{Server, server::TcpIncoming},
};

use crate::{
    Secret,
    hand_in::hand_in,
    proto::{
        NudgeReply, NudgeRequest, SubmitReply, SubmitRequest,
        node_server::{Node, NodeServer},
    },
    routes::Routes,
    secret::Demand,
    wire::{self, ORDERS_MAX, REPLY_BYTES_MAX, REQUEST_BYTES_MAX},
};

/// How many calls of one other node are dealt with at a time: two a shard, in a store of 512.
const CALLS_MAX: u32 = 1_024;
/// How often a connection on which nothing comes is tried.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(10);
/// How long the answer to that may take.
const KEEP_ALIVE_WAIT: Duration = Duration::from_secs(10);

struct NodeService {
    engine: Engine,
    routes: Routes,
}

#[tonic::async_trait]
impl Node for NodeService {
    async fn submit(&self, request: Request<SubmitRequest>) -> Result<Response<SubmitReply>, Status> {
        let SubmitRequest { version, shard, orders } = request.into_inner();
        if version != wire::VERSION {
            let known = wire::VERSION;
            return Err(Status::failed_precondition(format!("version {version} is not known here, {known} is")));
        }
        let orders = self.read_orders(shard, &orders)?;
        let shard = shard.and_then(|shard| u16::try_from(shard).ok());
        let answers = hand_in(&self.engine, orders).await;
        let answers = answers.into_iter().map(|answer| wire::write_answer(answer, shard)).collect();
        Ok(Response::new(SubmitReply { answers }))
    }

    async fn nudge(&self, _: Request<NudgeRequest>) -> Result<Response<NudgeReply>, Status> {
        self.routes.nudge();
        Ok(Response::new(NudgeReply {}))
    }
}

impl NodeService {
    /// All or none: an order that can't be read must not be overtaken.
    #[allow(clippy::result_large_err, reason = "a status is what tonic wants")]
    fn read_orders(&self, shard: Option<u32>, orders: &[Vec<u8>]) -> Result<Vec<Order>, Status> {
        if orders.len() > ORDERS_MAX {
            return Err(Status::invalid_argument(format!("more than {ORDERS_MAX} orders in one request")));
        }
        let read = |bytes: &Vec<u8>| {
            let order = wire::read_order(bytes)
                .map_err(|error| Status::invalid_argument(format!("an order can't be read: {error}")))?;
            let home = order.home().map(|home| u32::from(self.engine.shard_of(&home)));
            if home != shard {
                return Err(Status::invalid_argument(format!("an order for shard {home:?} came as one for {shard:?}")));
            }
            Ok(order)
        };
        orders.iter().map(read).collect()
    }
}

/// A socket on which other nodes are answered.
pub(crate) fn listen(listener: net::TcpListener) -> std::io::Result<TcpIncoming> {
    listener.set_nonblocking(true)?;
    Ok(TcpIncoming::from(TcpListener::from_std(listener)?).with_nodelay(Some(true)))
}

/// Answers other nodes until `end`, and then what is begun.
pub(crate) async fn serve(
    incoming: TcpIncoming,
    secret: Secret,
    engine: Engine,
    routes: Routes,
    end: impl Future<Output = ()>,
) {
    let service = NodeServer::new(NodeService { engine, routes })
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(REPLY_BYTES_MAX);
    let served = Server::builder()
        .max_concurrent_streams(CALLS_MAX)
        .http2_keepalive_interval(Some(KEEP_ALIVE_EVERY))
        .http2_keepalive_timeout(Some(KEEP_ALIVE_WAIT))
        .add_service(InterceptedService::new(service, Demand(secret)))
        .serve_with_incoming_shutdown(incoming, end)
        .await;
    if let Err(error) = served {
        tracing::error!(error = &error as &dyn std::error::Error, "other nodes are no longer answered");
    }
}
