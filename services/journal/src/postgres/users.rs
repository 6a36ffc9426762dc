//! What writers of several processes tell each other about users (R21, R26, R29).

use std::{collections::HashMap, sync::Arc};

use licensing::UserStatus;
use postgres::{Row, types::Type};

use super::{
    failure::Failure,
    pool::Pool,
    value::{instant, limit, plain, shard, unsigned},
};
use crate::{Candidate, JournalError, Person, Position, SharedUser, SharedUsers, StatusNews};

/// Stands between the licensees of a list; no id has it.
pub(super) const TOLD_SEPARATOR: &str = ",";

/// The shared tables of a store.
pub(super) struct PostgresUsers {
    pool: Arc<Pool>,
}

impl PostgresUsers {
    pub(super) fn new(pool: Arc<Pool>) -> Self {
        Self { pool }
    }
}

impl SharedUsers for PostgresUsers {
    fn enlist(&self, candidates: &[Candidate<'_>]) -> Result<Vec<SharedUser>, JournalError> {
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let users: Vec<&str> = candidates.iter().map(|candidate| candidate.user).collect();
        let licensees: Vec<&str> = candidates.iter().map(|candidate| candidate.licensee).collect();
        // In one order, so that two who enlist the same never wait for each other in a circle.
        self.pool.repeat(
            "INSERT INTO usher.enlistments (user_id, licensee)
             SELECT DISTINCT w.user_id, w.licensee FROM unnest($1, $2) AS w (user_id, licensee)
             ORDER BY w.user_id, w.licensee
             ON CONFLICT (user_id, licensee) DO NOTHING",
            &[(&users, Type::TEXT_ARRAY), (&licensees, Type::TEXT_ARRAY)],
        )?;
        // Only now, by a statement of its own: whoever changes a status after this finds the enlistment.
        self.pool.query_all(
            "SELECT w.user_id, u.status, p.username, p.name, p.email
             FROM unnest($1) WITH ORDINALITY AS w (user_id, place)
                  LEFT JOIN LATERAL (SELECT * FROM usher.users WHERE user_id = w.user_id LIMIT 1) AS u ON true
                  LEFT JOIN LATERAL (SELECT * FROM usher.persons WHERE user_id = w.user_id LIMIT 1) AS p ON true
             ORDER BY w.place",
            &[(&users, Type::TEXT_ARRAY)],
            read_user,
        )
    }

    fn enlisted(&self, users: &[&str]) -> Result<Vec<Vec<String>>, JournalError> {
        let found = self.pool.query_all(
            "SELECT e.user_id, e.licensee FROM (SELECT DISTINCT user_id FROM unnest($1) AS u (user_id)) AS w
                  CROSS JOIN LATERAL (
                      SELECT user_id, licensee FROM usher.enlistments WHERE user_id = w.user_id OFFSET 0) AS e
             ORDER BY e.user_id, e.licensee",
            &[(&users, Type::TEXT_ARRAY)],
            |row| Ok((plain::<String>(row, 0)?, plain::<String>(row, 1)?)),
        )?;
        let mut by_user: HashMap<String, Vec<String>> = HashMap::new();
        for (user, licensee) in found {
            by_user.entry(user).or_default().push(licensee);
        }
        Ok(users.iter().map(|user| by_user.get(*user).cloned().unwrap_or_default()).collect())
    }

    fn untold(&self, shard: u16, limit_count: usize) -> Result<Vec<StatusNews>, JournalError> {
        self.pool.query_all(
            "SELECT shard, position, user_id, version, status, command_id, actor, effective_at_us, told
             FROM usher.news WHERE shard = $1 ORDER BY position LIMIT $2",
            &[(&i32::from(shard), Type::INT4), (&limit(limit_count), Type::INT8)],
            read_news,
        )
    }

    fn told(&self, news: &[Position]) -> Result<(), JournalError> {
        if news.is_empty() {
            return Ok(());
        }
        let shards: Vec<i32> = news.iter().map(|position| position.shard.into()).collect();
        let positions: Vec<i64> = news.iter().map(|position| position.position.cast_signed()).collect();
        self.pool.repeat(
            "DELETE FROM usher.news n USING unnest($1, $2) AS w (shard, position)
             WHERE n.shard = w.shard AND n.position = w.position",
            &[(&shards, Type::INT4_ARRAY), (&positions, Type::INT8_ARRAY)],
        )?;
        Ok(())
    }
}

fn read_user(row: &Row) -> Result<SharedUser, Failure> {
    let status = match plain::<Option<&str>>(row, 1)? {
        Some(word) => read_status(word)?,
        None => UserStatus::Active,
    };
    let person = match plain(row, 2)? {
        Some(username) => Some(Person { user: plain(row, 0)?, username, name: plain(row, 3)?, email: plain(row, 4)? }),
        None => None,
    };
    Ok(SharedUser { status, person })
}

fn read_news(row: &Row) -> Result<StatusNews, Failure> {
    Ok(StatusNews {
        position: Position { shard: shard(row, 0)?, position: unsigned(row, 1)? },
        user: plain(row, 2)?,
        version: unsigned(row, 3)?,
        status: read_status(plain(row, 4)?)?,
        command_id: plain(row, 5)?,
        actor: plain(row, 6)?,
        effective_at: instant(row, 7)?,
        told: plain(row, 8)?,
    })
}

fn read_status(word: &str) -> Result<UserStatus, Failure> {
    word.parse().map_err(|_| Failure::Damaged(format!("{word:?} is no status of a user")))
}
