//! Who is meant by a selection, a filter or a list.

use licensing::{LicenseeId, UserId};

use super::{Action, list};
use crate::{
    Console,
    failure::Failure,
    fields::Fields,
    pages::members_query::MembersQuery,
    visitor::Visitor,
    wire::{Member, Page},
};

/// The most people that one command takes (R24).
const PEOPLE_MAX: usize = list::LINES_MAX;
/// The field that says where the portion of people begins who are meant: the interface's cursor.
pub(super) const PORTION: &str = "portion";
/// The field that says where the portion behind them begins.
pub(super) const NEXT_PORTION: &str = "next_portion";
/// How many are read at one go.
const AT_ONCE: usize = 1_000;

/// The people of a change, in the order in which they are to get their seats.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) lines: Vec<Line>,
    /// Where those begin who are meant besides, if they are more than can be done at once. Not with whom the filter still
    /// finds: whoever can't have a seat would come again each time.
    pub(super) next_portion: Option<String>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// As people call them.
    pub(super) label: String,
    /// Who it is, or the code that says why nobody is.
    pub(super) user: Result<UserId, String>,
}

impl People {
    /// Whom the form means.
    pub(super) async fn of(
        console: &Console,
        visitor: &Visitor,
        licensee: &LicenseeId,
        action: Action,
        fields: &Fields,
    ) -> Result<Self, Failure> {
        let kept: Vec<Line> = fields.text("people").lines().filter_map(Line::read).take(PEOPLE_MAX).collect();
        if !kept.is_empty() {
            let next_portion = Some(fields.text(NEXT_PORTION)).filter(|next| !next.is_empty()).map(str::to_owned);
            return Ok(Self { lines: kept, next_portion });
        }
        match fields.text("scope") {
            "filter" => {
                let query = MembersQuery { cursor: fields.text(PORTION).to_owned(), ..MembersQuery::of(fields) };
                Self::of_filter(console, visitor, licensee, action, query).await
            }
            "list" => Self::of_list(console, licensee, fields).await,
            _ => Ok(Self::of_ids(fields.all("user"))),
        }
    }

    /// Who was ticked.
    fn of_ids<'a>(ids: impl Iterator<Item = &'a str>) -> Self {
        let line = |id: &str| Some(Line { label: id.to_owned(), user: Ok(UserId::parse(id).ok()?) });
        Self { lines: ids.filter_map(line).take(PEOPLE_MAX).collect(), next_portion: None }
    }

    /// Everybody whom a filter finds from a place on and whom the action concerns, up to what one command takes.
    async fn of_filter(
        console: &Console,
        visitor: &Visitor,
        licensee: &LicenseeId,
        action: Action,
        mut query: MembersQuery,
    ) -> Result<Self, Failure> {
        let has_seat = action == Action::Remove;
        let asked = query.assigned.clone();
        if asked.is_empty() {
            // So that nobody is read whom it does not concern, however many there are.
            query.assigned = if has_seat { "yes" } else { "no" }.to_owned();
        }
        let mut people = Self::default();
        loop {
            // No more than there is room for, so that the next portion begins right behind.
            query.limit = PEOPLE_MAX.saturating_sub(people.lines.len()).min(AT_ONCE).to_string();
            let page = console.interface().get::<Page<Member>>(visitor, query.target(licensee.as_str())).await;
            let page = match page {
                // R19: an old instance can't say who has a seat, but who is there.
                Err(Failure::Problem(problem))
                    if problem.code == "instance_version_too_old" && query.assigned != asked =>
                {
                    query.assigned.clone_from(&asked);
                    continue;
                }
                page => page?,
            };
            for member in page.items.into_iter().filter(|member| member.assigned == has_seat) {
                let label = member.username.unwrap_or_else(|| member.user.to_string());
                people.lines.push(Line { label, user: Ok(member.user) });
            }
            if people.lines.len() >= PEOPLE_MAX || page.next_cursor.is_none() {
                people.next_portion = page.next_cursor;
                return Ok(people);
            }
            query.cursor = page.next_cursor.unwrap_or_default();
        }
    }

    /// Who is named in a list.
    async fn of_list(console: &Console, licensee: &LicenseeId, fields: &Fields) -> Result<Self, Failure> {
        let texts = [fields.text("list"), fields.text("file")];
        let text = texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
        let names = list::names(text)?;
        let (services, licensee, wanted) = (console.services().clone(), licensee.clone(), names.clone());
        let found = tokio::task::spawn_blocking(move || services.members_named(&licensee, &wanted)).await;
        let found = found.ok().flatten();
        let found = found.ok_or_else(|| Failure::unavailable("the members can't be looked up now: try again"))?;
        let lines = names.into_iter().zip(found).map(|(label, users)| {
            let user = match users.as_slice() {
                [user] => Ok(user.clone()),
                [] => Err("unknown_user".to_owned()),
                _ => Err("ambiguous_username".to_owned()),
            };
            Line { label, user }
        });
        Ok(Self { lines: lines.collect(), next_portion: None })
    }

    /// Those who are somebody.
    pub(super) fn users(&self) -> Vec<&UserId> {
        self.lines.iter().filter_map(|line| line.user.as_ref().ok()).collect()
    }

    /// All of them as a text that [`People::of`] reads again.
    pub(super) fn kept(&self) -> String {
        self.lines.iter().map(Line::write).collect::<Vec<_>>().join("\n")
    }
}

impl Line {
    fn write(&self) -> String {
        let label = self.label.replace(['\t', '\n', '\r'], " ");
        match &self.user {
            Ok(user) => format!("{user}\t{label}"),
            Err(code) => format!("\t{label}\t{code}"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('\t');
        let (id, label) = (parts.next()?, parts.next().unwrap_or_default());
        if let Ok(user) = UserId::parse(id) {
            return Some(Self { label: if label.is_empty() { id } else { label }.to_owned(), user: Ok(user) });
        }
        let code = parts.next().filter(|_| id.is_empty())?;
        Some(Self { label: label.to_owned(), user: Err(code.to_owned()) })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let somebody = Line { label: "ada <3".to_owned(), user: Ok(UserId::parse("u-1").unwrap()) };
        let nobody = Line { label: "eve".to_owned(), user: Err("unknown_user".to_owned()) };
        for line in [somebody, nobody] {
            assert_eq!(Line::read(&line.write()), Some(line));
        }
        assert_eq!(Line::read(""), None);
        assert_eq!(Line::read("a b c"), None);
    }
}
