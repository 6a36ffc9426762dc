//! Every single change of a bundle: found with nothing but the bundle.

use std::collections::BTreeSet;

use audit::{AuditError, BundleError, Difference, Held, Scope, SigningKey, VerifyingKey, verify_bundle, write_bundle};
use licensing::LicenseeId;

use crate::ground::Ground;

const STORE: &[u8] = &[0xab; 16];

struct Keys {
    private: SigningKey,
    public: VerifyingKey,
}

impl Keys {
    fn new() -> Self {
        let private = SigningKey::generate().unwrap();
        let public = VerifyingKey::from_pem(&private.public_pem().unwrap()).unwrap();
        Self { private, public }
    }

    fn bundle(&self, ground: &Ground, scope: &Scope) -> Vec<u8> {
        let now = licensing::Instant::from_timestamp_micros(1).unwrap();
        let mut bundle = Vec::new();
        let journal = &*ground.subject().journal;
        write_bundle(journal, STORE, scope, now, &self.private, &mut bundle, &mut |_| {}).unwrap();
        bundle
    }

    fn check(&self, bundle: &[u8]) -> Result<Held, BundleError> {
        verify_bundle(bundle, Some(&self.public))
    }

    #[track_caller]
    fn difference(&self, bundle: &[u8], change: &dyn std::fmt::Debug) -> Option<Difference> {
        match self.check(bundle) {
            Err(BundleError::Audit(AuditError::Difference(difference))) => Some(*difference),
            // Nothing else may be wrong with it but that it says it were of another form.
            Err(BundleError::Form { .. } | BundleError::Audit(AuditError::Seal(_))) => None,
            other => panic!("{change:?} was not found: {other:?}"),
        }
    }
}

fn lines(bundle: &[u8]) -> Vec<&[u8]> {
    bundle.split_inclusive(|byte| *byte == b'\n').collect()
}

fn of(licensee: &str) -> Scope {
    Scope::Licensees(BTreeSet::from([LicenseeId::parse(licensee).unwrap()]))
}

#[test]
fn a_bundle_holds_everything_of_the_store_or_of_a_licensee() {
    let (ground, keys) = (Ground::new(), Keys::new());
    let checked = ground.verify().unwrap();
    let whole = keys.check(&keys.bundle(&ground, &Scope::Store)).unwrap();
    assert_eq!((whole.events, whole.streams, whole.refusals), (checked.events, checked.streams, 3));
    let bundle = keys.bundle(&ground, &of("globex"));
    let globex = keys.check(&bundle).unwrap();
    assert_eq!((globex.events, globex.streams, globex.refusals), (2, 1, 0));
    assert!(!String::from_utf8(bundle).unwrap().contains("acme"), "nothing of others is in it");
    assert_eq!(keys.check(&keys.bundle(&ground, &of("acme"))).unwrap().refusals, 3);
}

#[test]
fn every_flipped_byte_of_a_bundle_is_found_and_its_line_named() {
    let (ground, keys) = (Ground::new(), Keys::new());
    let bundle = keys.bundle(&ground, &Scope::Store);
    let mut changed = bundle.clone();
    let mut line = 1;
    for at in 0..bundle.len() {
        changed[at] ^= 0x01;
        if let Some(difference) = keys.difference(&changed, &at) {
            let is_end_of_line = bundle[at] == b'\n';
            let told = difference.place.line;
            let is_of_the_seal = difference.part == audit::Part::Seal || told == Some(lines(&bundle).len() as u64);
            // A place that was changed may only show in what comes behind it.
            let is_here = told == Some(line) || told == Some(line + 1);
            assert!(is_of_the_seal || is_end_of_line || is_here, "byte {at} of line {line}: {difference}");
        }
        changed[at] = bundle[at];
        line += u64::from(bundle[at] == b'\n');
    }
    assert!(bundle.len() > 10_000, "{}", bundle.len());
    keys.check(&changed).unwrap();
}

#[test]
fn every_removed_doubled_or_swapped_line_is_found() {
    let (ground, keys) = (Ground::new(), Keys::new());
    let bundle = keys.bundle(&ground, &Scope::Store);
    let lines = lines(&bundle);
    for one in 0..lines.len() {
        let mut removed = lines.clone();
        removed.remove(one);
        keys.difference(&removed.concat(), &("removed", one)).unwrap();
        for to in 0..=lines.len() {
            let mut inserted = lines.clone();
            inserted.insert(to, lines[one]);
            keys.difference(&inserted.concat(), &("inserted", one, to)).unwrap();
        }
        for other in one + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(one, other);
            keys.difference(&swapped.concat(), &("swapped", one, other)).unwrap();
        }
    }
}

#[test]
fn a_bundle_cut_off_at_any_byte_or_with_more_behind_it_is_found() {
    let (ground, keys) = (Ground::new(), Keys::new());
    let bundle = keys.bundle(&ground, &of("globex"));
    for end in 0..bundle.len() {
        keys.difference(&bundle[..end], &end).unwrap();
    }
    keys.difference(&[&bundle[..], b"\n"].concat(), &"a line more").unwrap();
    keys.check(&bundle).unwrap();
}

/// Everything fits, but for the key.
#[test]
fn a_bundle_signed_by_another_is_found_with_the_right_key_only() {
    let (ground, keys, forger) = (Ground::new(), Keys::new(), Keys::new());
    let bundle = forger.bundle(&ground, &Scope::Store);
    assert!(verify_bundle(&bundle[..], None).is_ok());
    let difference = keys.difference(&bundle, &"another key").unwrap();
    assert_eq!(difference.field, "public key");
}

#[test]
fn a_licensee_that_is_not_there_gets_no_bundle() {
    let (ground, keys) = (Ground::new(), Keys::new());
    let now = licensing::Instant::from_timestamp_micros(1).unwrap();
    let journal = &*ground.subject().journal;
    let written = write_bundle(journal, STORE, &of("nobody"), now, &keys.private, &mut Vec::new(), &mut |_| {});
    assert!(written.unwrap_err().to_string().contains("nobody"));
}
