//! The topics: which there are, and how they have to be set up.

mod catalogue;
mod ensure;

pub use ensure::ensure;

/// Every event, in the order of its shard, for ever.
pub const LICENSING: &str = "usher.licensing.v1";

/// What was refused or could not be read, as it came.
pub const DEAD_LETTERS: &str = "usher.dead-letters.v1";

/// What comes in: of each, the messages of the package of the same name.
pub const INBOUND: [&str; 4] = ["usher.billing.v1", "usher.directory.v1", "usher.usage.v1", "usher.seats.v1"];

/// The topic that a type of message belongs to; `None` for a type of no topic.
pub(crate) fn of_type(type_name: &str) -> Option<&'static str> {
    let (package, _) = type_name.rsplit_once('.')?;
    INBOUND.into_iter().find(|topic| *topic == package)
}

#[cfg(test)]
mod tests {
    use contract::incoming::TYPE_NAMES;

    use super::*;

    #[test]
    fn every_type_of_the_contract_belongs_to_a_topic() {
        for type_name in TYPE_NAMES {
            assert!(of_type(type_name).is_some(), "{type_name}");
        }
        for other in ["", "usher.billing.v1", "usher.billing.v1.a.B", "usher.licensing.v1.SeatAssigned"] {
            assert_eq!(of_type(other), None, "{other:?}");
        }
    }
}
