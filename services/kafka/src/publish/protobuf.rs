//! Data in JSON as protobuf.

use contract::proto::{
    billing::{
        SeatQuantityChanged, SeatsPurchased, SubscriptionCancelled, SubscriptionRenewed, SubscriptionSeatsChanged,
        SubscriptionStarted, TrialStarted,
    },
    directory::{MemberAdded, MemberRemoved, UserBanned, UserBlocked, UserDeactivated, UserDeleted, UserReactivated},
    seats::{AssignSeats, RemoveSeats, SynchronizeInstance},
    usage::CodeSuggestionsUsed,
};
use prost::Message;
use serde::de::DeserializeOwned;

macro_rules! messages {
    ($($package:literal { $($message:ident),+ $(,)? })+) => {
        /// The data of a type as protobuf; `None` for an unknown type, or data that is not its JSON.
        pub(super) fn encode(type_name: &str, data: &str) -> Option<Vec<u8>> {
            match type_name {
                $($(concat!($package, ".", stringify!($message)) => encode_as::<$message>(data),)+)+
                _ => None,
            }
        }
    };
}

messages! {
    "usher.billing.v1" {
        SubscriptionStarted,
        SubscriptionRenewed,
        SubscriptionSeatsChanged,
        SubscriptionCancelled,
        SeatsPurchased,
        SeatQuantityChanged,
        TrialStarted,
    }
    "usher.directory.v1" {
        MemberAdded,
        MemberRemoved,
        UserBlocked,
        UserBanned,
        UserDeactivated,
        UserReactivated,
        UserDeleted,
    }
    "usher.usage.v1" { CodeSuggestionsUsed }
    "usher.seats.v1" { AssignSeats, RemoveSeats, SynchronizeInstance }
}

fn encode_as<M: Message + DeserializeOwned>(data: &str) -> Option<Vec<u8>> {
    serde_json::from_str::<M>(data).ok().map(|message| message.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use contract::incoming::TYPE_NAMES;

    use super::*;

    #[test]
    fn every_type_of_the_contract_can_be_told_in_protobuf() {
        for type_name in TYPE_NAMES {
            assert_eq!(encode(type_name, "{}"), Some(Vec::new()), "{type_name}");
        }
        assert_eq!(encode("usher.billing.v1.Other", "{}"), None);
    }
}
