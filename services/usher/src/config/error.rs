//! What can be wrong with settings. Each line names the setting at fault.

use std::{io, net::SocketAddr, path::PathBuf};

use licensing::catalogue::CatalogueError;

use super::Settings;

/// Why the settings can't be worked with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A name that is no setting's.
    #[error("{source_name}: there is no setting {name:?}: leave it out, or use one of {}", Settings::NAMES.join(", "))]
    Unknown {
        /// Where it was found.
        source_name: String,
        /// The name.
        name: String,
    },
    /// A value that can't be read.
    #[error("{setting} cannot be read: {reason}")]
    IllTyped {
        /// The setting, and where it was found.
        setting: String,
        /// What to write instead.
        reason: String,
    },
    /// A file that can't be read.
    #[error("cannot read {path:?}, which {named_by} names: check that it exists and may be read")]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// The setting that names it.
        named_by: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file of settings that is no TOML.
    #[error("{path:?} is not TOML: {reason}")]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// A catalogue that can't be used.
    #[error(
        "the catalogue {path:?}, which the setting catalog names, cannot be used: mend it, or leave the setting out"
    )]
    Catalogue {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<CatalogueError>,
    },
    /// A catalogue in JSON that can't be used.
    #[error(
        "the catalogue {path:?}, which the setting catalog names, cannot be used: mend it, or leave the setting out"
    )]
    JsonCatalogue {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The catalogue that is built in can't be used, which a test rules out.
    #[error("the built-in catalogue cannot be used: get another build of usher")]
    BuiltInCatalogue(#[source] Box<CatalogueError>),
    /// Two settings that exclude one another.
    #[error("{first} and {second} exclude one another: give one of them")]
    Excluded {
        /// One.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A setting that has to be there.
    #[error("{setting} is not set: set it, or leave the command: {instead}")]
    Missing {
        /// The setting.
        setting: &'static str,
        /// Why it may not be needed.
        instead: &'static str,
    },
    /// A value that does not go with others.
    #[error("{setting} does not fit: {instead}")]
    Unfit {
        /// The setting.
        setting: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// Settings of Kafka that can't be used.
    #[error("the settings kafka and kafka_prefix cannot be used")]
    Kafka(#[from] kafka::InvalidSettings),
    /// Settings of the way to Kafka that can't be used.
    #[error("the settings kafka_… cannot be used")]
    KafkaSecurity(#[from] kafka::InvalidSecurity),
    /// Templates of mail that can't be used.
    #[error("the setting mail_templates cannot be used")]
    MailTemplates(#[source] notify::NotifyError),
    /// Some of the parts, where no other process can run the rest.
    #[error(
        "roles with less than all need database_url: a store in a folder has one process, which does everything: leave \
         roles out, or use a database"
    )]
    RolesApart,
    /// Other nodes could not know where this one is.
    #[error(
        "node_listen = {listen} means another machine to every node: give node_address the host and port at which the \
         other nodes reach this one"
    )]
    NoNodeAddress {
        /// Where it listens.
        listen: SocketAddr,
    },
    /// Everyone could call.
    #[error(
        "listen = {address}: with auth = none, usher listens on a loopback address only, such as 127.0.0.1:8080: anyone \
         who can reach another one could change everything"
    )]
    OpenToAll {
        /// The address.
        address: SocketAddr,
    },
}
