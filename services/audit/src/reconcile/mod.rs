//! A billing system's own list held against the journal: whether both say the same, and if not, since which event.
//!
//! [`Books`] folds what billing did, licensee by licensee, up to a moment; [`Claim`]s are what the list says. Both are
//! plain values: whoever calls reads files and stores.

mod books;
mod claim;
mod compare;
mod terms;

pub use books::{Books, Cause};
pub use claim::{Claim, ClaimKey};
pub use compare::{Disagreement, Finding, Outcome, reconcile};
pub use terms::{Field, Terms};
