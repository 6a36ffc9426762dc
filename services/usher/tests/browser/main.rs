//! The console in a real browser, on the built program with the sample history.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod in_a_browser;
mod server;
mod visit;
