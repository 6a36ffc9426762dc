//! How messages are written and read: as protobuf, as always, but in small buffers and with the blame where it belongs.

use std::marker::PhantomData;

use prost::Message;
use tonic::{
    Status,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder},
};
use tonic_prost::{ProstCodec, ProstEncoder};

use crate::problem::Problem;

/// How large a buffer begins, bytes: room for a check or its answer, where tonic's usual 8 KiB would be made twice a call.
const BUFFER_BYTES: usize = 256;
/// How many bytes of answers of a stream go out together.
const TOGETHER_BYTES: usize = 16 * 1024;

/// Protobuf messages that are mostly small.
pub(crate) struct SmallMessages<T, U>(PhantomData<(T, U)>);

/// Reads them.
pub(crate) struct SmallDecoder<U>(PhantomData<U>);

fn buffers() -> BufferSettings {
    BufferSettings::new(BUFFER_BYTES, TOGETHER_BYTES)
}

impl<T, U> Default for SmallMessages<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for SmallMessages<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = SmallDecoder<U>;

    fn encoder(&mut self) -> ProstEncoder<T> {
        ProstCodec::<T, U>::raw_encoder(buffers())
    }

    fn decoder(&mut self) -> SmallDecoder<U> {
        SmallDecoder(PhantomData)
    }
}

impl<U: Message + Default> Decoder for SmallDecoder<U> {
    type Item = U;
    type Error = Status;

    /// A message that can't be read is its sender's fault, not an internal error.
    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let message =
            U::decode(bytes).map_err(|error| Problem::malformed(format!("the message is not valid: {error}")))?;
        Ok(Some(message))
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }
}
