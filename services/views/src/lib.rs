//! Usher's read models: what the journal holds, in the shape in which it is asked for.
//!
//! [`Views`] keeps tables in `views.db` and, for access checks, a compact picture in memory. One thread, the follower,
//! feeds both from the journal and tells how far it is, so that a caller can wait for its own write. Nothing here is
//! the truth: a file that is missing, damaged, of another format or of another journal is rebuilt.
//!
//! Names, addresses and free text are never kept here (R30); they are joined from the journal's erasable tables at the
//! moment of reading.
//!
//! Everything here blocks; asynchronous callers go through a thread of their own.

mod apply;
mod connection;
mod cursor;
mod error;
mod follower;
mod licensees;
mod members;
mod memory;
mod open;
mod ordered_lists;
mod page;
mod pool;
mod positions;
mod refusals;
mod schema;
mod seats;
mod text_search;
mod timers;
mod totals;
mod users;
mod value;
mod views;

pub use error::ViewsError;
pub use licensees::{LicenseeView, LicenseesQuery};
pub use members::{MemberSort, MemberSortKey, MemberView, MembersQuery, UnknownSort};
pub use page::Page;
pub use refusals::RefusalView;
pub use timers::TimerView;
pub use totals::Totals;
pub use users::{UserSeat, UserView};
pub use views::Views;
