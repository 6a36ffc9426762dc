//! Views that are made anew beside those that live.

use std::{fs, ops::ControlFlow};

use rusqlite::Connection;
use views::{RebuildPhase, RebuildProgress, ViewsError};

use crate::suite::{
    chance::{Dice, play},
    world::{World, user},
};

fn filled() -> World {
    let (mut world, mut dice) = (World::new(), Dice::new(41));
    play(&mut world, &mut dice, 200);
    world
}

/// Notes a user whom no journal names.
fn mark(world: &World) {
    drop(world.open());
    let connection = Connection::open(world.store.file("views.db")).unwrap();
    connection.execute("INSERT INTO users (user, status) VALUES ('only-in-views', 'active')", []).unwrap();
}

fn is_marked(world: &World) -> bool {
    world.open().user(&user("only-in-views")).unwrap().is_some()
}

#[test]
fn what_was_fed_bit_by_bit_equals_what_is_made_at_one_go() {
    let (mut world, mut dice) = (World::new(), Dice::new(42));
    for _ in 0..5 {
        play(&mut world, &mut dice, 60);
        world.assert_views_equal_the_fold(&world.open());
    }
    let rebuilt = world.store.rebuild(&world.catalogue, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((rebuilt.difference, rebuilt.not_compared), (None, None));
    world.assert_views_equal_the_fold(&world.open());
}

#[test]
fn the_first_table_that_was_changed_is_named() {
    let world = filled();
    mark(&world);
    let rebuilt = world.store.rebuild(&world.catalogue, &mut |_| ControlFlow::Continue(())).unwrap();
    let difference = rebuilt.difference.unwrap();
    assert_eq!((difference.found.table.as_str(), difference.found.rows), ("users", difference.expected.rows + 1));
    assert!(!is_marked(&world));
    world.assert_views_equal_the_fold(&world.open());
}

#[test]
fn one_that_is_ended_leaves_the_old_ones() {
    let world = filled();
    mark(&world);
    let ended = world.store.rebuild(&world.catalogue, &mut |_| ControlFlow::Break(()));
    assert!(matches!(ended, Err(ViewsError::Aborted)), "{ended:?}");
    assert!(is_marked(&world));
    assert!(!world.store.file("views.new").exists());
}

#[test]
fn a_wal_that_a_crash_left_beside_the_old_file_is_not_taken_for_the_new_ones() {
    let world = filled();
    mark(&world);
    let views = world.open();
    let left = ["views.db", "views.db-wal", "views.db-shm"].map(|name| world.store.file(name));
    let bytes: Vec<Vec<u8>> = left.iter().map(|file| fs::read(file).unwrap()).collect();
    drop(views);
    left.iter().zip(bytes).for_each(|(file, bytes)| fs::write(file, bytes).unwrap());
    world.store.rebuild(&world.catalogue, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(!is_marked(&world));
    world.assert_views_equal_the_fold(&world.open());
}

/// Notes the user while the views are open.
fn mark_in_use(world: &World) {
    let connection = Connection::open(world.store.file("views.db")).unwrap();
    connection.execute("INSERT INTO users (user, status) VALUES ('only-in-views', 'active')", []).unwrap();
}

#[test]
fn in_place_what_was_changed_is_named_and_mended() {
    let world = filled();
    let views = world.open();
    world.catch_up(&views);
    mark_in_use(&world);
    assert!(views.user(&user("only-in-views")).unwrap().is_some());
    let rebuilt = views.rebuild_in_place(&mut |_| ControlFlow::Continue(())).unwrap();
    let difference = rebuilt.difference.unwrap();
    assert_eq!((difference.found.table.as_str(), difference.found.rows), ("users", difference.expected.rows + 1));
    assert_eq!(views.user(&user("only-in-views")).unwrap(), None);
    world.assert_views_equal_the_fold(&views);
    assert!(!world.store.file("views.new").exists());
    drop(views);
    assert!(!is_marked(&world));
}

#[test]
fn in_place_marks_that_were_changed_are_mended_too() {
    for change in ["commit_number + 1000, position = position + 1000", "commit_number - 1"] {
        let mut world = filled();
        let views = world.open();
        world.catch_up(&views);
        let connection = Connection::open(world.store.file("views.db")).unwrap();
        let sql = format!("UPDATE positions SET commit_number = {change} WHERE commit_number > 1");
        assert!(connection.execute(&sql, []).unwrap() > 0);
        let rebuilt = views.rebuild_in_place(&mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(rebuilt.difference.unwrap().found.table, "positions", "{change}");
        play(&mut world, &mut Dice::new(43), 50);
        world.assert_views_equal_the_fold(&views);
    }
}

#[test]
fn in_place_one_that_is_ended_in_whatever_phase_leaves_the_old_ones_which_are_fed_on() {
    let mut world = filled();
    let views = world.open();
    world.catch_up(&views);
    mark_in_use(&world);
    for phase in [RebuildPhase::Filling, RebuildPhase::Comparing, RebuildPhase::Swapping] {
        let end = &mut |progress: RebuildProgress| {
            if progress.phase == phase { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let ended = views.rebuild_in_place(end);
        assert!(matches!(ended, Err(ViewsError::Aborted)), "{phase:?}: {ended:?}");
        assert!(views.user(&user("only-in-views")).unwrap().is_some(), "{phase:?}");
        assert!(!world.store.file("views.new").exists(), "{phase:?}");
        play(&mut world, &mut Dice::new(44), 20);
        world.assert_views_equal_the_fold(&views);
    }
}

#[test]
fn in_place_it_waits_until_nobody_reads_the_old_file() {
    let mut world = filled();
    let views = world.open();
    world.catch_up(&views);
    let connection = Connection::open(world.store.file("views.db")).unwrap();
    connection.execute_batch("BEGIN; SELECT count(*) FROM users").unwrap();
    // So that there is something that the reader does not see.
    play(&mut world, &mut Dice::new(45), 20);
    let (mut reader, mut tries) = (Some(connection), 0);
    let watch = &mut |progress: RebuildProgress| {
        tries += u32::from(progress.phase == RebuildPhase::Swapping);
        if tries > 2 {
            reader = None;
        }
        ControlFlow::Continue(())
    };
    let rebuilt = views.rebuild_in_place(watch).unwrap();
    assert!(tries > 2 && rebuilt.difference.is_none(), "{tries} {rebuilt:?}");
    world.assert_views_equal_the_fold(&views);
}
