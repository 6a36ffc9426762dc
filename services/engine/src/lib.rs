//! Usher's engine: decides commands, commits them, keeps time.
