//! What moved, and why, on short stories told by the domain itself.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod diff;
mod story;
mod unreadable;
mod why_held;
mod why_lost;
mod why_never;
