//! Tells people and programs what happened: whoever is given a seat gets one confirmation by mail (R33), and whoever asked
//! for events gets each of them posted.
//!
//! * [`mail`] follows the journal, keeps a queue, and sends what is in it;
//! * [`webhooks`] follow it too, and post its events;
//! * [`sqlite`] and [`postgres`] keep how far both are, beside the store that is followed: in `notify.db`, or in the schema
//!   `usher_notify`.
//!
//! Unlike index and views, what is kept here can't be made anew from the journal: which mails were sent, and who asked for
//! what, nothing else tells. Nothing here is in the way of a command, and no name or address is kept: they are looked up when they are
//! needed (R30).

mod error;
mod follow;
pub mod mail;
pub mod pause;
pub mod postgres;
mod secret;
pub mod sqlite;
pub mod webhooks;

pub use error::NotifyError;
pub use secret::Secret;
