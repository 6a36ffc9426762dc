//! The members of one licensee, as whoever makes the load believes them to be.

use std::{collections::VecDeque, time::Duration};

use fastrand::Rng;

/// So many are away at least before the first comes back, so that nobody goes and comes within a moment: both would not be
/// seen one after the other.
const AWAY_MIN: usize = 16;

/// For how long nobody asks for whoever joined, so that requests that overtake each other do not ask for somebody who is not
/// there yet.
const SETTLES_IN: Duration = Duration::from_secs(5);

/// The members of one licensee by their numbers: what was told and asked for, as if every request had come to what it
/// should. Where the server knows better (a pool that shrank, a request that was refused), the next requests are refused
/// or change nothing, as they are in life.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Crew {
    holders: Vec<u32>,
    seatless: Vec<u32>,
    /// Blocked or deactivated, the first one for longest.
    away: VecDeque<u32>,
    /// Who joined a moment ago, and when since the start; the first one first.
    newcomers: VecDeque<(Duration, u32)>,
    /// The number of whoever joins next: above all there were.
    next: u32,
    /// How many seats are bought.
    quantity: u32,
}

/// What a member has when somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A seat.
    Seat,
    /// None, but could have one.
    NoSeat,
    /// None, and can have none: blocked or deactivated.
    Away,
}

impl Crew {
    pub(crate) fn with_quantity(quantity: u32) -> Self {
        Self { quantity, ..Self::default() }
    }

    /// Notes a member who is there already.
    pub(crate) fn note(&mut self, number: u32, standing: Standing) {
        match standing {
            Standing::Seat => self.holders.push(number),
            Standing::NoSeat => self.seatless.push(number),
            Standing::Away => self.away.push_back(number),
        }
        self.next = self.next.max(number.saturating_add(1));
    }

    /// How many members there are.
    pub(crate) fn len(&self) -> usize {
        self.holders.len() + self.seatless.len() + self.away.len() + self.newcomers.len()
    }

    pub(crate) fn quantity(&self) -> u32 {
        self.quantity
    }

    /// How many seats nobody has.
    pub(crate) fn free(&self) -> usize {
        (self.quantity as usize).saturating_sub(self.holders.len())
    }

    /// Sets how many seats are bought; who is too many loses theirs.
    pub(crate) fn set_quantity(&mut self, quantity: u32) {
        self.quantity = quantity;
        let surplus = self.holders.split_off(self.holders.len().min(quantity as usize));
        self.seatless.extend(surplus);
    }

    /// Somebody new, who is there before the start.
    pub(crate) fn add(&mut self) -> u32 {
        let number = self.next;
        self.note(number, Standing::NoSeat);
        number
    }

    /// Somebody new, so long after the start.
    pub(crate) fn join(&mut self, after: Duration) -> u32 {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        self.newcomers.push_back((after, number));
        number
    }

    /// Whoever joined long enough before that can be asked for.
    pub(crate) fn settle(&mut self, after: Duration) {
        while let Some((joined, number)) = self.newcomers.front().copied() {
            if after.saturating_sub(joined) < SETTLES_IN {
                return;
            }
            self.newcomers.pop_front();
            self.seatless.push(number);
        }
    }

    /// Any member who is asked for; `None` if there is nobody.
    pub(crate) fn any(&self, dice: &mut Rng) -> Option<u32> {
        let place = below(self.len() - self.newcomers.len(), dice)?;
        let behind_holders = place.wrapping_sub(self.holders.len());
        let found = self.holders.get(place).or_else(|| self.seatless.get(behind_holders));
        found.or_else(|| self.away.get(behind_holders.wrapping_sub(self.seatless.len()))).copied()
    }

    /// One who is there leaves for good; the last one stays.
    pub(crate) fn leave(&mut self, dice: &mut Rng) -> Option<u32> {
        let place = below(self.holders.len() + self.seatless.len(), dice)?;
        if self.holders.len() + self.seatless.len() == 1 {
            return None;
        }
        Some(match place.checked_sub(self.holders.len()) {
            None => self.holders.swap_remove(place),
            Some(place) => self.seatless.swap_remove(place),
        })
    }

    /// One who is there is blocked or deactivated; the last one stays.
    pub(crate) fn go_away(&mut self, dice: &mut Rng) -> Option<u32> {
        let number = self.leave(dice)?;
        self.away.push_back(number);
        Some(number)
    }

    /// Whoever is away for longest comes back; `None` while few are away.
    pub(crate) fn come_back(&mut self) -> Option<u32> {
        if self.away.len() <= AWAY_MIN {
            return None;
        }
        let number = self.away.pop_front()?;
        self.seatless.push(number);
        Some(number)
    }

    /// Somebody without a seat is to have one, which comes true if one is free.
    pub(crate) fn seat(&mut self, dice: &mut Rng) -> Option<u32> {
        let place = below(self.seatless.len(), dice)?;
        if self.free() == 0 {
            return self.seatless.get(place).copied();
        }
        let number = self.seatless.swap_remove(place);
        self.holders.push(number);
        Some(number)
    }

    /// Up to so many without a seat have one from now on, as far as seats are free.
    pub(crate) fn seat_first(&mut self, count: usize) -> Vec<u32> {
        let count = count.min(self.free()).min(self.seatless.len());
        let seated = self.seatless.split_off(self.seatless.len() - count);
        self.holders.extend(&seated);
        seated
    }

    /// Somebody is to lose their seat.
    pub(crate) fn unseat(&mut self, dice: &mut Rng) -> Option<u32> {
        let place = below(self.holders.len(), dice)?;
        let number = self.holders.swap_remove(place);
        self.seatless.push(number);
        Some(number)
    }
}

/// A place in a list of so many; `None` in an empty one.
fn below(len: usize, dice: &mut Rng) -> Option<usize> {
    (len > 0).then(|| dice.usize(0..len))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn crew(seats: u32, seatless: u32) -> Crew {
        let mut crew = Crew::with_quantity(seats);
        (0..seats).for_each(|number| crew.note(number, Standing::Seat));
        (seats..seats + seatless).for_each(|number| crew.note(number, Standing::NoSeat));
        crew
    }

    #[test]
    fn whoever_joins_was_never_there() {
        let mut crew = crew(2, 3);
        crew.note(40, Standing::Away);
        let mut dice = Rng::with_seed(1);
        let left = crew.leave(&mut dice).unwrap();
        assert!(left < 5);
        assert_eq!((crew.join(Duration::ZERO), crew.add(), crew.len()), (41, 42, 7));
    }

    #[test]
    fn whoever_joined_is_asked_for_when_everybody_knows() {
        let mut crew = Crew::with_quantity(2);
        let number = crew.join(Duration::from_secs(1));
        let mut dice = Rng::with_seed(5);
        crew.settle(Duration::from_secs(5));
        assert_eq!((crew.any(&mut dice), crew.seat(&mut dice), crew.len()), (None, None, 1));
        crew.settle(Duration::from_secs(6));
        assert_eq!((crew.any(&mut dice), crew.seat(&mut dice), crew.len()), (Some(number), Some(number), 1));
    }

    #[test]
    fn anyone_can_be_drawn_and_nobody_else() {
        let mut crew = crew(2, 2);
        crew.note(9, Standing::Away);
        let mut dice = Rng::with_seed(2);
        let drawn: BTreeSet<u32> = (0..200).filter_map(|_| crew.any(&mut dice)).collect();
        assert_eq!(drawn, BTreeSet::from([0, 1, 2, 3, 9]));
        assert_eq!(Crew::default().any(&mut dice), None);
    }

    #[test]
    fn seats_go_round_and_never_exceed_what_is_bought() {
        let mut crew = crew(3, 3);
        let mut dice = Rng::with_seed(3);
        let refused = crew.seat(&mut dice).unwrap();
        assert!(refused >= 3 && crew.free() == 0, "all seats are taken: asked for, and refused");
        let lost = crew.unseat(&mut dice).unwrap();
        assert!(lost < 3 && crew.free() == 1);
        crew.seat(&mut dice).unwrap();
        assert_eq!((crew.free(), crew.len()), (0, 6));
        crew.set_quantity(1);
        assert_eq!((crew.holders.len(), crew.len()), (1, 6));
        crew.set_quantity(5);
        assert_eq!((crew.seat_first(3).len(), crew.seat_first(3).len(), crew.free()), (3, 1, 0));
    }

    #[test]
    fn nobody_comes_back_at_once_and_the_last_one_stays() {
        let mut crew = crew(0, 20);
        let mut dice = Rng::with_seed(4);
        let first = crew.go_away(&mut dice).unwrap();
        assert_eq!(crew.come_back(), None);
        while crew.go_away(&mut dice).is_some() {}
        assert_eq!((crew.seatless.len(), crew.len()), (1, 20));
        assert_eq!(crew.come_back(), Some(first));
    }
}
