//! axe-core, which checks pages for accessibility, fetched once from the npm registry.

use std::{
    fs::{self, File},
    process::Command,
};

use crate::{Unavailable, cache, error::checked, programs};

const VERSION: &str = "4.10.3";
/// Of the package: nothing else is ever used.
const SHA_256: &str = "0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292";
/// Where the script lies in the package.
const SCRIPT: &str = "package/axe.min.js";

/// The script, from a folder outside of the checkout: `$XDG_CACHE_HOME/usher/axe-core-VERSION.tgz`. It is fetched with
/// curl if it isn't there; several processes may ask at once.
///
/// # Errors
/// [`Unavailable`] if there is no curl, or the registry can't be reached.
pub fn axe() -> Result<String, Unavailable> {
    let cache = cache::folder()?;
    let package = cache.join(format!("axe-core-{VERSION}.tgz"));
    let failed = || Unavailable::system(format!("fetch axe-core into {}", cache.display()));
    fs::create_dir_all(&cache).map_err(failed())?;
    // Whoever holds the lock fetches, and the others find it done; it is let go with the process, however that ends.
    let lock = File::create(cache.join("axe.lock")).map_err(failed())?;
    lock.lock().map_err(failed())?;
    if !package.exists() {
        let part = cache.join("axe.part");
        let url = format!("https://registry.npmjs.org/axe-core/-/axe-core-{VERSION}.tgz");
        run(
            "curl",
            &["--fail", "--silent", "--show-error", "--location", "--max-time", "120", "--output", &text(&part), &url],
        )?;
        fs::rename(&part, &package).map_err(failed())?;
    }
    let digest = run("sha256sum", &[&text(&package)])?;
    if !digest.starts_with(SHA_256) {
        let what = package.display().to_string();
        return Err(Unavailable::Unusable { what, mend: "delete it: it is not what was published" });
    }
    run("tar", &["--extract", "--to-stdout", "--gzip", "--file", &text(&package), SCRIPT])
}

fn text(path: &std::path::Path) -> String {
    path.to_string_lossy().into_owned()
}

fn run(program: &'static str, arguments: &[&str]) -> Result<String, Unavailable> {
    let mend = "install the Debian package of that name";
    let found = programs::find(program).ok_or(Unavailable::Missing { program, mend })?;
    let output = Command::new(found).args(arguments).output().map_err(Unavailable::system(format!("run {program}")))?;
    checked(program, &output)
}
