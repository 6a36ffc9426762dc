//! Where the data is.

use std::{fmt, path::PathBuf, sync::Arc};

use journal::postgres::DatabaseUrl;

use super::{ConfigError, Layers, ServerUrl, Settings};

/// A store that this process opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorePlace {
    /// In a folder that no other process has open.
    Folder(PathBuf),
    /// In a PostgreSQL database that any number of processes share.
    Database(Arc<DatabaseUrl>),
}

impl fmt::Display for StorePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{folder:?}"),
            Self::Database(url) => write!(f, "the database {}", url.server()),
        }
    }
}

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a store that this process opens.
    Store(StorePlace),
    /// Behind a running server.
    Server(ServerUrl),
}

/// The store that the settings name, for a command that opens it itself; `None` where they name none.
pub fn store_place(layers: &Layers) -> Result<Option<StorePlace>, ConfigError> {
    for settings in layers.iter() {
        if let Some(place) = store_of(settings)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// The place that the strongest source names: `--url` on the command line beats a store in the environment.
pub fn store_or_server(layers: &Layers) -> Result<Option<Place>, ConfigError> {
    for settings in layers.iter() {
        match (store_of(settings)?, &settings.url) {
            (Some(StorePlace::Folder(_)), Some(_)) => {
                return Err(ConfigError::Excluded { first: "data_dir", second: "url" });
            }
            (Some(StorePlace::Database(_)), Some(_)) => {
                return Err(ConfigError::Excluded { first: "database_url", second: "url" });
            }
            (Some(store), None) => return Ok(Some(Place::Store(store))),
            (None, Some(url)) => return Ok(Some(Place::Server(url.clone()))),
            (None, None) => {}
        }
    }
    Ok(None)
}

fn store_of(settings: &Settings) -> Result<Option<StorePlace>, ConfigError> {
    match (&settings.data_dir, &settings.database_url) {
        (Some(_), Some(_)) => Err(ConfigError::Excluded { first: "data_dir", second: "database_url" }),
        (None, Some(url)) => Ok(Some(StorePlace::Database(url.clone()))),
        (Some(folder), None) => Ok(Some(StorePlace::Folder(folder.clone()))),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn folder(name: &str) -> Settings {
        Settings { data_dir: Some(name.into()), ..Settings::default() }
    }

    fn database() -> Settings {
        let url = "postgres://me:secret@a:1/b".parse().unwrap();
        Settings { database_url: Some(Arc::new(url)), ..Settings::default() }
    }

    fn server() -> Settings {
        Settings { url: "http://a".parse().ok(), ..Settings::default() }
    }

    #[test]
    fn the_strongest_source_decides() {
        let layers = Layers::of([Settings::default(), server(), folder("a"), database()]);
        assert_eq!(store_or_server(&layers).unwrap(), Some(Place::Server("http://a".parse().unwrap())));
        assert_eq!(store_place(&layers).unwrap(), Some(StorePlace::Folder("a".into())));
    }

    #[test]
    fn one_source_names_one_place() {
        for both in [
            Settings { url: server().url, ..folder("a") },
            Settings { url: server().url, ..database() },
            Settings { data_dir: folder("a").data_dir, ..database() },
        ] {
            assert!(matches!(store_or_server(&Layers::of([both])), Err(ConfigError::Excluded { .. })));
        }
        assert_eq!(store_or_server(&Layers::of([])).unwrap(), None);
    }

    #[test]
    fn a_database_is_told_of_without_its_password() {
        let place = store_place(&Layers::of([database()])).unwrap().unwrap();
        assert_eq!(place.to_string(), "the database a:1/b");
        assert!(!format!("{place:?}").contains("secret"));
    }
}
