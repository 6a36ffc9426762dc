//! Every page and form with every role: nobody gets more than the interface gives them.

use crate::server::Server;

const ROLES: [&str; 9] =
    ["owner:acme", "admin:inst", "billing", "directory", "usage", "auditor", "operator", "owner:inst", "admin:acme"];

/// Who sees what: `x` yes, `-` no.
const PAGES: &[(&str, &str)] = &[
    ("/licensees", "x x x x x x x x x"),
    ("/licensees/acme/seats", "x - - - - x x - -"),
    ("/licensees/acme/subscription", "x - - - - x x - -"),
    ("/licensees/acme/history", "x - - - - x x - -"),
    ("/licensees/acme/members/u-0/why", "x - - - - x x - -"),
    ("/licensees/acme/changes", "x - - - - x x - -"),
    ("/licensees/inst/seats", "- x - - - x x - -"),
    ("/changes", "x x x x x x x x x"),
    ("/operations", "- - - - - x x - -"),
];

/// The fields of a form.
type Form = &'static [(&'static str, &'static str)];

/// Who gets what done: `x` yes, `-` no.
const FORMS: &[(&str, Form, &str)] = &[
    ("/licensees/acme/seats/duo/u-0", &[("to", "assigned")], "x - - - - - x - -"),
    ("/licensees/acme/seats/review", &[("action", "assign"), ("user", "u-0")], "x - - - - - x - -"),
    (
        "/licensees/acme/seats/apply",
        &[("action", "assign"), ("user", "u-1"), ("version", "1"), ("key", "k")],
        "x - - - - - x - -",
    ),
    ("/licensees/inst/subscription/sync", &[("version", "17.6")], "- x - - - - x - -"),
    (
        "/licensees/acme/subscription/apply",
        &[("what", "change"), ("seats", "3"), ("version", "1"), ("key", "k")],
        "- - - - - - x - -",
    ),
];

fn allowed(row: &str) -> impl Iterator<Item = (&'static str, bool)> + '_ {
    ROLES.into_iter().zip(row.split(' ').map(|mark| mark == "x"))
}

#[tokio::test]
async fn every_page_has_its_door() {
    let server = Server::with_roles(&ROLES).await;
    for (page, row) in PAGES {
        for (role, is_allowed) in allowed(row) {
            if page.ends_with("/changes") && is_allowed {
                continue;
            }
            let reply = server.get_as(role, page).await;
            assert_eq!(reply.status.as_u16(), if is_allowed { 200 } else { 403 }, "{page} as {role}");
        }
        let nobody = server.get(page).await;
        assert_eq!((nobody.status.as_u16(), nobody.header("location").starts_with("/sign-in")), (303, true), "{page}");
    }
}

#[tokio::test]
async fn every_form_has_its_door() {
    let server = Server::with_roles(&ROLES).await;
    for (form, fields, row) in FORMS {
        for (role, is_allowed) in allowed(row) {
            let reply = server.post_as(role, form, fields).await;
            // Whoever may is told that something changed meanwhile, where the form is bound to a version.
            let status = reply.status.as_u16();
            assert_eq!(status == 403, !is_allowed, "{form} as {role}: {status}");
            assert!(is_allowed == matches!(status, 200 | 303 | 412), "{form} as {role}: {status}\n{}", reply.text);
        }
        assert!(server.post(form, fields).await.header("location").starts_with("/sign-in"), "{form}");
    }
}

#[tokio::test]
async fn an_owner_is_shown_only_what_is_theirs() {
    let server = Server::with_roles(&ROLES).await;
    let page = server.get_as("owner:acme", "/licensees").await.text;
    assert!(page.contains("acme Inc.") && !page.contains("inst Inc.") && !page.contains("/operations"));
    let all = server.get_as("operator", "/licensees").await.text;
    assert!(all.contains("acme Inc.") && all.contains("inst Inc.") && all.contains("/operations"));
    let auditor = server.get_as("auditor", "/licensees/acme/seats").await.text;
    assert!(!auditor.contains("role=\"switch\""), "an auditor changes nothing");
}

#[tokio::test]
async fn a_token_that_stands_for_nobody_does_not_sign_in() {
    let server = Server::with_roles(&ROLES).await;
    for token in ["", "wrong", &"x".repeat(5_000)] {
        let reply = server.post("/sign-in", &[("token", token)]).await;
        assert_eq!((reply.status.as_u16(), reply.header("set-cookie")), (401, ""), "{token:.10}");
    }
    let reply = server.post("/sign-in", &[("token", "operator"), ("next", "/operations")]).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/operations"));
    assert!(reply.header("set-cookie").contains("HttpOnly; SameSite=Strict"));
    let out = server.post_as("operator", "/sign-out", &[]).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
}
