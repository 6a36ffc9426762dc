//! Usher's HTTP interface.
