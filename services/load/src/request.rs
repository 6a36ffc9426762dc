//! Steps of the mix as requests.

use chrono::{DateTime, SecondsFormat, Utc};
use fastrand::Rng;
use http::Method;
use serde_json::{Value, json};

use crate::{Company, Kind, Mix, company::Member, server::Asked};

/// How many users a bulk command is for.
const BULK_USERS: u32 = 50;
/// How many members or events a page has.
const PAGE_ITEMS: u32 = 50;
/// What is asked for in a check.
const FEATURE: &str = "code_suggestions";
pub(crate) const ONE_EVENT: &str = "application/cloudevents+json";
const JSON: &str = "application/json";

/// Makes the requests of a run.
#[derive(Debug, Clone)]
pub(crate) struct Requests {
    pub(crate) company: Company,
    pub(crate) mix: Mix,
    /// The same requests come again with the same seed.
    pub(crate) seed: u64,
    /// Tells the messages of this run from those of others.
    pub(crate) run: String,
    /// The server's clock at the start.
    pub(crate) now: DateTime<Utc>,
}

impl Requests {
    /// Request number `index` of the run.
    pub(crate) fn nth(&self, index: u64) -> (Kind, Asked) {
        // Neighbours must not look alike.
        let mut dice = Rng::with_seed(self.seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let kind = self.mix.any(&mut dice);
        (kind, self.of_kind(kind, index, &mut dice))
    }

    fn of_kind(&self, kind: Kind, index: u64, dice: &mut Rng) -> Asked {
        let company = &self.company;
        let licensee = company.licensee(company.any_licensee(dice));
        let member = company.any_member(dice);
        let user = company.user(member);
        let seat = || format!("/v1/licensees/{}/products/duo/seats/{user}", company.licensee(member.licensee));
        match kind {
            Kind::CheckAccess => Asked::get(format!("/v1/users/{user}/access?feature={FEATURE}")),
            Kind::ShowLicensee => Asked::get(format!("/v1/licensees/{licensee}")),
            Kind::ListMembers => Asked::get(format!("/v1/licensees/{licensee}/members?limit={PAGE_ITEMS}")),
            Kind::ShowUser => Asked::get(format!("/v1/users/{user}")),
            Kind::ShowHistory => Asked::get(format!("/v1/licensees/{licensee}/events?limit={PAGE_ITEMS}")),
            Kind::AssignOne => Asked { method: Method::PUT, path: seat(), body: None },
            Kind::RemoveOne => Asked { method: Method::DELETE, path: seat(), body: None },
            Kind::AssignMany => self.bulk("assign", json!({"mode": "best_effort"}), dice),
            Kind::RemoveMany => self.bulk("remove", json!({}), dice),
            Kind::Use => {
                let data = json!({"user": user, "used_at": as_text(self.now)});
                self.message("usher.usage.v1.CodeSuggestionsUsed", index, &data)
            }
            Kind::AddMember => self.message("usher.directory.v1.MemberAdded", index, &member_added(company, member)),
            Kind::Block => self.message("usher.directory.v1.UserBlocked", index, &json!({"user": user})),
            Kind::Reactivate => self.message("usher.directory.v1.UserReactivated", index, &json!({"user": user})),
            Kind::ChangeQuantity => {
                let quantity = company.quantity() - dice.u32(0..=company.quantity() / 20);
                let data = json!({"licensee": licensee, "add_on": "duo_pro", "quantity": quantity});
                self.message("usher.billing.v1.SeatQuantityChanged", index, &data)
            }
        }
    }

    fn bulk(&self, verb: &str, mut body: Value, dice: &mut Rng) -> Asked {
        let (licensee, members) = self.company.any_neighbours(BULK_USERS, dice);
        let users: Vec<String> = members.into_iter().map(|member| self.company.user(member)).collect();
        body["users"] = json!(users);
        let path = format!("/v1/licensees/{}/products/duo/seats/{verb}", self.company.licensee(licensee));
        Asked { method: Method::POST, path, body: Some((JSON, body.to_string().into_bytes())) }
    }

    fn message(&self, r#type: &str, index: u64, data: &Value) -> Asked {
        let source = format!("urn:usher:load:{}", self.company.name);
        let event = event(&source, &format!("{}-{index}", self.run), r#type, self.now, data);
        post_events(ONE_EVENT, &event)
    }
}

/// `MemberAdded` for a member.
pub(crate) fn member_added(company: &Company, member: Member) -> Value {
    let user = company.user(member);
    json!({
        "licensee": company.licensee(member.licensee), "user": user, "username": user, "name": user,
        "email": format!("{user}@load.invalid"), "role": "developer", "type": "human",
    })
}

/// A CloudEvent.
pub(crate) fn event(source: &str, id: &str, r#type: &str, time: DateTime<Utc>, data: &Value) -> Value {
    json!({"specversion": "1.0", "source": source, "id": id, "type": r#type, "time": as_text(time), "data": data})
}

/// Events to be sent in.
pub(crate) fn post_events(content_type: &'static str, events: &Value) -> Asked {
    let body = Some((content_type, events.to_string().into_bytes()));
    Asked { method: Method::POST, path: "/v1/events".to_owned(), body }
}

pub(crate) fn as_text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}
