//! Views that are made anew while they are read and fed.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use views::{RebuildPhase, Rebuilding, Stage, ViewsError};

use super::{
    chance::{Dice, play},
    world::{LONG, World},
};

/// Ends the loops of others, also when the test fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn they_equal_the_fold_at_any_time_and_never_go_back() {
    let (mut world, mut dice) = (World::new(), Dice::new(51));
    let (views, is_over) = (world.open(), AtomicBool::new(false));
    thread::scope(|scope| {
        let _ending = Ending(&is_over);
        let rebuilds = scope.spawn(|| {
            let mut rebuilds = 0;
            while !is_over.load(Ordering::Relaxed) || rebuilds < 2 {
                let rebuilt = views.rebuild_in_place(&mut |_| ControlFlow::Continue(())).unwrap();
                assert_eq!((rebuilt.difference, rebuilt.not_compared), (None, None));
                rebuilds += 1;
            }
        });
        scope.spawn(|| {
            let mut reached = views.positions();
            while !is_over.load(Ordering::Relaxed) {
                let now = views.positions();
                assert!(now.cover(&reached), "{now} is behind {reached}");
                views.totals().unwrap();
                reached = now;
                thread::sleep(Duration::from_millis(1));
            }
        });
        for _ in 0..20 {
            play(&mut world, &mut dice, 30);
            world.assert_views_equal_the_fold(&views);
        }
        is_over.store(true, Ordering::Relaxed);
        rebuilds.join().unwrap();
        world.assert_views_equal_the_fold(&views);
    });
    drop(views);
    world.assert_views_equal_the_fold(&world.open());
}

#[test]
fn every_phase_is_told_in_order_and_how_far_it_is() {
    let (mut world, mut dice) = (World::new(), Dice::new(52));
    play(&mut world, &mut dice, 100);
    let (views, mut told) = (world.open(), Vec::new());
    let watch = &mut |progress: views::RebuildProgress| {
        assert!(progress.records <= progress.of, "{progress:?}");
        told.push((progress.phase as u8, progress.records));
        ControlFlow::Continue(())
    };
    views.rebuild_in_place(watch).unwrap();
    assert!(told.is_sorted(), "{told:?}");
    let phases = [RebuildPhase::Filling, RebuildPhase::Comparing, RebuildPhase::Swapping].map(|phase| phase as u8);
    assert!(phases.iter().all(|phase| told.iter().any(|(seen, _)| seen == phase)), "{told:?}");
}

#[test]
fn two_at_once_are_refused() {
    let (mut world, mut dice) = (World::new(), Dice::new(53));
    play(&mut world, &mut dice, 50);
    let (views, mut second) = (world.open(), None);
    let watch = &mut |progress: views::RebuildProgress| {
        if progress.phase == RebuildPhase::Filling && progress.records > 0 && second.is_none() {
            second = Some(views.rebuild_in_place(&mut |_| ControlFlow::Continue(())));
        }
        ControlFlow::Continue(())
    };
    views.rebuild_in_place(watch).unwrap();
    assert!(matches!(second, Some(Err(ViewsError::RebuildUnderWay))), "{second:?}");
    world.assert_views_equal_the_fold(&views);
}

#[test]
fn one_that_a_process_is_asked_for_ends_by_itself_and_the_next_has_another_number() {
    let (mut world, mut dice) = (World::new(), Dice::new(54));
    play(&mut world, &mut dice, 50);
    let views = Arc::new(world.open());
    let rebuilding = Rebuilding::new(views.clone());
    assert!(rebuilding.last().is_none() && rebuilding.abort().is_none());
    for number in 1..=2 {
        assert_eq!(rebuilding.start().unwrap().number, number);
        let begun = std::time::Instant::now();
        while rebuilding.last().unwrap().is_running() {
            assert!(begun.elapsed() < LONG);
            thread::sleep(Duration::from_millis(5));
        }
        let last = rebuilding.last().unwrap();
        assert!(matches!(&last.stage, Stage::Done(rebuilt) if rebuilt.difference.is_none()), "{last:?}");
    }
    world.assert_views_equal_the_fold(&views);
}
