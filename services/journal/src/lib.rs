//! Usher's event store: the port and the embedded SQLite store behind it.
