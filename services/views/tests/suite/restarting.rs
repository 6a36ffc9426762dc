//! Views that are opened again.

use std::sync::Arc;

use licensing::{Catalogue, Offering, TimerKind};

use super::{
    chance::{Dice, play},
    world::World,
};

#[test]
fn views_that_are_opened_again_and_again_equal_the_fold() {
    let (mut world, mut dice) = (World::new(), Dice::new(21));
    for _ in 0..6 {
        play(&mut world, &mut dice, 60);
        world.assert_views_equal_the_fold(&world.open());
    }
}

#[test]
fn r18_timers_follow_the_catalogue_that_the_views_are_opened_with() {
    let mut world = World::new();
    world.subscribe("umbrella", Offering::SelfManaged, "ultimate", Some(("duo_pro", 5)));
    world.assert_views_equal_the_fold(&world.open());
    let text = Catalogue::built_in_text().replace("sync_after_hours = 24", "sync_after_hours = 48");
    world.catalogue = Arc::new(Catalogue::from_toml(&text).unwrap());
    let views = world.open();
    world.assert_views_equal_the_fold(&views);
    let sync_due = views.timers(None).unwrap().into_iter().find(|timer| timer.kind == TimerKind::SyncDue).unwrap();
    assert_eq!(sync_due.due_at, world.now + chrono::Duration::hours(48));
}

#[test]
fn views_that_are_closed_right_after_they_were_opened_end() {
    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let world = World::new();
        // A stop may come at any step of the follower's loop; often enough it comes at the worst.
        (0..200).for_each(|_| drop(world.open()));
        done.send(()).unwrap();
    });
    is_done.recv_timeout(std::time::Duration::from_secs(120)).expect("the follower missed that it was stopped");
}
