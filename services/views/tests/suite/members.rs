//! Members: filters, orders, and pages while the data moves.

use chrono::Duration;
use licensing::*;
use serde_json::json;
use views::{Looks, MemberView, MembersQuery, Views, ViewsError};

use super::world::{World, all_pages, licensee};

fn sorted(sort: &str, limit: usize) -> MembersQuery {
    MembersQuery { sort: sort.parse().unwrap(), limit, ..MembersQuery::default() }
}

fn pages(views: &Views, query: &MembersQuery, between: impl FnMut(usize)) -> Vec<MemberView> {
    let page = |cursor| views.members(&licensee("acme"), &MembersQuery { cursor, ..query.clone() }).unwrap();
    all_pages(page, between)
}

fn ids(members: &[MemberView]) -> Vec<&str> {
    members.iter().map(|member| member.user.as_str()).collect()
}

/// Six members; of two each value is missing, of two it is the same.
fn six() -> World {
    let mut world = World::new();
    let all = ["u-1", "u-2", "u-3", "u-4", "u-5", "u-6"];
    world.subscribe("acme", Offering::GitlabCom, "ultimate", Some(("duo_pro", 50)));
    world.join("acme", &all);
    for (id, username) in [("u-1", "zoe"), ("u-2", "anna"), ("u-3", "Max"), ("u-4", "anna")] {
        world.put_person(id, username, "Some Body");
    }
    for (id, hours) in [("u-6", 0), ("u-5", 1), ("u-2", 0), ("u-1", 3)] {
        world.wait(Duration::hours(hours));
        world.use_now(id);
        world.assign("acme", id);
    }
    world
}

#[test]
fn members_are_sorted_every_way_with_missing_values_last() {
    let world = six();
    let views = world.open();
    for (sort, expected) in [
        ("user", ["u-1", "u-2", "u-3", "u-4", "u-5", "u-6"]),
        ("-user", ["u-6", "u-5", "u-4", "u-3", "u-2", "u-1"]),
        ("username", ["u-3", "u-2", "u-4", "u-1", "u-5", "u-6"]),
        ("-username", ["u-1", "u-2", "u-4", "u-3", "u-5", "u-6"]),
        ("last_used_at", ["u-6", "u-2", "u-5", "u-1", "u-3", "u-4"]),
        ("-last_used_at", ["u-1", "u-2", "u-5", "u-6", "u-3", "u-4"]),
        ("assigned_at", ["u-6", "u-2", "u-5", "u-1", "u-3", "u-4"]),
        ("-assigned_at", ["u-1", "u-2", "u-5", "u-6", "u-3", "u-4"]),
    ] {
        for limit in [1, 2, 5, 6, 7] {
            let listed = pages(&views, &sorted(sort, limit), |_| {});
            assert_eq!(ids(&listed), expected, "{sort} by {limit}");
        }
    }
}

/// Lists so many members while some of those who have seats, which is every so manieth, move over the places where pages
/// end, in both directions.
fn listed_while_they_move(count: usize, limit: usize, every: usize) {
    let mut world = World::new();
    let members: Vec<String> = (0..count).map(|number| format!("u-{number:04}")).collect();
    let all: Vec<&str> = members.iter().map(String::as_str).collect();
    world.subscribe("acme", Offering::GitlabCom, "ultimate", Some(("duo_pro", 50)));
    world.join_at_once("acme", &all);
    all.iter().for_each(|id| world.put_person(id, &format!("name-{id}"), "Somebody"));
    let holders: Vec<&str> = all.iter().copied().step_by(every).collect();
    holders.iter().for_each(|id| world.assign("acme", id));
    all.iter().step_by(2 * every).for_each(|id| world.use_now(id));
    let views = world.open();
    world.catch_up(&views);
    for sort in
        ["user", "-user", "username", "-username", "last_used_at", "-last_used_at", "assigned_at", "-assigned_at"]
    {
        let listed = pages(&views, &sorted(sort, limit), |page| {
            world.wait(Duration::hours(1));
            for step in [0, 7, 15, 22] {
                let id = holders[(page * (limit / every + 1) + step) % holders.len()];
                world.use_now(id);
                let name = if page % 2 == 0 { format!("a-{page}-{step}") } else { format!("z-{page}-{step}") };
                world.put_person(id, &name, "Somebody Else");
                world.unassign("acme", id);
                world.assign("acme", id);
            }
            world.catch_up(&views);
        });
        let mut listed = ids(&listed);
        listed.sort_unstable();
        assert_eq!(listed, all, "{sort}");
    }
}

#[test]
fn every_member_is_given_exactly_once_however_the_data_moves() {
    listed_while_they_move(30, 4, 1);
}

#[test]
fn of_many_members_each_is_given_exactly_once_too() {
    listed_while_they_move(1_300, 130, 40);
}

/// More members than are sorted at one go, in every order as if they had been.
#[test]
fn many_members_are_sorted_as_few_are() {
    let mut world = World::new();
    let members: Vec<String> = (0..1_500).map(|number| format!("u-{number:04}")).collect();
    let all: Vec<&str> = members.iter().map(String::as_str).collect();
    world.subscribe("acme", Offering::GitlabCom, "ultimate", Some(("duo_pro", 2_000)));
    world.join_at_once("acme", &all);
    for (number, id) in all.iter().enumerate().filter(|(number, _)| number % 3 != 0) {
        world.put_person(id, &format!("name-{}", number * 7 % 40), "Somebody");
    }
    for (number, id) in all.iter().enumerate().filter(|(number, _)| number % 60 == 0) {
        world.wait(Duration::minutes(i64::try_from(number % 7).unwrap()));
        world.use_now(id);
        world.assign("acme", all[1_499 - number]);
    }
    world.set_status("u-0010", UserStatus::Blocked);
    let views = world.open();
    let everybody = pages(&views, &sorted("user", 1_000), |_| {});
    assert_eq!(ids(&everybody), all);
    for key in ["username", "last_used_at", "assigned_at"] {
        for descending in [false, true] {
            let mut expected = everybody.clone();
            expected.sort_by(|one, other| {
                let value = |member: &MemberView| match key {
                    "username" => member.username.clone(),
                    "last_used_at" => member.last_used_at.map(|at| at.to_rfc3339()),
                    _ => member.assigned_at.map(|at| at.to_rfc3339()),
                };
                let (one, other) = (value(one), value(other));
                let by_value = if descending { other.cmp(&one) } else { one.cmp(&other) };
                one.is_none().cmp(&other.is_none()).then(by_value)
            });
            let sort = if descending { format!("-{key}") } else { key.to_owned() };
            for filter in [
                MembersQuery::default(),
                MembersQuery { assigned: Some(false), ..MembersQuery::default() },
                MembersQuery { status: Some(UserStatus::Active), ..MembersQuery::default() },
                MembersQuery { search: Some("U-".to_owned()), ..MembersQuery::default() },
            ] {
                let is_wanted = |member: &&MemberView| {
                    filter.assigned.is_none_or(|assigned| member.assigned == assigned)
                        && filter.status.is_none_or(|status| member.status == status)
                };
                let expected: Vec<&str> =
                    expected.iter().filter(is_wanted).map(|member| member.user.as_str()).collect();
                let query = MembersQuery { sort: sort.parse().unwrap(), limit: 400, ..filter.clone() };
                assert_eq!(ids(&pages(&views, &query, |_| {})), expected, "{query:?}");
            }
        }
    }
}

#[test]
fn what_is_shown_of_a_later_page_is_not_out_of_date() {
    let mut world = six();
    let views = world.open();
    let listed = pages(&views, &sorted("username", 5), |_| {
        world.put_person("u-6", "aaron", "Aaron");
        world.catch_up(&views);
    });
    assert_eq!(listed[5].username.as_deref(), Some("aaron"));
}

#[test]
fn whoever_leaves_is_left_out_of_later_pages_and_nobody_else_is() {
    for sort in ["user", "-last_used_at"] {
        let mut world = six();
        let views = world.open();
        let listed = pages(&views, &sorted(sort, 2), |page| {
            if page == 1 {
                ["u-1", "u-3", "u-4"].iter().for_each(|id| world.leave("acme", id));
                world.join("acme", &["u-0"]);
                world.catch_up(&views);
            }
        });
        assert_eq!(ids(&listed), ["u-1", "u-2", "u-5", "u-6"], "{sort}");
    }
}

#[test]
fn members_are_filtered_by_seat_status_and_search() {
    let mut world = six();
    world.set_status("u-3", UserStatus::Blocked);
    world.set_status("u-5", UserStatus::Blocked);
    world.put_person("u-6", "x", "Zoë ÄRGER");
    let views = world.open();
    let base = MembersQuery { limit: 2, ..MembersQuery::default() };
    let search = |text: &str| MembersQuery { search: Some(text.to_owned()), ..base.clone() };
    for (query, expected) in [
        (MembersQuery { assigned: Some(true), ..base.clone() }, vec!["u-1", "u-2", "u-6"]),
        (MembersQuery { assigned: Some(false), ..base.clone() }, vec!["u-3", "u-4", "u-5"]),
        (MembersQuery { status: Some(UserStatus::Blocked), ..base.clone() }, vec!["u-3", "u-5"]),
        (MembersQuery { assigned: Some(false), status: Some(UserStatus::Active), ..base.clone() }, vec!["u-4"]),
        (search("ANNA"), vec!["u-2", "u-4"]),
        (search("ärger"), vec!["u-6"]),
        (search("some body"), vec!["u-1", "u-2", "u-3", "u-4"]),
        (search("u-4@MAIL"), vec!["u-4"]),
        (search("U-5"), vec!["u-5"]),
        (search("%"), vec![]),
        (MembersQuery { assigned: Some(true), ..search("anna") }, vec!["u-2"]),
    ] {
        for sort in ["user", "assigned_at"] {
            let query = MembersQuery { sort: sort.parse().unwrap(), ..query.clone() };
            let listed = pages(&views, &query, |_| {});
            let mut listed = ids(&listed);
            listed.sort_unstable();
            assert_eq!(listed, expected, "{query:?}");
        }
    }
}

/// However few may be looked at for a page, a search finds whom it finds at one go, in the same order.
#[test]
fn a_search_that_looks_at_few_at_a_time_finds_the_same_in_every_order() {
    let mut world = World::new();
    let members: Vec<String> = (0..60).map(|number| format!("u-{number:02}")).collect();
    let all: Vec<&str> = members.iter().map(String::as_str).collect();
    world.subscribe("acme", Offering::GitlabCom, "ultimate", Some(("duo_pro", 50)));
    world.subscribe("globex", Offering::GitlabCom, "ultimate", Some(("duo_pro", 50)));
    world.join_at_once("acme", &all);
    world.join_at_once("globex", &["v-1", "v-2", "v-3"]);
    ["v-1", "v-2", "v-3"].iter().for_each(|id| world.put_person(id, &format!("k-{id}"), "Zoë Elsewhere"));
    for (number, id) in all.iter().enumerate().filter(|(number, _)| number % 4 != 0) {
        let name = if number % 9 == 0 { "Zoë Ärger" } else { "Somebody" };
        world.put_person(id, &format!("name-{:02}", number * 7 % 60), name);
    }
    for id in all.iter().step_by(3) {
        world.wait(Duration::hours(1));
        world.use_now(id);
        world.assign("acme", id);
    }
    let views = world.open();
    let search = |text: &str| MembersQuery { search: Some(text.to_owned()), limit: 2, ..MembersQuery::default() };
    for query in [
        search("ZOË"),
        search("u-1"),
        search("nobody at all"),
        MembersQuery { assigned: Some(true), ..search("ärger") },
        MembersQuery { assigned: Some(false), ..search("u-2") },
    ] {
        for sort in
            ["user", "-user", "username", "-username", "last_used_at", "-last_used_at", "assigned_at", "-assigned_at"]
        {
            let query = MembersQuery { sort: sort.parse().unwrap(), ..query.clone() };
            let at_one_go = pages(&views, &query, |_| {});
            for looks in [1, 7, 200] {
                let query = MembersQuery { looks: Looks(looks), ..query.clone() };
                let mut cursors = 0;
                let listed = pages(&views, &query, |count| cursors = count);
                assert_eq!(ids(&listed), ids(&at_one_go), "{query:?}");
                assert!(
                    looks > 60 || cursors >= 60 / looks - 1,
                    "{cursors} pages looked at more than they may: {query:?}"
                );
            }
        }
    }
}

#[test]
fn a_search_that_has_found_nobody_yet_says_that_it_goes_on() {
    let world = six();
    let views = world.open();
    let query = |cursor| MembersQuery { search: Some("u-5".to_owned()), looks: Looks(3), cursor, ..sorted("user", 10) };
    let first = views.members(&licensee("acme"), &query(None)).unwrap();
    assert_eq!(ids(&first.items), [""; 0]);
    let second = views.members(&licensee("acme"), &query(first.next_cursor.clone())).unwrap();
    assert!(first.next_cursor.is_some());
    assert_eq!(ids(&second.items), ["u-5"]);
}

/// Also without a search, few may be wanted among many, or be members among many who are not.
#[test]
fn an_order_by_a_value_looks_at_no_more_than_it_may_whatever_is_left_out() {
    let mut world = World::new();
    let members: Vec<String> = (0..1_200).map(|number| format!("u-{number:04}")).collect();
    let others: Vec<String> = (0..1_200).map(|number| format!("v-{number:04}")).collect();
    world.join_at_once("acme", &members.iter().map(String::as_str).collect::<Vec<_>>());
    world.join_at_once("globex", &others.iter().map(String::as_str).collect::<Vec<_>>());
    let everybody = || others.iter().chain(&members);
    everybody().for_each(|id| world.put_person(id, &format!("name-{}-{id}", &id[3..]), "Somebody"));
    let views = world.open();
    let query = MembersQuery { looks: Looks(320), ..sorted("username", 1_000) };
    let first = views.members(&licensee("acme"), &query).unwrap();
    assert_eq!(first.items.len(), 80, "every second of 160 is a member, and to look at one by a value counts twice");
    assert!(first.next_cursor.is_some());
    let listed = pages(&views, &query, |_| {});
    assert_eq!(listed.len(), 1_200);
    let by_name: Vec<_> = {
        let mut members: Vec<&str> = members.iter().map(String::as_str).collect();
        members.sort_by_key(|id| id[3..].to_owned());
        members
    };
    assert_eq!(ids(&listed), by_name);
}

/// R30: nothing that is searched by is kept beside the erasable tables, so what was erased is found no more.
#[test]
fn r30_a_search_does_not_find_what_was_erased_not_even_on_a_page_that_was_begun_before() {
    for sort in ["user", "username"] {
        let mut world = six();
        let views = world.open();
        let query = MembersQuery { search: Some("some body".to_owned()), looks: Looks(1), ..sorted(sort, 1) };
        let listed = pages(&views, &query, |page| {
            if page == 1 {
                world.set_status("u-4", UserStatus::Deleted);
                world.catch_up(&views);
            }
        });
        assert!(!ids(&listed).contains(&"u-4"), "{sort}");
        assert!(ids(&listed).contains(&"u-1"), "{sort}");
    }
}

#[test]
fn a_retained_seat_counts_as_assigned() {
    let mut world = World::new();
    world.seated("acme", &["u-1"]);
    world.ask("acme", &Command::CancelSubscription { effective_at: None }).unwrap();
    let query = MembersQuery { assigned: Some(true), ..sorted("user", 10) };
    assert_eq!(ids(&pages(&world.open(), &query, |_| {})), ["u-1"]);
}

#[test]
fn a_member_is_shown_as_the_contract_says() {
    let world = six();
    let views = world.open();
    let listed = pages(&views, &sorted("user", 10), |_| {});
    let shown = serde_json::to_value(&listed[0]).unwrap();
    let expected = json!({
        "user": "u-1", "username": "zoe", "name": "Some Body", "role": "developer", "type": "human",
        "status": "active", "assigned": true, "assigned_at": "2025-01-01T04:00:00Z",
        "last_used_at": "2025-01-01T04:00:00Z"
    });
    assert_eq!(shown, expected);
    let without = serde_json::to_value(listed[4].clone()).unwrap();
    assert_eq!((&without["username"], &without["name"]), (&json!(null), &json!(null)));
}

#[test]
fn r29_an_erased_person_stays_a_member_without_names() {
    let mut world = six();
    let views = world.open();
    world.set_status("u-1", UserStatus::Deleted);
    world.assert_views_equal_the_fold(&views);
    let listed = pages(&views, &sorted("user", 10), |_| {});
    let erased = &listed[0];
    assert_eq!((erased.user.as_str(), erased.status), ("u-1", UserStatus::Deleted));
    assert_eq!((&erased.username, &erased.name, erased.assigned), (&None, &None, false));
    let search = MembersQuery { search: Some("zoe".to_owned()), ..sorted("user", 10) };
    assert!(pages(&views, &search, |_| {}).is_empty());
    world.leave("acme", "u-1");
    world.catch_up(&views);
    assert_eq!(ids(&pages(&views, &sorted("user", 10), |_| {}))[0], "u-2");
}

#[test]
fn a_cursor_goes_with_its_own_query_only() {
    let mut world = six();
    world.join("globex", &["u-1", "u-2"]);
    let views = world.open();
    for sort in ["user", "username"] {
        let query = sorted(sort, 1);
        let cursor = views.members(&licensee("acme"), &query).unwrap().next_cursor;
        let query = MembersQuery { cursor, ..query };
        assert!(views.members(&licensee("acme"), &MembersQuery { limit: 7, ..query.clone() }).is_ok());
        for other in [
            MembersQuery { assigned: Some(true), ..query.clone() },
            MembersQuery { status: Some(UserStatus::Active), ..query.clone() },
            MembersQuery { search: Some(String::new()), ..query.clone() },
            MembersQuery { sort: "-user".parse().unwrap(), ..query.clone() },
            MembersQuery { sort: "last_used_at".parse().unwrap(), ..query.clone() },
        ] {
            let answer = views.members(&licensee("acme"), &other);
            assert!(matches!(answer, Err(ViewsError::InvalidCursor)), "{other:?}");
        }
        assert!(matches!(views.members(&licensee("globex"), &query), Err(ViewsError::InvalidCursor)));
    }
}

#[test]
fn by_user_a_cursor_outlives_a_restart() {
    let world = six();
    let query = sorted("-user", 2);
    let cursor = world.open().members(&licensee("acme"), &query).unwrap().next_cursor;
    let page = world.open().members(&licensee("acme"), &MembersQuery { cursor, ..query }).unwrap();
    assert_eq!(ids(&page.items), ["u-4", "u-3"]);
}

#[test]
fn a_page_that_is_asked_for_twice_is_the_same() {
    let world = six();
    let views = world.open();
    let query = sorted("-username", 2);
    let cursor = views.members(&licensee("acme"), &query).unwrap().next_cursor;
    let query = MembersQuery { cursor, ..query };
    let first = views.members(&licensee("acme"), &query).unwrap();
    assert_eq!(views.members(&licensee("acme"), &query).unwrap(), first);
}

#[test]
fn a_licensee_that_is_not_there_has_no_members() {
    let world = six();
    let page = world.open().members(&licensee("nobody"), &sorted("username", 5)).unwrap();
    assert!(page.items.is_empty() && page.next_cursor.is_none());
}

#[test]
fn a_long_list_is_given_to_its_end_in_every_order() {
    let mut world = World::new();
    let members: Vec<String> = (0..2_500).map(|number| format!("u-{number:04}")).collect();
    let all: Vec<&str> = members.iter().map(String::as_str).collect();
    world.join_at_once("acme", &all);
    world.use_now("u-1234");
    let views = world.open();
    for sort in ["user", "-username", "last_used_at", "assigned_at"] {
        let mut listed = pages(&views, &sorted(sort, 700), |_| {});
        if sort == "last_used_at" {
            assert_eq!(listed[0].user.as_str(), "u-1234");
        }
        listed.sort_by(|one, other| one.user.cmp(&other.user));
        assert_eq!(ids(&listed), all, "{sort}");
    }
}

#[test]
fn a_list_of_whom_most_are_gone_ends_all_the_same() {
    let mut world = World::new();
    let members: Vec<String> = (0..2_300).map(|number| format!("u-{number:04}")).collect();
    world.join_at_once("acme", &members.iter().map(String::as_str).collect::<Vec<_>>());
    let views = world.open();
    let listed = pages(&views, &sorted("username", 100), |page| {
        if page == 1 {
            let gone: Vec<&str> = members[100..2_298].iter().map(String::as_str).collect();
            world.leave_at_once("acme", &gone);
            world.catch_up(&views);
        }
    });
    assert_eq!(listed.len(), 102);
    assert_eq!(ids(&listed[100..]), ["u-2298", "u-2299"]);
}
