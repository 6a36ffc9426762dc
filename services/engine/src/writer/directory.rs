//! What the user directory says: it reaches the user and all of the user's licensees in one commit (R26, R29); those that
//! other nodes hold hear of it right after.

use contract::event::user_stream;
use journal::{DetailChange, StatusNews, StatusReason};
use licensing::{Command, LicenseeId, UserCommand, UserEvent, UserId, UserStatus, decide_user};

use super::{
    Writer,
    licensees::{Applied, LicenseeCommand},
    outcomes::Identity,
    streams::Cause,
};
use crate::{Answer, Done, EngineError, recent::CommitRef};

impl Writer {
    pub(super) fn user_status_message(
        &mut self,
        identity: Identity,
        user: &UserId,
        status: UserStatus,
        reason: Option<String>,
        news: &mut Option<StatusNews>,
    ) -> Result<Done, EngineError> {
        let head = self.head_of(user.as_str())?;
        self.load_user(user)?;
        let hot = self.hot.user(user).ok_or_else(|| EngineError::not_at_hand(user_stream(user)))?;
        let Some(event) = decide_user(&hot.state, UserCommand::SetStatus(status)) else {
            return self.accept(head, &identity, 0, Answer::of(licensing::Report::None, 0));
        };
        let licensees: Vec<LicenseeId> =
            hot.licensees.iter().filter(|licensee| self.decides_for(licensee.as_str())).cloned().collect();
        // All are loaded before anything is appended: from then on nothing can fail half-way.
        licensees.iter().try_for_each(|licensee| self.load_licensee(licensee))?;
        let cause = Cause::new(&identity.command_id, &identity.actor, self.clock.now());
        let (position, version) = self.append_to_user(user, event, &cause)?;
        self.keep_status_details(user, event, &identity, reason, CommitRef::after(head));
        let mut events = 1;
        let mut touched = Vec::with_capacity(licensees.len());
        for licensee in licensees.clone() {
            let command = Command::ChangeMemberStatus { user: user.clone(), status };
            // A licensee takes note of a status whatever it is; it has no reason to refuse.
            if let Ok(Applied { decision, position, .. }) =
                self.apply(LicenseeCommand { licensee, command, details: None }, &cause)?
            {
                events += decision.events.len();
                touched.push(position);
            }
        }
        let mut done = self.accept(head, &identity, events, Answer::of(licensing::Report::None, events))?;
        touched.into_iter().for_each(|position| done.positions.advance(position));
        *news = self.shared.is_some().then(|| StatusNews {
            position,
            user: user.as_str().to_owned(),
            version,
            status,
            command_id: identity.command_id,
            actor: identity.actor,
            effective_at: self.clock.now(),
            told: licensees.iter().map(|licensee| licensee.as_str().to_owned()).collect(),
        });
        Ok(done)
    }

    fn keep_status_details(
        &mut self,
        user: &UserId,
        event: UserEvent,
        identity: &Identity,
        reason: Option<String>,
        commit: CommitRef,
    ) {
        if event == UserEvent::UserDeleted {
            self.batch.change_detail(DetailChange::ErasePerson { user: user.as_str().to_owned() });
            if let Some(hot) = self.hot.change_user(user, commit) {
                hot.person = None;
            }
            return;
        }
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            self.batch.change_detail(DetailChange::PutReason(StatusReason {
                command_id: identity.command_id.clone(),
                user: user.as_str().to_owned(),
                reason,
            }));
        }
    }
}
