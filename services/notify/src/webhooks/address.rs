//! Where events are posted to.

use std::fmt;

use url::{Host, Url};

/// The longest address, bytes.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// Which addresses are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressRules {
    /// Also `http` to other machines, which anybody on the way can read.
    pub is_http_taken: bool,
}

/// Where events are posted to. Its path and query may hold what only the other side is to know, so it is shown to operators
/// alone, and not in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

/// A text that is no address to post to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAddress {
    /// It is no URL.
    #[error("the url cannot be read: use one such as https://example.com/usher")]
    Form,
    /// It is one of something else than the web.
    #[error("the url is not one of http or https: use one such as https://example.com/usher")]
    Scheme,
    /// It goes over a wire that anybody can read.
    #[error("the url is of http, which anybody on the way can read: use https, or http on this machine only")]
    OpenToAll,
    /// It holds user and password.
    #[error("the url holds a user: leave it away, receivers know usher by its signature")]
    Login,
    /// It holds what is never sent.
    #[error("the url holds a fragment, which is never sent: leave the # and what follows away")]
    Fragment,
    /// It is longer than any that is taken.
    #[error("the url is longer than {ADDRESS_BYTES_MAX} bytes: use a shorter one")]
    TooLong,
}

impl Address {
    /// Reads it, if it is one that is taken.
    ///
    /// # Errors
    /// [`InvalidAddress`].
    pub fn parse(text: &str, rules: AddressRules) -> Result<Self, InvalidAddress> {
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(InvalidAddress::TooLong);
        }
        let url = Url::parse(text).map_err(|_| InvalidAddress::Form)?;
        match url.scheme() {
            "https" => {}
            "http" if rules.is_http_taken || is_loopback(&url) => {}
            "http" => return Err(InvalidAddress::OpenToAll),
            _ => return Err(InvalidAddress::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidAddress::Login);
        }
        if url.fragment().is_some() {
            return Err(InvalidAddress::Fragment);
        }
        Ok(Self(url))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}://{}/…)", self.0.scheme(), self.0.host_str().unwrap_or_default())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<InvalidAddress> {
        Address::parse(text, AddressRules::default()).err()
    }

    #[test]
    fn what_goes_over_a_safe_wire_is_taken() {
        for good in [
            "https://example.com/a?b=c",
            "https://10.0.0.1",
            "http://127.0.0.1:1/",
            "http://localhost/",
            "http://[::1]:2/",
        ] {
            assert_eq!(refused(good), None, "{good}");
        }
    }

    #[test]
    fn everything_else_is_refused_and_told_why() {
        for (bad, why) in [
            ("", InvalidAddress::Form),
            ("example.com", InvalidAddress::Form),
            ("https://", InvalidAddress::Form),
            ("http://example.com", InvalidAddress::OpenToAll),
            ("http://localhost.example.com", InvalidAddress::OpenToAll),
            ("http://127.0.0.1@example.com", InvalidAddress::OpenToAll),
            ("ftp://example.com", InvalidAddress::Scheme),
            ("file:///etc/passwd", InvalidAddress::Scheme),
            ("gopher://127.0.0.1", InvalidAddress::Scheme),
            ("https://me:secret@example.com", InvalidAddress::Login),
            ("https://example.com/#a", InvalidAddress::Fragment),
        ] {
            assert_eq!(refused(bad), Some(why), "{bad}");
        }
        assert_eq!(refused(&format!("https://example.com/{}", "a".repeat(2_048))), Some(InvalidAddress::TooLong));
    }

    #[test]
    fn an_open_wire_is_taken_where_it_is_allowed_and_nothing_else_with_it() {
        let rules = AddressRules { is_http_taken: true };
        assert!(Address::parse("http://receiver.internal/usher", rules).is_ok());
        assert_eq!(Address::parse("ftp://receiver.internal", rules), Err(InvalidAddress::Scheme));
    }

    #[test]
    fn what_only_the_other_side_is_to_know_is_not_shown() {
        let address = Address::parse("https://example.com/hooks/hunter2?key=hunter2", AddressRules::default()).unwrap();
        assert!(!format!("{address:?}").contains("hunter2"));
    }
}
