//! The catalogue: what is sold, and under which numbers. Data, read from one file, checked at start-up.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{AddOnId, FeatureId, InstanceVersion, Instant, PlanId, ProductId};

const DEFAULT: &str = include_str!("default.toml");

/// The longest grace, trial or waiting time that makes sense, in days.
const DAYS_MAX: u32 = 3_660;
/// The most users that a bulk command can be allowed to name.
const MAX_USERS_MAX: u32 = 100_000;

/// Why a catalogue can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not TOML, or not of the catalogue's shape.
    #[error("the catalogue can't be read: {0}")]
    Shape(#[from] toml::de::Error),
    /// Of the right shape, but it contradicts itself.
    #[error("the catalogue contradicts itself: {0}")]
    Rule(String),
}

/// An add-on, as the catalogue describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddOn {
    /// Its place among the add-ons of its product; the higher one wins (R14).
    pub rank: u16,
    /// The plans that allow it (R7).
    #[serde(deserialize_with = "plan_set")]
    pub plans: BTreeSet<PlanId>,
    /// The one plan it can be tried on; none: it has no trial (R13).
    #[serde(default)]
    pub trial_plan: Option<PlanId>,
    /// Whether self-service can't sell it (R12).
    pub sales_only: bool,
    /// The oldest version of an instance that can assign its seats (R19).
    pub min_version: InstanceVersion,
    /// What its holders may use (R31).
    #[serde(deserialize_with = "feature_set")]
    pub features: BTreeSet<FeatureId>,
}

/// Features that were open to every member until some day (R32).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncludedUntil {
    /// The first instant at which a seat is needed.
    #[serde(deserialize_with = "instant")]
    pub at: Instant,
    /// The features.
    #[serde(deserialize_with = "feature_set")]
    pub features: BTreeSet<FeatureId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    grace_days: u32,
    sync_after_hours: u32,
    trial_days: u32,
    trial_seats: u32,
    trial_min_version: InstanceVersion,
    listing_min_version: InstanceVersion,
    max_users: u32,
    plans: Vec<String>,
    products: BTreeMap<String, BTreeMap<String, AddOn>>,
    included_until: IncludedUntil,
}

/// What is sold, and under which numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    grace_days: u32,
    sync_after_hours: u32,
    trial_days: u32,
    trial_seats: u32,
    trial_min_version: InstanceVersion,
    listing_min_version: InstanceVersion,
    max_users: u32,
    plans: BTreeSet<PlanId>,
    products: BTreeMap<ProductId, BTreeSet<AddOnId>>,
    add_ons: BTreeMap<AddOnId, (ProductId, AddOn)>,
    included_until: IncludedUntil,
}

impl Catalogue {
    /// The catalogue that is built in.
    ///
    /// # Errors
    /// None in a built program: a test reads it.
    pub fn built_in() -> Result<Self, CatalogueError> {
        Self::from_toml(DEFAULT)
    }

    /// The text of the built-in catalogue, to start one's own from.
    pub const fn built_in_text() -> &'static str {
        DEFAULT
    }

    /// Reads a catalogue from TOML.
    ///
    /// # Errors
    /// [`CatalogueError`] names what is wrong, with the line where it can.
    pub fn from_toml(text: &str) -> Result<Self, CatalogueError> {
        Self::check(toml::from_str(text)?)
    }

    /// Reads a catalogue of any format that serde knows, such as JSON.
    ///
    /// # Errors
    /// The format's own error; one that contradicts itself comes as a custom message.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::check(File::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    fn check(file: File) -> Result<Self, CatalogueError> {
        let rule = |text: String| Err(CatalogueError::Rule(text));
        for (name, value, max) in [
            ("grace_days", file.grace_days, DAYS_MAX),
            ("sync_after_hours", file.sync_after_hours, DAYS_MAX * 24),
            ("trial_days", file.trial_days, DAYS_MAX),
            ("trial_seats", file.trial_seats, u32::MAX),
            ("max_users", file.max_users, MAX_USERS_MAX),
        ] {
            if value == 0 || value > max {
                return rule(format!("{name} is {value}: use 1 to {max}"));
            }
        }
        let plans: BTreeSet<PlanId> = file.plans.iter().map(|plan| PlanId::new(plan)).collect();
        if plans.is_empty() {
            return rule("plans is empty: name at least one".to_owned());
        }
        let mut products = BTreeMap::new();
        let mut add_ons: BTreeMap<AddOnId, (ProductId, AddOn)> = BTreeMap::new();
        for (product, members) in file.products {
            let product = ProductId::new(&product);
            let mut ranks = BTreeSet::new();
            let mut ids = BTreeSet::new();
            for (id, add_on) in members {
                if !ranks.insert(add_on.rank) {
                    return rule(format!("two add-ons of {product} have rank {}: give each its own", add_on.rank));
                }
                if let Some(plan) = add_on.plans.iter().chain(&add_on.trial_plan).find(|plan| !plans.contains(*plan)) {
                    return rule(format!("add-on {id} names plan {plan}, which is not among plans"));
                }
                let id = AddOnId::new(&id);
                if let Some((other, _)) = add_ons.get(&id) {
                    return rule(format!("add-on {id} is in {other} and in {product}: give each its own name"));
                }
                ids.insert(id.clone());
                add_ons.insert(id, (product.clone(), add_on));
            }
            if ids.is_empty() {
                return rule(format!("product {product} has no add-ons"));
            }
            products.insert(product, ids);
        }
        if products.is_empty() {
            return rule("there are no products: describe at least one".to_owned());
        }
        Ok(Self {
            grace_days: file.grace_days,
            sync_after_hours: file.sync_after_hours,
            trial_days: file.trial_days,
            trial_seats: file.trial_seats,
            trial_min_version: file.trial_min_version,
            listing_min_version: file.listing_min_version,
            max_users: file.max_users,
            plans,
            products,
            add_ons,
            included_until: file.included_until,
        })
    }

    /// How long seats and subscriptions stay in grace (R2, R20).
    pub fn grace(&self) -> Duration {
        Duration::days(i64::from(self.grace_days))
    }

    /// How long a change waits for an instance (R18).
    pub fn sync_after(&self) -> Duration {
        Duration::hours(i64::from(self.sync_after_hours))
    }

    /// How long a trial lasts (R13).
    pub fn trial_length(&self) -> Duration {
        Duration::days(i64::from(self.trial_days))
    }

    /// How many seats a trial has (R13).
    pub const fn trial_seats(&self) -> u32 {
        self.trial_seats
    }

    /// The oldest version of an instance that can start a trial (R19).
    pub const fn trial_min_version(&self) -> &InstanceVersion {
        &self.trial_min_version
    }

    /// The oldest version of an instance that can list its assigned users (R19).
    pub const fn listing_min_version(&self) -> &InstanceVersion {
        &self.listing_min_version
    }

    /// The most users that one bulk command can name (R24).
    pub const fn max_users(&self) -> u32 {
        self.max_users
    }

    /// Whether there is such a plan.
    pub fn has_plan(&self, plan: &PlanId) -> bool {
        self.plans.contains(plan)
    }

    /// The products, in order of their ids.
    pub fn products(&self) -> impl Iterator<Item = &ProductId> {
        self.products.keys()
    }

    /// Whether there is such a product.
    pub fn has_product(&self, product: &ProductId) -> bool {
        self.products.contains_key(product)
    }

    /// The add-on of this name, with its product.
    pub fn add_on(&self, add_on: &AddOnId) -> Option<(&ProductId, &AddOn)> {
        self.add_ons.get(add_on).map(|(product, add_on)| (product, add_on))
    }

    /// The rank of an add-on; one that the catalogue no longer has ranks below all.
    pub fn rank(&self, add_on: &AddOnId) -> Option<u16> {
        self.add_ons.get(add_on).map(|(_, add_on)| add_on.rank)
    }

    /// Whether the add-on lets its holders use the feature (R31).
    pub fn includes(&self, add_on: &AddOnId, feature: &FeatureId) -> bool {
        self.add_ons.get(add_on).is_some_and(|(_, add_on)| add_on.features.contains(feature))
    }

    /// Whether any add-on has this feature.
    pub fn has_feature(&self, feature: &FeatureId) -> bool {
        self.add_ons.values().any(|(_, add_on)| add_on.features.contains(feature))
    }

    /// Whether any member may use the feature at *at* without a seat (R32).
    pub fn is_included(&self, feature: &FeatureId, at: Instant) -> bool {
        at < self.included_until.at && self.included_until.features.contains(feature)
    }
}

fn plan_set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<PlanId>, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.iter().map(|plan| PlanId::new(plan)).collect())
}

fn feature_set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<FeatureId>, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.iter().map(|feature| FeatureId::new(feature)).collect())
}

/// A time as files have it: a text, in TOML also a time of its own.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a time such as 2024-10-17T00:00:00Z is needed")]
enum Written {
    Text(String),
    Time(toml::value::Datetime),
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
    let text = match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Time(time) => time.to_string(),
    };
    chrono::DateTime::parse_from_rfc3339(&text)
        .map(|time| time.to_utc())
        .map_err(|error| D::Error::custom(format!("{text:?} is no RFC 3339 time: {error}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_says_what_the_product_page_says() {
        let catalogue = Catalogue::built_in().unwrap();
        let pro = AddOnId::new("duo_pro");
        let enterprise = AddOnId::new("duo_enterprise");
        assert_eq!(catalogue.grace(), Duration::days(28));
        assert!(catalogue.rank(&pro) < catalogue.rank(&enterprise));
        assert!(catalogue.includes(&enterprise, &FeatureId::new("root_cause_analysis")));
        assert!(!catalogue.includes(&pro, &FeatureId::new("root_cause_analysis")));
    }

    #[test]
    fn a_time_may_be_one_of_toml_or_a_text() {
        let text = "at = \"2024-10-17T00:00:00Z\"";
        assert!(DEFAULT.contains(text));
        for time in ["2024-10-17T00:00:00Z", "2024-10-17 02:00:00.0+02:00"] {
            let catalogue = Catalogue::from_toml(&DEFAULT.replace(text, &format!("at = {time}"))).unwrap();
            assert_eq!(catalogue, Catalogue::built_in().unwrap(), "{time}");
        }
        for (bad, expected) in [
            ("2024-10-17T00:00:00", "no RFC 3339 time"),
            ("2024-10-17", "no RFC 3339 time"),
            ("\"soon\"", "no RFC 3339 time"),
            ("5", "a time such as"),
        ] {
            refused(|default| default.replace(text, &format!("at = {bad}")), expected);
        }
    }

    #[track_caller]
    fn refused(change: impl Fn(&str) -> String, expected: &str) {
        let error = Catalogue::from_toml(&change(DEFAULT)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_catalogue_that_contradicts_itself_is_refused() {
        refused(|text| text.replace("grace_days = 28", "grace_days = 0"), "grace_days is 0");
        refused(|text| text.replace("rank = 2", "rank = 1"), "rank 1");
        refused(|text| text.replace("plans = [\"ultimate\"]", "plans = [\"gold\"]"), "plan gold");
        refused(|text| text.replace("grace_days = 28", "grace_dayz = 28"), "grace_dayz");
        refused(|text| text.replace("grace_days = 28", "grace_days = \"x\""), "grace_days");
    }

    #[test]
    fn a_catalogue_is_complete_but_for_trials_that_there_are_not() {
        // But for the one key whose value takes several lines.
        let fields = DEFAULT.lines().filter(|line| line.contains(" = ") && !line.ends_with('['));
        for field in fields.filter(|line| !line.starts_with("trial_plan")) {
            let name = field.split(' ').next().unwrap();
            let line = format!("\n{field}\n");
            refused(|text| text.replacen(&line, "\n", 1), &format!("missing field `{name}`"));
        }
        refused(|text| text.split_once("[included_until]").unwrap().0.to_owned(), "missing field `included_until`");
        let without_trial = DEFAULT.replacen("trial_plan = \"premium\"", "", 1);
        let catalogue = Catalogue::from_toml(&without_trial).unwrap();
        assert_eq!(catalogue.add_on(&AddOnId::new("duo_pro")).unwrap().1.trial_plan, None);
    }
}
