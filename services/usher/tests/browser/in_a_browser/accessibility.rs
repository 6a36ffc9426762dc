//! axe-core finds nothing on any page, in light and dark, on a screen and on a phone.

use serde_json::{Value, json};

use crate::{
    server::Server,
    visit::{Visit, visit},
};

const CHECK: &str = "
    const [axe, done] = arguments;
    (0, eval)(axe);
    window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(
        (found) => done(found.violations.map((one) => ({
            rule: one.id, help: one.help, where: one.nodes.map((node) => node.html.slice(0, 200)).slice(0, 5),
        }))),
        (error) => done([String(error)]),
    );";

/// Each page, and what its picture is called.
fn pages(user: &str) -> Vec<(&'static str, String)> {
    [
        ("licensees", "/licensees".to_owned()),
        ("nothing-found", "/licensees?search=nobody".to_owned()),
        ("seats", "/licensees/rails/seats?assigned=yes".to_owned()),
        ("nobody", "/licensees/rails/seats?search=nobody-at-all".to_owned()),
        ("subscription", "/licensees/rails/subscription".to_owned()),
        ("what-if", "/licensees/rails/subscription?what=change&seats=30".to_owned()),
        ("history", "/licensees/rails/history?as_of=2022-06-01".to_owned()),
        ("past", "/licensees/rails/seats?as_of=2022-06-01".to_owned()),
        ("why", format!("/licensees/rails/members/{user}/why")),
        ("operations", "/operations".to_owned()),
        ("error", "/licensees/nobody/seats".to_owned()),
    ]
    .into()
}

async fn check(visit: &Visit, page: &str) {
    // What is too wide for the window scrolls within a frame of its own, not the page.
    let width = visit.run("return [document.documentElement.scrollWidth, innerWidth]", vec![]).await;
    assert!(width[0].as_u64() <= width[1].as_u64(), "{page} is {width} pixels wide");
    let axe = servers::axe().unwrap();
    let found: Value = visit.run_async(CHECK, vec![json!(axe)]).await;
    assert_eq!(found, json!([]), "{page}: {found:#}");
}

fn check_all(theme: &str, size: (u32, u32), suffix: &str) {
    let server = Server::on_sample();
    let user = server.members(true).remove(0);
    visit(&server.address, async |visit| {
        visit.resize(size.0, size.1).await;
        visit.go("/licensees").await;
        visit.choose_theme(theme).await;
        for (name, path) in pages(&user) {
            visit.go(&path).await;
            visit.find("[data-theme-switch]:not([hidden])").await;
            visit.keep_picture(&format!("{name}-{suffix}")).await;
            check(&visit, &format!("{path} in {suffix}")).await;
        }
        visit.go("/licensees/rails/seats?assigned=yes").await;
        visit.click("input[name=scope]").await;
        visit.click("button[value=remove]").await;
        visit.find("#decide").await;
        visit.keep_picture(&format!("review-{suffix}")).await;
        check(&visit, &format!("the review in {suffix}")).await;
        visit.go("/licensees/rails/history?type=SeatRemoved").await;
        visit.click(".timeline details summary").await;
        visit.click("form[action$='undo/review'] button").await;
        visit.says("Undo a command").await;
        visit.keep_picture(&format!("undo-{suffix}")).await;
        check(&visit, &format!("undoing in {suffix}")).await;
    });
}

#[test]
fn no_page_has_a_violation_in_light() {
    check_all("light", (1280, 1000), "light");
}

#[test]
fn no_page_has_a_violation_in_dark() {
    check_all("dark", (1280, 1000), "dark");
}

#[test]
fn no_page_has_a_violation_on_a_phone() {
    check_all("light", (360, 760), "phone");
}

#[test]
fn no_page_has_a_violation_at_twice_the_size() {
    // As 1280 by 1000 pixels are at 200 %.
    check_all("dark", (640, 500), "zoomed");
}
