//! Where the load goes.

use kafka::Courier;

use crate::{LoadError, Mix, Server};

/// Where the load goes.
#[derive(Clone)]
pub enum Target {
    /// Everything to a server, messages too.
    Server(Server),
    /// Messages to the brokers, also those about seats; nothing is read.
    Brokers(Courier),
    /// Messages of billing, directory and usage to the brokers, everything else to the server that takes them.
    Both(Server, Courier),
}

/// What of it there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Server,
    Brokers,
    Both,
}

impl Target {
    /// As much of a mix as can be asked here: brokers take no reads.
    ///
    /// # Errors
    /// [`LoadError::OnlyReads`] if nothing is left.
    pub fn mix(&self, mix: Mix) -> Result<Mix, LoadError> {
        match self {
            Self::Server(_) | Self::Both(..) => Ok(mix),
            Self::Brokers(_) => mix.without_reads().ok_or(LoadError::OnlyReads),
        }
    }

    pub(crate) fn reach(&self) -> Reach {
        match self {
            Self::Server(_) => Reach::Server,
            Self::Brokers(_) => Reach::Brokers,
            Self::Both(..) => Reach::Both,
        }
    }

    pub(crate) fn server(&self) -> Option<&Server> {
        match self {
            Self::Server(server) | Self::Both(server, _) => Some(server),
            Self::Brokers(_) => None,
        }
    }

    pub(crate) fn courier(&self) -> Option<&Courier> {
        match self {
            Self::Brokers(courier) | Self::Both(_, courier) => Some(courier),
            Self::Server(_) => None,
        }
    }
}
