use serde_json::json;

use crate::{server::Server, visit::visit};

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
