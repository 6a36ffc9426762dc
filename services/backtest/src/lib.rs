//! What would have been under other rules: recorded commands, decided again.
//!
//! [`backtest`] reads the journal once, in the order of its clock, and folds every licensee twice: as it was, by the
//! recorded events, and as it would have been, by deciding the recorded commands with the domain's own `decide` and
//! `fire` under another catalogue. Nothing is written and no engine runs. Where both differ, it tells since when, until
//! when, and who has a seat on one side only.
//!
//! A command is what was kept with its outcome, or is read back from the events that it made; what neither tells is
//! counted and said. The memory taken grows with licensees, members, users and differences, never with the number of
//! events.

mod course;
mod error;
mod facts;
mod history;
mod question;
mod reading;
mod replay;
mod report;
mod seats;
mod span;
mod standing;
mod step;

pub use error::BacktestError;
pub use question::Question;
pub use replay::backtest;
pub use report::{
    Commands, LicenseeDifferences, RefusalCounts, RefusalDifference, Report, SeatCounts, SeatDifference, SeatKind,
    Span, StandingDifference, Verdict,
};
pub use standing::Standing;
