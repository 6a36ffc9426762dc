//! What billing sends.

use licensing::{AddOnOrder, Channel, Command, EmailAddress, Offering, RenewSubscription, StartSubscription};

use super::{
    Details, Request,
    fields::{self, Fields},
    malformed::Malformed,
    message::Inbound,
};
use crate::{
    proto::billing::{
        AddOnList, SeatQuantityChanged, SeatsPurchased, SubscriptionCancelled, SubscriptionRenewed,
        SubscriptionSeatsChanged, SubscriptionStarted, TrialStarted,
    },
    timestamp::Timestamp,
};

impl Inbound for SubscriptionStarted {
    const TYPE_NAME: &'static str = "usher.billing.v1.SubscriptionStarted";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn cut_times(&mut self) {
        [&mut self.starts_at, &mut self.ends_at].into_iter().flatten().for_each(Timestamp::cut_to_microseconds);
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let name = fields.required("name", self.name, fields::name)?;
        let command = Command::StartSubscription(StartSubscription {
            offering: fields.required("offering", self.offering, fields::word::<Offering>)?,
            subscription: fields.required("subscription", self.subscription, fields::subscription)?,
            plan: fields.required("plan", self.plan, fields::plan)?,
            seats: fields.required("seats", self.seats, fields::number)?,
            starts_at: fields.required("starts_at", self.starts_at, fields::instant)?,
            ends_at: fields.required("ends_at", self.ends_at, fields::instant)?,
            instance_version: fields.optional("instance_version", self.instance_version, fields::version)?,
            add_ons: self.add_ons.map(|list| orders(fields, list)).transpose()?,
        });
        let contact_email = fields.optional("contact_email", self.contact_email, fields::name)?;
        Ok(Request::Licensee { licensee, command, details: Some(Details::Licensee { name, contact_email }) })
    }
}

impl Inbound for SubscriptionRenewed {
    const TYPE_NAME: &'static str = "usher.billing.v1.SubscriptionRenewed";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn cut_times(&mut self) {
        [&mut self.ends_at, &mut self.starts_at].into_iter().flatten().for_each(Timestamp::cut_to_microseconds);
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let command = Command::RenewSubscription(RenewSubscription {
            subscription: fields.required("subscription", self.subscription, fields::subscription)?,
            ends_at: fields.required("ends_at", self.ends_at, fields::instant)?,
            starts_at: fields.optional("starts_at", self.starts_at, fields::instant)?,
            plan: fields.optional("plan", self.plan, fields::plan)?,
            seats: self.seats,
            add_ons: self.add_ons.map(|list| orders(fields, list)).transpose()?,
        });
        Ok(Request::Licensee { licensee, command, details: None })
    }
}

impl Inbound for SubscriptionSeatsChanged {
    const TYPE_NAME: &'static str = "usher.billing.v1.SubscriptionSeatsChanged";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let seats = fields.required("seats", self.seats, fields::number)?;
        Ok(Request::Licensee { licensee, command: Command::ChangeSubscriptionSeats { seats }, details: None })
    }
}

impl Inbound for SubscriptionCancelled {
    const TYPE_NAME: &'static str = "usher.billing.v1.SubscriptionCancelled";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn cut_times(&mut self) {
        self.effective_at.iter_mut().for_each(Timestamp::cut_to_microseconds);
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let effective_at = fields.optional("effective_at", self.effective_at, fields::instant)?;
        Ok(Request::Licensee { licensee, command: Command::CancelSubscription { effective_at }, details: None })
    }
}

impl Inbound for SeatsPurchased {
    const TYPE_NAME: &'static str = "usher.billing.v1.SeatsPurchased";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let command = Command::PurchaseSeats {
            add_on: fields.required("add_on", self.add_on, fields::add_on)?,
            quantity: fields.required("quantity", self.quantity, fields::number)?,
            channel: fields.required("channel", self.channel, fields::word::<Channel>)?,
        };
        Ok(Request::Licensee { licensee, command, details: None })
    }
}

impl Inbound for SeatQuantityChanged {
    const TYPE_NAME: &'static str = "usher.billing.v1.SeatQuantityChanged";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let command = Command::ChangeSeatQuantity {
            add_on: fields.required("add_on", self.add_on, fields::add_on)?,
            quantity: fields.required("quantity", self.quantity, fields::number)?,
        };
        Ok(Request::Licensee { licensee, command, details: None })
    }
}

impl Inbound for TrialStarted {
    const TYPE_NAME: &'static str = "usher.billing.v1.TrialStarted";

    fn named_licensee(&self) -> Option<&str> {
        self.licensee.as_deref()
    }

    fn into_request(self) -> Result<Request, Malformed> {
        let fields = Fields::of::<Self>();
        let licensee = fields.required("licensee", self.licensee, fields::licensee)?;
        let command = Command::StartTrial {
            add_on: fields.required("add_on", self.add_on, fields::add_on)?,
            contact_email: fields.optional("contact_email", self.contact_email, fields::name)?.map(EmailAddress::new),
            started_by: fields.optional("started_by", self.started_by, fields::user)?,
        };
        Ok(Request::Licensee { licensee, command, details: None })
    }
}

fn orders(fields: Fields, list: AddOnList) -> Result<Vec<AddOnOrder>, Malformed> {
    let order = |item: crate::proto::billing::AddOn| {
        Ok(AddOnOrder {
            add_on: fields.required("add_ons.add_on", item.add_on, fields::add_on)?,
            quantity: fields.required("add_ons.quantity", item.quantity, fields::number)?,
        })
    };
    list.items.into_iter().map(order).collect()
}
