//! One folder with a licensee of each of some sizes, made once a run.

use std::path::Path;

use super::{
    Ground,
    crowd::{accept_all, join, licensee_name, seat, start, user_name},
    store::Store,
};
use crate::{error::BenchError, progress};

/// Members who are left without a seat, to be given one and to lose it.
pub const SPARE: u64 = 256;
/// How many seats are held.
const SEATS: [u64; 4] = [10, 1_000, 100_000, 1_000_000];
/// How many for a look.
const SEATS_QUICK: [u64; 3] = [10, 1_000, 5_000];

/// How many seats the licensees hold, from the smallest; the `n`th is called `l-n`.
pub const fn sizes(ground: &Ground) -> &'static [u64] {
    if ground.effort.quick { &SEATS_QUICK } else { &SEATS }
}

/// Fills the store in a folder with licensees that hold so many seats, and leaves it in order.
///
/// # Errors
/// [`BenchError`] if it can't be filled.
pub fn fill(ground: &Ground, folder: &Path, sizes: &[u64]) -> Result<(), BenchError> {
    let store = Store::in_folder(folder, &ground.catalogue, None)?;
    let engine = store.engine();
    for (licensee, seats) in (0..).zip(sizes) {
        progress::tell(&format!("a licensee with {seats} seats"));
        let members = seats + SPARE;
        accept_all(&engine, [start(&licensee_name(licensee), members)].into_iter())?;
        let name = licensee_name(licensee);
        accept_all(&engine, (0..members).map(|member| join(&name, &user_name(licensee, member))))?;
        seat(&engine, licensee, *seats)?;
    }
    store.wait_for_index()?;
    store.open_views().map(drop)
}
