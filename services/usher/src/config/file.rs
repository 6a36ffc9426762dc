//! Settings from a file, and the catalogue.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use licensing::Catalogue;
use toml::{Table, Value};

use super::{ConfigError, Settings, settings::Fault};

/// The file that is read where it exists, unless another one is named.
pub(super) const FILE_NAME: &str = "usher.toml";
/// Settings that may also be written as a list.
const LISTS: &[&str] = &["kafka", "roles"];

/// Reads the file at `named`, which has to exist, or else [`FILE_NAME`], which need not.
pub(super) fn read(named: Option<&Path>) -> Result<Option<(PathBuf, Settings)>, ConfigError> {
    let path = named.unwrap_or(Path::new(FILE_NAME)).to_owned();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => return Ok(None),
        Err(source) => return Err(ConfigError::UnreadableFile { path, named_by: "--config", source }),
    };
    let settings = parse(&path, &text)?;
    Ok(Some((path, settings)))
}

fn parse(path: &Path, text: &str) -> Result<Settings, ConfigError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| ConfigError::NotToml {
        path: path.to_owned(),
        reason: on_one_line(text, &error),
    })?;
    let mut settings = Settings::default();
    for (key, value) in &table {
        set(&mut settings, path, key, value)?;
    }
    Ok(settings)
}

fn set(settings: &mut Settings, path: &Path, key: &str, value: &Value) -> Result<(), ConfigError> {
    let ill_typed = |reason: String| ConfigError::IllTyped { setting: format!("{}: {key}", path.display()), reason };
    let unknown = || ConfigError::Unknown { source_name: path.display().to_string(), name: key.to_owned() };
    // Both spellings are at hand: a file's, and the flag's.
    let name = key.replace('-', "_");
    if !Settings::NAMES.contains(&name.as_str()) {
        return Err(unknown());
    }
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::Array(items) if LISTS.contains(&name.as_str()) => {
            joined(items).ok_or_else(|| ill_typed("use a list of texts in quotes".to_owned()))?
        }
        other => return Err(ill_typed(format!("it is of type {}: use a text in quotes", other.type_str()))),
    };
    settings.set(&name, &text).map_err(|fault| match fault {
        Fault::Unknown => unknown(),
        Fault::IllTyped { reason } => ill_typed(reason),
    })
}

fn joined(items: &[Value]) -> Option<String> {
    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    texts.map(|texts| texts.join(","))
}

fn on_one_line(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    let found = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim();
    format!("line {line}, {found:?}: {}", error.message())
}

/// Reads the catalogue from a file in TOML or JSON; without a file, the built-in one.
pub fn read_catalogue(path: Option<&Path>) -> Result<Catalogue, ConfigError> {
    let Some(path) = path else {
        return Catalogue::built_in().map_err(|error| ConfigError::BuiltInCatalogue(Box::new(error)));
    };
    let text = fs::read_to_string(path).map_err(|source| ConfigError::UnreadableFile {
        path: path.to_owned(),
        named_by: "the setting catalog",
        source,
    })?;
    if text.trim_start().starts_with('{') {
        return Catalogue::deserialize(&mut serde_json::Deserializer::from_str(&text))
            .map_err(|source| ConfigError::JsonCatalogue { path: path.to_owned(), source });
    }
    Catalogue::from_toml(&text)
        .map_err(|error| ConfigError::Catalogue { path: path.to_owned(), source: Box::new(error) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Roles;

    fn parsed(text: &str) -> Result<Settings, ConfigError> {
        parse(Path::new("usher.toml"), text)
    }

    #[test]
    fn keys_may_be_spelt_like_flags_and_lists_like_lists() {
        let settings = parsed("data-dir = \"/data\"\nroles = [\"api\", \"views\"]").unwrap();
        assert_eq!(settings.data_dir, Some("/data".into()));
        assert_eq!(settings.roles, "api,views".parse::<Roles>().ok());
    }

    #[test]
    fn what_is_unknown_or_unreadable_is_named_on_one_line() {
        for (text, named) in [
            ("lissten = \"127.0.0.1:1\"", "lissten"),
            ("listen = 8080", "listen"),
            ("listen = \"here\"", "listen"),
            ("data_dir = [\"a\"]", "data_dir"),
            ("roles = [1]", "roles"),
            ("[listen]\nport = 1", "listen"),
            ("smtp = \"\"", "smtp"),
            ("data_dir = \"a\"\nclock = system", "clock"),
        ] {
            let told = parsed(text).unwrap_err().to_string();
            assert!(told.contains(named) && !told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn the_built_in_catalogue_is_sound() {
        assert!(read_catalogue(None).is_ok());
    }
}
