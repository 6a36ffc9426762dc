use crate::{server::Server, visit::visit};

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
        visit.says("Has no seat").await;
    });
}
