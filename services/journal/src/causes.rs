//! Errors in one line.

use std::{error::Error, iter};

/// An error and everything that it follows from, in one line: for a log, or where a reason is kept.
pub fn with_causes(error: &dyn Error) -> String {
    let causes = iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use super::*;
    use crate::JournalError;

    #[test]
    fn every_cause_is_told_and_none_twice() {
        let disk = JournalError::Io { path: "journal.db".into(), source: io::Error::other("no answer") };
        let lines = [disk.to_string(), JournalError::IndexStopped.to_string()];
        let failed = JournalError::IndexFailed { source: Arc::new(disk) };
        assert_eq!(with_causes(&failed), format!("{failed}: {}: no answer", lines[0]));
        assert_eq!(with_causes(&JournalError::IndexStopped), lines[1], "one without a cause stays as it is");
    }
}
