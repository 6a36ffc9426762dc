use crate::{
    server::Server,
    visit::{ENTER, visit},
};

#[test]
fn r37_what_if_names_who_would_lose_a_seat_and_does_it_by_keyboard() {
    let server = Server::on_sample();
    let (assigned, bought) = server.seats();
    assert_eq!((assigned, bought), (35, 35));
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/subscription").await;
        visit.tab_to("select[name=what]").await;
        visit.press("C").await;
        visit.tab_to("#what-if-seats").await;
        visit.run("document.activeElement.select()", vec![]).await;
        visit.press("30").await;
        visit.press(ENTER).await;
        visit.says("5 users would lose their seats").await;
        assert_eq!(server.seats(), (35, 35), "a preview changes nothing");
        visit.tab_to("#do-it").await;
        visit.press(ENTER).await;
        visit.says("30 of 30").await;
        assert_eq!(server.seats(), (30, 30));
    });
}

#[test]
fn r09_a_renewal_to_more_seats_raises_the_subscription_too() {
    let server = Server::on_sample();
    visit(&server.address, async |visit| {
        visit.go("/licensees/rails/subscription?what=renew&seats=200").await;
        visit.says("Renewed as Ultimate with 200 seats").await;
        visit.says("Nobody would lose a seat").await;
        visit.click("#do-it").await;
        visit.says("35 of 200").await;
        assert_eq!(server.seats(), (35, 200));
    });
}
