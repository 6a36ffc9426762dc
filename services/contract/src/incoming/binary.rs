//! CloudEvents in Kafka's binary mode: attributes in headers, data in the body.

use super::{
    Incoming,
    attribute::Attribute,
    content::{Content, form_of},
    envelope::Envelope,
    malformed::Malformed,
};

/// Reads one event in binary mode: attributes in `ce_` headers, data in the body by the header `content-type`
/// (`application/protobuf` or `application/json`). Of a header that is there twice, the last counts.
pub fn from_binary(headers: &[(String, Vec<u8>)], body: Option<&[u8]>) -> Incoming {
    let mut envelope = Envelope::default();
    let mut content_type = Attribute::Absent;
    for (name, value) in headers {
        let attribute = match name.to_ascii_lowercase().as_str() {
            "ce_specversion" => &mut envelope.specversion,
            "ce_source" => &mut envelope.source,
            "ce_id" => &mut envelope.id,
            "ce_type" => &mut envelope.event_type,
            "ce_time" => &mut envelope.time,
            "content-type" => &mut content_type,
            _ => continue,
        };
        *attribute = Attribute::from_utf8(value);
    }
    envelope.open(&content(&content_type, body))
}

fn content<'a>(content_type: &Attribute<'_>, body: Option<&'a [u8]>) -> Content<'a> {
    let Some(body) = body else { return Content::absent() };
    let form = form_of(content_type).and_then(|form| form.ok_or(Malformed::ContentType { fault: "missing" }));
    Content::new(body, form)
}
