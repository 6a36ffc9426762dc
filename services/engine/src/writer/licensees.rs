//! Deciding about one licensee.

use contract::incoming::Details;
use journal::{DetailChange, LicenseeDetails, Person, Position};
use licensing::{Command, Context, Decision, Instant, Licensee, LicenseeId, Refusal, UserId, UserStatus};

use super::{Writer, kept, streams::Cause};
use crate::{
    EngineError,
    foresight::{Known, Sight},
    recent::CommitRef,
};

/// A command for a licensee, and what it tells besides.
pub(super) struct LicenseeCommand {
    pub(super) licensee: LicenseeId,
    pub(super) command: Command,
    pub(super) details: Option<Details>,
}

/// What was decided and appended.
pub(super) struct Applied {
    pub(super) decision: Decision,
    pub(super) position: Position,
    /// What is kept of the command; mostly nothing, as its events tell it.
    pub(super) command: Vec<u8>,
}

/// What was refused.
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    /// What is kept of the command.
    pub(super) command: Vec<u8>,
}

impl Refused {
    /// Something that is no command.
    pub(super) const fn unread(refusal: Refusal) -> Self {
        Self { refusal, command: Vec::new() }
    }
}

impl Writer {
    pub(super) fn load_licensee(&mut self, licensee: &LicenseeId) -> Result<(), EngineError> {
        self.hot.load_licensee(licensee, &*self.journal, &*self.index)
    }

    pub(super) fn load_user(&mut self, user: &UserId) -> Result<(), EngineError> {
        self.hot.load_user(user, &*self.journal, &*self.index)
    }

    /// Has a user at hand, whoever decides about them.
    fn have_user(&mut self, user: &UserId) -> Result<(), EngineError> {
        if self.decides_for(user.as_str()) {
            return self.load_user(user);
        }
        self.load_foreign_user(user);
        Ok(())
    }

    /// Lets the domain look at a licensee that is at hand; fails if the store could not tell what it asked.
    pub(super) fn with_context<T>(
        &self,
        licensee: &LicenseeId,
        now: Instant,
        user: Option<&UserId>,
        decide: impl FnOnce(&Licensee, &Context<'_>) -> T,
    ) -> Result<T, EngineError> {
        let nobody = Licensee::default();
        let hot = self.hot.licensee(licensee);
        let known = Known {
            licensee,
            state: hot.map_or(&nobody, |hot| &hot.state),
            details: hot.and_then(|hot| hot.details.as_ref()),
            user: user.map(|user| (user, self.status_of(user))),
        };
        self.sight().with_known(known, now, decide)
    }

    /// What can be looked at to decide.
    pub(super) fn sight(&self) -> Sight<'_> {
        Sight { index: &*self.index, recent: &self.recent, catalogue: &self.catalogue }
    }

    fn status_of(&self, user: &UserId) -> UserStatus {
        self.hot.user(user).map_or(UserStatus::Active, |hot| hot.state.status())
    }

    /// Decides a command and appends what follows.
    pub(super) fn apply(
        &mut self,
        mut order: LicenseeCommand,
        cause: &Cause<'_>,
    ) -> Result<Result<Applied, Refused>, EngineError> {
        self.load_licensee(&order.licensee)?;
        if let Command::AddMember { user, .. } | Command::RemoveMember { user } = &order.command {
            self.have_user(&user.clone())?;
        }
        self.note_new_details(&mut order);
        let user = match &order.command {
            Command::AddMember { user, .. } => Some(user),
            _ => None,
        };
        let decision = self.with_context(&order.licensee, cause.at, user, |state, context| {
            licensing::decide(state, &order.command, context)
        })?;
        let decision = match decision {
            Ok(decision) => decision,
            Err(refusal) => {
                let command = self.kept(&order.licensee, &order.command);
                return Ok(Err(Refused { refusal, command }));
            }
        };
        let command = match kept::is_told_by(&order.command, &decision.events) {
            true => Vec::new(),
            false => self.kept(&order.licensee, &order.command),
        };
        let position = self.append_to_licensee(&order.licensee, &decision.events, cause)?;
        if let Some(details) = order.details {
            self.keep_details(&order.licensee, details)?;
        }
        Ok(Ok(Applied { decision, position, command }))
    }

    /// Tells the command whether name or addresses of the member are new.
    fn note_new_details(&self, order: &mut LicenseeCommand) {
        if let (Command::AddMember { user, details_changed, .. }, Some(details)) = (&mut order.command, &order.details)
        {
            let known = self.hot.user(user).and_then(|hot| hot.person.as_ref());
            *details_changed = person_of(details).as_ref() != known;
        }
    }

    /// Keeps names and addresses in the erasable tables (R30), where they are new.
    fn keep_details(&mut self, licensee: &LicenseeId, details: Details) -> Result<(), EngineError> {
        let commit = CommitRef::after(self.head_of(licensee.as_str())?);
        if let Some(person) = person_of(&details) {
            self.keep_person(person, commit);
        }
        if let Details::Licensee { name, contact_email } = details
            && let Some(hot) = self.hot.change_licensee(licensee, commit)
        {
            let details = LicenseeDetails { licensee: licensee.as_str().to_owned(), name, contact_email };
            hot.details = Some(details.clone());
            self.batch.change_detail(DetailChange::PutLicensee(details));
        }
        Ok(())
    }

    fn keep_person(&mut self, person: Person, commit: CommitRef) {
        let Ok(user) = UserId::parse(&person.user) else { return };
        // Of whoever is gone for good nothing is kept (R29).
        if self.status_of(&user) == UserStatus::Deleted {
            return;
        }
        let Some(hot) = self.hot.change_user(&user, commit) else { return };
        if hot.person.as_ref() != Some(&person) {
            hot.person = Some(person.clone());
            self.batch.change_detail(DetailChange::PutPerson(person));
        }
    }
}

pub(super) fn person_of(details: &Details) -> Option<Person> {
    match details {
        Details::Person { user, username, name, email } => Some(Person {
            user: user.as_str().to_owned(),
            username: username.clone(),
            name: name.clone(),
            email: email.clone(),
        }),
        Details::Licensee { .. } => None,
    }
}
