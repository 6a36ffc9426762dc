use serde_json::json;

use crate::{
    server::Server,
    visit::{ENTER, SPACE, visit},
};

#[test]
fn a_switch_takes_and_gives_a_seat_by_keyboard_alone() {
    let server = Server::on_sample();
    let user = server.members(true).remove(0);
    let (assigned, _) = server.seats();
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats?assigned=yes").await;
        let switch = format!("#seat-{user}");
        visit.tab_to(&switch).await;
        visit.press(SPACE).await;
        visit.says(&format!("{} of", assigned - 1)).await;
        assert_eq!(server.seats().0, assigned - 1);
        visit.go(&format!("/licensees/rails/seats?search={user}")).await;
        visit.tab_to(&format!("{switch}[aria-checked=false]")).await;
        visit.press(SPACE).await;
        visit.find(&format!("{switch}[aria-checked=true]")).await;
        assert_eq!(server.seats().0, assigned);
        // Whoever can't see it hears it, and the keyboard stays where it was.
        visit.says("Seat given to").await;
        visit.tab_to(&format!("{switch}:focus")).await;
    });
}

#[test]
fn r23_a_seat_that_is_not_free_is_refused_in_words() {
    let server = Server::on_sample();
    let (assigned, bought) = server.seats();
    assert_eq!(assigned, bought, "the sample ends with every seat taken");
    let user = server.members(false).remove(0);
    visit(&server.address, async |visit| {
        visit.go(&format!("/licensees/rails/seats?search={user}")).await;
        visit.click(&format!("#seat-{user}")).await;
        visit.says("No seat is free").await;
        visit.says("Take a seat from somebody else first").await;
        visit.find(&format!("#seat-{user}[aria-checked=false]")).await;
    });
    assert_eq!(server.seats().0, assigned);
}

#[test]
fn r37_many_seats_are_removed_by_keyboard_after_a_preview() {
    let server = Server::on_sample();
    let users = server.members(true);
    let (assigned, _) = server.seats();
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats?assigned=yes").await;
        visit.tab_to(&format!("input[name=user][value='{}']", users[0])).await;
        visit.press(SPACE).await;
        visit.tab_to(&format!("input[name=user][value='{}']", users[1])).await;
        visit.press(SPACE).await;
        visit.says("2 selected").await;
        visit.run("document.getElementById('main').focus()", vec![]).await;
        visit.tab_to("button[value=remove]").await;
        visit.press(ENTER).await;
        visit.says("Remove 2 seats").await;
        assert_eq!(server.seats().0, assigned, "a preview changes nothing");
        visit.tab_to("#decide").await;
        visit.press(ENTER).await;
        visit.says("2 seats were removed").await;
        assert_eq!(server.seats().0, assigned - 2);
    });
}

#[test]
fn everybody_whom_a_filter_finds_is_meant_not_only_the_page() {
    let server = Server::on_sample();
    let (assigned, _) = server.seats();
    assert!(assigned > 20, "more than a page");
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats?assigned=yes").await;
        visit.click("input[name=scope]").await;
        visit.click("button[value=remove]").await;
        visit.says(&format!("Remove {assigned} seats")).await;
        visit.click("#decide").await;
        visit.says(&format!("{assigned} seats were removed")).await;
        assert_eq!(server.seats().0, 0);
    });
}

#[test]
fn a_decision_on_what_has_changed_since_is_not_done_but_shown_anew() {
    let server = Server::on_sample();
    let users = server.members(true);
    let (assigned, _) = server.seats();
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats?assigned=yes").await;
        visit.click(&format!("input[name=user][value='{}']", users[0])).await;
        visit.click("button[value=remove]").await;
        visit.says("Remove 1 seat").await;
        server.delete(&format!("/v1/licensees/rails/products/duo/seats/{}", users[1]));
        visit.click("#decide").await;
        visit.says("Something changed since you looked").await;
        assert_eq!(server.seats().0, assigned - 1, "only the other one's is gone");
        visit.click("#decide").await;
        visit.says("1 seat was removed").await;
        assert_eq!(server.seats().0, assigned - 2);
    });
}

#[test]
fn r24_a_list_is_told_line_by_line() {
    let server = Server::on_sample();
    let (holders, others) = (server.members(true), server.members(false));
    for user in &holders[..2] {
        server.delete(&format!("/v1/licensees/rails/products/duo/seats/{user}"));
    }
    let list = format!("username,team\n{},a\nnobody-of-that-name,b\n{},c\n{},d\n", others[0], others[1], holders[2]);
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats").await;
        visit.click("details:has(textarea[name=list]) summary").await;
        visit.find("textarea[name=list]").await.send_keys(&list).await.unwrap();
        visit.click("details button[value=assign]").await;
        visit.says("Assign 2 seats").await;
        visit.says("nobody-of-that-name Unknown user").await;
        visit.click("#decide").await;
        visit.says("2 seats were assigned").await;
        visit.says("Had a seat").await;
        visit.says("Unknown user").await;
    });
}

#[test]
fn r24_a_file_that_is_dropped_on_the_list_is_taken_from_there() {
    let server = Server::on_sample();
    let holder = server.members(true).remove(0);
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats").await;
        visit.click("details:has(textarea[name=list]) summary").await;
        let drop = "const files = new DataTransfer();
            files.items.add(new File([arguments[0]], 'people.csv', { type: 'text/csv' }));
            document.querySelector('[data-drop]').dispatchEvent(
                new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));";
        visit.run(drop, vec![json!(format!("team,username\na,{holder}\nb,nobody-of-that-name\n"))]).await;
        let is_in = "return document.querySelector('[data-drop]').value.startsWith('team,username')";
        visit.wait_until("the file in the field", is_in, vec![]).await;
        visit.click("details button[value=remove]").await;
        visit.says("Remove 1 seat").await;
        visit.says("nobody-of-that-name Unknown user").await;
    });
}

#[test]
fn a_list_is_sorted_and_paged_by_its_headings_and_links() {
    let server = Server::on_sample();
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats").await;
        visit.click("th a[href*='last_used_at']").await;
        visit.find("th[aria-sort=descending]").await;
        let first = visit.find("td.who .name").await.text().await.unwrap();
        visit.click("a[rel=next]").await;
        visit.says("First page").await;
        assert_ne!(visit.find("td.who .name").await.text().await.unwrap(), first);
    });
}
