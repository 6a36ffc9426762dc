//! Measures how many small messages one core reads in a second, in each form, and how many stored events.
//!
//!     cargo run --release -p contract --example decode

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use contract::{
    event::{decode, encode_licensee_event},
    incoming::{Incoming, from_binary, from_json},
    proto::directory::MemberAdded,
};
use licensing::{AddOnId, AssignmentCause, Event, LicenseeId, ProductId, UserId};
use prost::Message;

const ROUND: Duration = Duration::from_secs(1);
const ROUNDS: usize = 5;

const DATA: &str = r#"{"licensee":"acme","user":"u-7c2c82","username":"ann","name":"Ann Other","email":"ann@acme.example","role":"developer","type":"human"}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let structured = format!(
        r#"{{"specversion":"1.0","id":"m-000001","source":"/directory","type":"usher.directory.v1.MemberAdded","time":"2024-03-01T08:00:00Z","datacontenttype":"application/json","data":{DATA}}}"#
    );
    let protobuf = MemberAdded {
        licensee: Some("acme".into()),
        user: Some("u-7c2c82".into()),
        username: Some("ann".into()),
        name: Some("Ann Other".into()),
        email: Some("ann@acme.example".into()),
        role: Some("developer".into()),
        r#type: Some("human".into()),
    }
    .encode_to_vec();
    let json_headers = headers("application/json");
    let protobuf_headers = headers("application/protobuf");
    let licensee = LicenseeId::parse("acme")?;
    let assigned = Event::SeatAssigned {
        user: UserId::parse("u-7c2c82")?,
        product: ProductId::new("duo"),
        add_on: AddOnId::new("duo_pro"),
        cause: AssignmentCause::Requested,
    };
    let stored = encode_licensee_event(&licensee, &assigned);

    measure("JSON, structured", || is_read(&from_json(black_box(structured.as_bytes()))));
    measure("JSON, binary mode", || is_read(&from_binary(black_box(&json_headers), Some(DATA.as_bytes()))));
    measure("protobuf, binary mode", || is_read(&from_binary(black_box(&protobuf_headers), Some(&protobuf))));
    measure("event to the wire", || !encode_licensee_event(&licensee, black_box(&assigned)).data.is_empty());
    measure("event from the wire", || decode(stored.type_name, stored.schema_version, black_box(&stored.data)).is_ok());
    Ok(())
}

fn is_read(incoming: &Incoming) -> bool {
    incoming.request.is_ok()
}

fn headers(content_type: &str) -> Vec<(String, Vec<u8>)> {
    [
        ("ce_specversion", "1.0"),
        ("ce_source", "/directory"),
        ("ce_id", "m-000001"),
        ("ce_type", "usher.directory.v1.MemberAdded"),
        ("ce_time", "2024-03-01T08:00:00Z"),
        ("content-type", content_type),
    ]
    .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
    .to_vec()
}

/// Prints the median of a few rounds, and the least and the most.
fn measure(name: &str, work: impl Fn() -> bool) {
    let mut rates = [(); ROUNDS].map(|()| round(&work));
    rates.sort_unstable();
    let [least, _, median, _, most] = rates;
    println!("{name:>22}: {median} a second ({least} to {most})");
}

fn round(work: &impl Fn() -> bool) -> u64 {
    let start = Instant::now();
    let mut done = 0_u64;
    while start.elapsed() < ROUND {
        for _ in 0..1_000 {
            assert!(work(), "the sample was not read");
        }
        done += 1_000;
    }
    (done as f64 / start.elapsed().as_secs_f64()) as u64
}
