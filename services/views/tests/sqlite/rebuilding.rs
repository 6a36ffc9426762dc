//! Views that are made anew beside those that live.

use std::{fs, ops::ControlFlow};

use rusqlite::Connection;
use views::ViewsError;

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
