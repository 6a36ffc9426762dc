//! Options that several commands take.

use std::{ffi::OsStr, fmt::Display, marker::PhantomData, path::PathBuf, str::FromStr, sync::Arc};

use clap::{Args, builder::TypedValueParser, error::ErrorKind};
use engine::ClockMode;
use journal::postgres::DatabaseUrl;
use notify::mail::SmtpUrl;

use crate::{
    config::{Hours, KafkaBrokers, MailRate, ServerUrl, Settings, ShardCount, Switch},
    output::Format,
};

/// A store to be opened.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Folder of the embedded store; no other process may have it open [env: USHER_DATA_DIR] [default: ./usher-data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// PostgreSQL database (15 or later) with the store instead of a folder, as psql takes it:
    /// postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full; a password rather comes from the environment, here or in
    /// PGPASSWORD [env: USHER_DATABASE_URL]
    #[arg(long, value_name = "URL", value_parser = UnshownParser::<DatabaseUrl>::new())]
    database_url: Option<Arc<DatabaseUrl>>,

    /// File of the catalogue, TOML or JSON [env: USHER_CATALOG] [default: the one that is built in]
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
}

impl StoreArgs {
    /// What they say, as settings.
    pub fn settings(&self) -> Settings {
        Settings {
            data_dir: self.data_dir.clone(),
            database_url: self.database_url.clone(),
            catalog: self.catalog.clone(),
            ..Settings::default()
        }
    }
}

/// A store to be opened, or a server to be asked.
#[derive(Debug, Clone, Args)]
pub struct PlaceArgs {
    #[command(flatten)]
    store: StoreArgs,

    /// Ask a running server instead of opening a store, such as http://127.0.0.1:8080; the token that it may ask for comes
    /// from the environment, as USHER_TOKEN, or the file [env: USHER_URL]
    #[arg(long, value_name = "URL")]
    url: Option<ServerUrl>,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl PlaceArgs {
    /// What they say, as settings.
    pub fn settings(&self) -> Settings {
        Settings { url: self.url.clone(), format: self.format, ..self.store.settings() }
    }
}

/// Where Kafka is.
#[derive(Debug, Clone, Args)]
pub struct KafkaArgs {
    /// Brokers of Apache Kafka to begin with, host:port,…; the settings kafka_protocol, kafka_mechanism, kafka_username,
    /// kafka_password, kafka_ca, kafka_certificate, kafka_key and kafka_prefix come from the environment (as
    /// USHER_KAFKA_PROTOCOL and so on) or the file [env: USHER_KAFKA] [default: none]
    #[arg(long, value_name = "SERVERS")]
    kafka: Option<KafkaBrokers>,
}

impl KafkaArgs {
    /// What they say, as settings.
    pub fn settings(&self) -> Settings {
        Settings { kafka: self.kafka.clone(), ..Settings::default() }
    }
}

/// How mail is sent.
#[derive(Debug, Clone, Args)]
pub struct MailArgs {
    /// Server that sends mail to whoever is given a seat: smtp://USER:PASSWORD@HOST:PORT?tls=starttls&from=ADDRESS, with tls
    /// = starttls, required (from the connection's beginning) or none; a password rather comes from the environment or the
    /// file [env: USHER_SMTP] [default: none, no mail is sent]
    #[arg(long, value_name = "URL", value_parser = UnshownParser::<SmtpUrl>::new())]
    smtp: Option<Arc<SmtpUrl>>,

    /// Folder with templates of one's own in place of those that are built in: seat_assigned.subject.txt,
    /// seat_assigned.txt, seat_assigned.html [env: USHER_MAIL_TEMPLATES]
    #[arg(long, value_name = "DIR")]
    mail_templates: Option<PathBuf>,

    /// How many mails are sent a second at most [env: USHER_MAIL_PER_SECOND] [default: 10]
    #[arg(long, value_name = "NUMBER")]
    mail_per_second: Option<MailRate>,

    /// Whether members of instances (self_managed, dedicated) get mail too, true or false
    /// [env: USHER_DUO_SEAT_ASSIGNMENT_EMAIL_FOR_SM] [default: true]
    #[arg(long, value_name = "SWITCH")]
    duo_seat_assignment_email_for_sm: Option<Switch>,
}

impl MailArgs {
    /// What they say, as settings.
    pub fn settings(&self) -> Settings {
        Settings {
            smtp: self.smtp.as_deref().cloned(),
            mail_templates: self.mail_templates.clone(),
            mail_per_second: self.mail_per_second,
            duo_seat_assignment_email_for_sm: self.duo_seat_assignment_email_for_sm,
            ..Settings::default()
        }
    }
}

/// How events are posted.
#[derive(Debug, Clone, Args)]
pub struct WebhookArgs {
    /// Whether addresses of webhooks may be of http on other machines, which anybody on the way can read, true or false
    /// [env: USHER_WEBHOOKS_OVER_HTTP] [default: false]
    #[arg(long, value_name = "SWITCH")]
    webhooks_over_http: Option<Switch>,

    /// For how many hours an event may fail until its webhook is disabled [env: USHER_WEBHOOKS_DISABLE_AFTER_HOURS]
    /// [default: 120]
    #[arg(long, value_name = "HOURS")]
    webhooks_disable_after_hours: Option<Hours>,
}

impl WebhookArgs {
    /// What they say, as settings.
    pub fn settings(&self) -> Settings {
        Settings {
            webhooks_over_http: self.webhooks_over_http,
            webhooks_disable_after_hours: self.webhooks_disable_after_hours,
            ..Settings::default()
        }
    }
}

/// How a new store is made.
#[derive(Debug, Clone, Args)]
pub struct ShardArgs {
    /// Into how many shards a new store is divided, which never changes; one that exists must have as many
    /// [env: USHER_SHARDS] [default: 16 for a new store]
    #[arg(long, value_name = "NUMBER")]
    pub shards: Option<ShardCount>,
}

/// Reads a connection string without ever repeating it: there may be a password in it.
#[derive(Debug, Clone)]
struct UnshownParser<T>(PhantomData<fn() -> T>);

impl<T> UnshownParser<T> {
    const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> TypedValueParser for UnshownParser<T>
where
    T: FromStr<Err: Display> + Clone + Send + Sync + 'static,
{
    type Value = Arc<T>;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let name = argument.map(ToString::to_string).unwrap_or_default();
        let refused = |reason: &dyn Display| {
            clap::Error::raw(ErrorKind::ValueValidation, format!("{name} cannot be read: {reason}\n")).with_cmd(command)
        };
        let text = value.to_str().ok_or_else(|| refused(&"it is not UTF-8 text"))?;
        text.parse().map(Arc::new).map_err(|error: T::Err| refused(&error))
    }
}

/// What moves the clock.
#[derive(Debug, Clone, Args)]
pub struct ClockArgs {
    /// What moves the clock: system, manual, manual:T, event-time or event-time:T, with T such as
    /// 2026-01-31T00:00:00Z; a clock that the store keeps never goes back [env: USHER_CLOCK] [default: system]
    #[arg(long, value_name = "CLOCK")]
    pub clock: Option<ClockMode>,
}
