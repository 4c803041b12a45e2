//! JSON of values of ours, which always have one.

use serde::Serialize;

/// The JSON of a value of ours.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        debug_assert!(false, "a value of ours has no JSON: {error}");
        String::from("null")
    })
}
