//! Where the data is.

use std::path::PathBuf;

use super::{ConfigError, Layers, ServerUrl, Settings};

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a folder that no other process has open.
    Folder(PathBuf),
    /// Behind a running server.
    Server(ServerUrl),
}

/// The folder that the settings name, for a command that opens the store itself; `None` where they name no place.
pub fn store_folder(layers: &Layers) -> Result<Option<PathBuf>, ConfigError> {
    for settings in layers.iter() {
        if let Some(folder) = folder_of(settings)? {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

/// The place that the strongest source names: `--url` on the command line beats a folder in the environment.
pub fn store_or_server(layers: &Layers) -> Result<Option<Place>, ConfigError> {
    for settings in layers.iter() {
        match (folder_of(settings)?, &settings.url) {
            (Some(_), Some(_)) => return Err(ConfigError::Excluded { first: "data_dir", second: "url" }),
            (Some(folder), None) => return Ok(Some(Place::Folder(folder))),
            (None, Some(url)) => return Ok(Some(Place::Server(url.clone()))),
            (None, None) => {}
        }
    }
    Ok(None)
}

fn folder_of(settings: &Settings) -> Result<Option<PathBuf>, ConfigError> {
    match (&settings.data_dir, &settings.database_url) {
        (Some(_), Some(_)) => Err(ConfigError::Excluded { first: "data_dir", second: "database_url" }),
        (None, Some(_)) => {
            Err(ConfigError::Unavailable { setting: "database_url", instead: "use the embedded store, with data_dir" })
        }
        (folder, None) => Ok(folder.clone()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn folder(name: &str) -> Settings {
        Settings { data_dir: Some(name.into()), ..Settings::default() }
    }

    fn server() -> Settings {
        Settings { url: "http://a".parse().ok(), ..Settings::default() }
    }

    #[test]
    fn the_strongest_source_decides() {
        let layers = Layers::of([Settings::default(), server(), folder("a")]);
        assert_eq!(store_or_server(&layers).unwrap(), Some(Place::Server("http://a".parse().unwrap())));
        assert_eq!(store_folder(&layers).unwrap(), Some("a".into()));
    }

    #[test]
    fn one_source_names_one_place() {
        let both = Settings { url: server().url, ..folder("a") };
        assert!(matches!(store_or_server(&Layers::of([both])), Err(ConfigError::Excluded { .. })));
        assert_eq!(store_or_server(&Layers::of([])).unwrap(), None);
    }

    #[test]
    fn a_database_server_is_not_available_yet() {
        let database = Settings { database_url: "postgres://a".parse().ok(), ..Settings::default() };
        assert!(matches!(store_folder(&Layers::of([database])), Err(ConfigError::Unavailable { .. })));
    }
}
