//! How the program ends.

use std::process::ExitCode;

/// How the program ends, for whoever called it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: it is done.
    Done,
    /// 1: the work found a problem.
    Problem,
    /// 2: it was called wrongly.
    Usage,
}

impl ExitStatus {
    /// The number that the caller sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Problem => 1,
            Self::Usage => 2,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
