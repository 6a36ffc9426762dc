//! The licensees: one row each, with the account as folded from its events.

use journal::{Position, Positions};
use licensing::{Account, Catalogue, LicenseeId, Summary};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    cursor::Seal,
    error::{ViewsError, unreadable},
    page::{self, Page},
    pool::Pool,
    text_search::fold,
    value::{id, signed, unsigned},
};

/// A licensee as it is shown to people. Its JSON is that of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseeView {
    /// The licensee.
    pub licensee: LicenseeId,
    /// Its name; `None` until a subscription started.
    pub name: Option<String>,
    /// What was sold to it, and what its pools of seats do.
    pub summary: Summary,
    /// Where its last event lies.
    pub position: Position,
}

/// Which licensees are wanted, in byte order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LicenseesQuery {
    /// Only those with this in their id or name, letter case aside.
    pub search: Option<String>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
    /// How many at most, 1 to 1,000.
    pub limit: usize,
}

impl Serialize for LicenseeView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { licensee, name, summary, position } = self;
        let mut fields = serializer.serialize_struct("Licensee", 10)?;
        fields.serialize_field("licensee", licensee)?;
        fields.serialize_field("name", name)?;
        fields.serialize_field("offering", &summary.offering)?;
        fields.serialize_field("version", &summary.version)?;
        fields.serialize_field("position", &Positions::from(*position).to_string())?;
        fields.serialize_field("members", &summary.members)?;
        fields.serialize_field("subscription", &summary.subscription)?;
        fields.serialize_field("products", &ByProduct(summary))?;
        fields.serialize_field("last_synced_at", &summary.last_synced_at)?;
        fields.serialize_field("instance_version", &summary.instance_version)?;
        fields.end()
    }
}

/// The products of a summary as one object, by their ids.
struct ByProduct<'a>(&'a Summary);

impl Serialize for ByProduct<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.products.iter().map(|(product, summary)| (product, summary)))
    }
}

/// Keeps a licensee's account; `position` is where its last event lies.
pub(crate) fn put(
    connection: &Connection,
    licensee: &LicenseeId,
    account: &Account,
    position: Position,
) -> rusqlite::Result<()> {
    let account =
        postcard::to_stdvec(account).map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))?;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO licensees (licensee, account, shard, position) VALUES (?1, ?2, ?3, ?4)",
    )?;
    statement.execute(params![licensee.as_str(), account, position.shard, signed(position.position)?])?;
    Ok(())
}

/// Hands every licensee with its account to `each`, in byte order of their ids.
pub(crate) fn for_each(connection: &Connection, mut each: impl FnMut(LicenseeId, Account)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT licensee, account FROM licensees ORDER BY licensee")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(id(row, 0)?, read_account(row, 1)?);
    }
    Ok(())
}

/// An account that was kept with [`put`].
pub(crate) fn read_account(row: &Row<'_>, column: usize) -> rusqlite::Result<Account> {
    postcard::from_bytes(row.get_ref(column)?.as_blob()?).map_err(|cause| unreadable(column, cause))
}

const SELECT: &str = "
    SELECT l.licensee, l.account, l.shard, l.position, d.name
    FROM licensees l LEFT JOIN journal.licensee_details d ON d.licensee = l.licensee";

/// The licensee of this id.
pub(crate) fn one(
    readers: &Pool,
    catalogue: &Catalogue,
    licensee: &LicenseeId,
) -> Result<Option<LicenseeView>, ViewsError> {
    readers.read(|connection| {
        let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE l.licensee = ?1"))?;
        statement.query_row([licensee.as_str()], |row| read_view(row, catalogue)).optional()
    })
}

/// A page of licensees.
pub(crate) fn page(
    readers: &Pool,
    catalogue: &Catalogue,
    query: &LicenseesQuery,
) -> Result<Page<LicenseeView>, ViewsError> {
    let seal = Seal::of(&[Some("licensees"), query.search.as_deref()]);
    let after = query.cursor.as_deref().map(|cursor| seal.open(cursor)).transpose()?.unwrap_or_default();
    let limit = page::clamped(query.limit);
    let needle = query.search.as_deref().map(fold);
    let found = readers.read(|connection| {
        let mut statement = connection.prepare_cached(&format!(
            "{SELECT}
             WHERE l.licensee > ?1
               AND (?2 IS NULL OR contains_folded(l.licensee, ?2) OR contains_folded(d.name, ?2))
             ORDER BY l.licensee LIMIT ?3"
        ))?;
        let wanted = params![after, needle, page::one_beyond(limit)];
        statement.query_map(wanted, |row| read_view(row, catalogue))?.collect()
    })?;
    Ok(Page::cut(found, limit, |last: &LicenseeView| seal.close(last.licensee.as_str())))
}

fn read_view(row: &Row<'_>, catalogue: &Catalogue) -> rusqlite::Result<LicenseeView> {
    Ok(LicenseeView {
        licensee: id(row, 0)?,
        name: row.get(4)?,
        summary: read_account(row, 1)?.summary(catalogue),
        position: Position { shard: row.get(2)?, position: unsigned(row, 3)? },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use licensing::{
        AddOnId, Event, Offering, PaidAddOn, PlanId, ProductId, RenewalScheduled, Seats, SubscriptionId,
        SubscriptionStarted, TrialStarted, UserId,
    };
    use sha2::{Digest, Sha256};

    use super::*;

    /// An account in which every kind of value occurs.
    fn sample() -> Account {
        let at = |day: i64| licensing::Instant::from_timestamp_micros(day * 86_400_000_000).unwrap();
        let (product, add_on) = (ProductId::new("duo"), AddOnId::new("duo_pro"));
        let seats = Seats::known(7);
        let started = SubscriptionStarted {
            offering: Offering::Dedicated,
            subscription: SubscriptionId::parse("A-1").unwrap(),
            plan: PlanId::new("ultimate"),
            seats,
            starts_at: at(1),
            ends_at: at(366),
            instance_version: Some("17.5.2".parse().unwrap()),
            add_ons: vec![PaidAddOn { product: product.clone(), add_on: add_on.clone(), quantity: seats }],
        };
        let waiting = RenewalScheduled {
            subscription: SubscriptionId::parse("A-2").unwrap(),
            plan: None,
            seats: Some(seats),
            starts_at: at(366),
            ends_at: at(731),
            add_ons: Some(started.add_ons.clone()),
        };
        let trial = TrialStarted {
            product: product.clone(),
            add_on: AddOnId::new("duo_enterprise"),
            seats,
            ends_at: at(61),
            started_by: Some(UserId::parse("u-1").unwrap()),
        };
        let retained =
            Event::SeatsRetained { product, add_on, trial: true, quantity: 7, seats: 3, grace_ends_at: at(30) };
        let synchronised = Event::InstanceSynchronized { version: None, trigger: licensing::SyncTrigger::Instance };
        let events = [
            Event::SubscriptionStarted(started),
            synchronised,
            Event::RenewalScheduled(waiting),
            Event::TrialStarted(trial),
            retained,
        ];
        let mut account = Account::default();
        for event in events {
            account.evolve(&event, at(2));
        }
        account
    }

    /// Golden: when this changes, files out there hold accounts that are read wrongly. Raise `schema::FORMAT` with it.
    #[test]
    fn the_encoding_of_an_account_changes_with_the_format_only() {
        let bytes = postcard::to_stdvec(&sample()).unwrap();
        assert_eq!(postcard::from_bytes::<Account>(&bytes).unwrap(), sample());
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(&bytes));
        assert_eq!([a, b, c, d], [35, 9, 70, 16], "{} bytes", bytes.len());
    }
}
