//! What administrators and instances send.

use licensing::{AssignMode, Command};

use super::{
    Request,
    fields::{self, Fields},
    malformed::Malformed,
    message::Inbound,
};
use crate::proto::seats::{AssignSeats, RemoveSeats, SynchronizeInstance};

impl Inbound for AssignSeats {
    const TYPE_NAME: &'static str = "usher.seats.v1.AssignSeats";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let mode = fields.optional("mode", self.mode, fields::word::<AssignMode>)?;
        let command = Command::AssignSeats {
            product: fields.required("product", self.product, fields::product)?,
            users: fields::users("users", self.users)?,
            mode: mode.unwrap_or(AssignMode::AllOrNothing),
        };
        Ok(Request::Licensee { licensee, command, details: None })
    }
}

impl Inbound for RemoveSeats {
    const TYPE_NAME: &'static str = "usher.seats.v1.RemoveSeats";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        // Without effect, but one that nobody knows is a mistake of the sender all the same.
        fields.optional("mode", self.mode, fields::word::<AssignMode>)?;
        let command = Command::RemoveSeats {
            product: fields.required("product", self.product, fields::product)?,
            users: fields::users("users", self.users)?,
        };
        Ok(Request::Licensee { licensee, command, details: None })
    }
}

impl Inbound for SynchronizeInstance {
    const TYPE_NAME: &'static str = "usher.seats.v1.SynchronizeInstance";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let version = fields.required("version", self.version, fields::version)?;
        Ok(Request::Licensee { licensee, command: Command::SynchronizeInstance { version }, details: None })
    }
}
