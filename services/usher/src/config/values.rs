//! The values that settings can have.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    fmt,
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
    str::FromStr,
    sync::Arc,
};

use clap::ValueEnum;
use journal::postgres::{DatabaseUrl, InvalidDatabaseUrl};

/// Where to listen: an address and a port; port 0 for any free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddress(pub SocketAddr);

impl ListenAddress {
    /// `127.0.0.1:8080`.
    pub const DEFAULT: Self = Self(SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080));
}

/// A text that is no address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use an address of this machine and a port, such as 127.0.0.1:8080")]
pub struct InvalidListenAddress;

impl FromStr for ListenAddress {
    type Err = InvalidListenAddress;

    fn from_str(text: &str) -> Result<Self, InvalidListenAddress> {
        let mut addresses = text.to_socket_addrs().map_err(|_| InvalidListenAddress)?;
        addresses.next().map(Self).ok_or(InvalidListenAddress)
    }
}

/// The base of a running server's addresses, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

/// A text that is no address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use the address that usher serve prints, such as http://127.0.0.1:8080")]
pub struct InvalidServerUrl;

impl FromStr for ServerUrl {
    type Err = InvalidServerUrl;

    fn from_str(text: &str) -> Result<Self, InvalidServerUrl> {
        let base = text.trim_end_matches('/');
        let host = base.strip_prefix("http://").ok_or(InvalidServerUrl)?;
        let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#@".contains(&byte));
        if is_host { Ok(Self(base.to_owned())) } else { Err(InvalidServerUrl) }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Host and port where other nodes reach this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAddress(String);

/// A text that is no host with a port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use a host and a port that the other nodes can reach, such as usher-1.internal:8081")]
pub struct InvalidNodeAddress;

impl FromStr for NodeAddress {
    type Err = InvalidNodeAddress;

    fn from_str(text: &str) -> Result<Self, InvalidNodeAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(InvalidNodeAddress)?;
        let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#@".contains(&byte));
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        if is_host && is_port { Ok(Self(text.to_owned())) } else { Err(InvalidNodeAddress) }
    }
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Into how many shards a store is divided, 1 to 1,024.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardCount(pub u16);

impl ShardCount {
    const MAX: u16 = 1_024;
}

/// A number of shards that can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use a number from 1 to {}", ShardCount::MAX)]
pub struct InvalidShardCount;

impl FromStr for ShardCount {
    type Err = InvalidShardCount;

    fn from_str(text: &str) -> Result<Self, InvalidShardCount> {
        let count = text.parse().map_err(|_| InvalidShardCount)?;
        if (1..=Self::MAX).contains(&count) { Ok(Self(count)) } else { Err(InvalidShardCount) }
    }
}

/// What shows a server who asks; never shown itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// A text that can't be a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it holds a space or another character that no token has: copy it anew")]
pub struct InvalidToken;

impl Token {
    /// The header that shows it.
    pub fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let is_token = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_token { Ok(Self(text.to_owned())) } else { Err(InvalidToken) }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The brokers of Kafka to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaBrokers(String);

impl KafkaBrokers {
    /// As they were given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KafkaBrokers {
    type Err = kafka::InvalidSettings;

    fn from_str(text: &str) -> Result<Self, kafka::InvalidSettings> {
        kafka::Settings::new(text, kafka::Security::default()).map(|_| Self(text.to_owned()))
    }
}

/// A password.
pub(super) struct SecretText(kafka::Secret);

impl FromStr for SecretText {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(kafka::Secret::new(text)))
    }
}

impl From<SecretText> for kafka::Secret {
    fn from(secret: SecretText) -> Self {
        secret.0
    }
}

/// Who may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// Anyone who can reach the address.
    #[default]
    None,
    /// Whoever has one of the tokens of a file.
    Tokens(PathBuf),
    /// Whoever has a token that is signed with one of these keys.
    Jwks(String),
}

/// A text that says nobody may call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use none, tokens:FILE, jwks:FILE or jwks:URL")]
pub struct InvalidAuth;

impl FromStr for Auth {
    type Err = InvalidAuth;

    fn from_str(text: &str) -> Result<Self, InvalidAuth> {
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            Some(("tokens", file)) if !file.is_empty() => Ok(Self::Tokens(file.into())),
            Some(("jwks", keys)) if !keys.is_empty() => Ok(Self::Jwks(keys.to_owned())),
            _ => Err(InvalidAuth),
        }
    }
}

/// A part of usher that a process can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Role {
    /// The HTTP interface.
    Api,
    /// Messages from Kafka, and deciding.
    #[value(alias = "intake")]
    Ingest,
    /// Events to Kafka.
    Relay,
    /// Read models.
    Views,
    /// What time alone changes, and deciding.
    Timers,
    /// Mail and webhooks.
    Notify,
}

/// Which parts run in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

/// A text that names no parts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use one or more of api, ingest, relay, views, timers, notify with commas between them")]
pub struct InvalidRoles;

impl Roles {
    /// Whether they are all there are.
    pub fn are_all(&self) -> bool {
        Role::value_variants().iter().all(|role| self.0.contains(role))
    }

    /// Whether a part runs.
    pub fn contains(&self, role: Role) -> bool {
        self.0.contains(&role)
    }
}

impl Default for Roles {
    /// All of them.
    fn default() -> Self {
        Self(Role::value_variants().iter().copied().collect())
    }
}

impl FromStr for Roles {
    type Err = InvalidRoles;

    fn from_str(text: &str) -> Result<Self, InvalidRoles> {
        let roles = text.split(',').map(|name| Role::from_str(name.trim(), false)).collect::<Result<_, _>>();
        roles.map(Self).map_err(|_| InvalidRoles)
    }
}

/// How many mails are sent a second at most, 1 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailRate(pub u32);

impl MailRate {
    const MAX: u32 = 1_000;
}

impl Default for MailRate {
    /// 10, so that ten thousand take a quarter of an hour.
    fn default() -> Self {
        Self(10)
    }
}

/// A rate that can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use a number of mails a second from 1 to {}", MailRate::MAX)]
pub struct InvalidMailRate;

impl FromStr for MailRate {
    type Err = InvalidMailRate;

    fn from_str(text: &str) -> Result<Self, InvalidMailRate> {
        let rate = text.parse().map_err(|_| InvalidMailRate)?;
        if (1..=Self::MAX).contains(&rate) { Ok(Self(rate)) } else { Err(InvalidMailRate) }
    }
}

/// A number of hours, from 1 to those of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours(pub u32);

impl Hours {
    const MAX: u32 = 8_760;
}

/// A number of hours that can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use a number of hours from 1 to {}", Hours::MAX)]
pub struct InvalidHours;

impl FromStr for Hours {
    type Err = InvalidHours;

    fn from_str(text: &str) -> Result<Self, InvalidHours> {
        let hours = text.parse().map_err(|_| InvalidHours)?;
        if (1..=Self::MAX).contains(&hours) { Ok(Self(hours)) } else { Err(InvalidHours) }
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch(pub bool);

/// A text that is neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use true or false")]
pub struct InvalidSwitch;

impl FromStr for Switch {
    type Err = InvalidSwitch;

    fn from_str(text: &str) -> Result<Self, InvalidSwitch> {
        match text {
            "true" | "on" => Ok(Self(true)),
            "false" | "off" => Ok(Self(false)),
            _ => Err(InvalidSwitch),
        }
    }
}

/// A text that is not empty and means something to another program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonEmpty(String);

impl NonEmpty {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An empty text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is empty: give it a value, or leave it out")]
pub struct Empty;

impl FromStr for NonEmpty {
    type Err = Empty;

    fn from_str(text: &str) -> Result<Self, Empty> {
        if text.is_empty() { Err(Empty) } else { Ok(Self(text.to_owned())) }
    }
}

/// A connection string of PostgreSQL.
pub(super) struct DatabaseUrlText(DatabaseUrl);

impl FromStr for DatabaseUrlText {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        text.parse().map(Self)
    }
}

impl From<DatabaseUrlText> for Arc<DatabaseUrl> {
    fn from(url: DatabaseUrlText) -> Self {
        Self::new(url.0)
    }
}

/// A file or folder.
pub(super) struct PathText(PathBuf);

impl FromStr for PathText {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.into()))
    }
}

impl From<PathText> for PathBuf {
    fn from(path: PathText) -> Self {
        path.0
    }
}

/// One word of a list, as the command line spells it.
pub(super) struct Word<T>(T);

impl<T: ValueEnum> FromStr for Word<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        T::from_str(text, false).map(Self).map_err(|_| {
            let words = T::value_variants().iter().filter_map(T::to_possible_value);
            let names: Vec<String> = words.map(|word| word.get_name().to_owned()).collect();
            format!("use one of {}", names.join(", "))
        })
    }
}

impl From<Word<crate::output::Format>> for crate::output::Format {
    fn from(word: Word<Self>) -> Self {
        word.0
    }
}

impl From<Word<crate::logging::LogFormat>> for crate::logging::LogFormat {
    fn from(word: Word<Self>) -> Self {
        word.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_all_or_some() {
        assert!(Roles::default().are_all());
        assert!("relay,intake".parse::<Roles>().unwrap().contains(Role::Ingest));
        assert!("api,ingest,relay,views,timers,notify".parse::<Roles>().unwrap().are_all());
        assert!(!"api, views".parse::<Roles>().unwrap().are_all());
        for bad in ["", "api,", "API", "cook"] {
            assert!(bad.parse::<Roles>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_server_is_named_by_scheme_host_and_port() {
        assert_eq!("http://127.0.0.1:8080/".parse::<ServerUrl>().unwrap().to_string(), "http://127.0.0.1:8080");
        for bad in ["127.0.0.1:8080", "https://a", "http://", "http://a/v1", "http://a b", "http://me:secret@a"] {
            assert!(bad.parse::<ServerUrl>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn auth_names_its_file() {
        assert_eq!("none".parse::<Auth>().unwrap(), Auth::None);
        assert_eq!("tokens:a.toml".parse::<Auth>().unwrap(), Auth::Tokens("a.toml".into()));
        assert_eq!("jwks:https://a/b".parse::<Auth>().unwrap(), Auth::Jwks("https://a/b".to_owned()));
        for bad in ["", "None", "tokens", "tokens:", "jwks:", "basic:x"] {
            assert!(bad.parse::<Auth>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_node_is_reached_at_a_host_and_a_port() {
        for good in ["usher-1:8081", "10.0.0.1:1", "[::1]:8081"] {
            assert_eq!(good.parse::<NodeAddress>().unwrap().to_string(), good);
        }
        for bad in ["", "usher-1", ":1", "usher-1:0", "http://usher-1:1", "a b:1"] {
            assert!(bad.parse::<NodeAddress>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_store_has_one_shard_at_least() {
        assert_eq!("16".parse(), Ok(ShardCount(16)));
        for bad in ["", "0", "1025", "-1", "many"] {
            assert!(bad.parse::<ShardCount>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn mail_has_a_rate_and_a_switch() {
        assert_eq!("1000".parse(), Ok(MailRate(1_000)));
        assert!(["0", "1001", "many", ""].iter().all(|bad| bad.parse::<MailRate>().is_err()));
        assert_eq!(["on", "off"].map(|text| text.parse::<Switch>().unwrap()), [Switch(true), Switch(false)]);
        assert!(["", "yes", "True"].iter().all(|bad| bad.parse::<Switch>().is_err()));
    }

    #[test]
    fn hours_are_those_of_a_year_at_most() {
        assert_eq!("8760".parse(), Ok(Hours(8_760)));
        assert!(["0", "8761", "-1", "1.5", ""].iter().all(|bad| bad.parse::<Hours>().is_err()));
    }

    #[test]
    fn an_address_has_a_port() {
        assert!("127.0.0.1:0".parse::<ListenAddress>().is_ok());
        assert!("[::1]:8080".parse::<ListenAddress>().is_ok());
        for bad in ["", "8080", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000"] {
            assert!(bad.parse::<ListenAddress>().is_err(), "{bad:?} was taken");
        }
    }
}
