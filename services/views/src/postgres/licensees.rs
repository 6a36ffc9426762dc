//! The licensees: one row each, with what people ask for in columns, and the account as folded from its events.

use std::collections::BTreeMap;

use journal::Position;
use licensing::{Account, Catalogue, Instant, LicenseeId, Seats, Summary};
use postgres::{Row, Transaction, types::Type};

use super::{
    calls::{Calls, Param, integers, lent, numbers, texts},
    database::{Failure, unreadable},
    value::{count, id, plain, shard, signed, spelled, storable, unsigned},
};
use crate::{
    StrayColumns, ViewsError,
    licensees::{ByProduct, LicenseeRow, decode_account, encode_account},
    tables::WantedLicensees,
};

/// The rows to be kept, column by column.
#[derive(Default)]
struct Columns<'a> {
    licensee: Vec<&'a str>,
    shard: Vec<i32>,
    position: Vec<i64>,
    version: Vec<i64>,
    offering: Vec<Option<&'static str>>,
    subscription: Vec<Option<String>>,
    plan: Vec<Option<String>>,
    status: Vec<Option<String>>,
    subscription_seats: Vec<Option<i64>>,
    starts_at: Vec<Option<Instant>>,
    ends_at: Vec<Option<Instant>>,
    grace_ends_at: Vec<Option<Instant>>,
    members: Vec<i64>,
    quantity: Vec<i64>,
    assigned: Vec<i64>,
    products: Vec<String>,
    instance_version: Vec<Option<String>>,
    last_synced_at: Vec<Option<Instant>>,
    account: Vec<Vec<u8>>,
}

impl<'a> Columns<'a> {
    fn push(
        &mut self,
        licensee: &'a LicenseeId,
        account: &Account,
        position: Position,
        catalogue: &Catalogue,
    ) -> Result<(), ViewsError> {
        let encoded = encode_account(account).map_err(unwritable)?;
        self.licensee.push(licensee.as_str());
        self.shard.push(position.shard.into());
        self.position.push(signed(position.position));
        self.account.push(encoded);
        self.push_summary(&account.summary(catalogue))
    }

    fn push_summary(&mut self, summary: &Summary) -> Result<(), ViewsError> {
        let subscription = summary.subscription.as_ref();
        self.version.push(signed(summary.version));
        self.offering.push(summary.offering.map(|offering| offering.as_str()));
        self.subscription.push(subscription.map(|subscription| storable(subscription.id.as_str())));
        self.plan.push(subscription.map(|subscription| storable(subscription.plan.as_str())));
        self.status.push(subscription.and_then(|subscription| spelled(&subscription.status)));
        self.subscription_seats.push(subscription.map(|subscription| Seats::get(subscription.seats).into()));
        self.starts_at.push(subscription.map(|subscription| subscription.starts_at));
        self.ends_at.push(subscription.map(|subscription| subscription.ends_at));
        self.grace_ends_at.push(subscription.and_then(|subscription| subscription.grace_ends_at));
        self.members.push(summary.members.into());
        self.quantity.push(summary.products.iter().map(|(_, product)| i64::from(product.quantity)).sum());
        self.assigned.push(summary.products.iter().map(|(_, product)| i64::from(product.assigned)).sum());
        let products = serde_json::to_string(&ByProduct(summary)).map_err(unwritable)?;
        self.products.push(products);
        self.instance_version.push(summary.instance_version.as_ref().map(|version| version.as_str().to_owned()));
        self.last_synced_at.push(summary.last_synced_at);
        Ok(())
    }

    fn into_params(self) -> [Param<'a>; 19] {
        let times = |column: Vec<Option<Instant>>| -> Param<'a> { (Box::new(column), Type::TIMESTAMPTZ_ARRAY) };
        [
            texts(self.licensee),
            integers(self.shard),
            numbers(self.position),
            numbers(self.version),
            texts(self.offering),
            texts(self.subscription),
            texts(self.plan),
            texts(self.status),
            numbers(self.subscription_seats),
            times(self.starts_at),
            times(self.ends_at),
            times(self.grace_ends_at),
            numbers(self.members),
            numbers(self.quantity),
            numbers(self.assigned),
            texts(self.products),
            texts(self.instance_version),
            times(self.last_synced_at),
            (Box::new(self.account), Type::BYTEA_ARRAY),
        ]
    }
}

/// Keeps the accounts of licensees, each with the position of its last event.
pub(super) fn put<'a>(
    calls: &mut Calls<'a>,
    licensees: impl Iterator<Item = (&'a LicenseeId, &'a Account, Position)>,
    catalogue: &Catalogue,
) -> Result<(), ViewsError> {
    let mut columns = Columns::default();
    for (licensee, account, position) in licensees {
        columns.push(licensee, account, position, catalogue)?;
    }
    if !columns.licensee.is_empty() {
        calls.add("put_licensees", columns.into_params());
    }
    Ok(())
}

/// An account that no row can be made of.
fn unwritable(cause: impl std::fmt::Display) -> ViewsError {
    ViewsError::TablesUnreadable { detail: cause.to_string() }
}

/// What a look at some licensees came to.
pub(super) enum StrayOrNext {
    /// The columns of this one are not what they should be.
    Stray(StrayColumns),
    /// None up to this one.
    Next(LicenseeId),
    /// None, and no more follow.
    End,
}

/// How many licensees are looked at in one statement.
const LOOKED_AT_ONCE: usize = 1_000;

// A row that is changed between the statements is left out: what was changed is written as a whole.
const STRAY: &str = "
    WITH w AS (
        SELECT licensee, shard, position, version, offering, subscription, plan, status, subscription_seats, starts_at,
               ends_at, grace_ends_at, members, quantity, assigned, products::jsonb, instance_version, last_synced_at,
               account
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
            AS w (licensee, shard, position, version, offering, subscription, plan, status, subscription_seats,
                  starts_at, ends_at, grace_ends_at, members, quantity, assigned, products, instance_version,
                  last_synced_at, account))
    SELECT l.licensee, (to_jsonb(l) - 'account')::text, (to_jsonb(w) - 'account')::text
    FROM w JOIN usher_views.licensees l ON l.licensee = w.licensee AND l.account = w.account
    WHERE to_jsonb(l) - 'account' <> to_jsonb(w) - 'account'
    ORDER BY l.licensee LIMIT 1";

/// Looks at the columns of the next licensees after an id.
pub(super) fn stray_columns(
    transaction: &mut Transaction<'_>,
    after: &str,
    catalogue: &Catalogue,
) -> Result<StrayOrNext, Failure> {
    let wanted = WantedLicensees { search: None, after: Some(after), limit: LOOKED_AT_ONCE };
    let rows = some(transaction, &wanted)?;
    let Some(last) = rows.last().map(|row| row.licensee.clone()) else { return Ok(StrayOrNext::End) };
    let mut columns = Columns::default();
    for LicenseeRow { licensee, account, position, .. } in &rows {
        columns.push(licensee, account, *position, catalogue)?;
    }
    let params = columns.into_params();
    let Some(row) = transaction.query_typed_opt(STRAY, &lent(&params))? else { return Ok(StrayOrNext::Next(last)) };
    let object = |column| serde_json::from_str(plain(&row, column)?).map_err(|cause| unreadable(cause.to_string()));
    Ok(StrayOrNext::Stray(StrayColumns { licensee: id(&row, 0)?, found: object(1)?, expected: object(2)? }))
}

/// The accounts of those among `licensees` that exist.
pub(super) fn accounts<'a>(
    transaction: &mut Transaction<'_>,
    licensees: impl Iterator<Item = &'a LicenseeId>,
) -> Result<BTreeMap<LicenseeId, Account>, Failure> {
    let licensees: Vec<&str> = licensees.map(LicenseeId::as_str).collect();
    if licensees.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = transaction.query_typed(
        "SELECT licensee, account FROM usher_views.licensees WHERE licensee = ANY ($1)",
        &[(&licensees, Type::TEXT_ARRAY)],
    )?;
    rows.iter().map(|row| Ok((id(row, 0)?, read_account(row, 1)?))).collect()
}

/// The accounts of all licensees of a shard, each with the position of its last event.
pub(super) fn of_shard(
    transaction: &mut Transaction<'_>,
    wanted: u16,
) -> Result<Vec<(LicenseeId, Account, Position)>, Failure> {
    let rows = transaction.query_typed(
        "SELECT licensee, account, shard, position FROM usher_views.licensees WHERE shard = $1 ORDER BY licensee",
        &[(&i32::from(wanted), Type::INT4)],
    )?;
    let read = |row: &Row| {
        let position = Position { shard: shard(row, 2)?, position: unsigned(row, 3)? };
        Ok((id(row, 0)?, read_account(row, 1)?, position))
    };
    rows.iter().map(read).collect()
}

/// An account that was kept with [`put`].
pub(super) fn read_account(row: &Row, column: usize) -> Result<Account, Failure> {
    decode_account(row.try_get(column)?).map_err(|cause| unreadable(format!("an account: {cause}")))
}

const SELECT: &str = "
    SELECT l.licensee, l.account, l.shard, l.position, d.name
    FROM usher_views.licensees l LEFT JOIN usher.licensee_details d ON d.licensee = l.licensee";

/// The licensee of this id.
pub(super) fn one(transaction: &mut Transaction<'_>, licensee: &LicenseeId) -> Result<Option<LicenseeRow>, Failure> {
    let row =
        transaction.query_typed_opt(&format!("{SELECT} WHERE l.licensee = $1"), &[(&licensee.as_str(), Type::TEXT)])?;
    row.as_ref().map(read_licensee).transpose()
}

/// Licensees in byte order of their ids.
pub(super) fn some(
    transaction: &mut Transaction<'_>,
    wanted: &WantedLicensees<'_>,
) -> Result<Vec<LicenseeRow>, Failure> {
    let rows = transaction.query_typed(
        &format!(
            "{SELECT}
             WHERE l.licensee > $1
               AND ($2 IS NULL OR strpos(usher_views.folded(l.licensee), usher_views.folded($2)) > 0
                               OR strpos(usher_views.folded(d.name), usher_views.folded($2)) > 0)
             ORDER BY l.licensee LIMIT $3"
        ),
        &[
            (&wanted.after.unwrap_or_default(), Type::TEXT),
            (&wanted.search, Type::TEXT),
            (&count(wanted.limit), Type::INT8),
        ],
    )?;
    rows.iter().map(read_licensee).collect()
}

fn read_licensee(row: &Row) -> Result<LicenseeRow, Failure> {
    Ok(LicenseeRow {
        licensee: id(row, 0)?,
        name: plain(row, 4)?,
        account: read_account(row, 1)?,
        position: Position { shard: shard(row, 2)?, position: unsigned(row, 3)? },
    })
}
