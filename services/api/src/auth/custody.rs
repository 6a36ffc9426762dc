//! Who looks after a licensee.

use licensing::Offering;

/// By which roles somebody looks after a licensee.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Custody {
    /// `owner`, for a group on gitlab.com.
    pub(crate) as_owner: bool,
    /// `admin`, for an instance.
    pub(crate) as_admin: bool,
}

impl Custody {
    /// Whether it extends to a licensee with this offering; one without any is nobody's to look after yet.
    pub(crate) fn extends_to(self, offering: Option<Offering>) -> bool {
        offering.is_some_and(|offering| if offering.synchronises() { self.as_admin } else { self.as_owner })
    }
}
