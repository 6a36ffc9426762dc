//! Who is written to, when, and how often.

use std::{collections::BTreeSet, time::Duration};

use licensing::Offering;
use notify::mail::{MailSettings, MailState, MailsQuery, Patience, Which};

use crate::{
    smtp::{SmtpServer, Step, Taken, Trouble},
    world::{World, settings},
};

fn recipients(taken: &[Taken]) -> Vec<String> {
    taken.iter().map(|mail| mail.to.split(['<', '@']).nth(1).unwrap().to_owned()).collect()
}

fn list(world: &World, state: MailState) -> Vec<notify::mail::KeptMail> {
    world.queue.list(&MailsQuery { after: None, state: Some(state), limit: 100 }).unwrap()
}

/// The mail sets a limit to the test: whoever has it has seen all that came before.
fn nothing_else_came(world: &mut World, server: &SmtpServer, expected: &[&str]) {
    world.give("acme", &["last"]);
    let mut wanted: Vec<&str> = expected.to_vec();
    wanted.push("last");
    server.wait_for(wanted.len());
    world.wait_until_empty();
    assert_eq!(recipients(&server.taken()), wanted);
}

#[test]
fn r33_whoever_is_given_a_seat_gets_one_mail_in_the_order_of_the_seats() {
    for mut world in World::each() {
        let server = SmtpServer::start();
        let _mailer = world.mailer(&server);
        let ids = world.give("acme", &["ann", "bob", "cat"]);
        let taken = server.wait_for(3);
        assert_eq!(recipients(&taken), ["ann", "bob", "cat"]);
        for (mail, id) in taken.iter().zip(ids) {
            assert_eq!(mail.header("Subject"), "Welcome to GitLab Duo Pro");
            assert_eq!(mail.header("Message-ID"), format!("<{id}@localhost>"));
            assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
            assert!(mail.text.contains("text/plain") && mail.text.contains("text/html"), "{}", mail.text);
        }
        nothing_else_came(&mut world, &server, &["ann", "bob", "cat"]);
        assert_eq!(server.connections(), 1, "one connection is kept while mails follow each other");
    }
}

#[test]
fn r33_many_mails_keep_to_the_rate() {
    let mut world = World::in_a_folder();
    let server = SmtpServer::start();
    let _mailer = world.mailer_with(MailSettings { per_second: 20, ..settings(&server) });
    let began = std::time::Instant::now();
    world.give("acme", &["ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal", "ida"]);
    server.wait_for(9);
    assert!(began.elapsed() >= Duration::from_millis(50) * 8, "nine mails in {:?}", began.elapsed());
}

#[test]
fn r33_nobody_is_written_to_for_a_seat_from_before_mail_was_set_up() {
    for mut world in World::each() {
        let server = SmtpServer::start();
        world.give("acme", &["ann"]);
        let mailer = world.mailer(&server);
        nothing_else_came(&mut world, &server, &[]);
        drop(mailer);
        world.give("acme", &["bob"]);
        let _mailer = world.mailer(&server);
        assert_eq!(recipients(&server.wait_for(2)), ["last", "bob"], "but for one from while nobody sent");
    }
}

#[test]
fn r33_a_mail_that_cannot_be_sent_is_tried_again_whatever_went_wrong() {
    let troubles = [Trouble::Says(451), Trouble::BreaksOff];
    let steps = [Step::Connect, Step::Hello, Step::Sender, Step::Recipient, Step::Data, Step::Body];
    for mut world in World::each() {
        for step in steps {
            for trouble in troubles {
                let server = SmtpServer::start();
                server.plan([(step, trouble)]);
                let mailer = world.mailer(&server);
                world.give("acme", &["ann"]);
                assert_eq!(recipients(&server.wait_for(1)), ["ann"], "{step:?} {trouble:?}");
                world.wait_until_empty();
                assert_eq!((server.planned(), server.taken().len()), (0, 1), "{step:?} {trouble:?}");
                drop(mailer);
            }
        }
    }
}

#[test]
fn r33_a_server_that_is_slow_holds_up_a_mail_and_not_for_good() {
    let mut world = World::in_a_folder();
    let server = SmtpServer::start();
    server.plan([(Step::Recipient, Trouble::Hangs)]);
    let patience = Patience { attempt_max: Duration::from_millis(200), ..settings(&server).patience };
    let _mailer = world.mailer_with(MailSettings { patience, ..settings(&server) });
    world.give("acme", &["ann", "bob"]);
    let taken: BTreeSet<String> = recipients(&server.wait_for(2)).into_iter().collect();
    assert_eq!(taken, ["ann", "bob"].map(String::from).into());
}

#[test]
fn r33_a_server_that_is_away_loses_nothing() {
    for mut world in World::each() {
        let server = SmtpServer::start();
        let (address, settings) = (server.address(), settings(&server));
        drop(server);
        let _mailer = world.mailer_with(settings);
        world.give("acme", &["ann", "bob", "cat"]);
        while list(&world, MailState::Waiting).iter().all(|mail| mail.attempts == 0) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let server = SmtpServer::again_at(address);
        let taken: BTreeSet<String> = recipients(&server.wait_for(3)).into_iter().collect();
        assert_eq!(taken, ["ann", "bob", "cat"].map(String::from).into());
        world.wait_until_empty();
        assert_eq!(server.taken().len(), 3);
    }
}

#[test]
fn r33_a_mail_of_which_the_answer_is_lost_comes_again_under_the_same_id() {
    for mut world in World::each() {
        let server = SmtpServer::start();
        server.plan([(Step::Taken, Trouble::BreaksOff)]);
        let _mailer = world.mailer(&server);
        let ids = world.give("acme", &["ann"]);
        let taken = server.wait_for(2);
        world.wait_until_empty();
        assert_eq!(server.taken().len(), 2);
        assert!(taken.iter().all(|mail| mail.header("Message-ID") == format!("<{}@localhost>", ids[0])), "{taken:#?}");
    }
}

#[test]
fn r33_a_mail_that_is_refused_for_good_is_given_up_and_can_be_sent_again() {
    for mut world in World::each() {
        let server = SmtpServer::start();
        server.plan([(Step::Recipient, Trouble::Says(550))]);
        let _mailer = world.mailer(&server);
        let ids = world.give("acme", &["ann", "bob"]);
        assert_eq!(recipients(&server.wait_for(1)), ["bob"], "others do not wait for it");
        world.wait_until_empty();
        let given_up = list(&world, MailState::GivenUp);
        assert_eq!(given_up.iter().map(|kept| kept.mail.event).collect::<Vec<_>>(), [ids[0]]);
        let problem = given_up[0].problem.clone().unwrap();
        assert!(problem.contains("550") && !problem.contains('@'), "without an address: {problem}");
        assert_eq!(world.queue.retry(&Which::These(vec![ids[1]])).unwrap(), 0, "that one is sent");
        assert_eq!(world.queue.retry(&Which::All).unwrap(), 1);
        assert_eq!(recipients(&server.wait_for(2)), ["bob", "ann"]);
        world.wait_until_empty();
        assert!(list(&world, MailState::GivenUp).is_empty());
    }
}

#[test]
fn r33_a_mail_is_given_up_after_so_many_attempts() {
    for mut world in World::each() {
        let server = SmtpServer::start();
        server.plan([(Step::Recipient, Trouble::Says(451)); 3]);
        let patience = Patience { attempts_max: 3, ..settings(&server).patience };
        let _mailer = world.mailer_with(MailSettings { patience, ..settings(&server) });
        world.give("acme", &["ann"]);
        while list(&world, MailState::GivenUp).is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!((server.planned(), list(&world, MailState::GivenUp)[0].attempts), (0, 3));
        nothing_else_came(&mut world, &server, &[]);
    }
}

#[test]
fn r33_an_erased_user_and_one_without_an_address_get_none() {
    for mut world in World::each() {
        let server = SmtpServer::start();
        let mailer = world.mailer(&server);
        nothing_else_came(&mut world, &server, &[]);
        drop(mailer);
        world.give("acme", &["ann", "bob", "cat", "dan"]);
        world.erase("ann");
        world.set_address("bob", "");
        world.set_address("cat", "no address");
        let _mailer = world.mailer(&server);
        assert_eq!(recipients(&server.wait_for(2)), ["last", "dan"]);
        world.wait_until_empty();
        let given_up: Vec<_> = list(&world, MailState::GivenUp).into_iter().map(|kept| kept.mail.user).collect();
        assert_eq!(given_up, ["cat"], "whoever can be mended is not forgotten");
    }
}

#[test]
fn r33_the_switch_turns_mail_off_for_instances_only() {
    for mut world in World::each() {
        let server = SmtpServer::start();
        world.sell("instance", Offering::SelfManaged);
        world.sell("dedicated", Offering::Dedicated);
        world.sell("acme", Offering::GitlabCom);
        let mailer = world.mailer_with(MailSettings { to_instances: false, ..settings(&server) });
        world.give("instance", &["ann"]);
        world.give("dedicated", &["bob"]);
        world.give("acme", &["cat"]);
        nothing_else_came(&mut world, &server, &["cat"]);
        drop(mailer);
        let _mailer = world.mailer(&server);
        world.give("instance", &["dan"]);
        assert_eq!(recipients(&server.wait_for(3)), ["cat", "last", "dan"], "on, it is for all");
    }
}

#[test]
fn a_login_is_shown_to_the_server_and_one_that_is_refused_is_tried_again() {
    let mut world = World::in_a_folder();
    let server = SmtpServer::start();
    server.plan([(Step::Login, Trouble::Says(535))]);
    let smtp = server.url().replace("smtp://", "smtp://me:secret@").parse().unwrap();
    let _mailer = world.mailer_with(MailSettings { smtp, ..settings(&server) });
    world.give("acme", &["ann"]);
    assert_eq!(recipients(&server.wait_for(1)), ["ann"]);
    // In base64: no other identity, then user and password, each behind a zero.
    assert_eq!(server.logins(), ["AUTH PLAIN AG1lAHNlY3JldA=="; 2]);
}

#[test]
fn nothing_is_sent_in_the_clear_where_tls_is_asked_for() {
    for way in ["starttls", "required"] {
        let mut world = World::in_a_folder();
        let server = SmtpServer::start();
        let smtp = format!("{}?tls={way}", server.url()).parse().unwrap();
        let patience = Patience { attempts_max: 2, attempt_max: Duration::from_secs(1), ..settings(&server).patience };
        let _mailer = world.mailer_with(MailSettings { smtp, patience, ..settings(&server) });
        world.give("acme", &["ann"]);
        while list(&world, MailState::GivenUp).is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(server.taken().is_empty(), "{way}");
    }
}

#[test]
fn r33_of_several_processes_each_mail_is_sent_by_one() {
    let mut world = World::in_a_database();
    let server = SmtpServer::start();
    let _mailers = [world.mailer(&server), world.mailer(&server), world.mailer(&server)];
    let users: Vec<String> = (0..40).map(|number| format!("u-{number}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    world.give("acme", &users);
    server.wait_for(40);
    world.wait_until_empty();
    let taken = recipients(&server.taken());
    assert_eq!(taken.len(), 40);
    assert_eq!(taken.iter().map(String::as_str).collect::<BTreeSet<_>>(), users.into_iter().collect());
}

#[test]
fn r33_whoever_begins_after_a_crash_sends_the_rest_and_what_is_in_doubt_under_the_same_id() {
    let mut world = World::in_a_folder();
    let server = SmtpServer::start();
    server.plan([(Step::Taken, Trouble::Hangs)]);
    let mailer = world.mailer(&server);
    let ids = world.give("acme", &["ann", "bob"]);
    server.wait_for_hanging();
    // The one before is as good as dead: whatever it does, the queue is not its own any more.
    world.reopen_queue();
    let _next = world.mailer(&server);
    let taken = server.wait_for(3);
    assert_eq!(recipients(&taken), ["ann", "bob", "ann"].map(String::from), "{taken:#?}");
    for mail in [&taken[0], &taken[2]] {
        assert_eq!(mail.header("Message-ID"), format!("<{}@localhost>", ids[0]));
    }
    drop(mailer);
}
