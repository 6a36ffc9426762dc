//! Settings from the environment.

use std::ffi::{OsStr, OsString};

use super::{ConfigError, Settings, settings::Fault};

/// What the names of our variables begin with.
const PREFIX: &str = "USHER_";
/// Names the file; not itself a setting of it.
pub(super) const CONFIG_VARIABLE: &str = "USHER_CONFIG";

/// Reads the settings among the variables; whatever begins with `USHER_` has to be one.
pub(super) fn read(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Settings, ConfigError> {
    let mut settings = Settings::default();
    for (variable, value) in variables {
        let variable = variable.to_string_lossy();
        let Some(suffix) = variable.strip_prefix(PREFIX).filter(|_| variable != CONFIG_VARIABLE) else { continue };
        set(&mut settings, &variable, suffix, &value)?;
    }
    Ok(settings)
}

fn set(settings: &mut Settings, variable: &str, suffix: &str, value: &OsStr) -> Result<(), ConfigError> {
    let ill_typed = |reason: String| ConfigError::IllTyped { setting: variable.to_owned(), reason };
    let unknown = || ConfigError::Unknown { source_name: "the environment".to_owned(), name: variable.to_owned() };
    if suffix.chars().any(|letter| letter.is_ascii_lowercase()) {
        return Err(unknown());
    }
    let text = value.to_str().ok_or_else(|| ill_typed("it is not UTF-8 text".to_owned()))?;
    settings.set(&suffix.to_ascii_lowercase(), text).map_err(|fault| match fault {
        Fault::Unknown => unknown(),
        Fault::IllTyped { reason } => ill_typed(reason),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read_all(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        read(variables.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn variables_of_others_are_left_alone() {
        let settings = read_all(&[("HOME", "/"), ("USHER_DATA_DIR", "/data"), ("USHER_CONFIG", "a.toml")]).unwrap();
        assert_eq!(settings, Settings { data_dir: Some("/data".into()), ..Settings::default() });
    }

    #[test]
    fn what_is_unknown_or_unreadable_is_named() {
        for (name, value) in
            [("USHER_LISTENN", "x"), ("USHER_listen", "127.0.0.1:1"), ("USHER_LISTEN", "x"), ("USHER_CLOCK", "")]
        {
            let told = read_all(&[(name, value)]).unwrap_err().to_string();
            assert!(told.contains(name), "{told}");
        }
    }
}
