use axum::http::Request;

use crate::server::{Server, cookie};

const SWITCH: &str = "/licensees/acme/seats/duo/u-0";

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let server = Server::new().await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("x-nothing", ""),
    ] {
        let request = Request::post(SWITCH).header("host", "127.0.0.1").header(name, value);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let reply = server.send(request.body("to=assigned".into()).unwrap()).await;
        assert_eq!(reply.status, 403, "{name}: {value}");
    }
    assert_eq!(server.assigned().await, 0);
    let request = Request::post(SWITCH).header("host", "127.0.0.1").header("origin", "http://127.0.0.1");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(server.send(request.body("to=assigned".into()).unwrap()).await.status, 303);
    assert_eq!(server.assigned().await, 1);
}

#[tokio::test]
async fn the_cookie_opens_pages_but_not_the_interface() {
    let server = Server::with_roles(&["operator"]).await;
    assert_eq!(server.get_as("operator", "/licensees/acme/seats").await.status, 200);
    let request = Request::put("/v1/licensees/acme/products/duo/seats/u-0").header("cookie", cookie("operator"));
    assert_eq!(server.send(request.body("".into()).unwrap()).await.status, 401);
}

#[tokio::test]
async fn r23_a_switch_works_without_script_and_comes_back_to_its_list() {
    let server = Server::new().await;
    let reply = server.post(SWITCH, &[("to", "assigned"), ("search", "name & <b>"), ("assigned", "no")]).await;
    let back = "/licensees/acme/seats?assigned=no&search=name+%26+%3Cb%3E";
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, back));
    let page = server.get("/licensees/acme/seats").await.text;
    assert!(page.contains("id=\"seat-u-0\" type=\"submit\" role=\"switch\" aria-checked=\"true\""), "{page}");
    assert_eq!(server.post(SWITCH, &[("to", "removed")]).await.status, 303);
    assert_eq!(server.assigned().await, 0);
    assert_eq!(server.post(SWITCH, &[]).await.status, 400);
    let unknown = server.post("/licensees/acme/seats/other/u-0", &[("to", "assigned")]).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn r24_too_few_seats_are_told_with_a_way_out() {
    let server = Server::new().await;
    let all = [("action", "assign"), ("scope", "filter")];
    let refused = server.post("/licensees/acme/seats/review", &all).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("5 are wanted and 3 seats are free"), "{}", refused.text);
    assert!(refused.text.contains("value=\"assign_who_can\""));
    let who_can = [("action", "assign_who_can"), ("scope", "filter")];
    let review = server.post("/licensees/acme/seats/review", &who_can).await;
    assert!(review.text.contains("Assign 3 seats"), "{}", review.text);
    assert_eq!(server.assigned().await, 0, "a preview changes nothing");
    let field = |name: &str| hidden(&review.text, name);
    let (people, version, key) = (field("people"), field("version"), field("key"));
    let decision = [("action", "assign_who_can"), ("people", people.as_str()), ("version", &version), ("key", &key)];
    // Pressed twice at once, it is done once, and both get the answer.
    let apply = || server.post("/licensees/acme/seats/apply", &decision);
    let (done, too) = tokio::join!(apply(), apply());
    assert!(matches!(too.status.as_u16(), 200 | 412), "{}: {}", too.status, too.text);
    assert!(done.text.contains("3 seats were assigned") && done.text.contains("No seats available"), "{}", done.text);
    // Pressed twice, it is done once (R34).
    let again = server.post("/licensees/acme/seats/apply", &decision).await;
    assert!(matches!(again.status.as_u16(), 200 | 412), "{}", again.status);
    assert_eq!(server.assigned().await, 3);
}

#[tokio::test]
async fn a_decision_without_what_was_looked_at_is_none() {
    let server = Server::new().await;
    let reply = server.post("/licensees/acme/seats/apply", &[("action", "assign"), ("user", "u-0")]).await;
    assert_eq!(reply.status, 400);
    assert_eq!(server.assigned().await, 0);
}

#[tokio::test]
async fn r17_an_instance_synchronises_by_its_button() {
    let server = Server::new().await;
    assert!(server.get("/licensees/inst/subscription").await.text.contains("Waits for sync"));
    let reply = server.post("/licensees/inst/subscription/sync", &[("version", "17.6.1")]).await;
    assert_eq!(reply.status, 303);
    let page = server.get("/licensees/inst/subscription").await.text;
    assert!(page.contains("17.6.1") && !page.contains("Waits for sync"), "{page}");
    let wrong = server.post("/licensees/inst/subscription/sync", &[("version", "new")]).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("Last sync"), "the page is still there");
}

#[tokio::test]
async fn what_a_command_did_is_undone_after_a_look_and_once() {
    let server = Server::new().await;
    server.post(SWITCH, &[("to", "assigned")]).await;
    let history = server.get("/licensees/acme/history").await.text;
    let command = hidden(&history, "command_id");
    let review = server.post("/licensees/acme/undo/review", &[("command_id", &command)]).await;
    assert!(review.text.contains("1 seat taken") && review.text.contains("Loses the seat"), "{}", review.text);
    assert_eq!(server.assigned().await, 1, "a preview changes nothing");
    let (version, key) = (hidden(&review.text, "version"), hidden(&review.text, "key"));
    let decision = [("command_id", command.as_str()), ("version", &version), ("key", &key)];
    let done = server.post("/licensees/acme/undo/apply", &decision).await;
    assert!(done.text.contains("Lost the seat"), "{}", done.text);
    assert_eq!(server.assigned().await, 0);
    let again = server.post("/licensees/acme/undo/review", &[("command_id", &command)]).await;
    assert!(again.text.contains("Nothing would change") || again.status == 409, "{}", again.text);
    let unseen = server.post("/licensees/acme/undo/apply", &[("command_id", &command)]).await;
    assert_eq!(unseen.status, 400);
    assert_eq!(server.post("/licensees/acme/undo/review", &[]).await.status, 400);
}

/// The value of the first hidden field of a name.
pub fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}
