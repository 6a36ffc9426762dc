//! Kafka's jars, fetched once from Maven Central.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Unavailable, cache, error::checked, programs};

/// What is fetched.
const POM: &str = include_str!("../../kafka/pom.xml");
/// The file beside the jars that tells what they were fetched by.
const POM_FILE: &str = "pom.xml";

/// The folder of the jars, outside of the checkout: `$XDG_CACHE_HOME/usher/kafka-VERSION`. They are fetched with Maven if
/// they aren't there; several processes may ask at once.
///
/// # Errors
/// [`Unavailable`] if there is no Maven, or Maven Central can't be reached.
pub fn jars() -> Result<PathBuf, Unavailable> {
    let cache = cache::folder()?;
    let folder = cache.join(format!("kafka-{}", version()));
    if is_complete(&folder) {
        return Ok(folder);
    }
    let mend = "install the Debian package maven";
    let maven = programs::find("mvn").ok_or(Unavailable::Missing { program: "mvn", mend })?;
    let failed = || Unavailable::system(format!("fetch Kafka into {}", folder.display()));
    fs::create_dir_all(&cache).map_err(failed())?;
    // Whoever holds the lock fetches, and the others find it done; it is let go with the process, however that ends.
    let lock = File::create(cache.join("kafka.lock")).map_err(failed())?;
    lock.lock().map_err(failed())?;
    if is_complete(&folder) {
        return Ok(folder);
    }
    let part = cache.join("kafka.part");
    remove(&part).map_err(failed())?;
    fs::create_dir(&part).map_err(failed())?;
    fs::write(part.join(POM_FILE), POM).map_err(failed())?;
    fetch(&maven, &part)?;
    remove(&folder).map_err(failed())?;
    fs::rename(&part, &folder).map_err(failed())?;
    Ok(folder)
}

/// The version of Kafka.
pub fn version() -> &'static str {
    let behind = POM.split_once("<kafka.version>").map(|(_, behind)| behind);
    behind.and_then(|behind| behind.split_once('<')).map_or("unknown", |(version, _)| version)
}

/// It was fetched in whole, as it is renamed only then, and by the same description.
fn is_complete(folder: &Path) -> bool {
    fs::read_to_string(folder.join(POM_FILE)).is_ok_and(|pom| pom == POM)
}

fn fetch(maven: &Path, folder: &Path) -> Result<(), Unavailable> {
    let mut command = Command::new(maven);
    command.args(["--batch-mode", "--quiet", "--no-transfer-progress", "dependency:copy-dependencies"]);
    command.arg(format!("-DoutputDirectory={}", folder.display())).current_dir(folder);
    let output = command.output().map_err(Unavailable::system("run mvn"))?;
    checked("mvn", &output)?;
    Ok(())
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_is_fetched() {
        assert!(version().starts_with("4."), "{}", version());
    }
}
