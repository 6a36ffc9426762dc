//! What holds across crates is tested here; there is nothing to use.
