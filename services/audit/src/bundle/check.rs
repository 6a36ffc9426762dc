//! Checking a bundle, with nothing but the bundle.

use std::{
    collections::HashMap,
    io::{self, BufRead, Read},
};

use journal::chain;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    BUNDLE_FORMAT, BUNDLE_VERSION, Heading,
    line::{EventLine, Line, RefusalLine},
};
use crate::{
    AuditError, Difference, Part, Place,
    error::differs,
    replay::StreamEnd,
    seal::{Contents, Hex, RawPublicKey, SEAL_BYTES_MAX, Seal, SignedSeal, VerifyingKey},
};

/// What was checked and found sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Events.
    pub events: u64,
    /// Refusals.
    pub refusals: u64,
    /// Streams.
    pub streams: u64,
    /// When the bundle was made, by the clock of the machine.
    pub made_at: licensing::Instant,
    /// The key that it was signed with.
    pub public_key: RawPublicKey,
}

/// Why a bundle could not be found to be sound.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is not: the first difference that was met, or what stood in the way of looking.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// It can't be read.
    #[error("the bundle cannot be read: see the cause")]
    Read(#[from] io::Error),
    /// It is of another form.
    #[error(
        "the bundle is of the form {format:?}, version {version}: check it with the usher that wrote it, or a newer one"
    )]
    Form {
        /// What it says of itself.
        format: String,
        /// And which version.
        version: u32,
    },
}

/// Checks every chain in a bundle, and the signature, with `key` if there is one; without, only that the bundle is as whoever
/// made it made it. Takes memory for its streams and its longest line only.
///
/// # Errors
/// [`BundleError`].
pub fn verify_bundle(bundle: impl BufRead, key: Option<&VerifyingKey>) -> Result<Held, BundleError> {
    let mut reader = Reader { from: bundle, hasher: Sha256::new(), lines: 0 };
    let heading = reader.heading()?;
    let mut history = History::default();
    loop {
        let text = reader.next()?;
        match reader.read(&text)? {
            Line::Bundle(_) => return Err(reader.wrong("kind", "another heading", "an event, a refusal or the seal")),
            Line::Event(event) => history.take_event(&event, reader.lines)?,
            Line::Refusal(refusal) => history.take_refusal(&refusal, reader.lines)?,
            Line::Seal(signed) => {
                reader.check_is_last(&text, &signed)?;
                history.check_seal(&reader, &heading, &signed, key)?;
                let (Contents { events, refusals, .. }, streams) = (history.counted(), history.streams.len());
                return Ok(Held {
                    events,
                    refusals,
                    streams: u64::try_from(streams).unwrap_or(u64::MAX),
                    made_at: signed.seal.made_at,
                    public_key: signed.signature.public_key,
                });
            }
        }
        reader.hasher.update(&text);
    }
}

struct Reader<R> {
    from: R,
    /// Over all lines that were taken.
    hasher: Sha256,
    /// The number of the line that was read last.
    lines: u64,
}

impl<R: BufRead> Reader<R> {
    fn heading(&mut self) -> Result<Heading, BundleError> {
        let text = self.next()?;
        let Line::Bundle(heading) = self.read(&text)? else {
            return Err(self.wrong("kind", "another", "the heading of a bundle"));
        };
        let Heading { format, version, .. } = &heading;
        if format != BUNDLE_FORMAT || *version != BUNDLE_VERSION {
            return Err(BundleError::Form { format: format.clone(), version: *version });
        }
        self.hasher.update(&text);
        Ok(heading)
    }

    /// The next line with its end.
    fn next(&mut self) -> Result<Vec<u8>, BundleError> {
        let mut text = Vec::new();
        let limit = u64::try_from(SEAL_BYTES_MAX).unwrap_or(u64::MAX);
        (&mut self.from).take(limit).read_until(b'\n', &mut text)?;
        self.lines += 1;
        if text.is_empty() {
            return Err(self.wrong("the line", "missing", "there: a bundle ends with its seal"));
        }
        if text.last() != Some(&b'\n') {
            return Err(self.wrong("the line", "cut off or too long", "whole"));
        }
        Ok(text)
    }

    fn read(&self, text: &[u8]) -> Result<Line, BundleError> {
        serde_json::from_slice(text).map_err(|error| self.wrong("the line", error, "a line of a bundle"))
    }

    /// Nothing stands behind the seal, and it stands as usher writes it.
    fn check_is_last(&mut self, text: &[u8], signed: &SignedSeal) -> Result<(), BundleError> {
        let mut expected = serde_json::to_vec(&Line::Seal(Box::new(signed.clone()))).map_err(io::Error::from)?;
        expected.push(b'\n');
        if text != expected {
            return Err(self.wrong("the seal", "written in another way", "as usher writes it"));
        }
        if !self.from.fill_buf()?.is_empty() {
            self.lines += 1;
            return Err(self.wrong("the line", "there", "missing: a bundle ends with its seal"));
        }
        Ok(())
    }

    fn wrong(&self, field: &str, found: impl std::fmt::Display, expected: &str) -> BundleError {
        differs(Part::Bundle, Place::of_line(self.lines), field, found, expected).into()
    }
}

/// What the lines so far told.
#[derive(Default)]
struct History {
    streams: HashMap<String, StreamEnd>,
    /// Where the last record lies: shard and position.
    last: Option<(u16, u64)>,
    events: u64,
    refusals: u64,
    /// The first line that says something else than its bytes, as this version shows them. A newer or older one may show
    /// them otherwise, so it is told only where the lines are not those that were signed.
    suspicion: Option<Box<Difference>>,
}

impl History {
    fn take_event(&mut self, event: &EventLine, line: u64) -> Result<(), AuditError> {
        let place = Place { shard: Some(event.shard), position: Some(event.position), ..Place::of_line(line) };
        self.check_order((event.shard, event.position), &place)?;
        let place = place.in_stream(&event.stream, event.version);
        let decoded = event
            .decoded()
            .filter(|decoded| (decoded.stream.as_str(), decoded.version) == (event.stream.as_str(), event.version));
        if decoded.is_none() {
            let expected = "the event of this stream and version";
            return Err(differs(Part::Bundle, place, "bytes", "something else", expected));
        }
        let before = self.streams.get(&event.stream).copied();
        let before = before.unwrap_or(StreamEnd { version: 0, hash: chain::START });
        let version = before.version.saturating_add(1);
        if event.version != version {
            return Err(differs(Part::Bundle, place, "version", event.version, version));
        }
        let hash = event.hash_after(&before.hash);
        if event.hash.0 != hash {
            return Err(differs(Part::Bundle, place, "hash", event.hash, Hex(hash)));
        }
        self.streams.insert(event.stream.clone(), StreamEnd { version, hash });
        self.events += 1;
        self.suspect(!event.says_what_its_bytes_say(), place);
        Ok(())
    }

    fn take_refusal(&mut self, refusal: &RefusalLine, line: u64) -> Result<(), AuditError> {
        let place = Place { shard: Some(refusal.shard), position: Some(refusal.position), ..Place::of_line(line) };
        self.check_order((refusal.shard, refusal.position), &place)?;
        self.refusals += 1;
        self.suspect(!refusal.says_what_its_bytes_say(), place);
        Ok(())
    }

    fn check_order(&mut self, at: (u16, u64), place: &Place) -> Result<(), AuditError> {
        if let Some((shard, position)) = self.last.filter(|last| *last >= at) {
            let expected = format!("behind {shard}-{position}");
            return Err(differs(Part::Bundle, place.clone(), "place", format!("{}-{}", at.0, at.1), expected));
        }
        self.last = Some(at);
        Ok(())
    }

    fn suspect(&mut self, is_suspicious: bool, place: Place) {
        if is_suspicious && self.suspicion.is_none() {
            let found = "something else than its bytes";
            let difference = Difference::new(Part::Bundle, place, "what it says", found, "what its bytes say");
            self.suspicion = Some(Box::new(difference));
        }
    }

    fn counted(&self) -> Contents {
        let Self { events, refusals, .. } = *self;
        Contents { events, refusals, licensees: None, lines: 0, sha256: Hex([0; 32]) }
    }

    fn check_seal<R: BufRead>(
        &mut self,
        reader: &Reader<R>,
        heading: &Heading,
        signed: &SignedSeal,
        key: Option<&VerifyingKey>,
    ) -> Result<(), AuditError> {
        signed.check_form()?;
        signed.check_signature(key)?;
        let Seal { contents, store, shards, streams, .. } = &signed.seal;
        let wrong = |field, found: String, expected: String| {
            Err(differs(Part::Bundle, Place::of_line(reader.lines), field, found, expected))
        };
        let found = Contents {
            events: self.events,
            licensees: heading.licensees.clone(),
            lines: reader.lines.saturating_sub(1),
            refusals: self.refusals,
            sha256: Hex(reader.hasher.clone().finalize().into()),
        };
        let Some(sealed) = contents else {
            return wrong("the seal", "that of a store".to_owned(), "that of a bundle".to_owned());
        };
        if found.sha256 != sealed.sha256
            && let Some(suspicion) = self.suspicion.take()
        {
            return Err(AuditError::Difference(suspicion));
        }
        if found != *sealed {
            return wrong("what stands before the seal", format!("{found:?}"), format!("{sealed:?} as sealed"));
        }
        if heading.store != *store || usize::from(heading.shards) != shards.len() {
            return wrong("the store", heading.store.clone(), store.clone());
        }
        self.check_streams(&signed.seal, reader.lines)?;
        let (found, sealed) = (self.streams.len(), streams.len());
        if found != sealed {
            return wrong("streams", found.to_string(), format!("{sealed} as sealed"));
        }
        Ok(())
    }

    fn check_streams(&self, seal: &Seal, line: u64) -> Result<(), AuditError> {
        for sealed in &seal.streams {
            let name = sealed.stream.to_string();
            let end = self.streams.get(&name).copied().unwrap_or(StreamEnd { version: 0, hash: chain::START });
            let wrong = |field, found: String, expected: String| {
                let place = Place { line: Some(line), ..Place::of_stream(&name) };
                Err(differs(Part::Bundle, place, field, found, format!("{expected} as sealed")))
            };
            if end.version != sealed.version {
                return wrong("last version", end.version.to_string(), sealed.version.to_string());
            }
            if end.hash != sealed.hash.0 {
                return wrong("last hash", Hex(end.hash).to_string(), sealed.hash.to_string());
            }
        }
        Ok(())
    }
}
