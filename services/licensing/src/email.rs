//! E-mail addresses, which no log, error or event may hold (R30).

use std::fmt;

use serde::{Deserialize, Serialize};

/// An e-mail address. It is compared letter case aside (R13), and shows itself only when it is serialized, on the way to
/// another node.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Takes any text: an address is only ever compared.
    pub const fn new(text: String) -> Self {
        Self(text)
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_lowercase() == other.0.to_lowercase()
    }
}

impl Eq for EmailAddress {}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_r30_an_address_is_compared_letter_case_aside_and_does_not_show_itself() {
        let address = EmailAddress::new("Boss@Example.com".to_owned());
        assert_eq!(address, EmailAddress::new("boss@example.COM".to_owned()));
        assert_ne!(address, EmailAddress::new("other@example.com".to_owned()));
        assert!(!format!("{address:?}").contains("Boss"));
    }
}
