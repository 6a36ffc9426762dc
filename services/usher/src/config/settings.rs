//! All settings, by name.

use std::{fmt::Display, str::FromStr};

use engine::ClockMode;

use super::values::{
    Auth, DatabaseUrlText, Hours, KafkaBrokers, ListenAddress, MailRate, NodeAddress, NonEmpty, PathText, Roles,
    SecretText, ServerUrl, ShardCount, Switch, Token, Word,
};
use crate::{
    logging::{LogFilter, LogFormat},
    output::Format,
};

/// Why a setting was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is none of that name.
    Unknown,
    /// Its text can't be read.
    IllTyped {
        /// What to write instead.
        reason: String,
    },
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $value:ty = $read:ty,)+) => {
        /// What one source says; `None` for what it doesn't mention.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Settings {
            $($(#[$doc])* pub $name: Option<$value>,)+
        }

        impl Settings {
            /// The names, as the file spells them.
            pub const NAMES: &[&str] = &[$(stringify!($name)),+];

            /// Takes a setting as text.
            pub(super) fn set(&mut self, name: &str, text: &str) -> Result<(), Fault> {
                match name {
                    $(stringify!($name) => self.$name = Some(read::<$read>(text)?.into()),)+
                    _ => return Err(Fault::Unknown),
                }
                Ok(())
            }

            /// These settings, and for what they don't mention the other ones.
            pub fn or(self, other: Self) -> Self {
                Self { $($name: self.$name.or(other.$name),)+ }
            }
        }
    };
}

settings! {
    /// Where to listen.
    listen: ListenAddress = ListenAddress,
    /// The folder of the embedded store.
    data_dir: std::path::PathBuf = PathText,
    /// A PostgreSQL store.
    database_url: std::sync::Arc<journal::postgres::DatabaseUrl> = DatabaseUrlText,
    /// Into how many shards a new store is divided.
    shards: ShardCount = ShardCount,
    /// Where to take commands from other nodes.
    node_listen: ListenAddress = ListenAddress,
    /// Where other nodes reach this one.
    node_address: NodeAddress = NodeAddress,
    /// A running server.
    url: ServerUrl = ServerUrl,
    /// What shows it who asks.
    token: Token = Token,
    /// Kafka's bootstrap servers.
    kafka: KafkaBrokers = KafkaBrokers,
    /// How connections to Kafka are made.
    kafka_protocol: kafka::Protocol = kafka::Protocol,
    /// How a login to Kafka proves itself.
    kafka_mechanism: kafka::Mechanism = kafka::Mechanism,
    /// Who we are to Kafka.
    kafka_username: NonEmpty = NonEmpty,
    /// And how we prove it.
    kafka_password: kafka::Secret = SecretText,
    /// The certificates that a broker's is checked against.
    kafka_ca: std::path::PathBuf = PathText,
    /// Our own certificate for Kafka.
    kafka_certificate: std::path::PathBuf = PathText,
    /// Its key.
    kafka_key: std::path::PathBuf = PathText,
    /// What stands before the name of every topic.
    kafka_prefix: NonEmpty = NonEmpty,
    /// Which parts run in this process.
    roles: Roles = Roles,
    /// Who may call.
    auth: Auth = Auth,
    /// What moves the clock.
    clock: ClockMode = ClockMode,
    /// The file of the catalogue.
    catalog: std::path::PathBuf = PathText,
    /// The server that sends mail.
    smtp: notify::mail::SmtpUrl = notify::mail::SmtpUrl,
    /// The folder with templates of one's own.
    mail_templates: std::path::PathBuf = PathText,
    /// How many mails are sent a second at most.
    mail_per_second: MailRate = MailRate,
    /// Whether members of instances get mail about their seats.
    duo_seat_assignment_email_for_sm: Switch = Switch,
    /// Whether events may be posted over http to other machines.
    webhooks_over_http: Switch = Switch,
    /// For how long an event may fail until its webhook is disabled.
    webhooks_disable_after_hours: Hours = Hours,
    /// How results look.
    format: Format = Word<Format>,
    /// Which log lines are wanted.
    log: LogFilter = LogFilter,
    /// How log lines look.
    log_format: LogFormat = Word<LogFormat>,
}

fn read<T: FromStr<Err: Display>>(text: &str) -> Result<T, Fault> {
    if text.is_empty() {
        return Err(Fault::IllTyped { reason: "it is empty: give it a value, or leave it out".to_owned() });
    }
    text.parse::<T>().map_err(|error| Fault::IllTyped { reason: error.to_string() })
}
