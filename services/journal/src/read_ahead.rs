//! Reading the journal while what was read before is worked on.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use crate::{Head, Journal, JournalError, StoredCommit};

/// How many stretches may wait for whoever works on them.
const WAITING_MAX: usize = 2;

/// Commits of one shard that follow each other, at least one.
pub type Stretch = Vec<StoredCommit>;

/// Reads everything behind `heads`, shard by shard in their order, on a thread of its own, while `work` goes through it;
/// each stretch has at most `max_bytes` of blocks, unless it is a single commit. After an error nothing follows.
///
/// # Errors
/// [`JournalError::Thread`] if there can be no thread for it.
pub fn read_ahead<T>(
    journal: &dyn Journal,
    heads: &[Head],
    max_bytes: usize,
    work: impl FnOnce(&mut dyn Iterator<Item = Result<Stretch, JournalError>>) -> T,
) -> Result<T, JournalError> {
    let (found, stretches) = sync_channel(WAITING_MAX);
    thread::scope(|scope| {
        let reader = thread::Builder::new().name("usher-reads-ahead".to_owned());
        let read = move || {
            for head in heads {
                if !read_shard(journal, *head, max_bytes, &found) {
                    break;
                }
            }
        };
        reader.spawn_scoped(scope, read).map_err(|source| JournalError::Thread { source })?;
        Ok(go_through(stretches, work))
    })
}

/// Nobody waits for room once the work is done: with the other end of the queue the reader ends too.
fn go_through<T>(
    stretches: Receiver<Result<Stretch, JournalError>>,
    work: impl FnOnce(&mut dyn Iterator<Item = Result<Stretch, JournalError>>) -> T,
) -> T {
    work(&mut stretches.into_iter())
}

/// False when there is nothing more to be read.
fn read_shard(
    journal: &dyn Journal,
    head: Head,
    max_bytes: usize,
    found: &SyncSender<Result<Stretch, JournalError>>,
) -> bool {
    let mut after = head.commit_number;
    loop {
        let read = journal.read(head.shard, after, max_bytes);
        let is_read = read.is_ok();
        match read.as_ref().map(|commits| commits.last()) {
            Ok(Some(last)) => after = last.number,
            Ok(None) => return true,
            Err(_) => {}
        }
        if found.send(read).is_err() || !is_read {
            return false;
        }
    }
}

/// Where every shard of a journal begins, in their order.
pub fn beginnings(journal: &dyn Journal) -> Vec<Head> {
    (0..journal.shard_count()).map(|shard| Head { shard, commit_number: 0, position: 0 }).collect()
}
