//! The forms beside a list of members by which many of them are meant.

use licensing::{LicenseeId, ProductId};
use maud::{Markup, html};

use crate::{html::hidden, pages::members_query::MembersQuery};

/// The id of the form that ticks in a list belong to.
pub(crate) const FORM: &str = "bulk";

/// What is to be done with those who are ticked, or with everybody the filter finds.
pub(crate) fn bar(licensee: &LicenseeId, query: &MembersQuery) -> Markup {
    html! {
        form.actions id=(FORM) method="post" action={ "/licensees/" (licensee) "/seats/review" } {
            (query.hidden_fields())
            span.quiet data-selected-count { "Select people below" }
            label {
                input type="checkbox" name="scope" value="filter";
                "everybody " @if query.is_filtered() { "the filter finds" } @else { "there is" }
            }
            button.button type="submit" name="action" value="assign" { "Assign seats" }
            button.button type="submit" name="action" value="remove" { "Remove seats" }
        }
    }
}

/// A list of people that is pasted, dropped or chosen.
pub(crate) fn list_form(licensee: &LicenseeId, product: &ProductId) -> Markup {
    let action = format!("/licensees/{licensee}/seats/review");
    html! {
        details.card {
            summary { "Assign or remove by a list" }
            form.stack method="post" enctype="multipart/form-data" action=(action) {
                (hidden("product", product.as_str()))
                (hidden("scope", "list"))
                label.field {
                    "User names or ids, one a line, or CSV with a column username or user; a file can be dropped here"
                    textarea name="list" data-drop spellcheck="false" {}
                }
                label.field {
                    "Or choose a file"
                    input type="file" name="file" accept=".csv,.txt,text/csv,text/plain";
                }
                div.actions {
                    button.button type="submit" name="action" value="assign" { "Assign these" }
                    button.button type="submit" name="action" value="remove" { "Remove these" }
                }
            }
        }
    }
}
