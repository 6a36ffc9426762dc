//! What the index keeps beside the records of commits for whoever asks how things were (ADR 13), held against the replay.

use std::collections::BTreeMap;

use journal::{BlockState, IndexInspection, KeptState, KeptUse};
use licensing::{Account, UserId};
use serde_json::{Value, json};

use super::form::shown;
use crate::{
    AuditError, Part, Place,
    error::differs,
    replay::{BlockAccount, KeptAs, ReadCommit, Replay, StateMark, is_latest},
};

/// The uses of one user that are new, and the last one before them.
#[derive(Default)]
pub(crate) struct FreshUses {
    before: Option<KeptUse>,
    uses: Vec<KeptUse>,
}

/// The uses in commits that the replay has not taken in yet, as far as the index should keep them: those that were the
/// user's latest when they were noted. One that can't be read is left out: the replay will name it.
pub(crate) fn fresh_uses(replay: &Replay, commits: &[ReadCommit]) -> BTreeMap<UserId, FreshUses> {
    let mut fresh: BTreeMap<UserId, FreshUses> = BTreeMap::new();
    for (user, noted) in commits.iter().flat_map(ReadCommit::uses).filter_map(Result::ok) {
        let before = replay.users.get(&user).and_then(|known| known.last_use);
        let of_user = fresh.entry(user).or_insert_with(|| FreshUses { before, uses: Vec::new() });
        if is_latest(&noted, of_user.uses.last().or(before.as_ref())) {
            of_user.uses.push(noted);
        }
    }
    fresh
}

/// Checks that the index keeps these uses right behind those before them.
pub(crate) fn check_uses(index: &dyn IndexInspection, fresh: &BTreeMap<UserId, FreshUses>) -> Result<(), AuditError> {
    for (user, FreshUses { before, uses }) in fresh.iter().filter(|(_, fresh)| !fresh.uses.is_empty()) {
        let mut found = index.kept_uses(user.as_str(), before.as_ref(), uses.len())?.into_iter();
        for expected in uses {
            let found = found.next();
            if found != Some(*expected) {
                let found = found.map_or_else(|| "missing".to_owned(), |found| form_of_use(&found).to_string());
                let place = Place::of_user(user.as_str());
                return Err(differs(Part::Index, place, "use", found, form_of_use(expected)));
            }
        }
    }
    Ok(())
}

fn form_of_use(kept: &KeptUse) -> Value {
    let KeptUse { used_at, noted_at, recorded_at } = *kept;
    json!({"used_at": shown(used_at), "noted_at": shown(noted_at), "recorded_at": shown(recorded_at)})
}

/// Checks that the index keeps these accounts.
pub(crate) fn check_block_accounts(index: &dyn IndexInspection, accounts: &[BlockAccount]) -> Result<(), AuditError> {
    for BlockAccount { place, stream, account } in accounts {
        let found = index.block_states(stream, &[account.version()])?;
        let found = match found.first().map(account_of) {
            Some(Some(found)) if found == *account => continue,
            Some(Some(_)) => "another one",
            Some(None) => "unreadable",
            None => "missing",
        };
        let expected = "what the events up to it give";
        return Err(differs(Part::Index, place.clone(), "account behind the block", found, expected));
    }
    Ok(())
}

/// The account in the small state behind a block, as the engine writes it: its encoding's version, then the account.
fn account_of(state: &BlockState) -> Option<Account> {
    postcard::from_bytes::<(u32, Account)>(&state.bytes).ok().map(|(_, account)| account)
}

/// The states that are kept of a stream for readers of the past, but for those that this program would pass over.
pub(crate) fn kept_states(index: &dyn IndexInspection, stream: &str) -> Result<Vec<StateMark>, AuditError> {
    let (mut marks, mut after) = (Vec::new(), 0);
    while let Some(kept) = index.next_past_state(stream, after)? {
        after = kept.version();
        marks.extend(match kept {
            KeptState::Sound(state) => StateMark::of(KeptAs::PastState, &state),
            KeptState::Damaged { version } => Some(StateMark::damaged(KeptAs::PastState, version)),
        });
    }
    Ok(marks)
}
