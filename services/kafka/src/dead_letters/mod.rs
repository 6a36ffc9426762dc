//! Dead letters: what was refused or could not be read, as it came, with the reason in its headers.
//!
//! | header | holds |
//! | --- | --- |
//! | those that it came with | as they came |
//! | `usher_code`, `usher_reason` | the refusal's code and detail (R35) |
//! | `usher_topic`, `usher_partition`, `usher_offset` | where it came; the topic without a prefix |
//! | `usher_time` | when it was refused |
//! | `usher_body` | `omitted` where the message was too large for the topic: it is still where it came |
//! | `usher_headers` | `omitted` where even its key and headers were |
//!
//! A letter that is sent again gets a new id, since under the first it stays refused (R34), and leaves a note behind: a
//! record without a body in the same partition, with `usher_retries` (which letter) and `usher_retried_as` (the new id).

mod id;
mod letter;
mod list;
mod retry;

pub use letter::{DeadLetter, InvalidLetterId, LetterId};
pub use list::{Filter, Letters, list};
pub use retry::{Outcome, Retried, Retries, retry};

/// Names of headers that are added.
pub(crate) mod header {
    pub(crate) const CODE: &str = "usher_code";
    pub(crate) const REASON: &str = "usher_reason";
    pub(crate) const TOPIC: &str = "usher_topic";
    pub(crate) const PARTITION: &str = "usher_partition";
    pub(crate) const OFFSET: &str = "usher_offset";
    pub(crate) const TIME: &str = "usher_time";
    pub(crate) const BODY: &str = "usher_body";
    pub(crate) const HEADERS: &str = "usher_headers";
    pub(crate) const OMITTED: &str = "omitted";
    pub(crate) const RETRIES: &str = "usher_retries";
    pub(crate) const RETRIED_AS: &str = "usher_retried_as";

    /// What all of them begin with.
    pub(crate) const PREFIX: &str = "usher_";
}
