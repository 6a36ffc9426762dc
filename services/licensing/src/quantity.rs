//! Numbers of seats.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Code, Refusal};

/// A number of seats, at least one.
///
/// Quantities come signed over the wire, so that a negative one can be refused by name instead of wrapping around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seats(u32);

impl Seats {
    /// Reads a wire number; `invalid_quantity` below 1 or above 4,294,967,295.
    pub fn at_least_one(wire: i64) -> Result<Self, Refusal> {
        match u32::try_from(wire) {
            Ok(seats) if seats >= 1 => Ok(Self(seats)),
            _ => Err(Refusal::new(
                Code::InvalidQuantity,
                format!("a quantity of {wire} is not possible: use a whole number from 1 to {}", u32::MAX),
            )),
        }
    }

    /// Takes a number that is known to be good, such as one out of an event.
    pub const fn known(seats: u32) -> Self {
        Self(seats)
    }

    /// The bare number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Seats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
