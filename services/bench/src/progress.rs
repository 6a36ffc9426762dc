//! Telling how far it is, on standard error.

/// Tells what is being done.
pub fn tell(what: &str) {
    eprintln!("  {what}");
}
