//! The frame of every page.

use licensing::Offering;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{chip, in_words, plan_name, problem_notice, refusal_words};
use crate::{failure::Problem, visitor::Visitor, wire::Licensee};

/// Where in the console a page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Among the licensees.
    Licensees,
    /// At what operators look after.
    Operations,
    /// Nowhere yet.
    Outside,
}

/// Which page of a licensee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Seats,
    Subscription,
    History,
}

/// What is around a page's own content.
pub(crate) struct Shell<'a> {
    pub(crate) title: &'a str,
    pub(crate) place: Place,
    pub(crate) visitor: Option<&'a Visitor>,
    /// Where the page listens for what changes, and the version that it shows.
    pub(crate) follows: Option<(String, u64)>,
}

/// A whole page.
pub(crate) fn page(shell: &Shell<'_>, content: &Markup) -> Markup {
    let Shell { title, place, visitor, follows } = shell;
    let changes = follows.as_ref().map(|(address, _)| address);
    let version = follows.as_ref().map(|(_, version)| version);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Usher" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/console.css";
                script src="/assets/theme.js" {}
                script type="module" src="/assets/console.js" {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                (header(*place, *visitor))
                main #main tabindex="-1" data-changes=[changes] data-version=[version] { (content) }
                p #said.visually-hidden role="status" aria-live="polite" {}
                footer { "Times are in UTC. " a href="/openapi.json" { "Interface" } }
            }
        }
    }
}

fn header(place: Place, visitor: Option<&Visitor>) -> Markup {
    let current = |of: Place| (place == of).then_some("page");
    let is_operating = visitor.is_some_and(|visitor| visitor.caller.sees_everything);
    html! {
        header.top {
            a.brand href="/" { (PreEscaped(include_str!("../assets/mark.svg"))) "Usher" }
            @if place != Place::Outside {
                nav aria-label="Main" {
                    a href="/licensees" aria-current=[current(Place::Licensees)] { "Licensees" }
                    @if is_operating {
                        a href="/operations" aria-current=[current(Place::Operations)] { "Operations" }
                    }
                }
            }
            div.top-end {
                button.theme type="button" data-theme-switch hidden { "Theme" }
                @if let Some(visitor) = visitor.filter(|visitor| visitor.is_signed_in()) {
                    span.actor { (visitor.caller.actor) }
                    form method="post" action="/sign-out" { button.link type="submit" { "Sign out" } }
                }
            }
        }
    }
}

/// A page of a licensee, with what all of them have.
pub(crate) fn licensee_page(
    visitor: &Visitor,
    licensee: &Licensee,
    (tab, title): (Tab, &str),
    content: &Markup,
) -> Markup {
    let base = format!("/licensees/{}", licensee.licensee);
    let current = |of: Tab| (tab == of).then_some("page");
    let body = html! {
        nav.crumbs aria-label="Breadcrumb" {
            a href="/licensees" { "Licensees" }
            span aria-hidden="true" { "/" }
            span { (licensee.licensee) }
        }
        div.heading {
            h1 { (licensee.title()) }
            div.facts {
                @if let Some(subscription) = &licensee.subscription {
                    (chip("info", &plan_name(subscription.plan.as_str())))
                }
                @if let Some(offering) = licensee.offering { span.quiet { (offering_name(offering)) } }
                span.quiet { (licensee.members) " members" }
            }
        }
        nav.tabs aria-label="Licensee" {
            a href={ (base) "/seats" } aria-current=[current(Tab::Seats)] { "Seats" }
            a href={ (base) "/subscription" } aria-current=[current(Tab::Subscription)] { "Subscription" }
            a href={ (base) "/history" } aria-current=[current(Tab::History)] { "History" }
        }
        (content)
    };
    let title = format!("{title}: {}", licensee.title());
    let follows = Some((format!("{base}/changes"), licensee.version));
    page(&Shell { title: &title, place: Place::Licensees, visitor: Some(visitor), follows }, &body)
}

fn offering_name(offering: Offering) -> String {
    match offering {
        Offering::GitlabCom => "GitLab.com".to_owned(),
        other => in_words(other.as_str()),
    }
}

/// The page of something that went wrong.
pub(crate) fn error_page(problem: &Problem) -> Markup {
    let (title, _) = refusal_words(problem);
    let content = html! {
        h1 { (title) }
        (problem_notice(problem))
        div.actions {
            a.button href="/licensees" { "All licensees" }
            a.button href="/sign-in" { "Sign in with another token" }
        }
    };
    page(&Shell { title: &title, place: Place::Licensees, visitor: None, follows: None }, &content)
}
