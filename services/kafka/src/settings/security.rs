//! How a connection to a broker is secured.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use rdkafka::ClientConfig;
use serde::Deserialize;

use super::Secret;

/// What an operator may set; [`Security`] is what is left once it fits together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecurityOptions {
    /// `plaintext` where absent.
    pub protocol: Protocol,
    /// `SCRAM-SHA-512` where absent.
    pub mechanism: Option<Mechanism>,
    /// Who we are, for SASL.
    pub username: Option<String>,
    /// And how we prove it.
    pub password: Option<Secret>,
    /// A PEM file with the certificates that a broker's is checked against; absent: the system's.
    pub ca: Option<PathBuf>,
    /// A PEM file with our own certificate, for brokers that ask for one.
    pub certificate: Option<PathBuf>,
    /// The PEM file with its key.
    pub key: Option<PathBuf>,
}

/// How a connection is made; the words are Kafka's own (`security.protocol`), in lower case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// In the clear, without a login.
    #[default]
    Plaintext,
    /// TLS, without a login but perhaps with a certificate.
    Ssl,
    /// A login in the clear.
    SaslPlaintext,
    /// A login over TLS.
    SaslSsl,
}

/// How a login proves itself (`sasl.mechanism`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Mechanism {
    /// The password itself is sent.
    #[serde(rename = "PLAIN")]
    Plain,
    /// By challenge, SHA-256.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// By challenge, SHA-512.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

/// A word that names no protocol or mechanism.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is none of the choices: use {choices}")]
pub struct UnknownWord {
    found: String,
    choices: String,
}

/// Security settings that do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSecurity {
    /// SASL without a name or password.
    #[error("the kafka protocol {protocol} needs a user name and a password: set both")]
    NoLogin {
        /// The protocol that asks for them.
        protocol: Protocol,
    },
    /// A login that would be ignored.
    #[error(
        "a kafka login is set, but the protocol {protocol} has none: use sasl_ssl or sasl_plaintext, or leave it out"
    )]
    UnusedLogin {
        /// The protocol that does without.
        protocol: Protocol,
    },
    /// TLS files that would be ignored.
    #[error(
        "a file for TLS to kafka is set, but the protocol {protocol} has none: use ssl or sasl_ssl, or leave it out"
    )]
    UnusedTls {
        /// The protocol that does without.
        protocol: Protocol,
    },
    /// One of certificate and key.
    #[error("a certificate for kafka needs its key, and a key its certificate: set both or none")]
    HalfACertificate,
    /// A text that can't be handed on.
    #[error("the kafka {what} holds a zero byte: it was copied wrongly, set it anew")]
    ZeroByte {
        /// User name or password.
        what: &'static str,
    },
    /// A file that can't be read.
    #[error("cannot read {path:?} for TLS to kafka: check that it exists and that usher may read it")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// How a connection to a broker is secured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Security {
    login: Option<Login>,
    tls: Option<Tls>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Login {
    mechanism: Mechanism,
    username: String,
    password: Secret,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tls {
    ca: Option<PathBuf>,
    own: Option<OwnCertificate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct OwnCertificate {
    certificate: PathBuf,
    key: PathBuf,
}

impl Security {
    /// Checks that the options fit together, and that every file of theirs can be read.
    ///
    /// # Errors
    /// [`InvalidSecurity`], which says what to set.
    pub fn new(options: SecurityOptions) -> Result<Self, InvalidSecurity> {
        let SecurityOptions { protocol, mechanism, username, password, ca, certificate, key } = options;
        let login = match (protocol.has_login(), username, password) {
            (true, Some(username), Some(password)) => {
                Some(Login::new(mechanism.unwrap_or(Mechanism::ScramSha512), username, password)?)
            }
            (true, _, _) => return Err(InvalidSecurity::NoLogin { protocol }),
            (false, None, None) if mechanism.is_none() => None,
            (false, _, _) => return Err(InvalidSecurity::UnusedLogin { protocol }),
        };
        let own = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(OwnCertificate { certificate, key }),
            (None, None) => None,
            _ => return Err(InvalidSecurity::HalfACertificate),
        };
        let tls = match (protocol.has_tls(), Tls { ca, own }) {
            (true, tls) => Some(tls.checked()?),
            (false, tls) if tls == Tls::default() => None,
            (false, _) => return Err(InvalidSecurity::UnusedTls { protocol }),
        };
        Ok(Self { login, tls })
    }

    /// Whom the broker's ACLs have to name, as far as can be said from here.
    pub(super) fn principal(&self) -> &str {
        match (&self.login, &self.tls) {
            (Some(login), _) => &login.username,
            (None, Some(Tls { own: Some(_), .. })) => "SUBJECT-OF-OUR-CERTIFICATE",
            (None, _) => "ANONYMOUS",
        }
    }

    pub(super) fn apply(&self, config: &mut ClientConfig) {
        let protocol = match (&self.login, &self.tls) {
            (None, None) => Protocol::Plaintext,
            (None, Some(_)) => Protocol::Ssl,
            (Some(_), None) => Protocol::SaslPlaintext,
            (Some(_), Some(_)) => Protocol::SaslSsl,
        };
        config.set("security.protocol", protocol.as_str());
        if let Some(login) = &self.login {
            config
                .set("sasl.mechanism", login.mechanism.as_str())
                .set("sasl.username", &login.username)
                .set("sasl.password", login.password.reveal());
        }
        let Some(tls) = &self.tls else { return };
        if let Some(ca) = &tls.ca {
            config.set("ssl.ca.location", ca.to_string_lossy());
        }
        if let Some(own) = &tls.own {
            config
                .set("ssl.certificate.location", own.certificate.to_string_lossy())
                .set("ssl.key.location", own.key.to_string_lossy());
        }
    }
}

impl Login {
    fn new(mechanism: Mechanism, username: String, password: Secret) -> Result<Self, InvalidSecurity> {
        // librdkafka would refuse it with an error that shows all bytes.
        for (what, text) in [("user name", username.as_str()), ("password", password.reveal())] {
            if text.contains('\0') {
                return Err(InvalidSecurity::ZeroByte { what });
            }
        }
        Ok(Self { mechanism, username, password })
    }
}

impl Tls {
    fn checked(self) -> Result<Self, InvalidSecurity> {
        let own = self.own.iter().flat_map(|own| [&own.certificate, &own.key]);
        self.ca.iter().chain(own).try_for_each(|path| check_readable(path))?;
        Ok(self)
    }
}

fn check_readable(path: &Path) -> Result<(), InvalidSecurity> {
    let opened = fs::File::open(path);
    opened.map(drop).map_err(|source| InvalidSecurity::File { path: path.to_owned(), source })
}

impl Protocol {
    const ALL: [Self; 4] = [Self::Plaintext, Self::Ssl, Self::SaslPlaintext, Self::SaslSsl];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Ssl => "ssl",
            Self::SaslPlaintext => "sasl_plaintext",
            Self::SaslSsl => "sasl_ssl",
        }
    }

    const fn has_login(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }

    const fn has_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }
}

impl Mechanism {
    const ALL: [Self; 3] = [Self::Plain, Self::ScramSha256, Self::ScramSha512];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Protocol {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        choose(text, &Self::ALL, |protocol| protocol.as_str())
    }
}

impl FromStr for Mechanism {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        choose(text, &Self::ALL, |mechanism| mechanism.as_str())
    }
}

/// Finds a word whatever its case: Kafka's own files have them in capitals.
fn choose<T: Copy>(text: &str, all: &[T], word: impl Fn(T) -> &'static str) -> Result<T, UnknownWord> {
    let found = all.iter().copied().find(|choice| word(*choice).eq_ignore_ascii_case(text));
    found.ok_or_else(|| UnknownWord {
        found: text.to_owned(),
        choices: all.iter().map(|choice| word(*choice)).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn login(protocol: Protocol) -> SecurityOptions {
        SecurityOptions {
            protocol,
            username: Some("usher".into()),
            password: Some(Secret::new("hunter2")),
            ..SecurityOptions::default()
        }
    }

    #[test]
    fn the_password_reaches_librdkafka_and_nothing_else() {
        let security = Security::new(login(Protocol::SaslPlaintext)).unwrap();
        let mut config = ClientConfig::new();
        security.apply(&mut config);
        assert_eq!(config.get("sasl.password"), Some("hunter2"));
        assert_eq!(config.get("sasl.mechanism"), Some("SCRAM-SHA-512"));
        assert!(!format!("{security:?} {:?}", login(Protocol::SaslSsl)).contains("hunter2"));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let check = |options: SecurityOptions| Security::new(options).unwrap_err();
        assert!(matches!(check(login(Protocol::Plaintext)), InvalidSecurity::UnusedLogin { .. }));
        let nameless = SecurityOptions { username: None, ..login(Protocol::SaslSsl) };
        assert!(matches!(check(nameless), InvalidSecurity::NoLogin { .. }));
        let half = SecurityOptions { protocol: Protocol::Ssl, key: Some("k".into()), ..SecurityOptions::default() };
        assert!(matches!(check(half), InvalidSecurity::HalfACertificate));
        let unused = SecurityOptions { ca: Some("ca.pem".into()), ..SecurityOptions::default() };
        assert!(matches!(check(unused), InvalidSecurity::UnusedTls { .. }));
        let missing = SecurityOptions { ca: Some("/no/such.pem".into()), ..login(Protocol::SaslSsl) };
        assert!(matches!(check(missing), InvalidSecurity::File { .. }));
        let zero = SecurityOptions { password: Some(Secret::new("a\0b")), ..login(Protocol::SaslPlaintext) };
        assert!(matches!(check(zero), InvalidSecurity::ZeroByte { what: "password" }));
    }

    #[test]
    fn words_are_read_in_any_case_and_others_name_the_choices() {
        assert_eq!("SASL_SSL".parse::<Protocol>().unwrap(), Protocol::SaslSsl);
        assert_eq!("scram-sha-256".parse::<Mechanism>().unwrap(), Mechanism::ScramSha256);
        let error = "GSSAPI".parse::<Mechanism>().unwrap_err().to_string();
        assert!(error.contains("PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"), "{error}");
    }
}
