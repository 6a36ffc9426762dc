//! `usher mail list`.

use clap::Args;
use notify::mail::{KeptMail, MailQueue, MailState, MailsQuery, PAGE_MAX};
use serde_json::{Value, json};

use super::{BesideArgs, cannot_tell};
use crate::{
    commands::Config,
    error::CommandError,
    exit::ExitStatus,
    moment,
    output::{Format, JsonArray, Table},
};

/// Which mails are shown.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only those that were given up
    #[arg(long)]
    given_up: bool,

    #[command(flatten)]
    pub(super) beside: BesideArgs,
}

/// Does it.
pub(super) fn run(args: &ListArgs, mails: &dyn MailQueue, config: &Config) -> Result<ExitStatus, CommandError> {
    let mut query = MailsQuery { after: None, state: args.given_up.then_some(MailState::GivenUp), limit: PAGE_MAX };
    let mut output = Output::of(config.format());
    loop {
        let page = mails.list(&query).map_err(|source| cannot_tell(source, config))?;
        page.iter().try_for_each(|mail| output.push(mail))?;
        match page.last() {
            Some(last) if page.len() == PAGE_MAX => query.after = Some(last.mail.event),
            _ => break,
        }
    }
    output.end()
}

enum Output {
    Json(JsonArray),
    Table(Box<Table<9>>),
}

impl Output {
    fn of(format: Format) -> Self {
        match format {
            Format::Json => Self::Json(JsonArray::default()),
            Format::Table => Self::Table(Box::new(Table::new([
                "id",
                "licensee",
                "user",
                "add-on",
                "seat given at",
                "state",
                "attempts",
                "next try",
                "problem",
            ]))),
        }
    }

    fn push(&mut self, kept: &KeptMail) -> Result<(), CommandError> {
        match self {
            Self::Json(array) => array.push(&shown(kept))?,
            Self::Table(table) => table.row([
                kept.mail.event.to_string(),
                kept.mail.licensee.clone(),
                kept.mail.user.clone(),
                kept.mail.add_on.clone(),
                moment::to_text(kept.mail.assigned_at),
                kept.state.as_str().to_owned(),
                kept.attempts.to_string(),
                next_try(kept).unwrap_or_default(),
                kept.problem.clone().unwrap_or_default(),
            ]),
        }
        Ok(())
    }

    fn end(self) -> Result<ExitStatus, CommandError> {
        match self {
            Self::Json(array) => array.end()?,
            Self::Table(table) => table.print()?,
        }
        Ok(ExitStatus::Done)
    }
}

fn next_try(kept: &KeptMail) -> Option<String> {
    (kept.state == MailState::Waiting).then(|| moment::to_text(kept.due_at))
}

fn shown(kept: &KeptMail) -> Value {
    json!({
        "id": kept.mail.event.to_string(),
        "licensee": kept.mail.licensee,
        "user": kept.mail.user,
        "product": kept.mail.product,
        "add_on": kept.mail.add_on,
        "assigned_at": moment::to_text(kept.mail.assigned_at),
        "state": kept.state.as_str(),
        "attempts": kept.attempts,
        "next_try_at": next_try(kept),
        "problem": kept.problem,
    })
}
