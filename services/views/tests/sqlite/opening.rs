//! Views that are opened again: they go on where they were, or start anew at any doubt.

use std::{fs, path::PathBuf};

use rusqlite::Connection;
use views::ViewsError;

use crate::suite::{
    chance::{Dice, play},
    world::{World, user},
};

/// A user that no journal names: whoever still knows it has not been rebuilt.
const MARKER: &str = "only-in-views";

fn filled() -> World {
    let (mut world, mut dice) = (World::new(), Dice::new(11));
    play(&mut world, &mut dice, 120);
    drop(world.open());
    change(&world, &format!("INSERT INTO users (user, status) VALUES ('{MARKER}', 'active')"));
    world
}

fn file(world: &World) -> PathBuf {
    world.store.file("views.db")
}

/// Changes the closed file from outside.
fn change(world: &World, sql: &str) {
    let connection = Connection::open(file(world)).unwrap();
    connection.execute_batch(sql).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

fn goes_on(world: &World) -> bool {
    world.open().user(&user(MARKER)).unwrap().is_some()
}

#[track_caller]
fn is_rebuilt_after(damage: impl FnOnce(&World)) {
    let world = filled();
    damage(&world);
    let views = world.open();
    assert!(views.user(&user(MARKER)).unwrap().is_none(), "it went on with a file that it should not have trusted");
    world.assert_views_equal_the_fold(&views);
    drop(views);
    world.assert_views_equal_the_fold(&world.open());
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let mut world = filled();
    let (before, mut dice) = (world.positions(), Dice::new(12));
    play(&mut world, &mut dice, 100);
    let views = world.try_open().unwrap();
    assert!(views.positions().cover(&before), "it began again");
    world.assert_views_equal_the_fold(&views);
    assert!(views.user(&user(MARKER)).unwrap().is_some());
}

#[test]
fn a_file_that_was_closed_in_order_has_no_wal() {
    let world = filled();
    assert!(goes_on(&world));
    assert!(!world.store.file("views.db-wal").exists());
}

#[test]
fn a_file_left_by_a_crash_is_gone_on_with() {
    let world = filled();
    let views = world.open();
    let files = ["views.db", "views.db-wal"].map(|name| world.store.file(name));
    let left: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    drop(views);
    files.iter().zip(left).for_each(|(file, bytes)| fs::write(file, bytes).unwrap());
    assert!(goes_on(&world));
    world.assert_views_equal_the_fold(&world.open());
}

#[test]
fn a_deleted_file_is_rebuilt() {
    is_rebuilt_after(|world| fs::remove_file(file(world)).unwrap());
}

#[test]
fn a_file_that_is_no_database_is_rebuilt() {
    is_rebuilt_after(|world| fs::write(file(world), "something else altogether, and long enough").unwrap());
    is_rebuilt_after(|world| fs::write(file(world), "").unwrap());
}

#[test]
fn a_file_without_its_end_is_rebuilt() {
    is_rebuilt_after(|world| {
        let bytes = fs::read(file(world)).unwrap();
        fs::write(file(world), &bytes[..bytes.len() - 1]).unwrap();
    });
    is_rebuilt_after(|world| {
        let bytes = fs::read(file(world)).unwrap();
        fs::write(file(world), &bytes[..bytes.len() / 2]).unwrap();
    });
}

#[test]
fn a_file_with_a_damaged_page_is_rebuilt() {
    is_rebuilt_after(|world| {
        let mut bytes = fs::read(file(world)).unwrap();
        bytes[4_096..].fill(0xa5);
        fs::write(file(world), bytes).unwrap();
    });
}

#[test]
fn an_account_that_cannot_be_read_is_a_reason_to_rebuild() {
    is_rebuilt_after(|world| change(world, "UPDATE licensees SET account = x'ffff' WHERE licensee = 'acme'"));
    is_rebuilt_after(|world| change(world, "UPDATE users SET status = 'asleep' WHERE user = 'u-1'"));
}

#[test]
fn another_format_older_or_newer_is_rebuilt() {
    is_rebuilt_after(|world| change(world, "PRAGMA user_version = 0"));
    is_rebuilt_after(|world| change(world, "PRAGMA user_version = 999"));
    is_rebuilt_after(|world| change(world, "DROP INDEX seats_by_user"));
    is_rebuilt_after(|world| change(world, "ALTER TABLE members ADD COLUMN height INTEGER"));
}

#[test]
fn views_of_another_journal_are_rebuilt() {
    is_rebuilt_after(|world| change(world, "UPDATE meta SET store_id = x'00'"));
    is_rebuilt_after(|world| change(world, "UPDATE positions SET checksum = checksum + 1 WHERE commit_number > 0"));
    is_rebuilt_after(|world| change(world, "DELETE FROM positions WHERE shard = 3"));
    is_rebuilt_after(|world| change(world, "DELETE FROM meta"));
}

#[test]
fn views_ahead_of_the_journal_are_rebuilt() {
    is_rebuilt_after(|world| change(world, "UPDATE positions SET commit_number = commit_number + 1"));
    is_rebuilt_after(|world| change(world, "UPDATE positions SET position = position + 1 WHERE commit_number > 0"));
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_and_no_reason_to_rebuild() {
    let world = filled();
    fs::remove_file(file(&world)).unwrap();
    fs::create_dir(file(&world)).unwrap();
    assert!(matches!(world.try_open().err().unwrap(), ViewsError::Io { .. }));
}
