//! Read-only connections to the views, with the journal's tables beside them.

use std::path::Path;

use super::{connection, failure};
use crate::ViewsError;

/// A few connections, opened when first needed.
pub(super) type Pool = journal::sqlite::Pool<ViewsError>;

/// The pool for files that exist.
pub(super) fn of(file: &Path, journal_file: &Path) -> Pool {
    let journal_file = journal_file.to_owned();
    Pool::new(file, move |file| connection::open_reader(file, &journal_file), failure::classify)
}
