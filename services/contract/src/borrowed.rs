//! Protobuf, read where it lies: texts are not copied. [`licensing`] is generated from the same descriptors as
//! [`proto`](crate::proto), which writes.
//!
//! Fields that are not known are passed over. Of a field that comes twice the last one counts, also where protobuf would put
//! both together: nobody writes that.

/// Bytes are not what a message is encoded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no such message: they are damaged, run usher verify")]
pub struct DamagedMessage;

/// The events that leave, by the names that they have in [`proto::licensing`](crate::proto::licensing).
#[allow(missing_docs, clippy::single_match, reason = "they are generated")]
pub(crate) mod licensing {
    include!(concat!(env!("OUT_DIR"), "/usher.licensing.v1.borrowed.rs"));
}

/// A message that is read where it lies.
pub(crate) trait Borrowed<'a>: Sized {
    /// Reads it.
    fn read(encoded: &'a [u8]) -> Result<Self, DamagedMessage>;
}

/// The fields of a message, each with its number.
pub(crate) struct Fields<'a> {
    left: &'a [u8],
}

/// What a field holds.
pub(crate) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Of a kind that no field known here is of.
    Other,
}

impl<'a> Value<'a> {
    pub(crate) fn number(self) -> Result<u64, DamagedMessage> {
        if let Self::Number(number) = self { Ok(number) } else { Err(DamagedMessage) }
    }

    pub(crate) fn bytes(self) -> Result<&'a [u8], DamagedMessage> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Err(DamagedMessage) }
    }

    pub(crate) fn text(self) -> Result<&'a str, DamagedMessage> {
        std::str::from_utf8(self.bytes()?).map_err(|_| DamagedMessage)
    }

    /// As protobuf does it: what is too large for the type is cut.
    pub(crate) fn uint32(self) -> Result<u32, DamagedMessage> {
        Ok(self.number()? as u32)
    }

    pub(crate) fn bool(self) -> Result<bool, DamagedMessage> {
        Ok(self.number()? != 0)
    }

    /// A message that is read as a whole.
    pub(crate) fn message<M: prost::Message + Default>(self) -> Result<M, DamagedMessage> {
        M::decode(self.bytes()?).map_err(|_| DamagedMessage)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>), DamagedMessage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.left = &[];
        }
        Some(field.ok_or(DamagedMessage))
    }
}

impl<'a> Fields<'a> {
    pub(crate) const fn of(encoded: &'a [u8]) -> Self {
        Self { left: encoded }
    }

    /// Leaves out what is left.
    pub(crate) const fn end(&mut self) {
        self.left = &[];
    }

    fn field(&mut self) -> Option<(u32, Value<'a>)> {
        let key = u32::try_from(self.varint()?).ok()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.taken(8).map(|_| Value::Other)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.taken(length)?)
            }
            5 => self.taken(4).map(|_| Value::Other)?,
            _ => return None,
        };
        (key >> 3 != 0).then_some((key >> 3, value))
    }

    fn taken(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.left.split_at_checked(length)?;
        self.left = left;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, left) = self.left.split_first()?;
            self.left = left;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}
