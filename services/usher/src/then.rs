//! When something is to be shown, on the command line.

use clap::Args;

use crate::{
    client::{Client, ClientError, Target},
    moment::{self, Moment},
};

/// When something is to be shown: now, unless told otherwise.
#[derive(Debug, Clone, Copy, Args)]
pub struct ThenArgs {
    /// As it was then: all that had taken effect by this time, such as 2026-01-31T12:00:00Z or 2026-01-31; names are
    /// today's
    #[arg(long, value_name = "T")]
    as_of: Option<Moment>,

    /// As it was known then: without what was recorded after this time; with --as-of, what was then known of how it was
    #[arg(long, value_name = "T")]
    as_known_at: Option<Moment>,
}

impl ThenArgs {
    /// A question, asked of this time.
    pub fn ask_of(&self, client: &Client, target: Target) -> Result<Target, ClientError> {
        let as_of = self.as_of.map(|Moment(at)| client.as_of(at)).transpose()?;
        let as_known_at = self.as_known_at.map(|Moment(at)| at);
        Ok(target
            .with_some("as_of", as_of.map(moment::to_text).as_deref())
            .with_some("as_known_at", as_known_at.map(moment::to_text).as_deref()))
    }
}
