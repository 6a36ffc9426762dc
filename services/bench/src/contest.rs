//! Contenders that take turns.
//!
//! A machine is never quiet for long, so a figure alone says little. Contenders run one after the other in each round,
//! each round begun by another, after one warm-up round that does not count; what is told of each is the median of its
//! rounds and their spread, and of two the ratio within each round.

use std::time::Duration;

use crate::{
    effort::Effort,
    error::BenchError,
    measure::{Measure, Reading, Series},
    progress,
};

/// Somebody who can be measured.
pub trait Contender {
    /// What it is called in tables.
    fn name(&self) -> String;

    /// Works for about this long, and says what came out; the same measures in the same order each time.
    ///
    /// # Errors
    /// [`BenchError`] if it can't work: then nothing is measured.
    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError>;

    /// Comes to rest after a round: what still goes on behind its answers must not take the machine from the next one. Not
    /// measured; most have nothing to do.
    ///
    /// # Errors
    /// [`BenchError`] if it does not come to rest.
    fn settle(&mut self) -> Result<(), BenchError> {
        Ok(())
    }
}

/// What came out of a contest, contender by contender.
#[derive(Debug, Default)]
pub struct Results(Vec<Series>);

impl Results {
    /// The samples of a contender.
    ///
    /// # Errors
    /// [`BenchError::Wrong`] if it never gave that measure.
    pub fn of(&self, contender: &str, measure: Measure) -> Result<&Series, BenchError> {
        let found = self.0.iter().find(|series| series.contender == contender && series.measure == measure);
        found.ok_or_else(|| BenchError::wrong(format!("{contender} gave no {}", measure.name)))
    }

    /// All of them.
    pub fn series(&self) -> &[Series] {
        &self.0
    }

    fn add(&mut self, contender: &str, reading: Reading) {
        let known = self.0.iter_mut().find(|s| s.contender == contender && s.measure == reading.measure);
        match known {
            Some(series) => series.samples.push(reading.value),
            None => {
                let contender = contender.to_owned();
                self.0.push(Series { contender, measure: reading.measure, samples: vec![reading.value] });
            }
        }
    }
}

/// Has contenders take turns for as many rounds as the effort says; `about` is told as it goes on.
///
/// # Errors
/// That of the first contender that fails.
pub fn run(
    about: &str,
    effort: Effort,
    time: Duration,
    contenders: &mut [Box<dyn Contender + '_>],
) -> Result<Results, BenchError> {
    for contender in contenders.iter_mut() {
        progress::tell(&format!("{about}: {} warms up", contender.name()));
        contender.round(time.min(effort.round_time()))?;
        contender.settle()?;
    }
    let mut results = Results::default();
    for round in 0..effort.rounds {
        for turn in 0..contenders.len() {
            let place = (round + turn) % contenders.len();
            let Some(contender) = contenders.get_mut(place) else { continue };
            progress::tell(&format!("{about}: round {} of {}, {}", round + 1, effort.rounds, contender.name()));
            let name = contender.name();
            contender.round(time)?.into_iter().for_each(|reading| results.add(&name, reading));
            contender.settle()?;
        }
    }
    Ok(results)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;
    use crate::measure::Unit;

    const SPEED: Measure = Measure { name: "speed", unit: Unit::Times };

    /// Notes its turns, and is a little faster each time.
    struct Runner {
        name: &'static str,
        turns: Rc<RefCell<Vec<&'static str>>>,
        speed: f64,
    }

    impl Contender for Runner {
        fn name(&self) -> String {
            self.name.to_owned()
        }

        fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
            self.turns.borrow_mut().push(self.name);
            self.speed += 1.0;
            Ok(vec![SPEED.reading(self.speed)])
        }
    }

    fn race(turns: &Rc<RefCell<Vec<&'static str>>>, rounds: usize) -> Results {
        let runner = |name, speed| Box::new(Runner { name, turns: turns.clone(), speed }) as Box<dyn Contender>;
        let mut contenders = [runner("a", 0.0), runner("b", 10.0)];
        run("a race", Effort::new(true, Some(rounds)), Duration::ZERO, &mut contenders).unwrap()
    }

    #[test]
    fn contenders_alternate_and_each_begins_in_its_turn() {
        let turns = Rc::default();
        race(&turns, 3);
        assert_eq!(*turns.borrow(), ["a", "b", "a", "b", "b", "a", "a", "b"]);
    }

    #[test]
    fn each_comes_to_rest_before_the_next_one_begins() {
        struct Restless(Rc<RefCell<u32>>);
        impl Contender for Restless {
            fn name(&self) -> String {
                "restless".to_owned()
            }
            fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
                assert_eq!(self.0.replace(1), 0, "the one before still works");
                Ok(Vec::new())
            }
            fn settle(&mut self) -> Result<(), BenchError> {
                self.0.replace(0);
                Ok(())
            }
        }
        let busy = Rc::default();
        let mut contenders = [(); 2].map(|()| Box::new(Restless(Rc::clone(&busy))) as Box<dyn Contender>);
        run("rest", Effort::new(true, Some(2)), Duration::ZERO, &mut contenders).unwrap();
        assert_eq!(*busy.borrow(), 0);
    }

    #[test]
    fn the_warm_up_does_not_count() {
        let results = race(&Rc::default(), 2);
        assert_eq!(results.of("a", SPEED).unwrap().samples, [2.0, 3.0]);
        assert_eq!(results.of("b", SPEED).unwrap().samples, [12.0, 13.0]);
        assert!(results.of("c", SPEED).is_err());
    }
}
