//! Tells the index what it keeps of events: the index itself does not know them.

use contract::{
    event::{StreamEvent, decode_recorded},
    proto::journal::Event as Record,
};
use journal::{BlockState, Concern, EventReader, EventReading, MembershipChange};
use licensing::{Account, Event, Instant};

/// How an index reads the events of the engine.
pub const EVENT_READER: EventReader = EventReader { read, fold_block };

/// Comes before every account that is kept. Whoever changes what an [`Account`] looks like when serialized counts it up, and
/// adds a migration that has every index filled anew: an account that can't be read is folded from the first event.
const ACCOUNT_VERSION: u32 = 1;

/// What a stored event tells that the index keeps.
///
/// An event that can't be read tells nothing here; reading its stream tells what is wrong with it.
fn read(record: &Record) -> EventReading {
    let decoded = decode_recorded(record);
    let Ok(StreamEvent::Licensee { licensee, event }) = decoded else { return EventReading::default() };
    let concern = Some(match event.user() {
        Some(user) => Concern::User(user.as_str().to_owned()),
        None => Concern::Everybody,
    });
    let licensee = || licensee.as_str().to_owned();
    let membership = match event {
        Event::MemberAdded { user, .. } => {
            Some(MembershipChange::Added { user: user.as_str().to_owned(), licensee: licensee() })
        }
        Event::MemberRemoved { user } => {
            Some(MembershipChange::Removed { user: user.as_str().to_owned(), licensee: licensee() })
        }
        _ => None,
    };
    EventReading { membership, concern }
}

/// What a licensee's account comes to with a block of events. The members are not in it: it stays small however many there are.
fn fold_block(before: Option<&[u8]>, events: &[Record]) -> Option<Vec<u8>> {
    let mut account = match before {
        Some(bytes) => account_of(bytes)?,
        None => Account::default(),
    };
    for record in events {
        let decoded = decode_recorded(record).ok()?;
        let StreamEvent::Licensee { event, .. } = decoded else { return None };
        account.evolve(&event, Instant::from_timestamp_micros(record.effective_at_us)?);
    }
    postcard::to_stdvec(&(ACCOUNT_VERSION, account)).ok()
}

/// The account of a licensee behind a block of its events; `None` if another program version kept it.
pub fn account_in(state: &BlockState) -> Option<Account> {
    account_of(&state.bytes).filter(|account| account.version() == state.version)
}

fn account_of(bytes: &[u8]) -> Option<Account> {
    let (version, behind) = postcard::take_from_bytes::<u32>(bytes).ok()?;
    if version != ACCOUNT_VERSION {
        return None;
    }
    postcard::from_bytes(behind).ok()
}
