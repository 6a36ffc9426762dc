//! Which members a page shows, as its address says it.

use maud::{Markup, html};

use crate::{fields::Fields, html::hidden, interface::Target};

/// How many may stand on a page; the first unless it is said.
pub(super) const PAGE_SIZES: [&str; 3] = ["20", "50", "100"];

/// Which members are shown, in which order.
#[derive(Debug, Clone, Default)]
pub(super) struct MembersQuery {
    pub(super) product: String,
    /// `yes`, `no` or empty.
    pub(super) assigned: String,
    pub(super) status: String,
    pub(super) search: String,
    pub(super) sort: String,
    pub(super) limit: String,
    pub(super) cursor: String,
    /// A day, or empty for now.
    pub(super) as_of: String,
    /// How many members a search looked at without filling a page, up to the cursor.
    pub(super) looked_at: usize,
}

impl MembersQuery {
    pub(super) fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        let known_size = |limit: String| PAGE_SIZES.contains(&limit.as_str()).then_some(limit);
        Self {
            product: text("product"),
            assigned: text("assigned"),
            status: text("status"),
            search: text("search"),
            sort: text("sort"),
            limit: known_size(text("limit")).unwrap_or_else(|| "20".to_owned()),
            cursor: text("cursor"),
            as_of: text("as_of"),
            looked_at: fields.text("looked_at").parse().unwrap_or_default(),
        }
    }

    /// Each field that is not empty, but where the page begins.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let limit = if self.limit == "20" { "" } else { self.limit.as_str() };
        let fields = [
            ("product", self.product.as_str()),
            ("assigned", self.assigned.as_str()),
            ("status", self.status.as_str()),
            ("search", self.search.as_str()),
            ("sort", self.sort.as_str()),
            ("limit", limit),
            ("as_of", self.as_of.as_str()),
        ];
        fields.into_iter().filter(|(_, value)| !value.is_empty())
    }

    /// The address of the page of these members.
    pub(super) fn link(&self, licensee: &str) -> String {
        let target = Target::new(format!("/licensees/{licensee}/seats"));
        let target = self.fields().fold(target, |target, (name, value)| target.with(name, value));
        let looked_at = if self.looked_at == 0 { String::new() } else { self.looked_at.to_string() };
        target.with_some("cursor", &self.cursor).with_some("looked_at", &looked_at).into_text()
    }

    /// The same from the beginning.
    pub(super) fn first_page(&self) -> Self {
        Self { cursor: String::new(), looked_at: 0, ..self.clone() }
    }

    /// What the interface is asked.
    pub(super) fn target(&self, licensee: &str) -> Target {
        let assigned = match self.assigned.as_str() {
            "yes" => "true",
            "no" => "false",
            _ => "",
        };
        let as_of = if self.as_of.is_empty() { String::new() } else { end_of_day(&self.as_of) };
        Target::new(format!("/v1/licensees/{licensee}/members"))
            .with_some("assigned", assigned)
            .with_some("status", &self.status)
            .with_some("search", &self.search)
            .with_some("sort", &self.sort)
            .with_some("as_of", &as_of)
            .with_some("cursor", &self.cursor)
            .with("limit", &self.limit)
    }

    /// All of it as fields of a form that comes back to the same list.
    pub(super) fn hidden_fields(&self) -> Markup {
        html! {
            @for (name, value) in self.fields() { (hidden(name, value)) }
            @if !self.cursor.is_empty() { (hidden("cursor", &self.cursor)) }
            @if self.looked_at > 0 { (hidden("looked_at", &self.looked_at.to_string())) }
        }
    }

    /// Whether members come by their ids, so that a search looks at each only once.
    pub(super) fn is_by_id(&self) -> bool {
        matches!(self.sort.as_str(), "" | "user" | "-user")
    }

    /// Whether anything is left out.
    pub(super) fn is_filtered(&self) -> bool {
        !(self.assigned.is_empty() && self.status.is_empty() && self.search.is_empty())
    }
}

/// The last instant of a day, as an `as_of` names it; other texts stay, for the interface to judge.
pub(super) fn end_of_day(day: &str) -> String {
    if day.len() == "2026-01-31".len() { format!("{day}T23:59:59.999999Z") } else { day.to_owned() }
}
