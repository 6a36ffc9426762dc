//! Bytes as text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// So many bytes, as twice as many hexadecimal digits in small letters; nothing else is read, so that the same bytes have
/// one text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hex<const BYTES: usize>(pub [u8; BYTES]);

/// A text that does not stand for that many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use {digits} hexadecimal digits in small letters")]
pub struct InvalidHex {
    digits: usize,
}

impl<const BYTES: usize> fmt::Display for Hex<BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl<const BYTES: usize> fmt::Debug for Hex<BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const BYTES: usize> FromStr for Hex<BYTES> {
    type Err = InvalidHex;

    fn from_str(text: &str) -> Result<Self, InvalidHex> {
        let invalid = InvalidHex { digits: BYTES * 2 };
        let mut bytes = [0; BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| invalid)?;
        let read = Self(bytes);
        // Capital letters would be read too.
        if read.to_string() == text { Ok(read) } else { Err(invalid) }
    }
}

impl<const BYTES: usize> Serialize for Hex<BYTES> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const BYTES: usize> Deserialize<'de> for Hex<BYTES> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_one_text() {
        let bytes = Hex([0x00, 0x9f, 0xa1]);
        assert_eq!(bytes.to_string(), "009fa1");
        assert_eq!("009fa1".parse(), Ok(bytes));
        for bad in ["009FA1", "009fa", "009fa1a", "009fa12b", "", "009fg1", "+09fa1", "ü9fa1"] {
            assert!(bad.parse::<Hex<3>>().is_err(), "{bad:?} was taken");
        }
    }
}
