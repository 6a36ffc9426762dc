//! Names of streams.

use std::{fmt, str::FromStr};

use licensing::{InvalidId, LicenseeId, UserId};

const LICENSEE: &str = "licensee";
const USER: &str = "user";

/// The name of a stream: `licensee/{id}` or `user/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamName {
    /// A licensee's.
    Licensee(LicenseeId),
    /// A user's.
    User(UserId),
}

/// Why a text is no name of a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStreamName {
    /// It begins with neither kind.
    #[error("the stream name does not begin with a known kind: use licensee/ or user/ and an id")]
    UnknownKind,
    /// What follows is no id.
    #[error("the stream name does not end with an id")]
    Id(#[source] InvalidId),
}

/// The name of a licensee's stream: `licensee/{id}`.
pub fn licensee_stream(licensee: &LicenseeId) -> String {
    format!("{LICENSEE}/{licensee}")
}

/// The name of a user's stream: `user/{id}`.
pub fn user_stream(user: &UserId) -> String {
    format!("{USER}/{user}")
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StreamName::Licensee(id) => write!(f, "{LICENSEE}/{id}"),
            StreamName::User(id) => write!(f, "{USER}/{id}"),
        }
    }
}

impl FromStr for StreamName {
    type Err = InvalidStreamName;

    fn from_str(text: &str) -> Result<Self, InvalidStreamName> {
        match text.split_once('/') {
            Some((LICENSEE, id)) => LicenseeId::parse(id).map(StreamName::Licensee).map_err(InvalidStreamName::Id),
            Some((USER, id)) => UserId::parse(id).map(StreamName::User).map_err(InvalidStreamName::Id),
            _ => Err(InvalidStreamName::UnknownKind),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for text in ["licensee/acme", "licensee/user", "user/u-1", "user/a:b.c_d"] {
            assert_eq!(text.parse::<StreamName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in
            ["", "acme", "/acme", "licensee", "licensee/", "Licensee/acme", "licensee/a/b", "group/acme", "user/ü"]
        {
            assert!(bad.parse::<StreamName>().is_err(), "{bad:?} was taken");
        }
    }
}
