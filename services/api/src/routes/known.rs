//! Reads that need the licensee to exist.

use licensing::LicenseeId;
use views::LicenseeView;

use crate::{Services, problem::Problem};

/// The licensee, or the problem that nobody has heard of it. Blocks.
pub(super) fn known_licensee(services: &Services, licensee: &LicenseeId) -> Result<LicenseeView, Problem> {
    services.views.licensee(licensee)?.ok_or_else(Problem::unknown_licensee)
}

/// As [`known_licensee`], for those who don't need to see it.
pub(super) fn check_licensee(services: &Services, licensee: &LicenseeId) -> Result<(), Problem> {
    if services.views.has_licensee(licensee)? { Ok(()) } else { Err(Problem::unknown_licensee()) }
}
