//! What can be wrong with the shape of a message.

use licensing::{Code, Refusal};

/// What is wrong with the shape of a message. It holds nothing that the sender wrote: that could be a name (R30).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the message is not a JSON object with each attribute once: send a CloudEvent in the JSON format")]
    NoCloudEvent,
    #[error("the attribute {name} is missing: send it as {expected}")]
    MissingAttribute { name: &'static str, expected: &'static str },
    #[error("the attribute {name} is not valid: use {expected}")]
    InvalidAttribute { name: &'static str, expected: &'static str },
    #[error("both data and data_base64 are there: send one of them")]
    TwoContents,
    #[error("the content type is {fault}: send application/protobuf or application/json")]
    ContentType { fault: &'static str },
    #[error("data is a JSON value, but its content type application/protobuf: send protobuf in data_base64")]
    ProtobufAsValue,
    #[error("data_base64 is not base64 text: encode the data by RFC 4648 with padding")]
    NoBase64,
    #[error("the data is not a JSON object with each field once: send one with the fields of {type_name}")]
    NoJsonObject { type_name: &'static str },
    #[error("the field {field} cannot be read: send it in the form that {type_name} has in the contract")]
    UnreadableField { field: String, type_name: &'static str },
    #[error("the data is not the protobuf of {type_name}: encode it by the contract")]
    NoProtobuf { type_name: &'static str },
    #[error("the field {field} is missing: {type_name} needs it")]
    MissingField { field: &'static str, type_name: &'static str },
    #[error("the field {field} is not valid: use {expected}")]
    InvalidField { field: &'static str, expected: String },
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Refusal::new(Code::MalformedEvent, malformed.to_string())
    }
}
