//! Headers of records.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::message::{Header, Headers, OwnedHeaders};

/// Names and values; one without a value has an empty one.
pub(crate) type Named = Vec<(String, Vec<u8>)>;

/// The headers of a record, whoever wrote it; without those whose name is not even text.
pub(crate) fn read(headers: Option<&impl Headers>) -> Named {
    let Some(headers) = headers else { return Named::new() };
    // rdkafka 0.39 panics at a name that is no UTF-8, which any sender can write: that must not end a partition.
    let read = |place| catch_unwind(AssertUnwindSafe(|| headers.try_get(place).map(owned))).ok().flatten();
    (0..headers.count()).filter_map(read).collect()
}

fn owned(header: Header<'_, &[u8]>) -> (String, Vec<u8>) {
    (header.key.to_owned(), header.value.unwrap_or_default().to_vec())
}

/// Headers to be sent, in their order.
pub(crate) fn write<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> OwnedHeaders {
    headers
        .into_iter()
        .fold(OwnedHeaders::new_with_capacity(24), |all, (key, value)| all.insert(Header { key, value: Some(value) }))
}

/// The last header of a name, as text, whatever its case.
pub(crate) fn text<'a>(headers: &'a Named, name: &str) -> Option<&'a str> {
    let found = headers.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.and_then(|(_, value)| str::from_utf8(value).ok())
}
