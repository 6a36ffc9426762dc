//! All licensees that the visitor may see.

use axum::extract::{RawQuery, State};
use maud::{Markup, html};

use crate::{
    Console,
    changes::{self, OWN_MAX, Watched},
    failure::Failure,
    fields::Fields,
    html::{Place, Shell, day, empty, page, pager, plan_name, product_chip, seats_meter, timer_words},
    interface::Target,
    visitor::Visitor,
    wire::{Licensee, Page, Timer},
};

/// How many stand on a page.
const PER_PAGE: &str = "25";

/// A licensee, and what time alone will change first.
struct Row {
    licensee: Licensee,
    next: Option<Timer>,
}

/// A page of licensees, with their seats and what ends next.
pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Markup, Failure> {
    let fields = Fields::of_query(query.as_deref());
    let (search, cursor) = (fields.text("search"), fields.text("cursor"));
    // First, so that what changes meanwhile is shown anew.
    let version = Watched::all_of(&visitor).version(&console, &visitor).await?;
    let found = if visitor.caller.sees_everything {
        let target = Target::new("/v1/licensees").with("limit", PER_PAGE);
        let target = target.with_some("search", search).with_some("cursor", cursor);
        console.interface().get::<Page<Licensee>>(&visitor, target).await?
    } else {
        own_licensees(&console, &visitor, search).await?
    };
    let mut rows = Vec::with_capacity(found.items.len());
    for licensee in found.items {
        let target = Target::new("/v1/timers").with("licensee", licensee.licensee.as_str());
        let timers: Page<Timer> = console.interface().get(&visitor, target).await?;
        rows.push(Row { licensee, next: timers.items.into_iter().next() });
    }
    let link =
        |cursor: &str| Target::new("/licensees").with_some("search", search).with_some("cursor", cursor).into_text();
    let first = (!cursor.is_empty()).then(|| link(""));
    let next = found.next_cursor.as_deref().map(link);
    let content = html! {
        div.heading { h1 { "Licensees" } }
        form.filters role="search" {
            label.grow { "Search by name or id" input type="search" name="search" value=(search); }
            button.button type="submit" { "Search" }
        }
        @if rows.is_empty() { (nothing(search)) } @else { (table(&rows)) }
        (pager(first.as_deref(), next.as_deref()))
    };
    let shell = Shell {
        title: "Licensees",
        place: Place::Licensees,
        visitor: Some(&visitor),
        follows: Some((changes::OF_ALL.to_owned(), version)),
    };
    Ok(page(&shell, &content))
}

/// The licensees that somebody looks after; those that are not there yet are left away.
async fn own_licensees(console: &Console, visitor: &Visitor, search: &str) -> Result<Page<Licensee>, Failure> {
    let mut items: Vec<Licensee> = Vec::new();
    for licensee in visitor.caller.licensees.iter().take(OWN_MAX) {
        match super::licensee_now(console, visitor, licensee).await {
            Ok(found) if is_meant(&found, search) => items.push(found),
            Ok(_) => {}
            Err(Failure::Problem(problem)) if matches!(problem.status, 403 | 404) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(Page { items, next_cursor: None })
}

fn is_meant(licensee: &Licensee, search: &str) -> bool {
    let search = search.to_lowercase();
    [licensee.title(), licensee.licensee.as_str()].iter().any(|text| text.to_lowercase().contains(&search))
}

fn nothing(search: &str) -> Markup {
    if search.is_empty() {
        let what = html! {
            "A licensee appears here with its first subscription or member: have billing and the user directory send to "
            code { "/v1/events" } ", or run " code { "usher demo" } "."
        };
        return empty("No licensees yet", &what);
    }
    empty("Nothing found", &html! { "No name or id contains “" (search) "”. " a href="/licensees" { "Show all" } })
}

fn table(rows: &[Row]) -> Markup {
    html! {
        div.table-frame role="region" aria-label="Licensees" tabindex="0" {
            table.rows {
                thead {
                    tr {
                        th scope="col" { "Licensee" }
                        th scope="col" { "Plan" }
                        th scope="col" { "Seats" }
                        th scope="col" { "State" }
                        th scope="col" { "Next" }
                    }
                }
                tbody { @for row in rows { (table_row(row)) } }
            }
        }
    }
}

fn table_row(Row { licensee, next }: &Row) -> Markup {
    html! {
        tr {
            td.who {
                a.name href={ "/licensees/" (licensee.licensee) "/seats" } { (licensee.title()) }
                div.quiet { (licensee.licensee) " · " (licensee.members) " members" }
            }
            td data-label="Plan" {
                @if let Some(subscription) = &licensee.subscription {
                    (plan_name(subscription.plan.as_str()))
                    " " span.quiet { (subscription.seats) " seats" }
                } @else { span.quiet { "None" } }
            }
            td { @for product in licensee.products.values() { (seats_meter(product)) } }
            td { @for product in licensee.products.values() { (product_chip(product)) " " } }
            td data-label="Next" {
                @match next {
                    Some(next) => { (timer_words(&next.kind)) " " (day(next.due_at)) },
                    None => span.quiet { "Nothing" },
                }
            }
        }
    }
}
