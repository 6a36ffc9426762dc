//! What whoever folds the past needs of the views: the same shapes, and a place for orders that were fixed.

use licensing::{Account, Catalogue, Instant, LicenseeId, ProductId, UserId};

use crate::{OrderPlace, UserSeat, Views, ViewsError, users::UserSeatRow};

/// A part of an order that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOrder {
    /// Whoever comes next, in the order.
    pub users: Vec<UserId>,
    /// Where the next part starts; `None` at the end.
    pub next: Option<OrderPlace>,
}

impl Views {
    /// Keeps an order of members, so that its later parts are found from where [`KeptOrder::next`] says; gives the first
    /// part. Orders are bounded in number and go when they were not used for long.
    ///
    /// # Errors
    /// When the views can't be read or written.
    pub fn keep_order(&self, users: Vec<UserId>, limit: usize) -> Result<KeptOrder, ViewsError> {
        if users.len() <= limit {
            return Ok(KeptOrder { users, next: None });
        }
        let first = users.iter().take(limit).cloned().collect();
        let order = self.tables()?.keep_order(users)?;
        Ok(KeptOrder { users: first, next: Some(OrderPlace { order, start: limit, empty_pages: 0 }) })
    }

    /// A later part of an order.
    ///
    /// # Errors
    /// [`ViewsError::ExpiredCursor`] if it is no longer kept, or when the views can't be read.
    pub fn kept_order(&self, place: OrderPlace, limit: usize) -> Result<KeptOrder, ViewsError> {
        let (users, whole) = self.tables()?.kept_order(place, limit)?;
        let start = place.start.saturating_add(users.len());
        let next = (start < whole && !users.is_empty()).then_some(place.behind(start));
        Ok(KeptOrder { users, next })
    }
}

impl UserSeat {
    /// The seat of a product that a licensee with this account gave.
    pub fn of(
        licensee: LicenseeId,
        account: &Account,
        product: ProductId,
        assigned_at: Instant,
        catalogue: &Catalogue,
    ) -> Self {
        UserSeatRow { licensee, product, assigned_at, account: account.clone() }.view(catalogue)
    }
}
