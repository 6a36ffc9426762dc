//! Changes of what is derived: each row that anybody is shown.

use audit::Part;

use crate::ground::{Ground, assert_names, run};

/// Makes each change by itself, finds it, and takes it back.
#[track_caller]
fn each_is_found(file: &str, part: Part, changes: &[(&str, &str, &str)]) {
    each_is_found_in(&Ground::new(), file, part, changes);
}

#[track_caller]
fn each_is_found_in(ground: &Ground, file: &str, part: Part, changes: &[(&str, &str, &str)]) {
    let connection = ground.open(file);
    for (table, change, told) in changes {
        connection.execute_batch(&format!("CREATE TABLE kept AS SELECT * FROM {table}")).unwrap();
        run(&connection, change, []);
        assert_names(&ground.difference(), part, told);
        let restore = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept");
        connection.execute_batch(&restore).unwrap();
    }
    ground.verify().unwrap();
}

#[test]
fn a_changed_row_of_the_index_is_found_and_named() {
    each_is_found(
        "index.db",
        Part::Index,
        &[
            (
                "events",
                "UPDATE events SET record = (SELECT record FROM events ORDER BY key LIMIT 1)
                        WHERE key = (SELECT key FROM events ORDER BY key LIMIT 1 OFFSET 1)",
                "event is",
            ),
            (
                "events",
                "UPDATE events SET position = position + 1 WHERE key = (SELECT max(key) FROM events)",
                "position",
            ),
            ("events", "DELETE FROM events WHERE key = (SELECT max(key) FROM events)", "missing"),
            (
                "events",
                "UPDATE events SET event_type = event_type + 1 WHERE key = (SELECT max(key) FROM events)",
                "type that it is found by",
            ),
            (
                "events",
                "UPDATE events SET effective_at_us = effective_at_us - 1 WHERE key = (SELECT min(key) FROM events)",
                "version 1, stream licensee/acme: effective time that it is found by",
            ),
            (
                "events",
                "UPDATE events SET recorded_at_us = recorded_at_us + 1 WHERE key = (SELECT min(key) FROM events)",
                "version 1, stream licensee/acme: recorded time that it is found by",
            ),
            ("streams", "INSERT INTO streams VALUES (99, 'licensee/umbrella', 0)", "number of rows: streams is 4"),
            ("concerns", "DELETE FROM concerns WHERE user = ''", "event found by whom it concerns is another, or none"),
            (
                "concerns",
                "UPDATE concerns SET user = user || '-' WHERE user > ''",
                "event found by whom it concerns is",
            ),
            ("concerns", "UPDATE concerns SET data = x'' WHERE user > ''", "event found by whom it concerns is"),
            (
                "concerns",
                "UPDATE concerns SET effective_at_us = effective_at_us + 1 WHERE user > ''",
                "event found by whom it concerns is",
            ),
            ("concerns", "INSERT INTO concerns VALUES (99, 'u', 1, 1, 1, 1, 1, x'')", "number of rows: concerns is"),
            ("commands", "DELETE FROM commands WHERE key = (SELECT max(key) FROM commands)", "outcome is missing"),
            ("usage", "UPDATE usage SET last_used_at_us = last_used_at_us - 1", "user ann: last use"),
            ("usage", "DELETE FROM usage", "user ann: last use"),
            ("usage", "INSERT INTO usage VALUES ('bob', 5)", "user bob: last use"),
            ("memberships", "DELETE FROM memberships WHERE user = 'bob'", "user bob: memberships"),
            ("memberships", "INSERT INTO memberships VALUES ('cat', 'acme')", "user cat: memberships"),
            ("usage", "INSERT INTO usage VALUES ('nobody', 5)", "number of rows: last uses is 2"),
            ("memberships", "INSERT INTO memberships VALUES ('nobody', 'acme')", "number of rows: memberships is"),
            ("uses", "UPDATE uses SET used_at_us = used_at_us + 1", "user ann: use is"),
            ("uses", "UPDATE uses SET effective_at_us = effective_at_us - 1", "user ann: use is"),
            ("uses", "UPDATE uses SET recorded_at_us = recorded_at_us - 1", "user ann: use is"),
            ("uses", "DELETE FROM uses", "user ann: use is missing"),
            ("uses", "INSERT INTO uses VALUES ('ann', 5, 5, 5)", "user ann: use is"),
            (
                "uses",
                "INSERT INTO uses SELECT user, effective_at_us + 1, used_at_us - 1, recorded_at_us FROM uses",
                "user ann: number of uses is 2",
            ),
            ("uses", "INSERT INTO uses VALUES ('bob', 5, 5, 5)", "user bob: number of uses is 1"),
            ("uses", "INSERT INTO uses VALUES ('nobody', 5, 5, 5)", "number of rows: uses is 2"),
            ("memberships_ever", "DELETE FROM memberships_ever WHERE user = 'cat'", "user cat: memberships ever"),
            ("memberships_ever", "INSERT INTO memberships_ever VALUES ('bob', 'globex')", "user bob: memberships ever"),
            (
                "memberships_ever",
                "INSERT INTO memberships_ever VALUES ('nobody', 'acme')",
                "number of rows: memberships ever is 5",
            ),
            (
                "first_named",
                "UPDATE first_named SET effective_at_us = effective_at_us + 1 WHERE user = 'bob'",
                "user bob: first named.effective_at",
            ),
            (
                "first_named",
                "UPDATE first_named SET recorded_at_us = recorded_at_us - 1 WHERE user = 'cat'",
                "user cat: first named.recorded_at",
            ),
            ("first_named", "DELETE FROM first_named WHERE user = 'ann'", "user ann: first named"),
            ("first_named", "INSERT INTO first_named VALUES ('nobody', 5, 5)", "number of rows: first named is 4"),
            (
                "timers",
                "UPDATE timers SET due_at_us = due_at_us + 1 WHERE licensee = 'globex'",
                "licensee globex: next timer",
            ),
            ("timers", "DELETE FROM timers WHERE licensee = 'acme'", "licensee acme: next timer"),
            ("timers", "INSERT INTO timers VALUES ('umbrella', 7)", "licensee umbrella: next timer"),
        ],
    );
}

#[test]
fn an_event_too_many_in_the_index_is_found() {
    let ground = Ground::new();
    let connection = ground.open("index.db");
    run(
        &connection,
        "INSERT INTO events (key, position, event_type, effective_at_us, record, recorded_at_us)
         SELECT key + 1, position, event_type, effective_at_us, record, recorded_at_us FROM events
         ORDER BY key DESC LIMIT 1",
        [],
    );
    assert_names(&ground.difference(), Part::Index, "more behind it is true");
}

#[test]
fn changed_times_of_a_block_are_found_and_the_stream_and_the_block_named() {
    let told = |field: &str| format!("stream licensee/acme: times of the block: 00000000000000001000{field}");
    let account_is = |what| match what {
        "missing" => "version 1000, stream licensee/acme: account behind the block is missing",
        _ => "version 1000, stream licensee/acme: account behind the block is unreadable",
    };
    each_is_found_in(
        &Ground::long(),
        "index.db",
        Part::Index,
        &[
            ("blocks", "UPDATE blocks SET effective_min_us = effective_min_us + 1", &told(".effective_min")),
            ("blocks", "UPDATE blocks SET effective_max_us = effective_max_us - 1", &told(".effective_max")),
            ("blocks", "UPDATE blocks SET recorded_max_us = recorded_max_us - 1", &told(".recorded_max")),
            ("blocks", "UPDATE blocks SET key = key + 1", account_is("missing")),
            ("blocks", "DELETE FROM blocks", account_is("missing")),
            ("blocks", "UPDATE blocks SET state = NULL", account_is("missing")),
            ("blocks", "UPDATE blocks SET state = x'00'", account_is("unreadable")),
            (
                "blocks",
                "INSERT INTO blocks (key, effective_min_us, effective_max_us, recorded_max_us) VALUES (7, 1, 1, 1)",
                "number of rows: blocks is 2",
            ),
        ],
    );
}

#[test]
fn a_state_of_the_past_that_was_changed_is_found() {
    let ground = Ground::new();
    let index = &ground.subject().index;
    for version in [2, 4, 5] {
        index.put_past_state("licensee/acme", &ground.state(version)).unwrap();
    }
    ground.verify().unwrap();
    let other = journal::Snapshot { version: 4, ..ground.state(5) };
    assert_eq!(index.past_state("licensee/acme", 4).unwrap(), Some(ground.state(4)));
    index.put_past_state("licensee/acme", &other).unwrap();
    ground.verify().expect("one that says that it is another is passed over, here as by whoever reads");
    let connection = ground.open("index.db");
    let mut forged: licensing::Licensee = postcard::from_bytes(&ground.state(3).bytes).unwrap();
    let event = licensing::Event::MemberRemoved { user: licensing::UserId::parse("ann").unwrap() };
    forged.evolve(&event, licensing::Instant::UNIX_EPOCH);
    let bytes = postcard::to_stdvec(&forged).unwrap();
    index.put_past_state("licensee/acme", &journal::Snapshot { bytes, ..ground.state(4) }).unwrap();
    assert_names(
        &ground.difference(),
        Part::Index,
        "version 4, stream licensee/acme: state of the past is another state",
    );
    index.put_past_state("licensee/acme", &ground.state(4)).unwrap();
    run(&connection, "UPDATE past_states SET bytes = x'00' WHERE version = 5", []);
    assert_names(&ground.difference(), Part::Index, "version 5, stream licensee/acme: state of the past is damaged");
    run(&connection, "DELETE FROM past_states", []);
    let mut beyond: licensing::Licensee = postcard::from_bytes(&ground.state(99).bytes).unwrap();
    beyond.evolve(&event, licensing::Instant::UNIX_EPOCH);
    let bytes = postcard::to_stdvec(&beyond).unwrap();
    let kept = journal::Snapshot { version: beyond.version(), bytes, ..ground.state(99) };
    index.put_past_state("licensee/acme", &kept).unwrap();
    assert_names(&ground.difference(), Part::Index, "licensee acme: version of the state of the past is");
    run(&connection, "DELETE FROM past_states", []);
    ground.verify().unwrap();
}

#[test]
fn a_snapshot_of_another_state_is_found() {
    let ground = Ground::new();
    let index = &ground.subject().index;
    let sound = index.snapshot("licensee/acme").unwrap().unwrap();
    let connection = ground.open("index.db");
    run(&connection, "DELETE FROM snapshots", []);
    let other = index.snapshot("licensee/globex").unwrap();
    assert!(other.is_none());
    let mut state: licensing::Licensee = postcard::from_bytes(&sound.bytes).unwrap();
    // One step that never happened, under the version that the snapshot is said to have.
    let event = licensing::Event::MemberRemoved { user: licensing::UserId::parse("ann").unwrap() };
    state.evolve(&event, licensing::Instant::UNIX_EPOCH);
    let bytes = postcard::to_stdvec(&state).unwrap();
    index.put_snapshot("licensee/acme", &journal::Snapshot { version: 4, bytes, ..sound.clone() }).unwrap();
    assert_names(&ground.difference(), Part::Index, "snapshot is another state");
    run(&connection, "DELETE FROM snapshots", []);
    index.put_snapshot("licensee/acme", &sound).unwrap();
    ground.verify().unwrap();
}

#[test]
fn a_changed_row_of_the_views_is_found_and_named() {
    each_is_found(
        "views.db",
        Part::Views,
        &[
            (
                "licensees",
                "UPDATE licensees SET position = position + 1 WHERE licensee = 'globex'",
                "licensee globex: position",
            ),
            (
                "licensees",
                "UPDATE licensees SET account = (SELECT account FROM licensees WHERE licensee = 'globex')
                           WHERE licensee = 'acme'",
                "licensee acme: account",
            ),
            ("licensees", "DELETE FROM licensees WHERE licensee = 'globex'", "licensee globex: the row"),
            (
                "licensees",
                "INSERT INTO licensees SELECT 'umbrella', account, shard, position FROM licensees LIMIT 1",
                "licensee umbrella: the row",
            ),
            ("members", "UPDATE members SET role = 'owner' WHERE user = 'bob'", "licensee acme, user bob: role"),
            ("members", "UPDATE members SET type = 'bot' WHERE user = 'bob'", "licensee acme, user bob: type"),
            ("members", "UPDATE members SET status = 'active' WHERE user = 'bob'", "licensee acme, user bob: status"),
            ("members", "DELETE FROM members WHERE licensee = 'globex'", "licensee globex, user ann: the row"),
            (
                "members",
                "INSERT INTO members VALUES ('acme', 'cat', 'guest', 'human', 'active', 0)",
                "licensee acme, user cat: the row",
            ),
            ("seats", "UPDATE seats SET assigned_at_us = assigned_at_us + 1", "licensee acme, user ann: assigned_at"),
            ("seats", "DELETE FROM seats", "licensee acme, user ann: assigned"),
            ("seats", "INSERT INTO seats VALUES ('globex', 'bob', 'duo', 1, 1)", "user bob: seats.0"),
            ("users", "UPDATE users SET status = 'banned' WHERE user = 'bob'", "user bob: status"),
            ("users", "DELETE FROM users WHERE user = 'cat'", "user cat: the row"),
            (
                "usage",
                "UPDATE usage SET last_used_at_us = last_used_at_us + 1",
                "licensee acme, user ann: last_used_at",
            ),
            (
                "timers",
                "UPDATE timers SET due_at_us = due_at_us + 1 WHERE licensee = 'acme'",
                "licensee acme: timers: 0.due_at",
            ),
            (
                "timers",
                "UPDATE timers SET kind = 'grace_ends' WHERE licensee = 'globex'",
                "licensee globex: timers: 0.kind",
            ),
            ("timers", "DELETE FROM timers WHERE licensee = 'acme'", "licensee acme: timers"),
            ("timers", "INSERT INTO timers VALUES ('acme', 9, 'sync_due', 5)", "licensee acme: timers"),
            (
                "refusals",
                "UPDATE refusals SET detail = 'because' WHERE code = 'quantity_exceeds_subscription_seats'",
                "licensee acme, command /tests#9: refusal: detail",
            ),
            ("refusals", "UPDATE refusals SET code = 'sales_only' WHERE command_id = '/tests#13'", "refusal: code"),
            (
                "refusals",
                "UPDATE refusals SET recorded_at_us = recorded_at_us + 1 WHERE command_id = '/tests#13'",
                "refusal: time",
            ),
            ("refusals", "DELETE FROM refusals WHERE command_id = '/tests#13'", "command /tests#13: refusal"),
            (
                "refusals",
                "INSERT INTO refusals SELECT licensee, shard, position + 1000, recorded_at_us, command_id, type,
                          code, detail, actor, available, requested, users FROM refusals LIMIT 1",
                "licensee acme: refusal",
            ),
            ("totals", "UPDATE totals SET licensees = licensees + 1", "totals: licensees"),
            ("totals", "UPDATE totals SET members = members + 1", "totals: members"),
            ("totals", "UPDATE totals SET seats = seats + 1", "totals: seats"),
            ("totals", "UPDATE totals SET events = events + 1", "totals: events"),
            ("totals", "UPDATE totals SET refusals = refusals + 1", "totals: refusals"),
            (
                "members",
                "UPDATE members SET seated = 0 WHERE licensee = 'acme' AND user = 'ann'",
                "licensee acme, user ann: column seated is false",
            ),
            (
                "members",
                "UPDATE members SET seated = 1 WHERE licensee = 'globex'",
                "licensee globex, user ann: column seated is true",
            ),
            (
                "refusal_counts",
                "UPDATE refusal_counts SET count = count + 1 WHERE code = 'quantity_exceeds_subscription_seats'",
                "refused: quantity_exceeds_subscription_seats",
            ),
            (
                "refusal_counts",
                "DELETE FROM refusal_counts WHERE code = 'quantity_exceeds_subscription_seats'",
                "refused: quantity_exceeds_subscription_seats",
            ),
            ("refusal_counts", "INSERT INTO refusal_counts VALUES ('sold_out', 1)", "refused: sold_out"),
            ("removals", "UPDATE removals SET count = count + 1 WHERE reason = 'blocked'", "totals: removals.blocked"),
        ],
    );
}
