//! `usher diff`: what moved at a licensee between two instants.

use clap::Args;
use licensing::LicenseeId;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Config, Use};
use crate::{
    args::PlaceArgs,
    client::{Client, Target},
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    moment::{self, Moment},
    output::{self, Format, JsonArray, Table},
};

const EXAMPLES: &str = "\
Without --url it opens the store and changes nothing; a folder must not be open in another process.
With --format json the result is one object, as GET /v1/licensees/{licensee}/diff answers, with the moves of all pages.

Examples:
  usher diff acme --from 2026-01-01
  usher diff acme --from 2026-01-01 --to 2026-02-01
  usher diff acme --from 2026-01-01 --to 2026-02-01 --as-known-at 2026-02-10
  usher diff acme --from 2026-01-01 --format json --url http://127.0.0.1:8080";

/// The largest page of moves.
const PAGE_ITEMS: &str = "1000";
const ITEMS: &str = "items";
const NEXT_CURSOR: &str = "next_cursor";

/// Prints what moved between two instants: seats, members, what was sold; by whom and why
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DiffArgs {
    /// The licensee's id
    licensee: LicenseeId,

    /// The state as of this time is held against a later one, such as 2026-01-31T12:00:00Z or 2026-01-31
    #[arg(long, value_name = "T")]
    from: Moment,

    /// The later time; now if absent
    #[arg(long, value_name = "T")]
    to: Option<Moment>,

    /// Both ends as they were known then: without what was recorded after this time
    #[arg(long, value_name = "T")]
    as_known_at: Option<Moment>,

    #[command(flatten)]
    place: PlaceArgs,
}

impl DiffArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.place.settings()
    }
}

/// Does it.
pub fn run(args: &DiffArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let client = config.client(Use::Reading)?;
    let from = moment::to_text(client.as_of(args.from.0)?);
    let to = args.to.map(|Moment(at)| client.as_of(at)).transpose()?.map(moment::to_text);
    let as_known_at = args.as_known_at.map(|Moment(at)| moment::to_text(at));
    let target = Target::new(["v1", "licensees", args.licensee.as_str(), "diff"])
        .with("from", &from)
        .with_some("to", to.as_deref())
        .with_some("as_known_at", as_known_at.as_deref())
        .with("limit", PAGE_ITEMS);
    match config.format() {
        Format::Json => print_json(&client, &target)?,
        Format::Table => print_table(&client, &target)?,
    }
    Ok(ExitStatus::Done)
}

/// A page: what is the same on every one, and its moves.
struct Page {
    head: Map<String, Value>,
    moves: Vec<Value>,
    next: Option<String>,
}

fn page(client: &Client, target: &Target, cursor: Option<&str>) -> Result<Page, CommandError> {
    let mut head: Map<String, Value> = client.get(&target.clone().with_some("cursor", cursor))?;
    let next = head.remove(NEXT_CURSOR).and_then(|next| next.as_str().map(str::to_owned));
    let moves = match head.remove(ITEMS) {
        Some(Value::Array(moves)) => moves,
        _ => Vec::new(),
    };
    Ok(Page { head, moves, next })
}

/// Visits the moves of this page and of all behind it.
fn for_each_move(
    client: &Client,
    target: &Target,
    first: Page,
    mut visit: impl FnMut(Value) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let mut at_hand = first;
    loop {
        at_hand.moves.into_iter().try_for_each(&mut visit)?;
        let Some(cursor) = at_hand.next else { return Ok(()) };
        at_hand = page(client, target, Some(&cursor))?;
    }
}

/// One object, written move by move, so that it never has to be in memory as a whole.
fn print_json(client: &Client, target: &Target) -> Result<(), CommandError> {
    let mut first = page(client, target, None)?;
    first.head.insert(NEXT_CURSOR.to_owned(), Value::Null);
    let head = Value::Object(std::mem::take(&mut first.head)).to_string();
    // The object's own brace comes behind the moves.
    let open = head.strip_suffix('}').unwrap_or(&head);
    output::line(&format!("{open},\"{ITEMS}\":"))?;
    let mut array = JsonArray::default();
    for_each_move(client, target, first, |told| Ok(array.push(&told)?))?;
    array.end()?;
    Ok(output::line("}")?)
}

fn print_table(client: &Client, target: &Target) -> Result<(), CommandError> {
    let first = page(client, target, None)?;
    print_net(&first.head)?;
    output::line("")?;
    let mut table = Table::new(["effective at", "move", "user", "what", "rule", "actor", "command"]);
    for_each_move(client, target, first, |told| {
        let told = Told::deserialize(told).unwrap_or_default();
        for what in told.whats() {
            let Told { effective_at, kind, user, rule, actor, command_id, .. } = &told;
            let [user, rule] = [user, rule].map(|text| text.as_deref().unwrap_or("-"));
            let kind = kind.replace('_', " ");
            table.row([effective_at, &kind, user, &what, rule, actor, command_id].map(String::from));
        }
        Ok(())
    })?;
    Ok(table.print()?)
}

/// What it comes to.
fn print_net(head: &Map<String, Value>) -> Result<(), CommandError> {
    let mut table = Table::without_heading();
    let mut fact = |name: String, value: Option<&Value>| table.row([name, value.map(text).unwrap_or_default()]);
    for name in ["licensee", "from", "to", "as_known_at"] {
        if let Some(value) = head.get(name) {
            fact(name.replace('_', " "), Some(value));
        }
    }
    let net = head.get("net");
    for name in ["members_joined", "members_left"] {
        fact(name.replace('_', " "), net.and_then(|net| net.get(name)));
    }
    let products = net.and_then(|net| net.get("seats")).and_then(Value::as_object);
    for (product, seats) in products.into_iter().flatten() {
        for name in ["gained", "lost", "lost_and_regained"] {
            fact(format!("seats of {product} {}", name.replace('_', " ")), seats.get(name));
        }
    }
    Ok(table.print()?)
}

/// What is shown of a move.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    effective_at: String,
    kind: String,
    user: Option<String>,
    rule: Option<String>,
    actor: String,
    command_id: String,
    product: Option<String>,
    reason: Option<String>,
    cause: Option<String>,
    rank: Option<u64>,
    #[serde(deserialize_with = "present")]
    last_used_at: Option<Value>,
    net: Option<String>,
    changes: Vec<Change>,
}

/// A field that is not as it was.
#[derive(Deserialize)]
struct Change {
    field: String,
    product: Option<String>,
    before: Value,
    after: Value,
}

impl Told {
    /// The facts of the move: a line for each field that changed, or one for everything.
    fn whats(&self) -> Vec<String> {
        if !self.changes.is_empty() {
            return self.changes.iter().map(Change::told).collect();
        }
        let mut facts: Vec<String> = self.product.iter().cloned().collect();
        facts.extend(self.reason.clone().or_else(|| self.cause.clone()));
        facts.extend(self.rank.map(|rank| format!("rank={rank}")));
        facts.extend(self.last_used_at.as_ref().map(|last| format!("last_used_at={}", or_never(last))));
        facts.extend(self.net.as_ref().map(|net| format!("net={net}")));
        vec![facts.join(" ")]
    }
}

impl Change {
    fn told(&self) -> String {
        let product = self.product.as_ref().map_or_else(String::new, |product| format!("{product}."));
        format!("{product}{}={}→{}", self.field, text(&self.before), text(&self.after))
    }
}

/// Tells a null, which means never, from what is absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn or_never(value: &Value) -> String {
    if value.is_null() { "never".to_owned() } else { text(value) }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_seat_is_told_on_one_line_each_change_on_its_own_and_never_used_is_not_unknown() {
        let told = |value: Value| Told::deserialize(value).unwrap_or_default().whats().join("; ");
        let lost = json!({"product": "duo", "reason": "overage", "rank": 1, "last_used_at": null, "net": "removed"});
        assert_eq!(told(lost), "duo overage rank=1 last_used_at=never net=removed");
        assert_eq!(told(json!({"product": "duo", "reason": "blocked", "net": "removed"})), "duo blocked net=removed");
        let change = json!({"field": "quantity", "product": "duo", "before": 50, "after": null});
        let plan = json!({"field": "plan", "before": "premium", "after": "ultimate"});
        assert_eq!(told(json!({"changes": [change, plan]})), "duo.quantity=50→-; plan=premium→ultimate");
    }
}
