//! How the database is reached.

use std::{env, fmt, path::PathBuf, str::FromStr, time::Duration};

use postgres::config::{Config, Host, SslMode};

/// A connection string, as `psql` takes it: `postgres://user@host/database?sslmode=verify-full`, or `host=… dbname=…`.
///
/// Besides what the `postgres` crate knows it takes `sslmode=verify-ca|verify-full`, `sslrootcert`, `sslcert` and
/// `sslkey`; a password that it lacks is taken from `PGPASSWORD`. Neither `Display` nor `Debug` shows a password.
#[derive(Clone)]
pub struct DatabaseUrl {
    /// As it was given: what two of them are told apart by.
    text: String,
    config: Config,
    tls: Tls,
}

/// A connection string that can't be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "{problem}: write postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full, or host=HOST dbname=DATABASE user=USER"
)]
pub struct InvalidDatabaseUrl {
    problem: String,
    /// What the parser said.
    #[source]
    source: Option<postgres::Error>,
}

/// What is asked of TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tls {
    pub(super) verification: Verification,
    /// The certificates that the server's has to come from; `None` for those that the system trusts.
    pub(super) root_certificate: Option<PathBuf>,
    /// The certificate by which the server knows us.
    pub(super) certificate: Option<PathBuf>,
    /// Its key.
    pub(super) key: Option<PathBuf>,
}

/// What is checked of the server's certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Verification {
    /// Nothing: the wire is encrypted, but anybody may be at its end.
    #[default]
    None,
    /// That somebody who is trusted issued it.
    Issuer,
    /// And that it is for the host that was named.
    IssuerAndHost,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A server that vanished without a word is noticed after about 25 s.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

impl DatabaseUrl {
    /// Host, port and database, without user and password.
    pub fn server(&self) -> String {
        let database = self.config.get_dbname().or_else(|| self.config.get_user()).unwrap_or_default();
        let ports = self.config.get_ports();
        let place = |(index, host): (usize, &Host)| {
            let port = ports.get(index).or_else(|| ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(folder) => format!("{}:{port}", folder.display()),
            }
        };
        let places: Vec<String> = self.config.get_hosts().iter().enumerate().map(place).collect();
        format!("{}/{database}", places.join(","))
    }

    /// The settings of a connection.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// What is asked of TLS.
    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let is_url = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        let (rest, settings) = if is_url { split_url(text)? } else { split_pairs(text)? };
        let mut config: Config = rest
            .parse()
            .map_err(|source| InvalidDatabaseUrl { problem: "it cannot be read".to_owned(), source: Some(source) })?;
        if config.get_hosts().is_empty() {
            return Err(invalid("it names no host"));
        }
        let tls = read_tls(settings, &mut config)?;
        set_defaults(&mut config);
        Ok(Self { text: text.to_owned(), config, tls })
    }
}

impl PartialEq for DatabaseUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for DatabaseUrl {}

fn set_defaults(config: &mut Config) {
    if config.get_password().is_none()
        && let Some(password) = env::var_os("PGPASSWORD")
    {
        config.password(password.into_encoded_bytes());
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("usher");
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_idle(KEEPALIVE_IDLE);
        config.keepalives_interval(KEEPALIVE_INTERVAL);
        config.keepalives_retries(KEEPALIVE_RETRIES);
        config.tcp_user_timeout(KEEPALIVE_IDLE + KEEPALIVE_INTERVAL * KEEPALIVE_RETRIES);
    }
}

/// Settings that the `postgres` crate does not know, by name.
type Settings = Vec<(String, String)>;

const TLS_SETTINGS: [&str; 4] = ["sslmode", "sslrootcert", "sslcert", "sslkey"];

fn read_tls(settings: Settings, config: &mut Config) -> Result<Tls, InvalidDatabaseUrl> {
    let mut tls = Tls::default();
    let mut mode = "prefer".to_owned();
    for (name, value) in settings {
        match name.as_str() {
            "sslmode" => mode = value,
            "sslrootcert" if value == "system" => tls.root_certificate = None,
            "sslrootcert" => tls.root_certificate = Some(value.into()),
            "sslcert" => tls.certificate = Some(value.into()),
            _ => tls.key = Some(value.into()),
        }
    }
    let (ssl_mode, verification) = match mode.as_str() {
        "disable" => (SslMode::Disable, Verification::None),
        "prefer" => (SslMode::Prefer, Verification::None),
        // As `psql` does it: whoever names a certificate wants it to be looked at.
        "require" if tls.root_certificate.is_some() => (SslMode::Require, Verification::Issuer),
        "require" => (SslMode::Require, Verification::None),
        "verify-ca" => (SslMode::Require, Verification::Issuer),
        "verify-full" => (SslMode::Require, Verification::IssuerAndHost),
        _ => return Err(invalid("sslmode is none of disable, prefer, require, verify-ca and verify-full")),
    };
    config.ssl_mode(ssl_mode);
    Ok(Tls { verification, ..tls })
}

/// Takes the settings about TLS out of a URL.
fn split_url(text: &str) -> Result<(String, Settings), InvalidDatabaseUrl> {
    let Some((place, query)) = text.split_once('?') else { return Ok((text.to_owned(), Vec::new())) };
    let mut settings = Vec::new();
    let mut others = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((name, value)) if TLS_SETTINGS.contains(&name) => {
                settings.push((name.to_owned(), percent_decoded(value)?));
            }
            _ => others.push(pair),
        }
    }
    let rest = if others.is_empty() { place.to_owned() } else { format!("{place}?{}", others.join("&")) };
    Ok((rest, settings))
}

fn percent_decoded(text: &str) -> Result<String, InvalidDatabaseUrl> {
    let broken = || invalid("a % in it is not followed by two hexadecimal digits");
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digits = [bytes.next().ok_or_else(broken)?, bytes.next().ok_or_else(broken)?];
        let digits = std::str::from_utf8(&digits).map_err(|_| broken())?;
        decoded.push(u8::from_str_radix(digits, 16).map_err(|_| broken())?);
    }
    String::from_utf8(decoded).map_err(|_| invalid("it is not UTF-8"))
}

/// Takes the settings about TLS out of pairs such as `host=localhost password='a b'`.
fn split_pairs(text: &str) -> Result<(String, Settings), InvalidDatabaseUrl> {
    let mut settings = Vec::new();
    let mut others = String::new();
    let mut left = text.trim_start();
    while !left.is_empty() {
        let (name, behind) = left.split_once('=').ok_or_else(|| invalid("it has a word without ="))?;
        let (value, behind) = first_value(behind.trim_start())?;
        let name = name.trim_end();
        if TLS_SETTINGS.contains(&name) {
            settings.push((name.to_owned(), value));
        } else {
            let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
            others.push_str(&format!("{name}='{escaped}' "));
        }
        left = behind.trim_start();
    }
    Ok((others, settings))
}

/// The value at the start of `text`, unquoted, and what follows it.
fn first_value(text: &str) -> Result<(String, &str), InvalidDatabaseUrl> {
    let is_quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut chars = text.char_indices().skip(usize::from(is_quoted));
    while let Some((place, char)) = chars.next() {
        match char {
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if is_quoted => return Ok((value, text.get(place + 1..).unwrap_or_default())),
            space if space.is_whitespace() && !is_quoted => return Ok((value, text.get(place..).unwrap_or_default())),
            other => value.push(other),
        }
    }
    if is_quoted { Err(invalid("it has a ' without an end")) } else { Ok((value, "")) }
}

fn invalid(problem: &str) -> InvalidDatabaseUrl {
    InvalidDatabaseUrl { problem: problem.to_owned(), source: None }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.config.get_user() {
            Some(user) => write!(f, "postgres://{user}@{}", self.server()),
            None => write!(f, "postgres://{}", self.server()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DatabaseUrl").field(&self.to_string()).finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> DatabaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn a_url_and_pairs_say_the_same() {
        let url =
            parsed("postgres://me:a%20b@db.test:5433/store?sslmode=verify-ca&sslrootcert=%2Fca%20s.pem&keepalives=1");
        let pairs = parsed(
            r"host=db.test port = 5433 user=me password='a b' dbname=store sslmode=verify-ca sslrootcert='/ca s.pem'",
        );
        assert_eq!((format!("{:?}", url.config), &url.tls), (format!("{:?}", pairs.config), &pairs.tls));
        assert_eq!(url.server(), "db.test:5433/store");
        assert_eq!(url.tls.verification, Verification::Issuer);
        assert_eq!(url.tls.root_certificate, Some("/ca s.pem".into()));
        assert_eq!([&url, &pairs].map(|url| url.config.get_password()), [Some(b"a b".as_slice()); 2]);
    }

    #[test]
    fn each_mode_of_tls_is_known() {
        for (mode, expected) in [
            ("disable", (SslMode::Disable, Verification::None)),
            ("prefer", (SslMode::Prefer, Verification::None)),
            ("require", (SslMode::Require, Verification::None)),
            ("verify-ca", (SslMode::Require, Verification::Issuer)),
            ("verify-full", (SslMode::Require, Verification::IssuerAndHost)),
        ] {
            let url = parsed(&format!("postgres://a@b/c?sslmode={mode}"));
            assert_eq!((url.config.get_ssl_mode(), url.tls.verification), expected, "{mode}");
        }
        let looked_at = parsed("postgres://a@b/c?sslmode=require&sslrootcert=/ca.pem");
        assert_eq!(looked_at.tls.verification, Verification::Issuer);
        let trusted = parsed("postgres://a@b/c?sslmode=verify-full&sslrootcert=system");
        assert_eq!(trusted.tls.root_certificate, None);
    }

    #[test]
    fn a_password_is_never_shown() {
        let url = parsed(r"host=b user=a password='to\'p \\secret'");
        assert_eq!(url.config.get_password(), Some(br"to'p \secret".as_slice()));
        for shown in [format!("{url}"), format!("{url:?}"), url.server()] {
            assert!(!shown.contains("secret"), "{shown}");
            assert!(shown.contains("b:5432/a"), "{shown}");
        }
        let error = "postgres://a:top-secret@b/c?sslmode=no".parse::<DatabaseUrl>().unwrap_err();
        assert!(!format!("{error:?} {error}").contains("secret"));
    }

    #[test]
    fn several_hosts_and_sockets_are_named() {
        assert_eq!(parsed("postgres://a@b:1,c:2/d").server(), "b:1,c:2/d");
        assert_eq!(parsed("host=/run/postgresql user=a dbname=d").server(), "/run/postgresql:5432/d");
        assert_eq!(parsed("postgres://a@[::1]:7/d").server(), "[::1]:7/d");
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_the_mend() {
        for text in [
            "",
            "postgres:///d",
            "mysql://a@b/c",
            "host",
            "host='b",
            "postgres://a@b/c?sslmode=verify",
            "postgres://a@b/c?sslrootcert=%2",
            "postgres://a@b/c?sslkey=%ff",
            "postgres://a@b/c?unheard=of",
            "postgres://a@b:port/c",
        ] {
            let error = text.parse::<DatabaseUrl>().unwrap_err();
            assert!(error.to_string().contains("postgres://USER@HOST:PORT/DATABASE"), "{text}: {error}");
        }
    }
}
