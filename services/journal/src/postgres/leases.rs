//! Who does what, by the server's clock.

use std::{sync::Arc, time::Duration};

use postgres::{Row, Transaction, types::Type};
use uuid::Uuid;

use super::{
    failure::Failure,
    pool::Pool,
    value::{plain, shard, signed, unsigned},
};
use crate::{Duty, Epoch, JournalError, Lease, Leases, Node, NodeId, Roster, Task};

/// The leases of a store.
pub(super) struct PostgresLeases {
    pool: Arc<Pool>,
}

impl PostgresLeases {
    /// `pool` should be used by little else: a renewal must not wait for readers.
    pub(super) fn new(pool: Arc<Pool>) -> Self {
        Self { pool }
    }
}

impl Leases for PostgresLeases {
    fn renew(&self, node: &Node, time_to_live: Duration) -> Result<Roster, JournalError> {
        self.pool.write_again(|transaction| {
            remove_expired(transaction, node.id)?;
            put_node(transaction, node, time_to_live)?;
            Ok(Roster { nodes: nodes(transaction)?, leases: leases(transaction)? })
        })
    }

    fn take(&self, node: NodeId, task: Task, seen: Epoch) -> Result<Option<Epoch>, JournalError> {
        let seen = signed(seen.0).map_err(|failure| failure.at(self.pool.server()))?;
        // The writer that is fenced off may be writing: the head's row is had once it is done. Whoever takes is held, so that
        // nobody clears it away as dead meanwhile.
        let taken = self.pool.write_again(|transaction| {
            let row = transaction.query_typed_opt(
                "WITH taker AS MATERIALIZED (
                     SELECT FROM usher.nodes n
                     WHERE n.node_id = $1::uuid AND n.alive_until >= clock_timestamp() FOR KEY SHARE),
                 taken AS (
                     UPDATE usher.leases l SET epoch = l.epoch + 1, holder = $1::uuid
                     WHERE l.duty = $2 AND l.shard = $3 AND l.epoch = $4
                       AND NOT EXISTS (SELECT FROM usher.nodes n
                                       WHERE n.node_id = l.holder AND n.alive_until >= clock_timestamp())
                       AND EXISTS (SELECT FROM taker)
                     RETURNING l.duty, l.shard, l.epoch),
                 fenced AS (
                     UPDATE usher.heads h SET epoch = t.epoch FROM taken t WHERE h.shard = t.shard AND t.duty = $5)
                 SELECT epoch FROM taken",
                &[
                    (&text(node), Type::TEXT),
                    (&task.duty.as_str(), Type::TEXT),
                    (&i32::from(task.shard), Type::INT4),
                    (&seen, Type::INT8),
                    (&Duty::Write.as_str(), Type::TEXT),
                ],
            )?;
            row.map(|row| unsigned(&row, 0)).transpose()
        })?;
        Ok(taken.map(Epoch))
    }

    fn release(&self, node: NodeId, task: Task, epoch: Epoch) -> Result<(), JournalError> {
        let epoch = signed(epoch.0).map_err(|failure| failure.at(self.pool.server()))?;
        self.pool.repeat(
            "UPDATE usher.leases SET holder = NULL WHERE holder = $1::uuid AND duty = $2 AND shard = $3 AND epoch = $4",
            &[
                (&text(node), Type::TEXT),
                (&task.duty.as_str(), Type::TEXT),
                (&i32::from(task.shard), Type::INT4),
                (&epoch, Type::INT8),
            ],
        )?;
        Ok(())
    }

    fn leave(&self, node: NodeId) -> Result<(), JournalError> {
        // Its leases are let go of by the foreign key.
        self.pool.repeat("DELETE FROM usher.nodes WHERE node_id = $1::uuid", &[(&text(node), Type::TEXT)])?;
        Ok(())
    }
}

/// Ids travel as text: the driver knows no UUIDs here.
fn text(node: NodeId) -> String {
    node.to_string()
}

/// Takes nodes that did not renew in time off the roster; those that somebody else takes off just now are left to them.
fn remove_expired(transaction: &mut Transaction<'_>, except: NodeId) -> Result<(), Failure> {
    transaction.execute_typed(
        "DELETE FROM usher.nodes WHERE node_id IN (
             SELECT node_id FROM usher.nodes WHERE alive_until < clock_timestamp() AND node_id <> $1::uuid
             FOR UPDATE SKIP LOCKED)",
        &[(&text(except), Type::TEXT)],
    )?;
    Ok(())
}

fn put_node(transaction: &mut Transaction<'_>, node: &Node, time_to_live: Duration) -> Result<(), Failure> {
    let duties: Vec<&str> = node.duties.iter().map(|duty| duty.as_str()).collect();
    transaction.execute_typed(
        "INSERT INTO usher.nodes (node_id, address, duties, alive_until)
         VALUES ($1::uuid, $2, $3, clock_timestamp() + make_interval(secs => $4))
         ON CONFLICT (node_id) DO UPDATE
             SET address = excluded.address, duties = excluded.duties,
                 alive_until = clock_timestamp() + make_interval(secs => $4)",
        &[
            (&text(node.id), Type::TEXT),
            (&node.address, Type::TEXT),
            (&duties, Type::TEXT_ARRAY),
            (&time_to_live.as_secs_f64(), Type::FLOAT8),
        ],
    )?;
    Ok(())
}

fn nodes(transaction: &mut Transaction<'_>) -> Result<Vec<Node>, Failure> {
    let rows = transaction.query_typed(
        "SELECT node_id::text, address, duties FROM usher.nodes WHERE alive_until >= clock_timestamp()
         ORDER BY node_id",
        &[],
    )?;
    rows.iter().map(read_node).collect()
}

fn read_node(row: &Row) -> Result<Node, Failure> {
    // A newer program may have duties that are unknown here; they are none of ours.
    let duties: Vec<&str> = plain(row, 2)?;
    let duties = duties.into_iter().filter_map(|word| word.parse().ok()).collect();
    Ok(Node { id: read_id(plain(row, 0)?)?, address: plain(row, 1)?, duties })
}

fn leases(transaction: &mut Transaction<'_>) -> Result<Vec<Lease>, Failure> {
    let rows = transaction.query_typed(
        "SELECT l.duty, l.shard, l.epoch, n.node_id::text
         FROM usher.leases l
              LEFT JOIN usher.nodes n ON n.node_id = l.holder AND n.alive_until >= clock_timestamp()",
        &[],
    )?;
    let mut leases = Vec::with_capacity(rows.len());
    for row in &rows {
        leases.extend(read_lease(row)?);
    }
    leases.sort_unstable_by_key(|lease: &Lease| lease.task);
    Ok(leases)
}

/// A lease; `None` for one of a duty that only a newer program knows.
fn read_lease(row: &Row) -> Result<Option<Lease>, Failure> {
    let Ok(duty) = plain::<&str>(row, 0)?.parse::<Duty>() else { return Ok(None) };
    let task = Task { duty, shard: shard(row, 1)? };
    let holder = plain::<Option<&str>>(row, 3)?.map(read_id).transpose()?;
    Ok(Some(Lease { task, epoch: Epoch(unsigned(row, 2)?), holder }))
}

fn read_id(text: &str) -> Result<NodeId, Failure> {
    Uuid::parse_str(text).map(NodeId).map_err(|cause| Failure::Damaged(cause.to_string()))
}
