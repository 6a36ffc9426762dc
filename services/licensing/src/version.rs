//! Versions of an instance.

use std::{cmp::Ordering, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

const PARTS_MAX: usize = 4;
const CHARS_MAX: usize = 64;

/// A version such as `17.5.2`, compared number by number (R19): `17.10` is above `17.9`, `17.5` equals `17.5.0`.
///
/// A suffix behind a hyphen, as in `17.5.2-ee`, is kept and does not count.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstanceVersion {
    text: Arc<str>,
    parts: [u32; PARTS_MAX],
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("version {text:?} is not valid: use one to four numbers with dots between them, such as 17.5.2")]
pub struct InvalidVersion {
    text: String,
}

impl InstanceVersion {
    /// The version as it was told.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for InstanceVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let invalid = || InvalidVersion { text: text.chars().take(CHARS_MAX).collect() };
        if text.len() > CHARS_MAX {
            return Err(invalid());
        }
        let numbers = match text.split_once('-') {
            Some((_, "")) => return Err(invalid()),
            Some((numbers, _suffix)) => numbers,
            None => text,
        };
        let mut parts = [0; PARTS_MAX];
        for (index, number) in numbers.split('.').enumerate() {
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let slot = parts.get_mut(index).filter(|_| is_number).ok_or_else(invalid)?;
            *slot = number.parse().map_err(|_| invalid())?;
        }
        Ok(Self { text: text.into(), parts })
    }
}

impl TryFrom<String> for InstanceVersion {
    type Error = InvalidVersion;

    fn try_from(text: String) -> Result<Self, InvalidVersion> {
        text.parse()
    }
}

impl From<InstanceVersion> for String {
    fn from(version: InstanceVersion) -> String {
        version.text.as_ref().to_owned()
    }
}

impl PartialEq for InstanceVersion {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for InstanceVersion {}

impl PartialOrd for InstanceVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for InstanceVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts.cmp(&other.parts)
    }
}

impl fmt::Display for InstanceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for InstanceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn version(text: &str) -> InstanceVersion {
        text.parse().unwrap()
    }

    #[test]
    fn r19_versions_compare_number_by_number() {
        assert!(version("17.10") > version("17.9"));
        assert!(version("17.5") == version("17.5.0-ee"));
        assert!(version("9.0") < version("16.8"));
    }

    #[test]
    fn what_is_no_version_is_told() {
        for bad in ["", ".", "17.", "17..1", "v17", "17.x", "-1", "1.2.3.4.5", "17-", "4294967296", "+1"] {
            assert!(bad.parse::<InstanceVersion>().is_err(), "{bad:?} was taken");
        }
    }
}
