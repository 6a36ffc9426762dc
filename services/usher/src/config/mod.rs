//! Settings: a command line beats the environment beats `usher.toml`.
//!
//! Every setting has one name: `data_dir` is `--data-dir` on the command line, `USHER_DATA_DIR` in the environment and
//! `data_dir` in the file. Whatever is unknown or can't be read stops the start with a line that names it, also where the
//! command at hand would not need it: a mistyped setting is never passed over.

mod environment;
mod error;
mod file;
mod kafka_settings;
mod layers;
mod mail_settings;
mod place;
mod server;
mod settings;
mod values;
mod webhook_settings;

pub use error::ConfigError;
pub use file::read_catalogue;
pub use kafka_settings::{kafka_settings, required_kafka_settings};
pub use layers::Layers;
pub use mail_settings::mail_settings;
pub use place::{Place, StorePlace, store_or_server, store_place};
pub use server::{ServerSettings, broker_parts, node_options};
pub use settings::Settings;
pub use values::{
    Auth, Hours, KafkaBrokers, ListenAddress, MailRate, NodeAddress, NonEmpty, Role, Roles, ServerUrl, ShardCount,
    Switch, Token,
};
pub use webhook_settings::{address_rules, webhook_patience};
