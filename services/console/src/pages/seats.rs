//! The members of a licensee and their seats.

use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use licensing::{LicenseeId, ProductId, ProductStatus, ProductSummary, UserStatus};
use maud::{Markup, html};

use super::{
    bulk, comes_again, licensee_now,
    members_found::Found,
    members_query::{MembersQuery, PAGE_SIZES, end_of_day},
    parse_licensee,
};
use crate::{
    Console,
    failure::{Failure, Problem},
    fields::Fields,
    html::{
        DayForm, Tab, add_on_name, day, day_form, empty, hidden, in_words, licensee_page, moment, notice, pager,
        problem_notice, product_chip, seats_are, seats_meter, status_chip,
    },
    interface::Target,
    visitor::Visitor,
    wire::{Event, Licensee, Member, Page},
};

/// What columns can be sorted by: its title and the interface's word for it.
const COLUMNS: [(&str, &str); 5] = [
    ("User", "username"),
    ("Status", ""),
    ("Last use", "last_used_at"),
    ("Assigned since", "assigned_at"),
    ("Seat", ""),
];

/// The page.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path(licensee): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let licensee = parse_licensee(&licensee)?;
    render(&console, &visitor, &licensee, &MembersQuery::of(&Fields::of_query(query.as_deref())), None).await
}

/// The page, with what was refused on it.
pub(super) async fn with_refusal(
    console: &Console,
    visitor: &Visitor,
    licensee: &LicenseeId,
    query: &MembersQuery,
    problem: &Problem,
) -> Result<Response, Failure> {
    let mut response = render(console, visitor, licensee, query, Some(problem)).await?;
    *response.status_mut() = problem.http_status();
    Ok(response)
}

async fn render(
    console: &Console,
    visitor: &Visitor,
    licensee: &LicenseeId,
    query: &MembersQuery,
    refused: Option<&Problem>,
) -> Result<Response, Failure> {
    let query = &without_today(query, console.services().engine.now().date_naive());
    let now = licensee_now(console, visitor, licensee).await?;
    let then = if query.as_of.is_empty() { None } else { licensee_then(console, visitor, licensee, query).await? };
    let Some((product, pool)) = then.as_ref().unwrap_or(&now).product(&query.product) else {
        return Err(Failure::not_found("the catalogue has no product: see usher's --catalog"));
    };
    let members = Found::of(console, visitor, licensee.as_str(), query).await;
    let is_being_prepared = matches!(&members, Err(Failure::Problem(problem)) if problem.is_being_prepared());
    let list = match members {
        Ok(Found { page, looked_at }) => {
            table(&Table { visitor, licensee: &now, product, query, page: &page, looked_at })
        }
        Err(Failure::Problem(problem)) if problem.is_being_prepared() => preparing(&problem),
        // What the address asks for can't be had; the rest of the page can.
        Err(Failure::Problem(problem)) if matches!(problem.status, 400 | 404 | 409) => no_list(&now, query, &problem),
        Err(failure) => return Err(failure),
    };
    let is_past = !query.as_of.is_empty();
    let first_day = first_day(console, visitor, licensee).await;
    let content = html! {
        @if let Some(problem) = refused { (problem_notice(problem)) (ways_to_a_seat(visitor, &now.licensee, problem)) }
        (grace_notice(pool))
        @if is_past { (past_notice(&now, query)) }
        @if !is_past || then.is_some() { (summary(product, pool)) }
        (look_back(&now, query, first_day, console.services().engine.now().date_naive()))
        (filters(query))
        (list)
    };
    let page = licensee_page(visitor, &now, (Tab::Seats, "Seats"), &content);
    Ok(if is_being_prepared { comes_again(page, None) } else { page.into_response() })
}

/// That the list is on its way.
fn preparing(problem: &Problem) -> Markup {
    let text = html! { (problem.detail) ". This page does so by itself." };
    notice("info", "The members are being sorted", &text)
}

/// Where a free seat could come from, if that is what is missing.
pub(super) fn ways_to_a_seat(visitor: &Visitor, licensee: &LicenseeId, problem: &Problem) -> Markup {
    let (assigned, sort) = ("yes".to_owned(), "last_used_at".to_owned());
    let holders = MembersQuery { assigned, sort, ..MembersQuery::of(&Fields::default()) };
    html! {
        @if matches!(problem.code.as_str(), "no_seats_available" | "not_enough_seats") {
            p.actions {
                a.button href=(holders.link(licensee.as_str())) { "See who has a seat, the longest unused first" }
                @if visitor.caller.sends_billing {
                    a.button href={ "/licensees/" (licensee) "/subscription#what-if" } { "Have more seats" }
                }
            }
        }
    }
}

/// Today is no past: what happens today is shown as it comes.
fn without_today(query: &MembersQuery, today: NaiveDate) -> MembersQuery {
    let is_today = query.as_of.parse::<NaiveDate>().is_ok_and(|day| day == today);
    let as_of = if is_today { String::new() } else { query.as_of.clone() };
    MembersQuery { as_of, ..query.clone() }
}

/// The licensee at the end of the day that is shown; `None` where it was not there, or that is no day: the list says so.
async fn licensee_then(
    console: &Console,
    visitor: &Visitor,
    licensee: &LicenseeId,
    query: &MembersQuery,
) -> Result<Option<Licensee>, Failure> {
    let target = Target::new(format!("/v1/licensees/{licensee}")).with("as_of", &end_of_day(&query.as_of));
    match console.interface().get(visitor, target).await {
        Ok(then) => Ok(Some(then)),
        Err(Failure::Problem(problem)) if matches!(problem.status, 400 | 404) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The day of the licensee's first event; without it there is a page all the same.
async fn first_day(console: &Console, visitor: &Visitor, licensee: &LicenseeId) -> Option<NaiveDate> {
    let target = Target::new(format!("/v1/licensees/{licensee}/events")).with("limit", "1");
    let first: Page<Event> = console.interface().get(visitor, target).await.ok()?;
    first.items.first().map(|event| event.effective_at.date_naive())
}

/// The way to the same page of another day.
fn look_back(licensee: &Licensee, query: &MembersQuery, first: Option<NaiveDate>, today: NaiveDate) -> Markup {
    let action = format!("/licensees/{}/seats", licensee.licensee);
    let fields = query.fields().filter(|(name, _)| *name != "as_of").collect();
    let form = DayForm { action: &action, fields, first, today, chosen: query.as_of.parse().ok() };
    html! {
        details.card open[!query.as_of.is_empty()] { summary { "Look back" } (day_form(&form)) }
    }
}

/// In grace, until when seats are kept (R20).
pub(super) fn grace_notice(pool: &ProductSummary) -> Markup {
    html! {
        @if let (ProductStatus::Grace, Some(ends_at)) = (pool.status, pool.grace_ends_at) {
            (notice("warn", "Seats are kept, but give no access", &html! {
                (seats_are(pool.assigned)) " removed on " strong { (day(ends_at)) }
                " unless the add-on is renewed before."
            }))
        }
    }
}

fn past_notice(licensee: &Licensee, query: &MembersQuery) -> Markup {
    let now = MembersQuery { as_of: String::new(), ..query.first_page() }.link(licensee.licensee.as_str());
    notice("info", "This is the past", &html! { "Members as of " (query.as_of) ". " a href=(now) { "Show today" } })
}

fn summary(product: &ProductId, pool: &ProductSummary) -> Markup {
    let name = pool.add_on.as_ref().map_or_else(|| in_words(product.as_str()), |add_on| add_on_name(add_on.as_str()));
    html! {
        section.card aria-label="Seats" {
            div.heading { h2 { (name) } (product_chip(pool)) }
            (seats_meter(pool))
            p.quiet { (pool.available) " free" @if let Some(ends_at) = pool.ends_at { " · until " (day(ends_at)) } }
        }
    }
}

fn filters(query: &MembersQuery) -> Markup {
    html! {
        form.filters role="search" {
            @for (name, value) in query.fields().filter(|(name, _)| matches!(*name, "sort" | "product" | "as_of")) {
                (hidden(name, value))
            }
            label.grow {
                "Search name, user name, address or id"
                input type="search" name="search" value=(query.search);
            }
            label {
                "Assigned seat"
                select name="assigned" {
                    option value="" { "Any" }
                    option value="yes" selected[query.assigned == "yes"] { "Yes" }
                    option value="no" selected[query.assigned == "no"] { "No" }
                }
            }
            label {
                "Status"
                select name="status" {
                    option value="" { "Any" }
                    @for status in UserStatus::ALL {
                        option value=(status) selected[query.status == status.as_str()] { (in_words(status.as_str())) }
                    }
                }
            }
            label {
                "Per page"
                select name="limit" {
                    @for size in PAGE_SIZES { option value=(size) selected[query.limit == size] { (size) } }
                }
            }
            button.button type="submit" { "Filter" }
        }
    }
}

/// Why there is no list, and how to get one.
fn no_list(licensee: &Licensee, query: &MembersQuery, problem: &Problem) -> Markup {
    let plain = MembersQuery::of(&Fields::default()).link(licensee.licensee.as_str());
    html! {
        @if problem.status == 404 && !query.as_of.is_empty() {
            (empty("Nothing to show for that day", &html! { "The licensee was not there yet on " (query.as_of) "." }))
        } @else { (problem_notice(problem)) }
        p { a.button href=(plain) { "Show all members" } }
    }
}

struct Table<'a> {
    visitor: &'a Visitor,
    licensee: &'a Licensee,
    product: &'a ProductId,
    query: &'a MembersQuery,
    page: &'a Page<Member>,
    looked_at: usize,
}

fn table(table: &Table<'_>) -> Markup {
    let Table { licensee, query, page, .. } = table;
    let id = licensee.licensee.as_str();
    if page.items.is_empty() && page.next_cursor.is_none() {
        return nothing(id, query);
    }
    let behind =
        |cursor: &String| MembersQuery { cursor: cursor.clone(), looked_at: table.looked_at, ..(*query).clone() };
    let next = page.next_cursor.as_ref().map(|cursor| behind(cursor).link(id));
    // Only a search gives fewer than fit although it can go on.
    let is_full = query.limit.parse().is_ok_and(|limit: usize| page.items.len() >= limit);
    if let Some(next) = next.as_deref().filter(|_| !is_full) {
        return html! { (looked_through(table, next)) @if !page.items.is_empty() { (rows(table, None)) } };
    }
    rows(table, next.as_deref())
}

/// That a search has looked at some members only, and the way on.
fn looked_through(table: &Table<'_>, next: &str) -> Markup {
    let (looked_at, members) = (table.looked_at, table.licensee.members as usize);
    let text = html! {
        @if table.query.is_by_id() && looked_at < members {
            "Looked through " (looked_at) " of " (members) " members, if not more. "
        } @else {
            "Not everybody has been looked at yet. "
        }
        a href=(next) rel="next" { "Look further" }
    };
    notice("info", if table.page.items.is_empty() { "Nobody found so far" } else { "There may be more" }, &text)
}

fn rows(table: &Table<'_>, next: Option<&str>) -> Markup {
    let Table { licensee, query, page, .. } = table;
    let may_change = table.may_change();
    let first = (!query.cursor.is_empty()).then(|| query.first_page().link(licensee.licensee.as_str()));
    html! {
        @if may_change { (bulk::bar(&licensee.licensee, query)) }
        div.table-frame role="region" aria-label="Members" tabindex="0" {
            table.rows {
                thead {
                    tr {
                        @if may_change {
                            th scope="col" {
                                input type="checkbox" data-select-all hidden aria-label="Select everybody on this page";
                                span.visually-hidden { "Selected" }
                            }
                        }
                        @for (title, key) in COLUMNS { (heading(table, title, key)) }
                        th scope="col" { span.visually-hidden { "Reasons" } }
                    }
                }
                tbody { @for member in &page.items { (row(table, member)) } }
            }
        }
        (pager(first.as_deref(), next))
        @if may_change { (bulk::list_form(&licensee.licensee, table.product)) }
    }
}

impl Table<'_> {
    /// Whether seats can be given and taken here: by whom may, and not in the past.
    fn may_change(&self) -> bool {
        self.query.as_of.is_empty() && self.visitor.caller.changes_seats_of(&self.licensee.licensee)
    }
}

fn heading(table: &Table<'_>, title: &str, key: &str) -> Markup {
    if key.is_empty() {
        return html! { th scope="col" { (title) } };
    }
    let query = table.query;
    let descending = format!("-{key}");
    // Times are most wanted with the latest first.
    let starts_descending = key.ends_with("_at");
    let (sort, direction, arrow) = if query.sort == key {
        (descending.as_str(), Some("ascending"), " ↑")
    } else if query.sort == descending {
        (key, Some("descending"), " ↓")
    } else {
        (if starts_descending { descending.as_str() } else { key }, None, "")
    };
    let link = MembersQuery { sort: sort.to_owned(), ..query.first_page() }.link(table.licensee.licensee.as_str());
    html! {
        th scope="col" aria-sort=[direction] { a href=(link) { (title) span aria-hidden="true" { (arrow) } } }
    }
}

fn row(table: &Table<'_>, member: &Member) -> Markup {
    let Table { licensee, product, query, .. } = table;
    let name = member.username.as_deref().unwrap_or(member.user.as_str());
    html! {
        tr {
            @if table.may_change() {
                td.tick {
                    input type="checkbox" form=(bulk::FORM) name="user" value=(member.user) aria-label={ "Select " (name) };
                }
            }
            td.who {
                div.name { (name) }
                div.quiet {
                    @if let Some(full_name) = &member.name { (full_name) " · " }
                    (in_words(&member.role))
                    @if member.r#type != "human" { " · " (in_words(&member.r#type)) }
                }
            }
            td { (status_chip(member.status)) }
            td data-label="Last use" { (moment(member.last_used_at, "Never")) }
            td data-label="Assigned since" { (moment(member.assigned_at, "No seat")) }
            td.flip {
                @if table.may_change() { (switch(licensee, product, query, member, name)) }
                @else if member.assigned { "Yes" } @else { span.quiet { "No" } }
            }
            td.end {
                @let why = Target::new(format!("/licensees/{}/members/{}/why", licensee.licensee, member.user));
                a href=(why.with_some("as_of", &query.as_of).into_text()) aria-label={ "Why " (name) " has a seat or not" } { "Why?" }
            }
        }
    }
}

fn switch(licensee: &Licensee, product: &ProductId, query: &MembersQuery, member: &Member, name: &str) -> Markup {
    let (to, done) = if member.assigned { ("removed", "Seat taken from ") } else { ("assigned", "Seat given to ") };
    html! {
        @let action = format!("/licensees/{}/seats/{product}/{}", licensee.licensee, member.user);
        form method="post" action=(action) data-flip {
            (hidden("to", to))
            (query.hidden_fields())
            button.switch id={ "seat-" (member.user) } type="submit" role="switch"
                aria-checked=(if member.assigned { "true" } else { "false" })
                aria-label={ "Seat of " (name) } data-done={ (done) (name) } {}
        }
    }
}

fn nothing(licensee: &str, query: &MembersQuery) -> Markup {
    if query.is_filtered() {
        let all = MembersQuery {
            search: String::new(),
            status: String::new(),
            assigned: String::new(),
            ..query.first_page()
        };
        return empty("Nobody fits the filter", &html! { a href=(all.link(licensee)) { "Show all members" } });
    }
    let what = html! {
        "Members come from the user directory: have it send " code { "MemberAdded" } " to " code { "/v1/events" } "."
    };
    empty("No members yet", &what)
}
