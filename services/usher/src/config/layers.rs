//! The sources of settings, one over another.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::{ConfigError, Settings, environment, file};

/// The settings by source, the strongest first.
#[derive(Debug, Clone)]
pub struct Layers(Vec<Settings>);

impl Layers {
    /// Reads environment and file, and puts what the command line says over them.
    pub fn load(config: Option<&Path>, command_line: Settings) -> Result<Self, ConfigError> {
        let from_environment = environment::read(env::vars_os())?;
        let named = config.map(PathBuf::from).or_else(|| env::var_os(environment::CONFIG_VARIABLE).map(PathBuf::from));
        let from_file = file::read(named.as_deref())?.map(|(_, settings)| settings);
        Ok(Self([Some(command_line), Some(from_environment), from_file].into_iter().flatten().collect()))
    }

    /// What holds in the end.
    pub fn merged(&self) -> Settings {
        self.iter().cloned().fold(Settings::default(), Settings::or)
    }

    /// The sources, the strongest first.
    pub fn iter(&self) -> impl Iterator<Item = &Settings> {
        self.0.iter()
    }
}

#[cfg(test)]
impl Layers {
    pub(super) fn of(layers: impl IntoIterator<Item = Settings>) -> Self {
        Self(layers.into_iter().collect())
    }
}
