//! What is known of a licensee, folded from its events.

mod account;
mod ledger;
mod licensee;
mod membership;
mod roster;
mod user_map;

pub use account::{Account, Grace, Grant, Pool};
pub use ledger::{Holding, Ledger, Phase, Subscription, Trial};
pub use licensee::Licensee;
pub use membership::Membership;
pub use roster::{Member, Roster, Seat};
