//! Events as the history shows them.

use licensing::{Event, UserId};
use serde_json::{Value, json};

/// The data of a licensee's event: what [`Event`] serialises as its `data`, such as
/// `{"user":…,"product":…,"reason":…}`. Times are RFC 3339 in UTC.
pub fn data_json(event: &Event) -> Value {
    // An event is an object with text for keys, which can always be written.
    let Ok(Value::Object(mut tagged)) = serde_json::to_value(event) else { return Value::Null };
    tagged.remove("data").unwrap_or_default()
}

/// The data of a user's event.
pub fn user_data_json(user: &UserId) -> Value {
    json!({ "user": user })
}
