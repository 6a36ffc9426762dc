//! Usher's read models: what the journal holds, in the shape in which it is asked for.
//!
//! [`Views`] keeps tables and, for access checks, a compact picture in memory. Followers feed both from the journal and
//! tell how far they are, so that a caller can wait for its own write. Nothing here is the truth: tables that are missing,
//! damaged, of another format or of another journal are rebuilt.
//!
//! What is folded, paged and shown is the same whatever keeps the tables: `views.db` beside the journal of a single
//! process, or the schema `usher_views` in the database that several processes share.
//!
//! Names, addresses and free text are never kept here (R30); they are joined from the journal's erasable tables at the
//! moment of reading.
//!
//! Everything here blocks; asynchronous callers go through a thread of their own.

mod catalogue_mark;
mod changes;
mod cursor;
mod error;
mod facts;
mod feeding_memory;
mod feeds;
mod fold;
mod follower;
mod licensees;
mod marks;
mod members;
mod memory;
mod page;
mod parts;
mod past;
mod postgres;
mod rebuild;
mod rebuilding;
mod refusals;
mod renewal;
mod source;
mod sqlite;
mod tables;
mod timers;
mod totals;
mod users;
mod views;

pub use cursor::Seal;
pub use error::ViewsError;
pub use feeds::Feeds;
pub use licensees::{LicenseeView, LicenseesQuery, StrayColumns};
pub use members::{Looks, MemberSort, MemberSortKey, MemberView, MembersQuery, OrderPlace, StrayMember, UnknownSort};
pub use page::Page;
pub use past::KeptOrder;
pub use rebuild::{RebuildPhase, RebuildProgress, Rebuilt, TableDifference, TableSum, Watcher};
pub use rebuilding::{Rebuilding, Run, Stage};
pub use refusals::RefusalView;
pub use source::Source;
pub use timers::TimerView;
pub use totals::Totals;
pub use users::{UserSeat, UserView};
pub use views::Views;
