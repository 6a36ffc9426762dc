//! What the product sends about its use.

use super::{
    Request,
    fields::{self, Fields},
    malformed::Malformed,
    message::Inbound,
};
use crate::{proto::usage::CodeSuggestionsUsed, timestamp::Timestamp};

impl Inbound for CodeSuggestionsUsed {
    const TYPE_NAME: &'static str = "usher.usage.v1.CodeSuggestionsUsed";

    fn cut_times(&mut self) {
        self.used_at.iter_mut().for_each(Timestamp::cut_to_microseconds);
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let user = fields.required("user", self.user, fields::user)?;
        let used_at = fields.required("used_at", self.used_at, fields::instant)?;
        Ok(Request::Usage { user, used_at })
    }
}
