//! Load: so much under way at a time, as callers that wait for their answers make it.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use crate::{
    error::BenchError,
    measure::{Measure, P50, P99, Reading},
};

/// Latencies are kept up to this, nanoseconds: a minute.
const LATENCY_MAX_NS: u64 = 60_000_000_000;
/// Digits of a latency that are kept.
const DIGITS: u8 = 3;

/// What came out of a load.
#[derive(Debug, Clone)]
pub struct Load {
    /// What was done.
    pub done: u64,
    /// From the first that was asked to the last answer.
    pub took: Duration,
    /// How long each waited for its answer.
    pub latencies: Latencies,
}

/// How long things took.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// None yet.
    ///
    /// # Errors
    /// [`BenchError::Wrong`] never, with the bounds that are set here.
    pub fn new() -> Result<Self, BenchError> {
        let histogram = Histogram::new_with_max(LATENCY_MAX_NS, DIGITS);
        histogram.map(Self).map_err(|error| BenchError::wrong(error.to_string()))
    }

    /// Adds one; what is longer than a minute counts as a minute.
    pub fn add(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Adds all of others.
    pub fn add_all(&mut self, others: &Self) {
        // Both have the same bounds.
        let _ = self.0.add(&others.0);
    }

    /// What this part of all took at most, milliseconds.
    pub fn quantile_ms(&self, part: f64) -> f64 {
        self.0.value_at_quantile(part) as f64 / 1e6
    }

    /// The middle, and what only one of a hundred exceeds.
    pub fn readings(&self) -> [Reading; 2] {
        [P50.reading(self.quantile_ms(0.5)), P99.reading(self.quantile_ms(0.99))]
    }
}

impl Load {
    /// As many a second.
    pub fn per_second(&self) -> f64 {
        self.done as f64 / self.took.as_secs_f64()
    }

    /// Rate and latencies.
    pub fn readings(&self, rate: Measure) -> Vec<Reading> {
        [rate.reading(self.per_second())].into_iter().chain(self.latencies.readings()).collect()
    }
}

/// Asks for one thing after another for so long, with `in_flight` under way at a time (as many at least in all), and waits for the answers in the
/// order of the questions, which is that of the answers too where whoever answers keeps the order.
///
/// One thread does it all: on a small machine it must take little from whoever is measured.
///
/// # Errors
/// The first of `ask` or `wait`.
pub fn closed_loop<T>(
    in_flight: u64,
    time: Duration,
    mut ask: impl FnMut() -> Result<T, BenchError>,
    mut wait: impl FnMut(T) -> Result<(), BenchError>,
) -> Result<Load, BenchError> {
    let in_flight = usize::try_from(in_flight.max(1)).unwrap_or(usize::MAX);
    let mut under_way: VecDeque<(Instant, T)> = VecDeque::new();
    let (mut done, mut latencies) = (0, Latencies::new()?);
    let (began, mut is_over) = (Instant::now(), false);
    loop {
        while !is_over && under_way.len() < in_flight {
            under_way.push_back((Instant::now(), ask()?));
        }
        let Some((asked, ticket)) = under_way.pop_front() else { break };
        wait(ticket)?;
        latencies.add(asked.elapsed());
        done += 1;
        is_over = began.elapsed() >= time;
    }
    Ok(Load { done, took: began.elapsed(), latencies })
}

/// Asks for everything in order, with so much under way at a time.
///
/// # Errors
/// The first of `ask` or `wait`.
pub fn in_order<Q, T>(
    in_flight: usize,
    questions: impl Iterator<Item = Q>,
    mut ask: impl FnMut(Q) -> Result<T, BenchError>,
    mut wait: impl FnMut(T) -> Result<(), BenchError>,
) -> Result<(), BenchError> {
    let mut under_way = VecDeque::new();
    for question in questions {
        if under_way.len() >= in_flight
            && let Some(ticket) = under_way.pop_front()
        {
            wait(ticket)?;
        }
        under_way.push_back(ask(question)?);
    }
    under_way.into_iter().try_for_each(wait)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn as_much_is_under_way_as_was_asked_for_and_all_is_waited_for() {
        let (under_way, most) = (Cell::new(0), Cell::new(0));
        let ask = || {
            under_way.set(under_way.get() + 1);
            most.set(most.get().max(under_way.get()));
            Ok(())
        };
        let wait = |()| {
            under_way.set(under_way.get() - 1);
            Ok(())
        };
        let load = closed_loop(8, Duration::from_millis(5), ask, wait).unwrap();
        assert_eq!((most.get(), under_way.get()), (8, 0));
        assert!(load.done >= 8 && load.took >= Duration::from_millis(5) && load.per_second() > 0.0);
    }

    #[test]
    fn everything_is_asked_for_in_order() {
        let mut answers = Vec::new();
        in_order(3, 0..10, Ok, |answer| {
            answers.push(answer);
            Ok(())
        })
        .unwrap();
        assert!(answers.into_iter().eq(0..10));
    }

    #[test]
    fn quantiles_are_of_all_latencies() {
        let mut latencies = Latencies::new().unwrap();
        (1..=100).for_each(|ms| latencies.add(Duration::from_millis(ms)));
        assert!((latencies.quantile_ms(0.5) - 50.0).abs() < 0.1);
        assert!((latencies.quantile_ms(0.99) - 99.0).abs() < 0.1);
        latencies.add(Duration::from_secs(3_600));
        assert!(latencies.quantile_ms(1.0) > 59_000.0);
    }
}
