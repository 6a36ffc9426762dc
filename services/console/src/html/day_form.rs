//! A day to look back to.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::hidden;

/// What the form needs.
pub(crate) struct DayForm<'a> {
    /// The address that it leads to, with the day as `as_of`.
    pub(crate) action: &'a str,
    /// What else is sent along.
    pub(crate) fields: Vec<(&'static str, &'a str)>,
    /// The first day of which something is known; without it there is no slider.
    pub(crate) first: Option<NaiveDate>,
    pub(crate) today: NaiveDate,
    /// The day that is shown; today if it is none.
    pub(crate) chosen: Option<NaiveDate>,
}

/// A date field, and a slider over the whole past, which says the same.
pub(crate) fn day_form(form: &DayForm<'_>) -> Markup {
    let DayForm { action, fields, first, today, chosen } = form;
    let chosen = chosen.unwrap_or(*today);
    html! {
        form.filters action=(action) {
            @for (name, value) in fields { (hidden(name, value)) }
            @if let Some(first) = first {
                label.grow {
                    "Look back to a day"
                    input #as-of-slider type="range" hidden data-day-slider="as-of" data-first=(first) min="0"
                        max=((*today - *first).num_days().max(0)) value=((chosen - *first).num_days());
                }
            }
            label {
                "Day"
                input #as-of type="date" name="as_of" min=[first] max=(today) value=(chosen) required;
            }
            button.button type="submit" { "Show that day" }
        }
    }
}
