use serde_json::json;

use crate::{
    server::Server,
    visit::{ENTER, visit},
};

/// The SHA-256 of `token-of-olga` and of `token-of-otto`.
fn tokens() -> tempfile::NamedTempFile {
    let digest = |token: &str| {
        use std::{
            io::Write,
            process::{Command, Stdio},
        };
        let mut sum = Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        sum.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
        String::from_utf8(sum.wait_with_output().unwrap().stdout).unwrap()[..64].to_owned()
    };
    let entry = |token: &str, actor: &str, role: &str| {
        format!("[[token]]\nsha256 = \"{}\"\nactor = \"{actor}\"\nroles = [\"{role}\"]\n", digest(token))
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = entry("token-of-olga", "olga", "owner:acme") + &entry("token-of-otto", "otto", "operator");
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn an_owner_signs_in_and_sees_only_what_is_theirs() {
    let tokens = tokens();
    let server = Server::empty(&["--auth", &format!("tokens:{}", tokens.path().display())]);
    for licensee in ["acme", "other"] {
        server.message_as(
            &json!({
                "specversion": "1.0", "source": "urn:test", "id": licensee, "time": "2026-01-01T00:00:00Z",
                "type": "usher.billing.v1.SubscriptionStarted",
                "data": {"licensee": licensee, "name": licensee.to_uppercase(), "offering": "gitlab_com",
                    "subscription": "A-1", "plan": "premium", "seats": 10, "starts_at": "2026-01-01T00:00:00Z",
                    "ends_at": "2027-01-01T00:00:00Z", "add_ons": [{"add_on": "duo_pro", "quantity": 5}]},
            }),
            Some("token-of-otto"),
        );
    }
    visit(&server.address, async |visit| {
        visit.go("/licensees/acme/history").await;
        visit.says("Sign in").await;
        visit.tab_to("input[name=token]").await;
        visit.press("wrong").await;
        visit.press(ENTER).await;
        visit.says("That token does not work here").await;
        visit.tab_to("input[name=token]").await;
        visit.press("token-of-olga").await;
        visit.press(ENTER).await;
        visit.says("Premium started with 10 seats").await;
        assert_eq!(visit.path().await, "/licensees/acme/history", "back to where it was");
        assert_eq!(visit.run("return document.cookie", vec![]).await, json!(""), "no script sees the cookie");
        visit.go("/licensees").await;
        visit.says("ACME").await;
        assert!(!visit.is_there("a[href='/licensees/other/seats']").await);
        assert!(!visit.is_there("a[href='/operations']").await);
        for forbidden in ["/licensees/other/seats", "/operations"] {
            visit.go(forbidden).await;
            visit.says("You may not do this").await;
        }
        visit.go("/licensees/acme/subscription").await;
        visit.says("for those who may send messages of billing").await;
        visit.click("form[action='/sign-out'] button").await;
        visit.go("/licensees").await;
        assert_eq!(visit.path().await, "/sign-in");
    });
}
