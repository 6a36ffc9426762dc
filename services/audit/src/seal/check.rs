//! Reading a seal, and whether its signature holds.

use serde::Deserialize;
use serde_json::Value;

use super::{SEAL_FORMAT, SEAL_VERSION, Seal, SealError, Signature, SignedSeal, VerifyingKey, key};
use crate::{AuditError, Difference, Part, Place};

impl Seal {
    /// The bytes that are signed: compact JSON with the names in order.
    pub(crate) fn canonical(&self) -> Result<Vec<u8>, AuditError> {
        serde_json::to_vec(self).map_err(|source| AuditError::Form { what: "a seal", source: source.into() })
    }
}

impl SignedSeal {
    /// Reads a seal, whatever its white space. Whether anything in it is true is another question.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn read(json: &[u8]) -> Result<Self, SealError> {
        let read: Value = serde_json::from_slice(json).map_err(SealError::Unreadable)?;
        let signed = Self::deserialize(&read).map_err(SealError::Unreadable)?;
        signed.check_form()?;
        // Capitals in a hash or small letters in a time mean the same, and the signature would hold; still it was changed.
        let is_as_written = serde_json::to_value(&signed).map_err(SealError::Unreadable)? == read;
        if is_as_written { Ok(signed) } else { Err(SealError::Spelling) }
    }

    pub(crate) fn check_form(&self) -> Result<(), SealError> {
        let Seal { format, version, .. } = &self.seal;
        if format == SEAL_FORMAT && *version == SEAL_VERSION {
            return Ok(());
        }
        Err(SealError::Form { format: format.clone(), version: *version })
    }

    /// Checks the signature, with `key` if there is one; without, only that the seal is as whoever made it made it.
    ///
    /// # Errors
    /// [`AuditError::Difference`] if it was signed with another key, or changed since.
    pub fn check_signature(&self, key: Option<&VerifyingKey>) -> Result<(), AuditError> {
        self.signature_fault(key)?.map_or(Ok(()), |fault| Err(AuditError::Difference(Box::new(fault))))
    }

    fn signature_fault(&self, key: Option<&VerifyingKey>) -> Result<Option<Difference>, AuditError> {
        let Signature { public_key, value, .. } = &self.signature;
        let fault = |field, found: String, expected: String| {
            Ok(Some(Difference::new(Part::Seal, Place::default(), field, found, expected)))
        };
        if let Some(expected) = key.map(VerifyingKey::raw).transpose()?
            && expected != *public_key
        {
            return fault("public key", public_key.to_string(), expected.to_string());
        }
        if key::is_signed(public_key, &self.seal.canonical()?, value)? {
            return Ok(None);
        }
        fault("signature", "not one of this seal by this key".to_owned(), "that of the seal as it was made".to_owned())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use licensing::Instant;

    use super::*;
    use crate::seal::{Hex, SealedStream, ShardEnd, SigningKey};

    fn seal() -> Seal {
        Seal {
            contents: None,
            events: 3,
            format: SEAL_FORMAT.to_owned(),
            made_at: Instant::from_timestamp_micros(1).unwrap(),
            shards: vec![ShardEnd { commits: 2, hash: Hex([1; 32]), position: 5, shard: 0 }],
            store: "ab".to_owned(),
            streams: vec![SealedStream { hash: Hex([2; 32]), stream: "licensee/acme".parse().unwrap(), version: 3 }],
            version: SEAL_VERSION,
        }
    }

    fn sorted(value: Value) -> String {
        match value {
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.into_iter().collect();
                fields.sort_by(|one, other| one.0.cmp(&other.0));
                let fields: Vec<_> =
                    fields.into_iter().map(|(name, value)| format!("{name:?}:{}", sorted(value))).collect();
                format!("{{{}}}", fields.join(","))
            }
            Value::Array(items) => format!("[{}]", items.into_iter().map(sorted).collect::<Vec<_>>().join(",")),
            other => other.to_string(),
        }
    }

    /// Others make the signed bytes of any JSON library that can sort names.
    #[test]
    fn what_is_signed_is_compact_json_with_the_names_in_order() {
        let contents = super::super::Contents {
            events: 1,
            licensees: Some(vec![licensing::LicenseeId::parse("acme").unwrap()]),
            lines: 2,
            refusals: 0,
            sha256: Hex([3; 32]),
        };
        let seal = Seal { contents: Some(contents), ..seal() };
        assert_eq!(String::from_utf8(seal.canonical().unwrap()).unwrap(), sorted(serde_json::to_value(&seal).unwrap()));
    }

    #[test]
    fn a_seal_holds_whatever_its_white_space_and_not_with_another_content_or_key() {
        let key = SigningKey::generate().unwrap();
        let signed = seal().sign(&key).unwrap();
        let read = SignedSeal::read(&serde_json::to_vec_pretty(&signed).unwrap()).unwrap();
        let public = VerifyingKey::from_pem(&key.public_pem().unwrap()).unwrap();
        read.check_signature(Some(&public)).unwrap();
        read.check_signature(None).unwrap();
        let other = SigningKey::generate().unwrap();
        let other_public = VerifyingKey::from_pem(&other.public_pem().unwrap()).unwrap();
        assert!(read.check_signature(Some(&other_public)).unwrap_err().to_string().contains("public key"));
        let changed = SignedSeal { seal: Seal { events: 4, ..seal() }, ..read };
        assert!(changed.check_signature(Some(&public)).unwrap_err().to_string().contains("signature"));
    }

    #[test]
    fn every_flipped_bit_of_a_seal_is_found() {
        let key = SigningKey::generate().unwrap();
        let public = VerifyingKey::from_pem(&key.public_pem().unwrap()).unwrap();
        let mut file = serde_json::to_vec_pretty(&seal().sign(&key).unwrap()).unwrap();
        let holds = |file: &[u8]| SignedSeal::read(file).is_ok_and(|read| read.check_signature(Some(&public)).is_ok());
        assert!(holds(&file));
        for (at, bit) in (0..file.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            file[at] ^= 1 << bit;
            assert!(!holds(&file), "bit {bit} of byte {at} of {}", String::from_utf8_lossy(&file));
            file[at] ^= 1 << bit;
        }
        assert!(holds(&file) && file.len() > 500, "{}", file.len());
    }

    #[test]
    fn what_is_no_seal_of_this_form_is_refused() {
        assert!(matches!(SignedSeal::read(b"{}"), Err(SealError::Unreadable(_))));
        let newer = Seal { version: 2, ..seal() }.sign(&SigningKey::generate().unwrap()).unwrap();
        let told = SignedSeal::read(&serde_json::to_vec(&newer).unwrap());
        assert!(matches!(told, Err(SealError::Form { version: 2, .. })));
    }
}
