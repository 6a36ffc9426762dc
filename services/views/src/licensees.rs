//! The licensees: what was sold to each, and what its pools of seats do.

use journal::{Position, Positions};
use licensing::{Account, Catalogue, LicenseeId, Summary};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    ViewsError,
    cursor::Seal,
    page::{self, Page},
    tables::{Tables, WantedLicensees},
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

/// A licensee's row in which the columns for other people's programs are not what follows from what is kept of it; each as
/// an object by column.
#[derive(Debug, Clone, PartialEq)]
pub struct StrayColumns {
    /// The licensee.
    pub licensee: LicenseeId,
    /// What the columns hold.
    pub found: serde_json::Value,
    /// What they should.
    pub expected: serde_json::Value,
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

/// A licensee as it is kept, with its name.
pub(crate) struct LicenseeRow {
    pub(crate) licensee: LicenseeId,
    pub(crate) name: Option<String>,
    pub(crate) account: Account,
    pub(crate) position: Position,
}

impl LicenseeRow {
    fn view(self, catalogue: &Catalogue) -> LicenseeView {
        let Self { licensee, name, account, position } = self;
        LicenseeView { licensee, name, summary: account.summary(catalogue), position }
    }
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
pub(crate) struct ByProduct<'a>(pub(crate) &'a Summary);

impl Serialize for ByProduct<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.products.iter().map(|(product, summary)| (product, summary)))
    }
}

/// An account as tables keep it.
pub(crate) fn encode_account(account: &Account) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(account)
}

/// An account that was kept with [`encode_account`].
pub(crate) fn decode_account(bytes: &[u8]) -> Result<Account, postcard::Error> {
    postcard::from_bytes(bytes)
}

/// The licensee of this id.
pub(crate) fn one(
    tables: &dyn Tables,
    catalogue: &Catalogue,
    licensee: &LicenseeId,
) -> Result<Option<LicenseeView>, ViewsError> {
    Ok(tables.licensee(licensee)?.map(|row| row.view(catalogue)))
}

/// A page of licensees.
pub(crate) fn page(
    tables: &dyn Tables,
    catalogue: &Catalogue,
    query: &LicenseesQuery,
) -> Result<Page<LicenseeView>, ViewsError> {
    let seal = Seal::of(&[Some("licensees"), query.search.as_deref()]);
    let after = query.cursor.as_deref().map(|cursor| seal.open(cursor)).transpose()?;
    let limit = page::clamped(query.limit);
    let search = query.search.as_deref();
    let wanted = WantedLicensees { search, after: after.as_deref(), limit: page::one_beyond(limit) };
    let found = tables.licensees(&wanted)?.into_iter().map(|row| row.view(catalogue)).collect();
    Ok(Page::cut(found, limit, |last: &LicenseeView| seal.close(last.licensee.as_str())))
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

    /// Golden: when this changes, files out there hold accounts that are read wrongly. Raise every `schema::FORMAT` with it.
    #[test]
    fn the_encoding_of_an_account_changes_with_the_format_only() {
        let bytes = encode_account(&sample()).unwrap();
        assert_eq!(decode_account(&bytes).unwrap(), sample());
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(&bytes));
        assert_eq!([a, b, c, d], [35, 9, 70, 16], "{} bytes", bytes.len());
    }
}
