//! Users as they were: their status, their seats, and what they might use.

use contract::event::{StreamEvent, user_stream};
use journal::FirstNamed;
use licensing::{
    FeatureId, Instant, LicenseeId, Membership, ProductId, User, UserId, UserStatus,
    access::{self, Access},
};
use views::{UserSeat, UserView};

use crate::{
    LicenseeThen, Moment, Past, PastError,
    memberships::Horizon,
    reading::{Span, read_span},
};

/// A user as they were at a moment.
#[derive(Debug, Clone)]
pub struct UserThen {
    /// Who.
    pub user: UserId,
    /// The status in the directory (R29).
    pub status: UserStatus,
    /// What the user was a member of then, in order of the licensees' ids.
    pub memberships: Vec<MembershipThen>,
    /// When what had happened to the user and those licensees by then last took effect.
    pub last_effective_at: Instant,
}

/// A membership as it was at a moment.
#[derive(Debug, Clone)]
pub struct MembershipThen {
    /// The licensee as it was.
    pub licensee: LicenseeThen,
    /// How the user stood with it.
    pub membership: Membership,
    /// The products of which the user held a seat, retained ones included.
    pub seats: Vec<ProductId>,
}

impl Past {
    /// A user as they were at a moment; `None` before anybody named them as a member, in a status or in a use.
    ///
    /// # Errors
    /// When the store can't be read or understood.
    pub fn user_at(&self, user: &UserId, moment: &Moment) -> Result<Option<UserThen>, PastError> {
        let named = self.sources.index.first_named(user.as_str())?.filter(|named| named.is_before(moment));
        let Some(FirstNamed { effective_at, .. }) = named else { return Ok(None) };
        let (status, changed_at) = self.status_at(user, moment)?;
        let mut memberships = Vec::new();
        for id in self.sources.index.memberships_ever(user.as_str())? {
            let Ok(licensee) = LicenseeId::parse(&id) else { continue };
            memberships.extend(self.membership_at(user, &licensee, moment)?);
        }
        let of_licensees = memberships.iter().map(|membership| membership.licensee.last_effective_at);
        let last_effective_at = of_licensees.chain(changed_at).fold(effective_at, Instant::max);
        Ok(Some(UserThen { user: user.clone(), status, memberships, last_effective_at }))
    }

    /// A user as they were shown at a moment; `None` before anybody named them.
    ///
    /// # Errors
    /// When the store can't be read or understood.
    pub fn user_view_at(&self, user: &UserId, moment: &Moment) -> Result<Option<UserView>, PastError> {
        let Some(UserThen { user, status, memberships, .. }) = self.user_at(user, moment)? else { return Ok(None) };
        let seats = memberships.iter().flat_map(|membership| self.seats_of(membership)).collect();
        Ok(Some(UserView { user, status, seats }))
    }

    /// Whether a user might use a feature at a moment (R31, R32); `None` before anybody named the user. `now` is where the
    /// clock stands.
    ///
    /// # Errors
    /// When the store can't be read or understood.
    pub fn access_at(
        &self,
        user: &UserId,
        feature: &FeatureId,
        moment: &Moment,
        now: Instant,
    ) -> Result<Option<Access>, PastError> {
        let Some(then) = self.user_at(user, moment)? else { return Ok(None) };
        let memberships: Vec<_> = then.memberships.iter().map(MembershipThen::for_access).collect();
        let at = clock_at(moment, then.last_effective_at, now);
        Ok(Some(access::check(then.status, &memberships, feature, at, &self.sources.catalogue)))
    }

    /// The status of a user, and when it was last set.
    fn status_at(&self, user: &UserId, moment: &Moment) -> Result<(UserStatus, Option<Instant>), PastError> {
        let stream = user_stream(user);
        let (mut state, mut changed_at) = (User::default(), None);
        // That knowledge ends somewhere is no concern here: nothing behind it was visited.
        let _ = read_span(&*self.sources.index, &stream, Span { after: 0, last: None }, moment, |counted| {
            if let StreamEvent::User { event, .. } = counted.event {
                state.evolve(event);
            }
            changed_at = changed_at.max(Some(counted.effective_at));
        })?;
        Ok((state.status(), changed_at))
    }

    fn membership_at(
        &self,
        user: &UserId,
        licensee: &LicenseeId,
        moment: &Moment,
    ) -> Result<Option<MembershipThen>, PastError> {
        let Some(licensee) = self.licensee_at(licensee, moment)? else { return Ok(None) };
        let horizon = Horizon::of(&licensee, moment);
        let found = self.sources.memberships(&horizon, std::slice::from_ref(user))?.pop();
        let Some((_, membership)) = found.filter(|(_, membership)| membership.member().is_some()) else {
            return Ok(None);
        };
        let seats = membership.seats().iter().map(|(product, _)| product.clone()).collect();
        Ok(Some(MembershipThen { licensee, membership, seats }))
    }

    fn seats_of(&self, MembershipThen { licensee, membership, .. }: &MembershipThen) -> Vec<UserSeat> {
        let LicenseeThen { licensee, account, .. } = licensee;
        let seat_of = |(product, assigned_at): &(ProductId, Instant)| {
            UserSeat::of(licensee.clone(), account, product.clone(), *assigned_at, &self.sources.catalogue)
        };
        membership.seats().iter().map(seat_of).collect()
    }
}

impl MembershipThen {
    fn for_access(&self) -> access::Membership<'_> {
        let LicenseeThen { licensee, account, .. } = &self.licensee;
        access::Membership { licensee, account, seats: &self.seats }
    }
}

/// Where the clock stood at a moment, for what goes by the time alone.
///
/// By effective time that is the moment itself. Of a recorded time it is known only under the machine's clock; under
/// another one it stood at or behind what had last taken effect.
pub fn clock_at(moment: &Moment, last_effective_at: Instant, now: Instant) -> Instant {
    match (moment.as_of, moment.as_known_at) {
        (Some(as_of), _) => as_of,
        (None, Some(as_known_at)) if as_known_at <= now => as_known_at.max(last_effective_at),
        (None, Some(_)) => last_effective_at,
        (None, None) => now,
    }
}
