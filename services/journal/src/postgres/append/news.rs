//! Changes of users' statuses, for all writers of the store to see.

use std::collections::BTreeMap;

use postgres::types::Type;

use crate::{
    StatusNews,
    postgres::{
        failure::Failure,
        statement::Statement,
        users::TOLD_SEPARATOR,
        value::{signed, storable},
    },
};

/// News and the statuses that they come to, column by column.
#[derive(Default)]
pub(super) struct News<'a> {
    shards: Vec<i32>,
    positions: Vec<i64>,
    users: Vec<&'a str>,
    versions: Vec<i64>,
    statuses: Vec<&'static str>,
    command_ids: Vec<String>,
    actors: Vec<String>,
    effective_at_us: Vec<i64>,
    told: Vec<String>,
    latest: Latest<'a>,
}

/// The last status of each user.
#[derive(Default)]
struct Latest<'a> {
    users: Vec<&'a str>,
    versions: Vec<i64>,
    statuses: Vec<&'static str>,
}

impl<'a> News<'a> {
    /// Takes news apart.
    pub(super) fn of(news: &'a [StatusNews]) -> Result<Self, Failure> {
        let mut all = Self::default();
        let mut latest: BTreeMap<&str, &StatusNews> = BTreeMap::new();
        for one in news {
            all.push(one)?;
            let kept = latest.entry(&one.user).or_insert(one);
            if one.version > kept.version {
                *kept = one;
            }
        }
        for one in latest.into_values() {
            all.latest.users.push(&one.user);
            all.latest.versions.push(signed(one.version)?);
            all.latest.statuses.push(one.status.as_str());
        }
        Ok(all)
    }

    fn push(&mut self, one: &'a StatusNews) -> Result<(), Failure> {
        self.shards.push(one.position.shard.into());
        self.positions.push(signed(one.position.position)?);
        self.users.push(&one.user);
        self.versions.push(signed(one.version)?);
        self.statuses.push(one.status.as_str());
        self.command_ids.push(storable(&one.command_id));
        self.actors.push(storable(&one.actor));
        self.effective_at_us.push(one.effective_at.timestamp_micros());
        self.told.push(one.told.join(TOLD_SEPARATOR));
        Ok(())
    }

    /// Adds the parts that write them.
    pub(super) fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.shards.is_empty() {
            return;
        }
        statement.part(
            "put_statuses AS (
                 INSERT INTO usher.users AS u (user_id, version, status)
                 SELECT * FROM unnest(?, ?, ?) WHERE (SELECT holds FROM fence)
                 ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, status = excluded.status
                     WHERE u.version < excluded.version)",
            [
                (&self.latest.users, Type::TEXT_ARRAY),
                (&self.latest.versions, Type::INT8_ARRAY),
                (&self.latest.statuses, Type::TEXT_ARRAY),
            ],
        );
        statement.part(
            "put_news AS (
                 INSERT INTO usher.news
                     (shard, position, user_id, version, status, command_id, actor, effective_at_us, told)
                 SELECT n.shard, n.position, n.user_id, n.version, n.status, n.command_id, n.actor, n.effective_at_us,
                        string_to_array(n.told, ',')
                 FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?)
                     AS n (shard, position, user_id, version, status, command_id, actor, effective_at_us, told)
                 WHERE (SELECT holds FROM fence)
                 ON CONFLICT (shard, position) DO NOTHING)",
            [
                (&self.shards, Type::INT4_ARRAY),
                (&self.positions, Type::INT8_ARRAY),
                (&self.users, Type::TEXT_ARRAY),
                (&self.versions, Type::INT8_ARRAY),
                (&self.statuses, Type::TEXT_ARRAY),
                (&self.command_ids, Type::TEXT_ARRAY),
                (&self.actors, Type::TEXT_ARRAY),
                (&self.effective_at_us, Type::INT8_ARRAY),
                (&self.told, Type::TEXT_ARRAY),
            ],
        );
    }
}
