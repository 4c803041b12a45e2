//! The fields of a JSON object, taken out one by one, so that all that is wrong is told at once.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::{Map, Value};

use super::wording::complaint;
use crate::problem::FieldError;

/// Errors told at once: an answer must not grow with whatever was sent.
pub(super) const MOST_ERRORS: usize = 100;

/// What can be read from the fields of an object. `None` = the errors say why.
pub trait FromFields: Sized {
    /// Takes every field it knows.
    fn from_fields(fields: &mut Fields) -> Option<Self>;
}

/// The fields that were not taken yet, and what was wrong with the others.
#[derive(Debug)]
pub struct Fields {
    left: Map<String, Value>,
    known: Vec<&'static str>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Reads an object; all errors at once.
    pub fn read<T: FromFields>(object: Map<String, Value>) -> Result<T, Vec<FieldError>> {
        let mut fields = Self { left: object, known: Vec::with_capacity(16), errors: Vec::new() };
        let value = T::from_fields(&mut fields);
        for name in std::mem::take(&mut fields.left).into_iter().map(|(name, _)| name) {
            let message = format!("is not known here; known are {}", fields.known.join(", "));
            let name = name.chars().take(100).collect::<String>();
            fields.note(FieldError::new(name, "unknown", message));
            if fields.errors.len() >= MOST_ERRORS {
                break;
            }
        }
        match value {
            Some(value) if fields.errors.is_empty() => Ok(value),
            _ => Err(fields.errors),
        }
    }

    /// A field that must be there. `None` = an error was noted.
    pub fn required<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        let errors_before = self.errors.len();
        let value = self.optional(name);
        if value.is_none() && self.errors.len() == errors_before {
            self.note(FieldError::new(name, "missing", "must be given"));
        }
        value
    }

    /// A field that may be absent or null.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        self.known.push(name);
        let value = self.left.remove(name).filter(|value| !value.is_null())?;
        // Nobody writes it, and PostgreSQL has no room for it.
        if holds_nothing(&value) {
            self.refuse(name, "should be text without the character 0");
            return None;
        }
        self.value(name, value)
    }

    /// Whether a field is there and says nothing, where that means something else than its absence.
    #[must_use]
    pub fn is_null(&self, name: &str) -> bool {
        self.left.get(name).is_some_and(Value::is_null)
    }

    /// A value that stands at `field`. `None` = an error was noted.
    pub fn value<'de, T, D>(&mut self, field: &str, value: D) -> Option<T>
    where
        T: Deserialize<'de>,
        D: Deserializer<'de, Error = serde_json::Error>,
    {
        let read: Result<T, _> = serde_path_to_error::deserialize(value);
        read.map_err(|error| {
            let path = error.path().to_string();
            let field = match path.as_str() {
                "." => field.to_owned(),
                path if path.starts_with('[') => format!("{field}{path}"),
                path => format!("{field}.{path}"),
            };
            self.note(complaint(&field, &error.inner().to_string()));
        })
        .ok()
    }

    /// Notes that a field will not do.
    pub fn refuse(&mut self, field: impl AsRef<str>, message: impl AsRef<str>) {
        self.note(FieldError::invalid(field, message));
    }

    fn note(&mut self, error: FieldError) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(error);
        }
    }
}

/// Whether the character 0 is in a text anywhere within.
fn holds_nothing(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nothing),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || holds_nothing(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::publish::PublishTarget;

    use super::*;

    #[derive(Debug)]
    struct Order {
        name: String,
        count: Option<u8>,
        publish: Vec<PublishTarget>,
    }

    impl FromFields for Order {
        fn from_fields(fields: &mut Fields) -> Option<Self> {
            let (name, count) = (fields.required("name"), fields.optional("count"));
            let publish = fields.optional("publish").unwrap_or_default();
            Some(Self { name: name?, count, publish })
        }
    }

    fn read(json: Value) -> Result<Order, Vec<FieldError>> {
        let Value::Object(object) = json else { panic!("not an object") };
        Fields::read(object)
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_and_by_its_path() {
        let errors =
            read(serde_json::json!({ "count": 300, "publish": [{ "mode": "comment" }, { "mode": "fax" }], "nmae": "x" }))
                .unwrap_err();
        let told: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code.as_ref())).collect();
        assert_eq!(told, [("name", "missing"), ("count", "invalid"), ("publish[1].mode", "invalid"), ("nmae", "unknown")]);
    }

    #[test]
    fn what_a_stranger_sent_is_not_repeated_at_length() {
        let long = "x".repeat(5_000);
        let errors = read(serde_json::json!({ "name": 1, "count": long, long.clone(): 1 })).unwrap_err();
        assert!(errors.iter().all(|error| error.field.len() < 300 && error.message.len() < 700), "{errors:?}");
        assert_eq!(errors.len(), 3);
    }

    #[test]
    fn the_character_0_is_refused_wherever_it_stands() {
        for (json, field) in [
            (serde_json::json!({ "name": "a\0b" }), "name"),
            (serde_json::json!({ "name": "x", "publish": [{ "mode": "comment", "what": "\0" }] }), "publish"),
            (serde_json::json!({ "name": "x", "publish": [{ "\0": 1 }] }), "publish"),
        ] {
            let errors = read(json).unwrap_err();
            let told = errors.iter().find(|error| error.field == field).unwrap_or_else(|| panic!("{errors:?}"));
            assert_eq!(told.message, "should be text without the character 0");
        }
    }

    #[test]
    fn null_is_the_same_as_absent() {
        let order = read(serde_json::json!({ "name": "x", "count": null })).unwrap();
        assert_eq!((order.name.as_str(), order.count, order.publish.len()), ("x", None, 0));
    }
}
