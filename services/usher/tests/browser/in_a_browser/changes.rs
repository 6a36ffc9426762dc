use serde_json::json;

use crate::{
    server::Server,
    visit::{SPACE, visit},
};

#[test]
fn what_others_do_appears_without_a_reload() {
    let server = Server::on_sample();
    let user = server.members(true).remove(0);
    visit(&server.address, async |visit| {
        visit.go(&format!("/licensees/rails/seats?search={user}")).await;
        visit.find(&format!("#seat-{user}[aria-checked=true]")).await;
        visit.run("window.sameWindow = true", vec![]).await;
        server.delete(&format!("/v1/licensees/rails/products/duo/seats/{user}"));
        visit.find(&format!("#seat-{user}[aria-checked=false]")).await;
        assert_eq!(visit.run("return window.sameWindow", vec![]).await, json!(true), "it was reloaded");
    });
}

#[test]
fn what_others_do_appears_on_the_pages_of_all_licensees_too() {
    let server = Server::on_sample();
    let users = server.members(true);
    let (assigned, bought) = server.seats();
    visit(&server.address, async |visit| {
        visit.go("/licensees").await;
        visit.says(&format!("{assigned} of {bought}")).await;
        visit.run("window.sameWindow = true", vec![]).await;
        server.delete(&format!("/v1/licensees/rails/products/duo/seats/{}", users[0]));
        visit.says(&format!("{} of {bought}", assigned - 1)).await;
        assert_eq!(visit.run("return window.sameWindow", vec![]).await, json!(true), "it was reloaded");
        visit.go("/operations").await;
        visit.find("[data-version]").await;
        let version = "return document.getElementById('main').dataset.version";
        let before = visit.run(version, vec![]).await;
        server.delete(&format!("/v1/licensees/rails/products/duo/seats/{}", users[1]));
        let has_moved = "return document.getElementById('main').dataset.version !== arguments[0]";
        visit.wait_until("another version", has_moved, vec![before]).await;
    });
}

#[test]
fn what_somebody_is_at_stays_when_others_change_something() {
    let server = Server::on_sample();
    let users = server.members(true);
    let (assigned, bought) = server.seats();
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats?assigned=yes").await;
        visit.click("details:has(textarea[name=list]) summary").await;
        visit.find("textarea[name=list]").await.send_keys("u-1").await.unwrap();
        visit.click(&format!("input[name=user][value='{}']", users[1])).await;
        visit.click("input[name=scope]").await;
        let why = format!("a[href='/licensees/rails/members/{}/why']", users[2]);
        visit.run("document.querySelector(arguments[0]).focus()", vec![json!(why)]).await;
        server.delete(&format!("/v1/licensees/rails/products/duo/seats/{}", users[0]));
        visit.says(&format!("{} of {bought}", assigned - 1)).await;
        let list = "return document.querySelector('details[open] textarea[name=list]')?.value";
        assert_eq!(visit.run(list, vec![]).await, json!("u-1"));
        let ticked = "return [...document.querySelectorAll('#main :checked:not(option)')].map((box) => box.value)";
        assert_eq!(visit.run(ticked, vec![]).await, json!(["filter", users[1]]));
        let has_focus = "return document.activeElement.matches(arguments[0])";
        assert_eq!(visit.run(has_focus, vec![json!(why)]).await, json!(true), "the keyboard stays where it was");
        visit.says("1 selected").await;
    });
}

#[test]
fn whoever_takes_the_seat_of_the_one_in_front_is_at_the_next() {
    let server = Server::on_sample();
    let users = server.members(true);
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats?assigned=yes").await;
        visit.tab_to(&format!("#seat-{}", users[0])).await;
        visit.press(SPACE).await;
        let is_next = "return document.activeElement.id === arguments[0]";
        visit.wait_until("the next switch", is_next, vec![json!(format!("seat-{}", users[1]))]).await;
    });
}
