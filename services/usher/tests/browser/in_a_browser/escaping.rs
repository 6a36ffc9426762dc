use serde_json::json;

use crate::{server::Server, visit::visit};

#[test]
fn a_member_who_is_named_like_a_script_is_a_member() {
    let server = Server::on_sample();
    let name = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
    server.message(&json!({
        "specversion": "1.0", "source": "urn:test", "id": "1", "time": "2026-09-01T00:00:00Z",
        "type": "usher.directory.v1.MemberAdded",
        "data": {"licensee": "rails", "user": "u-script", "username": name, "name": name,
            "email": "a@example.com", "role": "developer", "type": "human"},
    }));
    visit(&server.address, async |visit| {
        for page in ["/licensees/rails/seats?search=u-script", "/licensees/rails/members/u-script/why"] {
            visit.go(page).await;
            visit.says(name).await;
            assert!(!visit.is_there("main img, main script").await, "{page}");
            assert!(visit.title().await.ends_with("Usher"), "{page}");
        }
    });
}
