use crate::server::Server;

/// Every page that is read.
pub const PAGES: &[&str] = &[
    "/",
    "/licensees",
    "/licensees/acme",
    "/licensees/acme/seats",
    "/licensees/acme/subscription",
    "/licensees/acme/history",
    "/licensees/acme/members/u-0/why",
    "/operations",
    "/sign-in",
    "/licensees/nobody/seats",
    "/licensees/acme/history?cursor=nonsense",
    "/assets/console.css",
    "/assets/console.js",
    "/assets/theme.js",
    "/assets/icon.svg",
];

#[tokio::test]
async fn every_page_lets_only_our_own_files_in() {
    let server = Server::new().await;
    for page in PAGES {
        let reply = server.get(page).await;
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{page}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{page}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{page}");
        assert!(!reply.text.contains(" style=") && !reply.text.contains(" onclick="), "{page} has something inline");
        assert_eq!(
            reply.text.matches("<script").count(),
            reply.text.matches("<script src=\"/assets/").count()
                + reply.text.matches("<script type=\"module\" src=\"/assets/").count(),
            "{page}"
        );
    }
}

#[tokio::test]
async fn what_is_no_page_is_answered_by_the_interface() {
    let server = Server::new().await;
    assert_eq!(server.get("/v1/licensees/acme").await.header("content-type"), "application/json");
    assert_eq!(server.get("/healthz").await.status, 200);
    let missing = server.get("/nothing-here").await;
    assert_eq!((missing.status.as_u16(), missing.header("content-type")), (404, "application/problem+json"));
}
