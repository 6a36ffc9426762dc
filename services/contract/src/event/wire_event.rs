//! Which messages are events, by which names, and of whom.

use licensing::UserEvent;
use prost::Message;

use super::{
    StreamEvent,
    decode_error::DecodeError,
    fields::{FieldError, parsed},
};
use crate::{
    borrowed::{Borrowed, licensing as borrowed},
    proto::licensing as wire,
};

/// A message of the wire that is an event.
pub(super) trait WireEvent: Message {
    /// The full name.
    const TYPE_NAME: &'static str;
}

/// The same, read where it lies.
trait BorrowedEvent<'a>: Borrowed<'a> {
    /// The event of the domain, and whose it is.
    fn into_stream_event(self) -> Result<StreamEvent, FieldError>;
}

macro_rules! wire_events {
    (licensee: { $($of_licensee:ident),+ $(,)? } user: { $($of_user:ident),+ $(,)? }) => {
        $(impl WireEvent for wire::$of_licensee {
            const TYPE_NAME: &'static str = concat!("usher.licensing.v1.", stringify!($of_licensee));
        }

        impl<'a> BorrowedEvent<'a> for borrowed::$of_licensee<'a> {
            fn into_stream_event(self) -> Result<StreamEvent, FieldError> {
                let licensee = parsed("licensee", self.licensee)?;
                Ok(StreamEvent::Licensee { licensee, event: self.try_into()? })
            }
        })+

        $(impl WireEvent for wire::$of_user {
            const TYPE_NAME: &'static str = concat!("usher.licensing.v1.", stringify!($of_user));
        }

        impl<'a> BorrowedEvent<'a> for borrowed::$of_user<'a> {
            fn into_stream_event(self) -> Result<StreamEvent, FieldError> {
                let user = parsed("user", self.user)?;
                Ok(StreamEvent::User { user, event: UserEvent::$of_user })
            }
        })+

        /// The full names of all events.
        pub const TYPE_NAMES: &[&str] = &[
            $(<wire::$of_licensee as WireEvent>::TYPE_NAME,)+
            $(<wire::$of_user as WireEvent>::TYPE_NAME,)+
        ];

        /// Reads data of the current schema.
        pub(super) fn decode_current(type_name: &str, data: &[u8]) -> Result<StreamEvent, DecodeError> {
            match type_name {
                $(<wire::$of_licensee as WireEvent>::TYPE_NAME => {
                    decode_as::<borrowed::$of_licensee<'_>>(<wire::$of_licensee as WireEvent>::TYPE_NAME, data)
                })+
                $(<wire::$of_user as WireEvent>::TYPE_NAME => {
                    decode_as::<borrowed::$of_user<'_>>(<wire::$of_user as WireEvent>::TYPE_NAME, data)
                })+
                unknown => Err(DecodeError::UnknownType { type_name: unknown.to_owned() }),
            }
        }
    };
}

wire_events!(
    licensee: {
        SubscriptionStarted,
        SubscriptionActivated,
        RenewalScheduled,
        SubscriptionRenewed,
        SubscriptionSeatsChanged,
        SubscriptionCancelled,
        SubscriptionExpired,
        GracePeriodEnded,
        SeatsPurchased,
        SeatQuantityChanged,
        AddOnChanged,
        TrialStarted,
        TrialConverted,
        TrialExpired,
        SeatAssigned,
        SeatRemoved,
        SeatsRetained,
        SeatsRestored,
        InstanceSynchronized,
        MemberAdded,
        MemberUpdated,
        MemberRemoved,
        MemberStatusChanged,
    }
    user: {
        UserBlocked,
        UserBanned,
        UserDeactivated,
        UserReactivated,
        UserDeleted,
    }
);

fn decode_as<'a, M: BorrowedEvent<'a>>(type_name: &'static str, data: &'a [u8]) -> Result<StreamEvent, DecodeError> {
    let message = M::read(data).map_err(|source| DecodeError::Protobuf { type_name, source })?;
    message.into_stream_event().map_err(|source| DecodeError::Field { type_name, source })
}
