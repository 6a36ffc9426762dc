//! What handlers take from a request. Whatever can't be read is a problem, before a handler runs.

mod cloud_events;
mod content_type;
mod head;
mod header;
mod json_body;
mod parse;
mod path;
mod query;
mod terms;
mod then;

pub(crate) use cloud_events::CloudEvents;
pub(crate) use head::RequestHead;
pub(crate) use header::single_header;
pub(crate) use json_body::JsonBody;
pub(crate) use parse::{Limit, Time, optional, parsed};
pub(crate) use path::{LicenseePath, MemberPath, Path, ProductPath, SeatPath, UserPath};
pub(crate) use query::Query;
pub(crate) use terms::{Terms, version_changed};
pub(crate) use then::Then;
