//! Access checks over gRPC, by a client like a caller's, on the port that answers HTTP.

use std::time::{Duration, Instant};

use api::grpc::proto::{
    CheckAccessRequest, CheckAccessResponse, Grant, Reason, StreamAccessResponse,
    access_service_client::AccessServiceClient, stream_access_response::Outcome,
};
use serde_json::Value;
use tokio::{runtime::Runtime, sync::mpsc};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::{
    Code, Request, Status,
    transport::{Channel, Endpoint},
};

use crate::{
    authentication::write_tokens,
    database::database,
    messages::{acme, joined, started},
    program::Place,
    serve::{SERVE, Server},
};

const SEAT: &str = "/v1/licensees/acme/products/duo/seats/u-ann";

/// A caller of one server.
struct Caller {
    runtime: Runtime,
    client: AccessServiceClient<Channel>,
    token: Option<&'static str>,
}

impl Caller {
    fn of(server: &Server) -> Self {
        let runtime = Runtime::new().unwrap();
        let endpoint = Endpoint::from_shared(server.address.clone()).unwrap();
        let client = AccessServiceClient::new(runtime.block_on(endpoint.connect()).unwrap());
        Self { runtime, client, token: None }
    }

    fn with(&self, token: &'static str) -> Self {
        Self { runtime: Runtime::new().unwrap(), client: self.client.clone(), token: Some(token) }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = self.token {
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        request
    }

    fn check(&self, check: CheckAccessRequest) -> Result<CheckAccessResponse, Status> {
        let mut client = self.client.clone();
        self.runtime.block_on(client.check_access(self.request(check))).map(tonic::Response::into_inner)
    }

    /// The answers of a stream to these checks, up to its end.
    fn stream(&self, checks: Vec<CheckAccessRequest>) -> Vec<Result<StreamAccessResponse, Status>> {
        let mut client = self.client.clone();
        self.runtime.block_on(async {
            let answers = client.stream_access(self.request(tokio_stream::iter(checks))).await.unwrap();
            answers.into_inner().collect().await
        })
    }
}

fn check(user: &str) -> CheckAccessRequest {
    CheckAccessRequest { user: user.to_owned(), feature: "duo_chat".to_owned(), ..CheckAccessRequest::default() }
}

/// The check behind the change that answered with this body.
fn behind(change: &str, user: &str) -> CheckAccessRequest {
    let change: Value = serde_json::from_str(change).unwrap();
    CheckAccessRequest { min_position: Some(change["position"].as_str().unwrap().to_owned()), ..check(user) }
}

fn by_a_seat_of_acme() -> CheckAccessResponse {
    let grants = vec![Grant { licensee: "acme".to_owned(), add_on: Some("duo_pro".to_owned()) }];
    CheckAccessResponse { allowed: true, reason: Reason::Seat.into(), grants }
}

#[test]
fn r31_access_is_checked_over_grpc_on_the_port_of_http() {
    let place = acme(2, &["ann", "bob"]);
    let server = Server::start(&place, SERVE);
    let caller = Caller::of(&server);
    let (_, given) = server.send("PUT", SEAT, "");
    assert_eq!(caller.check(behind(&given, "u-ann")).unwrap(), by_a_seat_of_acme());
    let of_bob = caller.check(check("u-bob")).unwrap();
    assert_eq!((of_bob.allowed, of_bob.reason()), (false, Reason::NoSeat));
    let of_nobody = caller.check(check("u-nobody")).unwrap_err();
    assert_eq!(of_nobody.code(), Code::NotFound);
    assert_eq!(of_nobody.metadata().get("usher-code").unwrap(), "unknown_user");
    let feature = CheckAccessRequest { feature: "nothing".to_owned(), ..check("u-ann") };
    assert_eq!(caller.check(feature).unwrap_err().code(), Code::InvalidArgument);

    let outcomes = caller.stream(vec![check("u-ann"), check("u-nobody"), check("u-ann")]).into_iter();
    let allowed: Vec<_> = outcomes
        .map(|answer| match answer.unwrap().outcome.unwrap() {
            Outcome::Access(access) => Ok(access.allowed),
            Outcome::Problem(problem) => Err(problem.code),
        })
        .collect();
    assert_eq!(allowed, [Ok(true), Err("unknown_user".to_owned()), Ok(true)]);

    let (_, metrics) = server.send("GET", "/metrics", "");
    let counted = |status: u16| {
        let route = "route=\"/usher.access.v1.AccessService/CheckAccess\"";
        metrics.contains(&format!("usher_http_requests_total{{method=\"POST\",{route},status=\"{status}\"}}"))
    };
    assert!(counted(200) && counted(404) && counted(400), "{metrics}");
    assert!(metrics.contains("usher_grpc_stream_checks_total{status=\"404\"} 1"), "{metrics}");
    server.stop().done();
}

#[test]
fn the_past_can_be_asked_for() {
    let place = acme(1, &["ann"]);
    let server = Server::start(&place, SERVE);
    let caller = Caller::of(&server);
    server.send("PUT", SEAT, "");
    server.send("PUT", "/v1/clock", "{\"now\": \"2025-03-01T00:00:00Z\"}");
    let (_, taken) = server.send("DELETE", SEAT, "");
    assert!(!caller.check(behind(&taken, "u-ann")).unwrap().allowed);
    let at = |time: &str| Some(time.parse::<licensing::Instant>().unwrap().into());
    let then = CheckAccessRequest { as_of: at("2025-02-01T00:00:00Z"), ..check("u-ann") };
    assert_eq!(caller.check(then).unwrap(), by_a_seat_of_acme());
    let to_come = CheckAccessRequest { as_of: at("2035-01-01T00:00:00Z"), ..check("u-ann") };
    assert_eq!(caller.check(to_come).unwrap_err().code(), Code::InvalidArgument);
    server.stop().done();
}

#[test]
fn callers_need_a_token_whose_roles_read_everything() {
    let place = acme(1, &["ann"]);
    write_tokens(&place, &[("olgas-token", "olga", "owner:acme"), ("auditors-token", "ada", "auditor")]);
    let server = Server::start(&place, &format!("{SERVE} --auth tokens:tokens.toml"));
    let anyone = Caller::of(&server);
    let without = anyone.check(check("u-ann")).unwrap_err();
    assert_eq!(without.code(), Code::Unauthenticated);
    assert_eq!(without.metadata().get("usher-code").unwrap(), "unauthenticated");
    assert_eq!(anyone.with("nobodys-token").check(check("u-ann")).unwrap_err().code(), Code::Unauthenticated);
    let olga = anyone.with("olgas-token").check(check("u-ann")).unwrap_err();
    assert_eq!(olga.code(), Code::PermissionDenied);
    assert_eq!(olga.metadata().get("usher-code").unwrap(), "forbidden");
    let auditor = anyone.with("auditors-token");
    assert_eq!(auditor.check(check("u-ann")).unwrap().reason(), Reason::NoSeat);
    assert_eq!(auditor.stream(vec![check("u-ann"), check("u-ann")]).len(), 2);
    let ran = server.stop().done();
    assert!(!ran.stderr.contains("-token"), "{ran:#?}");
}

#[test]
fn an_open_stream_is_told_that_the_server_stops_and_does_not_hold_it_up() {
    let place = acme(1, &["ann"]);
    let server = Server::start(&place, SERVE);
    let mut caller = Caller::of(&server);
    let (ask, checks) = mpsc::channel(1);
    let mut answers = caller.runtime.block_on(async {
        ask.send(check("u-ann")).await.unwrap();
        let mut answers = caller.client.stream_access(ReceiverStream::new(checks)).await.unwrap().into_inner();
        assert!(answers.next().await.unwrap().is_ok());
        answers
    });
    let began = Instant::now();
    let ran = server.stop().done();
    assert!(!ran.stderr.contains("cut off"), "{ran:#?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let end = caller.runtime.block_on(answers.next()).unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    drop(ask);
}

#[test]
fn any_node_answers() {
    let (place, database) = (Place::new(), database());
    place.write("acme.jsonl", started(1) + &joined("ann"));
    place.run(&format!("ingest --clock event-time --database-url {} acme.jsonl", database.url())).done();
    let serve = "serve --listen 127.0.0.1:0 --clock manual:2025-01-02T00:00:00Z --database-url";
    let nodes = [(); 3].map(|()| Server::start(&place, &format!("{serve} {}", database.url())));
    let callers = nodes.each_ref().map(Caller::of);
    for (node, given) in nodes.iter().zip([true, false, true]) {
        let (status, change) = node.send(if given { "PUT" } else { "DELETE" }, SEAT, "");
        assert_eq!(status, 200, "{change}");
        for caller in &callers {
            assert_eq!(caller.check(behind(&change, "u-ann")).unwrap().allowed, given);
        }
    }
    nodes.into_iter().for_each(|node| drop(node.stop().done()));
}
