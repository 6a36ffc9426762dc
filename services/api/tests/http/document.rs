use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::Value;

use crate::{
    schema_check::DOCUMENT,
    server::{Server, WEBHOOK},
};

/// Every route of the contract.
const ROUTES: &[&str] = &[
    "POST /v1/events",
    "GET /v1/licensees",
    "GET /v1/licensees/{licensee}",
    "GET /v1/licensees/{licensee}/members",
    "PUT /v1/licensees/{licensee}/products/{product}/seats/{user}",
    "DELETE /v1/licensees/{licensee}/products/{product}/seats/{user}",
    "POST /v1/licensees/{licensee}/products/{product}/seats/assign",
    "POST /v1/licensees/{licensee}/products/{product}/seats/remove",
    "POST /v1/licensees/{licensee}/sync",
    "POST /v1/licensees/{licensee}/undo",
    "GET /v1/licensees/{licensee}/events",
    "GET /v1/licensees/{licensee}/refusals",
    "GET /v1/licensees/{licensee}/diff",
    "GET /v1/licensees/{licensee}/members/{user}/explain",
    "GET /v1/users/{user}",
    "GET /v1/users/{user}/access",
    "GET /v1/timers",
    "GET /v1/clock",
    "PUT /v1/clock",
    "POST /v1/webhooks",
    "GET /v1/webhooks",
    "GET /v1/webhooks/{webhook}",
    "DELETE /v1/webhooks/{webhook}",
    "POST /v1/webhooks/{webhook}/enable",
    "POST /v1/webhooks/{webhook}/rotate",
    "POST /v1/webhooks/{webhook}/replay",
    "POST /v1/webhooks/{webhook}/test",
    "GET /v1/views/rebuild",
    "POST /v1/views/rebuild",
    "DELETE /v1/views/rebuild",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
];

pub fn operations() -> Vec<(String, String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, _)| Method::from_bytes(key.to_uppercase().as_bytes()).is_ok());
        methods.map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
    });
    operations.collect()
}

#[test]
fn the_document_describes_the_routes_of_the_contract_and_no_others() {
    let described: BTreeSet<String> = operations().iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    assert_eq!(described, ROUTES.iter().map(|route| (*route).to_owned()).collect());
}

#[tokio::test]
async fn every_operation_of_the_document_has_a_route() {
    let server = Server::with_acme(1, 1).await;
    for (method, path, _) in operations() {
        server.add_webhook("http://127.0.0.1:1/");
        let path = path.replace("{licensee}", "acme").replace("{product}", "duo").replace("{user}", "u-00");
        let path = path.replace("{webhook}", WEBHOOK);
        let request = Request::builder().method(method.as_str()).uri(&path).body(Body::empty()).unwrap();
        let status = server.send(request).await.status.as_u16();
        assert!(![404, 405, 500].contains(&status), "{method} {path}: {status}");
    }
}

#[test]
fn every_operation_is_described_whole() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let what = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{what}: its id is another's too");
        assert!(operation["summary"].is_string() && operation["tags"].is_array(), "{what}");
        assert!(["200", "202"].iter().any(|good| operation["responses"][good]["content"].is_object()), "{what}");
        let problem = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"];
        assert_eq!(problem["$ref"], "#/components/schemas/ProblemDetails", "{what}");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let named = |name: &str| parameters.iter().any(|parameter| parameter["name"] == name);
        for part in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            assert!(named(part), "{what}: {part} is not described");
        }
        // Nothing is decided there.
        let of_views = path.starts_with("/v1/views/");
        for of_changes in ["Idempotency-Key", "If-Match", "dry_run"] {
            assert_eq!(named(of_changes), method != "GET" && !of_views, "{what}: {of_changes}");
        }
        assert_eq!(named("x-usher-min-position"), method == "GET" && path.starts_with("/v1/"), "{what}");
        assert_eq!(operation.get("security").is_some(), ["/healthz", "/readyz"].contains(&path.as_str()), "{what}");
        let has_body = match path.rsplit('/').next() {
            Some("enable" | "test" | "rebuild") => false,
            _ => method == "POST" || what == "PUT /v1/clock",
        };
        assert_eq!(operation.get("requestBody").is_some(), has_body, "{what}");
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn check(value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(DOCUMENT.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                members.values().for_each(check);
            }
            Value::Array(items) => items.iter().for_each(check),
            _ => {}
        }
    }
    check(&DOCUMENT);
    let scheme = DOCUMENT["security"][0].as_object().unwrap().keys().next().unwrap();
    assert_eq!(DOCUMENT["components"]["securitySchemes"][scheme]["scheme"], "bearer");
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
}
