//! The files that are named on the command line.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    vec,
};

use super::{FeedError, Input};

/// Stands for standard input among the files.
const STANDARD_INPUT: &str = "-";

/// Where messages come from, in order.
pub struct Sources(Vec<Source>);

impl Sources {
    /// These files; `-` for standard input.
    pub fn of(paths: &[PathBuf]) -> Self {
        Self(paths.iter().map(|path| Source::of(path)).collect())
    }

    /// How much there is to read, bytes, if anybody knows. A file that isn't there is found out here.
    pub fn bytes_total(&self) -> Result<Option<u64>, FeedError> {
        let sizes = self.0.iter().map(Source::bytes_total).collect::<Result<Vec<_>, _>>()?;
        Ok(sizes.into_iter().sum())
    }
}

impl IntoIterator for Sources {
    type Item = Source;
    type IntoIter = vec::IntoIter<Source>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One of them.
pub enum Source {
    /// What is piped in.
    StandardInput,
    /// A file, plain or compressed.
    File(PathBuf),
}

impl Source {
    fn of(path: &Path) -> Self {
        if path.as_os_str() == STANDARD_INPUT { Self::StandardInput } else { Self::File(path.to_owned()) }
    }

    fn name(&self) -> String {
        match self {
            Self::StandardInput => "standard input".to_owned(),
            Self::File(path) => format!("{path:?}"),
        }
    }

    /// How much there is to read, if anybody knows. A file that isn't there is found out before anything is fed.
    fn bytes_total(&self) -> Result<Option<u64>, FeedError> {
        let Self::File(path) = self else { return Ok(None) };
        let metadata = fs::metadata(path).map_err(|source| FeedError::Unopenable { name: self.name(), source })?;
        Ok(metadata.is_file().then_some(metadata.len()))
    }

    /// Opens it.
    pub fn open(&self) -> Result<Input, FeedError> {
        let name = self.name();
        match self {
            Self::StandardInput => Ok(Input { name, bytes: Box::new(io::stdin()) }),
            Self::File(path) => match File::open(path) {
                Ok(file) => Ok(Input { name, bytes: Box::new(file) }),
                Err(source) => Err(FeedError::Unopenable { name, source }),
            },
        }
    }
}
