//! What the views should show, out of the replay.

use licensing::{Account, AddOnId, Catalogue, Instant, LicenseeId, ProductId, Roster, UserId};
use serde_json::{Value, json};
use views::{LicenseeView, Totals, UserSeat, UserView};

use crate::{
    AuditError,
    compare::form,
    replay::{KnownLicensee, KnownUser, Replay},
};

/// The licensee, and all that is kept of what was sold to it.
pub(super) fn licensee(
    licensee: &LicenseeId,
    known: &KnownLicensee,
    catalogue: &Catalogue,
) -> Result<Value, AuditError> {
    let summary = known.state.account().summary(catalogue);
    let view = LicenseeView { licensee: licensee.clone(), name: None, summary, position: known.last };
    row(&view, Some(known.state.account()))
}

/// A licensee in the form in which it is compared: without its name, which no event holds.
pub(super) fn row(view: &LicenseeView, account: Option<&Account>) -> Result<Value, AuditError> {
    let mut shown = form("a licensee", view)?;
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("name");
        fields.insert("account".to_owned(), form("an account", &account)?);
    }
    Ok(shown)
}

/// A member, without the names that no event holds.
pub(super) fn member(replay: &Replay, roster: &Roster, user: &UserId) -> Value {
    let Some(member) = roster.member(user) else { return Value::Null };
    let assigned_at =
        roster.seats_of(user).filter_map(|product| roster.seat(product, user)).map(|seat| seat.assigned_at);
    let assigned_at = assigned_at.min();
    json!({
        "user": user,
        "role": member.role,
        "type": member.user_type,
        "status": member.status,
        "assigned": assigned_at.is_some(),
        "assigned_at": assigned_at,
        "last_used_at": replay.users.get(user).and_then(KnownUser::last_used_at),
    })
}

/// A user with the seats with every licensee.
pub(super) fn user(replay: &Replay, user: &UserId, catalogue: &Catalogue) -> Result<Value, AuditError> {
    let Some(known) = replay.users.get(user) else { return Ok(Value::Null) };
    let mut seats = Vec::new();
    for (licensee, of_licensee) in known.licensees.iter().filter_map(|id| Some((id, replay.licensees.get(id)?))) {
        let roster = of_licensee.state.roster();
        for product in roster.seats_of(user) {
            let Some(assigned_at) = roster.seat(product, user).map(|seat| seat.assigned_at) else { continue };
            seats.push(seat(licensee, product, assigned_at, of_licensee.state.account(), catalogue));
        }
    }
    form("a user", &UserView { user: user.clone(), status: known.status, seats })
}

fn seat(
    licensee: &LicenseeId,
    product: &ProductId,
    assigned_at: Instant,
    account: &Account,
    catalogue: &Catalogue,
) -> UserSeat {
    let in_effect = account.grant(product, catalogue).map(|grant| grant.add_on);
    let retained = || -> Option<AddOnId> { Some(account.pool(product)?.grace.as_ref()?.last.add_on.clone()) };
    let add_on = in_effect.or_else(retained);
    UserSeat { licensee: licensee.clone(), product: product.clone(), add_on, assigned_at }
}

/// The numbers over everything.
pub(super) fn totals(replay: &Replay) -> Result<Value, AuditError> {
    let accounts = || replay.licensees.values().map(|known| known.state.account());
    let seats = accounts().flat_map(Account::pools).map(|(_, pool)| u64::from(pool.assigned));
    let totals = Totals {
        licensees: u64::try_from(replay.licensees.len()).unwrap_or(u64::MAX),
        members: accounts().map(|account| u64::from(account.members())).sum(),
        seats: seats.sum(),
        removals: replay.counts.removals.clone(),
        events: replay.counts.events,
        refusals: replay.counts.refusals,
    };
    form("the totals", &totals)
}
