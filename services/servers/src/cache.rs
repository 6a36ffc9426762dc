//! Where what was fetched is kept, outside of the checkout.

use std::{env, path::PathBuf};

use crate::Unavailable;

/// `$XDG_CACHE_HOME/usher`, or `~/.cache/usher`.
pub fn folder() -> Result<PathBuf, Unavailable> {
    let is_set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = is_set("XDG_CACHE_HOME").or_else(|| Some(is_set("HOME")?.join(".cache")));
    let what = "the folder for what was fetched".to_owned();
    let cache = cache.ok_or(Unavailable::Unusable { what, mend: "set HOME or XDG_CACHE_HOME to an absolute path" })?;
    Ok(cache.join("usher"))
}
