use crate::{
    server::Server,
    visit::{ENTER, LEFT, visit},
};

#[test]
fn a_past_day_and_the_reason_of_a_seat_are_shown() {
    let server = Server::on_sample();
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/history").await;
        visit.find(".chart path.assigned").await;
        visit.run("document.getElementById('as-of').value = '2022-06-01'", vec![]).await;
        visit.click("form:has(#as-of) button").await;
        visit.says("As of the end of 2022-06-01").await;
        visit.says("60 of 60 Duo Enterprise").await;
        visit.go("/licensees/rails/history?type=SeatRemoved").await;
        visit.says("lost the seat").await;
        visit.click(".timeline details summary").await;
        visit.says("Caused by command").await;
        visit.click(".timeline .what a").await;
        visit.says("Why?").await;
        visit.says("Lost the seat").await;
        visit.click("details summary").await;
        visit.says("What brought it about").await;
    });
}

#[test]
fn seats_are_shown_as_of_a_day_that_the_slider_chooses() {
    let server = Server::on_sample();
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats").await;
        visit.click("details:has(#as-of) summary").await;
        visit.find("[data-day-slider]:not([hidden])").await;
        let back =
            "const slider = document.querySelector('[data-day-slider]'); slider.value = Number(slider.max) - 700;
            slider.dispatchEvent(new Event('input')); slider.dispatchEvent(new Event('change'));";
        visit.run(back, vec![]).await;
        visit.says("This is the past").await;
        visit.find("table.rows tbody tr").await;
        visit.click("td.end a").await;
        visit.says("This is the past").await;
    });
}

#[test]
fn the_keyboard_slides_from_day_to_day_and_back() {
    let server = Server::on_sample();
    visit(&server.address, async |visit| {
        for page in ["seats", "history"] {
            visit.go(&format!("/licensees/rails/{page}?as_of=2022-06-01")).await;
            visit.run("window.sameWindow = true", vec![]).await;
            visit.tab_to("[data-day-slider]").await;
            visit.press(&LEFT.repeat(2)).await;
            visit.says("2022-05-30").await;
            let shown = "return location.search === '?as_of=2022-05-30'
                && document.activeElement.matches('[data-day-slider]') && window.sameWindow === true";
            visit.wait_until("the slider on its day", shown, vec![]).await;
            visit.press(LEFT).await;
            visit.says("2022-05-29").await;
            visit.run("history.back()", vec![]).await;
            visit.says("2022-05-30").await;
        }
        assert!(visit.is_there("#as-of[value='2022-05-30']").await);
    });
}

#[test]
fn a_past_day_in_another_order_comes_by_itself() {
    let server = Server::on_sample();
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats?as_of=2026-08-01&sort=-assigned_at").await;
        visit.find("th[aria-sort=descending]").await;
        visit.says("This is the past").await;
        visit.click("th a[href*='-last_used_at']").await;
        visit.find("th[aria-sort=descending] a[href*='sort=last_used_at']").await;
    });
}

#[test]
fn what_was_removed_in_bulk_is_undone_by_keyboard_after_a_look() {
    let server = Server::on_sample();
    let (assigned, _) = server.seats();
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/seats?assigned=yes").await;
        visit.click("input[name=scope]").await;
        visit.click("button[value=remove]").await;
        visit.click("#decide").await;
        visit.says("seats were removed").await;
        assert_eq!(server.seats().0, 0);
        visit.go("/licensees/rails/history?type=SeatRemoved").await;
        visit.click(".timeline details summary").await;
        visit.tab_to("form[action$='undo/review'] button").await;
        visit.press(ENTER).await;
        visit.says(&format!("{assigned} seats given back")).await;
        visit.keep_picture("undo-decision").await;
        assert_eq!(server.seats().0, 0, "a preview changes nothing");
        visit.tab_to("#decide").await;
        visit.press(ENTER).await;
        visit.says("Got the seat back").await;
        assert_eq!(server.seats().0, assigned);
    });
}
