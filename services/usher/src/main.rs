//! The Usher program.
fn main() {}
