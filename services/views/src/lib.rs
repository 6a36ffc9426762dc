//! Usher's read models and their queries, fed by the journal.
