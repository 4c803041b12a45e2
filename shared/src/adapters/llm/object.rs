//! A JSON object written from parts, some of which are JSON already: the schema is the longest part of a body and always the
//! same.

use bytes::Bytes;
use serde::Serialize;

use crate::domain::json::to_json;

/// See the module.
#[derive(Debug)]
pub(super) struct Object(String);

impl Object {
    /// An empty one, with room for so many bytes.
    pub(super) fn with_room(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes);
        text.push('{');
        Self(text)
    }

    /// With a value.
    pub(super) fn with<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Self {
        self.with_json(name, &to_json(value))
    }

    /// With a value, if there is one: no provider likes `null`.
    pub(super) fn with_some<T: Serialize>(self, name: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.with(name, &value),
            None => self,
        }
    }

    /// With a value that is JSON.
    pub(super) fn with_json(mut self, name: &str, json: &str) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&to_json(name));
        self.0.push(':');
        self.0.push_str(json);
        self
    }

    /// With an object made by the same means.
    pub(super) fn with_object(self, name: &str, object: Self) -> Self {
        self.with_json(name, &object.done())
    }

    pub(super) fn done(mut self) -> String {
        self.0.push('}');
        self.0
    }

    /// Its bytes, without room to spare: thousands of bodies may wait at once.
    pub(super) fn into_bytes(self) -> Bytes {
        self.done().into_boxed_str().into_boxed_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_written_is_what_was_given() {
        let inner = Object::with_room(0).with_json("schema", r#"{"type":"object"}"#);
        let object = Object::with_room(64).with("a\"b", "x\"y").with_some("n", Some(3)).with_some::<i32>("m", None);
        let text = object.with_object("format", inner).done();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, json!({ "a\"b": "x\"y", "n": 3, "format": { "schema": { "type": "object" } } }));
        assert_eq!(Object::with_room(0).done(), "{}");
    }
}
