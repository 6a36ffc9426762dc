//! Reading the events behind a state, for whoever makes something else of them than a state.

use contract::event::licensee_stream;
use journal::{EventBlock, Position, StoredEvent};
use licensing::{Licensee, LicenseeId};

use crate::{
    Moment, Past, PastError,
    reading::{Whole, read_stored, spans_behind},
};

/// A licensee as the first events of its stream left it: as many whole blocks of them as count in full at a moment.
#[derive(Debug, Clone)]
pub struct Start {
    pub(crate) stream: String,
    pub(crate) blocks: Vec<EventBlock>,
    pub(crate) whole: Whole,
    /// What they come to.
    pub state: Licensee,
    /// Where the last of them lies; `None` without any.
    pub last: Option<Position>,
}

impl Past {
    /// Where to begin reading, and the state there: up to the last whole block at which all events count at a moment. Where
    /// times are in order, at most a thousand events behind it do.
    ///
    /// # Errors
    /// When the index can't be read or understood.
    pub fn start_before(&self, licensee: &LicenseeId, moment: &Moment) -> Result<Start, PastError> {
        let stream = licensee_stream(licensee);
        let blocks = self.sources.index.blocks(&stream)?;
        let whole = Whole::of(&blocks, moment);
        let state = self.state_of_whole(licensee, &stream, whole)?;
        let last = self.end_of_whole(&stream, whole)?;
        Ok(Start { stream, blocks, whole, state, last })
    }

    /// Visits the events behind a start that count at a moment, in order. The moment has to be no earlier than that of the
    /// start, by either clock.
    ///
    /// # Errors
    /// When the index can't be read, and as `visit`.
    pub fn for_each_behind<E: From<PastError>>(
        &self,
        start: &Start,
        moment: &Moment,
        mut visit: impl FnMut(StoredEvent) -> Result<(), E>,
    ) -> Result<(), E> {
        for span in spans_behind(&start.blocks, start.whole, moment) {
            if read_stored(&*self.sources.index, &start.stream, span, moment, &mut visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
