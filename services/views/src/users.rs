//! The users: everybody who was ever named as a member, in a status or in a use.

use licensing::{Account, AddOnId, Catalogue, Instant, LicenseeId, ProductId, UserId, UserStatus};
use serde::Serialize;

use crate::{ViewsError, tables::Tables};

/// A user, across all licensees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserView {
    /// The user.
    pub user: UserId,
    /// The status, the same for every licensee (R29).
    pub status: UserStatus,
    /// The seats that the user holds, retained ones included (R28), in order of licensee and product.
    pub seats: Vec<UserSeat>,
}

/// A seat that a user holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserSeat {
    /// With whom.
    pub licensee: LicenseeId,
    /// Of which product.
    pub product: ProductId,
    /// The add-on in effect, of a retained seat the last one that was.
    pub add_on: Option<AddOnId>,
    /// When it was given.
    pub assigned_at: Instant,
}

/// A user as kept.
pub(crate) struct UserRow {
    pub(crate) status: UserStatus,
    /// In order of licensee and product.
    pub(crate) seats: Vec<UserSeatRow>,
}

/// A seat as kept, with the account of the licensee that gave it.
pub(crate) struct UserSeatRow {
    pub(crate) licensee: LicenseeId,
    pub(crate) product: ProductId,
    pub(crate) assigned_at: Instant,
    pub(crate) account: Account,
}

impl UserSeatRow {
    pub(crate) fn view(self, catalogue: &Catalogue) -> UserSeat {
        let Self { licensee, product, assigned_at, account } = self;
        let in_effect = account.grant(&product, catalogue).map(|grant| grant.add_on);
        let in_grace = account.pool(&product).and_then(|pool| pool.grace.as_ref()).map(|grace| &grace.last.add_on);
        let add_on = in_effect.or_else(|| in_grace.cloned());
        UserSeat { licensee, product, add_on, assigned_at }
    }
}

/// The user of this id.
pub(crate) fn one(tables: &dyn Tables, catalogue: &Catalogue, user: &UserId) -> Result<Option<UserView>, ViewsError> {
    let Some(UserRow { status, seats }) = tables.user(user)? else { return Ok(None) };
    let seats = seats.into_iter().map(|seat| seat.view(catalogue)).collect();
    Ok(Some(UserView { user: user.clone(), status, seats }))
}
