//! Changes of the erasable details, brought to where they end, so that each row is touched once.

use std::collections::{BTreeMap, BTreeSet};

use postgres::types::Type;

use crate::{
    DetailChange, LicenseeDetails, Person, StatusReason,
    postgres::{statement::Statement, value::storable},
};

/// What the details are after a number of changes, column by column; ordered by id, so that writers never wait for
/// each other in a circle.
#[derive(Default)]
pub(super) struct Details<'a> {
    erased: Vec<&'a str>,
    /// Those of them who were not put anew.
    gone: Vec<&'a str>,
    persons: Persons<'a>,
    licensees: Licensees<'a>,
    reasons: Reasons<'a>,
}

#[derive(Default)]
struct Persons<'a> {
    users: Vec<&'a str>,
    usernames: Vec<String>,
    names: Vec<String>,
    emails: Vec<String>,
}

#[derive(Default)]
struct Licensees<'a> {
    licensees: Vec<&'a str>,
    names: Vec<String>,
    contact_emails: Vec<Option<String>>,
}

#[derive(Default)]
struct Reasons<'a> {
    users: Vec<&'a str>,
    command_ids: Vec<String>,
    reasons: Vec<String>,
}

impl<'a> Details<'a> {
    /// Applies changes in order.
    pub(super) fn of(changes: &'a [DetailChange]) -> Self {
        let mut erased: BTreeSet<&str> = BTreeSet::new();
        let mut persons: BTreeMap<&str, &Person> = BTreeMap::new();
        let mut licensees: BTreeMap<&str, &LicenseeDetails> = BTreeMap::new();
        let mut reasons: BTreeMap<(&str, String), &StatusReason> = BTreeMap::new();
        for change in changes {
            match change {
                DetailChange::PutPerson(person) => {
                    persons.insert(&person.user, person);
                }
                DetailChange::ErasePerson { user } => {
                    erased.insert(user);
                    persons.remove(user.as_str());
                    reasons.retain(|(of_user, _), _| of_user != user);
                }
                DetailChange::PutLicensee(details) => {
                    licensees.insert(&details.licensee, details);
                }
                DetailChange::PutReason(reason) => {
                    reasons.insert((&reason.user, storable(&reason.command_id)), reason);
                }
            }
        }
        Self {
            gone: erased.iter().copied().filter(|user| !persons.contains_key(user)).collect(),
            erased: erased.into_iter().collect(),
            persons: Persons::of(persons.into_values()),
            licensees: Licensees::of(licensees.into_values()),
            reasons: Reasons::of(reasons),
        }
    }

    /// Adds the parts that write them.
    pub(super) fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        self.add_erasures_to(statement);
        self.persons.add_to(statement);
        self.licensees.add_to(statement);
        self.reasons.add_to(statement);
    }

    fn add_erasures_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.erased.is_empty() {
            return;
        }
        statement.part(
            "erased_persons AS (
                 DELETE FROM usher.persons WHERE user_id = ANY (?) AND (SELECT holds FROM fence))",
            [(&self.gone, Type::TEXT_ARRAY)],
        );
        statement.part(
            "erased_reasons AS (
                 DELETE FROM usher.status_reasons r
                 WHERE r.user_id = ANY (?) AND (SELECT holds FROM fence)
                   AND NOT EXISTS (SELECT FROM unnest(?, ?) AS put (user_id, command_id)
                                   WHERE put.user_id = r.user_id AND put.command_id = r.command_id))",
            [
                (&self.erased, Type::TEXT_ARRAY),
                (&self.reasons.users, Type::TEXT_ARRAY),
                (&self.reasons.command_ids, Type::TEXT_ARRAY),
            ],
        );
        statement.part(
            "asked_for_erasure AS (UPDATE usher.erasure SET asked = asked + 1 WHERE (SELECT holds FROM fence))",
            [],
        );
    }
}

impl<'a> Persons<'a> {
    fn of(persons: impl Iterator<Item = &'a Person>) -> Self {
        let mut all = Self::default();
        for person in persons {
            all.users.push(&person.user);
            all.usernames.push(storable(&person.username));
            all.names.push(storable(&person.name));
            all.emails.push(storable(&person.email));
        }
        all
    }

    fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.users.is_empty() {
            return;
        }
        // A row that stays as it is leaves no old version behind.
        statement.part(
            "put_persons AS (
                 INSERT INTO usher.persons AS p (user_id, username, name, email)
                 SELECT * FROM unnest(?, ?, ?, ?) WHERE (SELECT holds FROM fence)
                 ON CONFLICT (user_id) DO UPDATE
                     SET username = excluded.username, name = excluded.name, email = excluded.email
                     WHERE (p.username, p.name, p.email)
                           IS DISTINCT FROM (excluded.username, excluded.name, excluded.email))",
            [
                (&self.users, Type::TEXT_ARRAY),
                (&self.usernames, Type::TEXT_ARRAY),
                (&self.names, Type::TEXT_ARRAY),
                (&self.emails, Type::TEXT_ARRAY),
            ],
        );
    }
}

impl<'a> Licensees<'a> {
    fn of(licensees: impl Iterator<Item = &'a LicenseeDetails>) -> Self {
        let mut all = Self::default();
        for details in licensees {
            all.licensees.push(&details.licensee);
            all.names.push(storable(&details.name));
            all.contact_emails.push(details.contact_email.as_deref().map(storable));
        }
        all
    }

    fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.licensees.is_empty() {
            return;
        }
        statement.part(
            "put_licensees AS (
                 INSERT INTO usher.licensee_details AS d (licensee, name, contact_email)
                 SELECT * FROM unnest(?, ?, ?) WHERE (SELECT holds FROM fence)
                 ON CONFLICT (licensee) DO UPDATE SET name = excluded.name, contact_email = excluded.contact_email
                     WHERE (d.name, d.contact_email) IS DISTINCT FROM (excluded.name, excluded.contact_email))",
            [
                (&self.licensees, Type::TEXT_ARRAY),
                (&self.names, Type::TEXT_ARRAY),
                (&self.contact_emails, Type::TEXT_ARRAY),
            ],
        );
    }
}

impl<'a> Reasons<'a> {
    fn of(reasons: BTreeMap<(&'a str, String), &StatusReason>) -> Self {
        let mut all = Self::default();
        for ((user, command_id), reason) in reasons {
            all.users.push(user);
            all.command_ids.push(command_id);
            all.reasons.push(storable(&reason.reason));
        }
        all
    }

    fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.users.is_empty() {
            return;
        }
        statement.part(
            "put_reasons AS (
                 INSERT INTO usher.status_reasons (user_id, command_id, reason)
                 SELECT * FROM unnest(?, ?, ?) WHERE (SELECT holds FROM fence)
                 ON CONFLICT (user_id, command_id) DO UPDATE SET reason = excluded.reason)",
            [(&self.users, Type::TEXT_ARRAY), (&self.command_ids, Type::TEXT_ARRAY), (&self.reasons, Type::TEXT_ARRAY)],
        );
    }
}
