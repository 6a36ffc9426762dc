//! The licensing domain of Usher, pure: who may hold which seat, and what follows from each message.
//!
//! The heart is three functions over one aggregate, [`Licensee`]:
//!
//! * [`decide`] looks at a state and a command and answers with the events that follow, or with a [`Refusal`];
//! * [`Licensee::evolve`] folds one event into a state;
//! * [`Licensee::next_timer`] says when time alone will change the state, and [`fire`] what happens then.
//!
//! Nothing here does I/O, reads a clock, or fails otherwise than by a refusal. Time, the catalogue and what lies outside
//! of the aggregate come in through [`Context`].

pub mod access;
pub mod catalogue;
mod command;
mod commands;
mod context;
mod draft;
mod email;
mod event;
mod firing;
mod ids;
mod quantity;
mod refusal;
mod settlement;
mod state;
mod summary;
mod surplus;
mod timers;
mod user;
mod version;
mod vocabulary;

pub use catalogue::Catalogue;
pub use command::*;
pub use commands::{Decision, Report, decide};
pub use context::{Context, Facts, NoFacts, PastEvent};
pub use email::EmailAddress;
pub use event::*;
pub use firing::fire;
pub use ids::*;
pub use quantity::Seats;
pub use refusal::{Code, Refusal};
pub use state::*;
pub use summary::{ProductStatus, ProductSummary, SubscriptionSummary, Summary};
pub use timers::{Timer, TimerKind};
pub use user::{User, UserCommand, UserEvent, decide_user};
pub use version::{InstanceVersion, InvalidVersion};
pub use vocabulary::*;

/// A point in time, UTC, kept to the microsecond.
pub type Instant = chrono::DateTime<chrono::Utc>;
