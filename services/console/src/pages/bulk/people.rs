//! Who is meant by a selection, a filter or a list.

use std::time::{Duration, Instant as Stopwatch};

use api::Chosen;
use axum::http::Uri;
use licensing::{LicenseeId, UserId};

use super::{Action, list};
use crate::{Console, failure::Failure, fields::Fields, pages::members_query::MembersQuery};

/// The most people that one command takes (R24).
const PEOPLE_MAX: usize = list::LINES_MAX;
/// The field that says where the portion of people begins who are meant: the interface's cursor.
pub(super) const PORTION: &str = "portion";
/// The field that says where the portion behind them begins.
pub(super) const NEXT_PORTION: &str = "next_portion";
/// How many are looked for at one go in an order by anything but the id, as that takes several times as long.
const SORTED_AT_ONCE: usize = 1_000;
/// After how long no more are looked for: a page is to be there within 50 ms, and the rest of them comes with the next portion.
const PATIENCE: Duration = Duration::from_millis(15);

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
    /// Whom the form means; whoever asks must be one who may see the licensee.
    pub(super) async fn of(
        console: &Console,
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
                Self::of_filter(console, licensee, action, query).await
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

    /// Those whom a filter finds from a place on and whom the action concerns: up to what one command takes, or as many as are
    /// found while somebody may be asked to wait.
    async fn of_filter(
        console: &Console,
        licensee: &LicenseeId,
        action: Action,
        mut query: MembersQuery,
    ) -> Result<Self, Failure> {
        let began = Stopwatch::now();
        let concerned = if action == Action::Remove { "yes" } else { "no" };
        let mut people = Self::default();
        if !query.assigned.is_empty() && query.assigned != concerned {
            return Ok(people);
        }
        // So that nobody is read whom it does not concern, however many there are.
        concerned.clone_into(&mut query.assigned);
        loop {
            // No more than there is room for, so that the next portion begins right behind.
            let room = PEOPLE_MAX.saturating_sub(people.lines.len());
            let at_once = if query.is_by_id() { room } else { room.min(SORTED_AT_ONCE) };
            let chosen = choose(console, licensee, &query, at_once).await;
            let Chosen { members, next_cursor } = match chosen {
                // R19: an old instance can't say who has a seat, but who is there.
                Err(Failure::Problem(problem))
                    if problem.code == "instance_version_too_old" && !query.assigned.is_empty() =>
                {
                    query.assigned.clear();
                    continue;
                }
                chosen => chosen?,
            };
            people.lines.extend(members.into_iter().map(|(user, name)| {
                let label = name.unwrap_or_else(|| user.to_string());
                Line { label, user: Ok(user) }
            }));
            let is_enough = people.lines.len() >= PEOPLE_MAX || began.elapsed() >= PATIENCE;
            match next_cursor {
                Some(cursor) if !is_enough => query.cursor = cursor,
                next_portion => return Ok(Self { next_portion, ..people }),
            }
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

/// Some of those whom a filter finds.
async fn choose(
    console: &Console,
    licensee: &LicenseeId,
    query: &MembersQuery,
    limit: usize,
) -> Result<Chosen, Failure> {
    // All that is in it is encoded.
    let list: Uri = query.target(licensee.as_str()).into_text().parse().map_err(|error| Failure::defect(&error))?;
    let (services, licensee) = (console.services().clone(), licensee.clone());
    let chosen = tokio::task::spawn_blocking(move || services.choose_members(&licensee, &list, limit)).await;
    chosen.map_err(|error| Failure::defect(&error))?.map_err(Failure::from)
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
