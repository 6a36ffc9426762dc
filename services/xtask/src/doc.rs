//! The docs of the code.

use crate::command::{Failure, cargo, run};

/// Makes the docs of every crate, private items with them: a link that leads nowhere is a failure.
///
/// # Errors
/// [`Failure`] when there is one.
pub fn check() -> Result<(), Failure> {
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    run(doc)
}
