//! What came of it.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;
use kafka::KafkaError;
use serde::Serialize;
use serde_json::Value;

use crate::{Kind, Memory, server::Answered};

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came {
    /// It was done.
    Done,
    /// A rule was against it: with its code.
    Refused(String),
    /// Something went wrong: with its code, or `no_answer`.
    Failed(String),
}

impl Came {
    pub(crate) fn of<E>(answered: Result<Answered, E>) -> Self {
        let Ok(Answered { status, body }) = answered else { return Self::Failed("no_answer".to_owned()) };
        let said = || serde_json::from_slice::<Value>(&body).unwrap_or_default();
        if status.is_success() {
            // Only events are refused with success. Looking is cheaper than understanding.
            let is_refused = body.windows(9).any(|window| window == br#""refused""#.as_slice());
            return if is_refused { Self::Refused(code_of(&said()["results"][0])) } else { Self::Done };
        }
        let code = code_of(&said());
        if status.is_client_error() { Self::Refused(code) } else { Self::Failed(code) }
    }

    /// What became of a message, if it was delivered within its time.
    pub(crate) fn delivered<E>(delivered: Result<Result<(), KafkaError>, E>) -> Self {
        match delivered {
            Ok(Ok(())) => Self::Done,
            Ok(Err(error)) => Self::Failed(code_at_brokers(&error).to_owned()),
            Err(_) => Self::Failed("no_answer".to_owned()),
        }
    }
}

const fn code_at_brokers(error: &KafkaError) -> &'static str {
    match error {
        KafkaError::Unreachable { .. } => "kafka_unreachable",
        KafkaError::Login { .. } => "kafka_login",
        KafkaError::Tls { .. } => "kafka_tls",
        KafkaError::Forbidden { .. } => "kafka_forbidden",
        KafkaError::NoTopic { .. } => "kafka_no_topic",
        _ => "kafka_error",
    }
}

fn code_of(problem: &Value) -> String {
    problem["code"].as_str().unwrap_or("without_code").to_owned()
}

/// What a latency is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counted {
    /// A request, until it was answered, or a message, until the brokers had it.
    Answered(Kind),
    /// A message, until the server showed it.
    Shown(Kind),
}

/// What is counted on the way.
#[derive(Default)]
pub(crate) struct Tally {
    times: BTreeMap<Counted, Times>,
    refused: BTreeMap<String, u64>,
    failed: BTreeMap<String, u64>,
    pub(crate) lost_workers: u64,
}

/// The longest latency that is told from longer ones: an hour.
const LATENCY_MAX_MICROS: u64 = 3_600_000_000;
/// To how many digits a latency is known.
const DIGITS: u8 = 3;

/// Latencies, microseconds.
struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        let times = Histogram::new_with_bounds(1, LATENCY_MAX_MICROS, DIGITS);
        Self(times.unwrap_or_else(|_| unreachable!("these bounds and digits can be kept")))
    }
}

impl Tally {
    pub(crate) fn count(&mut self, counted: Counted, latency: Duration, came: Came) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.times.entry(counted).or_default().0.saturating_record(micros);
        match came {
            Came::Done => {}
            Came::Refused(code) => *self.refused.entry(code).or_default() += 1,
            Came::Failed(code) => *self.failed.entry(code).or_default() += 1,
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (counted, Times(times)) in other.times {
            // Both have the same bounds, so it can't fail.
            let _ = self.times.entry(counted).or_default().0.add(times);
        }
        for (mine, others) in [(&mut self.refused, other.refused), (&mut self.failed, other.failed)] {
            for (code, count) in others {
                *mine.entry(code).or_default() += count;
            }
        }
        self.lost_workers += other.lost_workers;
    }

    /// What came of it all; `stopped` if that was before its end.
    pub(crate) fn report(self, rate_asked: f64, took: Duration, stopped: bool, memory: Option<Memory>) -> Report {
        let mut all = Times::default();
        let (mut by_kind, mut shown) = (BTreeMap::new(), BTreeMap::new());
        for (counted, times) in &self.times {
            match counted {
                Counted::Answered(kind) => {
                    let _ = all.0.add(&times.0);
                    by_kind.insert(kind.name(), Latency::of(times));
                }
                Counted::Shown(kind) => drop(shown.insert(kind.name(), Latency::of(times))),
            }
        }
        let mut failed = self.failed;
        if self.lost_workers > 0 {
            failed.insert("lost_worker".to_owned(), self.lost_workers);
        }
        Report {
            rate_asked,
            rate: all.0.len() as f64 / took.as_secs_f64().max(f64::EPSILON),
            seconds: took.as_secs_f64(),
            stopped,
            all: Latency::of(&all),
            by_kind,
            shown,
            refused: self.refused,
            failed,
            memory,
        }
    }
}

/// What came of a load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Requests a second that were to be.
    pub rate_asked: f64,
    /// Requests a second that were answered.
    pub rate: f64,
    /// From the first request to the last answer, seconds.
    pub seconds: f64,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// Of all requests: until the answer, of messages to brokers until these have them.
    pub all: Latency,
    /// By kind.
    pub by_kind: BTreeMap<&'static str, Latency>,
    /// Of some of the messages to brokers, by kind: until the server showed what they did.
    pub shown: BTreeMap<&'static str, Latency>,
    /// How many were refused by a rule, by code: part of the mix, and no failure.
    pub refused: BTreeMap<String, u64>,
    /// How many failed, by code: 5xx, no answer in 30 s, not taken by the brokers, or taken and not shown in 30 s.
    pub failed: BTreeMap<String, u64>,
    /// The server's memory, where it tells.
    pub memory: Option<Memory>,
}

impl Report {
    /// How many requests failed.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

/// How long answers took, milliseconds, from when each request was due.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// How many there were.
    pub requests: u64,
    /// Half of them took no longer.
    pub p50_ms: f64,
    /// 99 of 100 took no longer.
    pub p99_ms: f64,
    /// 999 of 1,000 took no longer.
    pub p999_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl Latency {
    fn of(Times(times): &Times) -> Self {
        let at = |quantile| times.value_at_quantile(quantile) as f64 / 1_000.0;
        Self {
            requests: times.len(),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: times.max() as f64 / 1_000.0,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn came(status: StatusCode, body: &str) -> Came {
        Came::of(Ok::<_, ()>(Answered { status, body: body.as_bytes().to_vec() }))
    }

    #[test]
    fn a_refusal_is_told_from_a_failure() {
        assert_eq!(came(StatusCode::OK, r#"{"changed":true}"#), Came::Done);
        let refused = r#"{"results":[{"id":"1","outcome":"refused","code":"unknown_licensee"}]}"#;
        assert_eq!(came(StatusCode::OK, refused), Came::Refused("unknown_licensee".into()));
        assert_eq!(
            came(StatusCode::CONFLICT, r#"{"code":"no_seats_available"}"#),
            Came::Refused("no_seats_available".into())
        );
        assert_eq!(came(StatusCode::SERVICE_UNAVAILABLE, r#"{"code":"busy"}"#), Came::Failed("busy".into()));
        assert_eq!(came(StatusCode::BAD_GATEWAY, "<html>"), Came::Failed("without_code".into()));
        assert_eq!(Came::of(Err::<Answered, _>("gone")), Came::Failed("no_answer".into()));
    }

    #[test]
    fn a_message_that_is_not_delivered_fails_by_what_the_brokers_lack() {
        assert_eq!(Came::delivered(Ok::<_, ()>(Ok(()))), Came::Done);
        let no_topic = KafkaError::NoTopic { topic: "t".into() };
        assert_eq!(Came::delivered(Ok::<_, ()>(Err(no_topic))), Came::Failed("kafka_no_topic".into()));
        assert_eq!(Came::delivered(Err(())), Came::Failed("no_answer".into()));
    }

    #[test]
    fn parts_add_up_and_what_is_shown_is_no_request_of_its_own() {
        let mut one = Tally::default();
        one.count(Counted::Answered(Kind::Join), Duration::from_millis(1), Came::Done);
        let mut other = Tally::default();
        other.count(Counted::Answered(Kind::Join), Duration::from_millis(3), Came::Failed("busy".into()));
        other.count(Counted::Answered(Kind::Block), Duration::from_millis(2), Came::Refused("malformed_event".into()));
        other.count(Counted::Shown(Kind::Block), Duration::from_millis(70), Came::Done);
        one.add(other);
        let report = one.report(10.0, Duration::from_secs(1), false, None);
        assert_eq!(report.all.requests, 3);
        assert!((report.rate - 3.0).abs() < 0.001, "{report:?}");
        assert_eq!(report.by_kind["join"].requests, 2);
        assert_eq!(report.by_kind["join"].max_ms.round(), 3.0);
        assert_eq!((report.shown["block"].requests, report.shown["block"].max_ms.round()), (1, 70.0));
        assert_eq!((report.refused["malformed_event"], report.failures()), (1, 1));
    }

    #[test]
    fn latencies_are_told_by_their_share() {
        let mut tally = Tally::default();
        for millis in 1..=1_000 {
            tally.count(Counted::Answered(Kind::Use), Duration::from_millis(millis), Came::Done);
        }
        let Latency { p50_ms, p99_ms, p999_ms, max_ms, .. } =
            tally.report(1.0, Duration::from_secs(1), false, None).all;
        for (found, expected) in [(p50_ms, 500.0), (p99_ms, 990.0), (p999_ms, 999.0), (max_ms, 1_000.0)] {
            assert!((found - expected).abs() <= expected / 500.0, "{found} instead of {expected}");
        }
    }
}
