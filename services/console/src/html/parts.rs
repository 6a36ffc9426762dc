//! Small things that many pages show.

use licensing::{Instant, ProductStatus, ProductSummary, UserStatus};
use maud::{Markup, html};

use super::words::{add_on_name, in_words, refusal_words};
use crate::failure::Problem;

/// An instant as a day: `3 Feb 2026`, with the exact one at hand.
pub(crate) fn day(at: Instant) -> Markup {
    html! { time datetime=(at.to_rfc3339()) title=(exact(at)) { (at.format("%-d %b %Y")) } }
}

/// An instant as day and time, in UTC.
pub(crate) fn day_and_time(at: Instant) -> Markup {
    html! { time datetime=(at.to_rfc3339()) title=(exact(at)) { (at.format("%-d %b %Y, %H:%M")) } }
}

/// A day, or that there is none.
pub(crate) fn moment(at: Option<Instant>, otherwise: &str) -> Markup {
    html! { @if let Some(at) = at { (day(at)) } @else { span.quiet { (otherwise) } } }
}

fn exact(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A short word in a coloured field; `tone` is `good`, `warn`, `bad`, `info` or `plain`.
pub(crate) fn chip(tone: &str, text: &str) -> Markup {
    html! { span class={ "chip " (tone) } { (text) } }
}

/// A user's status.
pub(crate) fn status_chip(status: UserStatus) -> Markup {
    let tone = match status {
        UserStatus::Active => "good",
        UserStatus::Deactivated => "plain",
        UserStatus::Blocked | UserStatus::Banned | UserStatus::Deleted => "bad",
    };
    chip(tone, &in_words(status.as_str()))
}

/// What a pool of seats is doing.
pub(crate) fn product_chip(product: &ProductSummary) -> Markup {
    match product.status {
        ProductStatus::Active if product.trial => chip("info", "Trial"),
        ProductStatus::Active => chip("good", "Active"),
        ProductStatus::Grace => chip("warn", "Grace"),
        ProductStatus::PendingSync => chip("info", "Waits for sync"),
        ProductStatus::None => chip("plain", "No add-on"),
    }
}

/// How much of something is used, as a bar without words.
pub(crate) fn bar(used: u32, of: u32) -> Markup {
    let width = if of == 0 { 0.0 } else { f64::from(used.min(of)) * 100.0 / f64::from(of) };
    let tone = match (used, of) {
        (used, of) if used > of => "over",
        (used, of) if used == of && of > 0 => "full",
        _ => "part",
    };
    html! {
        svg.bar viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.track width="100" height="6" {}
            rect class={ "fill " (tone) } width=(format!("{width:.1}")) height="6" {}
        }
    }
}

/// Seats that are used of those that were bought.
pub(crate) fn seats_meter(product: &ProductSummary) -> Markup {
    html! {
        div.seats {
            span.seats-text {
                strong { (product.assigned) } " of " (product.quantity)
                @if let Some(add_on) = &product.add_on { " " span.quiet { (add_on_name(add_on.as_str())) } }
            }
            (bar(product.assigned, product.quantity))
        }
    }
}

/// A hidden field.
pub(crate) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// Words that stand out; `tone` as of [`chip`].
pub(crate) fn notice(tone: &str, title: &str, text: &Markup) -> Markup {
    let role = if tone == "bad" { "alert" } else { "status" };
    html! {
        div class={ "notice " (tone) } role=(role) {
            p.notice-title { (title) }
            p { (text) }
        }
    }
}

/// Why something was refused, and what can be done.
pub(crate) fn problem_notice(problem: &Problem) -> Markup {
    let (title, mend) = refusal_words(problem);
    let detail = problem.detail.as_str();
    let text = html! {
        (mend)
        @if !detail.is_empty() && detail != mend {
            br; span.quiet { (problem.code) ": " (detail) }
        }
    };
    notice("bad", &title, &text)
}

/// What to do where there is nothing to show.
pub(crate) fn empty(title: &str, text: &Markup) -> Markup {
    html! { div.empty { p.empty-title { (title) } p { (text) } } }
}

/// The ways to other parts of a list.
pub(crate) fn pager(first: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        @if first.is_some() || next.is_some() {
            nav.pager aria-label="Pages" {
                @if let Some(first) = first { a.button href=(first) { "First page" } }
                @if let Some(next) = next { a.button href=(next) rel="next" { "Next page" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_shown_is_escaped() {
        let shown = chip("plain", "<script>alert(1)</script>").into_string();
        assert!(!shown.contains("<script>") && shown.contains("&lt;script&gt;"), "{shown}");
        let attribute = hidden("a", "\"><script>").into_string();
        assert!(!attribute.contains("\"><script>"), "{attribute}");
    }

    #[test]
    fn a_bar_is_never_wider_than_its_track() {
        for (used, of, width) in [(0, 0, "0.0"), (5, 10, "50.0"), (20, 10, "100.0")] {
            assert!(bar(used, of).into_string().contains(&format!("width=\"{width}\"")), "{used} of {of}");
        }
    }
}
