//! The official documents, when they are at hand: the OpenAPI description of Jira and the schema of ADF.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

/// Validators built on first use: starting the sandbox stays cheap.
pub(crate) struct Contract {
    jira: Value,
    adf: Value,
    /// That of Zephyr Scale Cloud, where it is at hand.
    zephyr: Option<Value>,
    built: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    /// Reads both documents below `folder`, or below `folder/contracts`.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        let inner = folder.join("contracts");
        let root: PathBuf = if inner.is_dir() { inner } else { folder.to_owned() };
        let read = |path: &str| -> io::Result<Value> {
            let text = std::fs::read_to_string(root.join(path))?;
            serde_json::from_str(&text).map_err(io::Error::other)
        };
        let zephyr = read("zephyr/zephyr-scale-v2.json").ok();
        Ok(Self { jira: read("jira/jira-v3.json")?, adf: read("adf/full.json")?, zephyr, built: Mutex::default() })
    }

    /// The documents beside the workspace, for tests of this crate.
    #[cfg(test)]
    pub(crate) fn nearby() -> Option<Self> {
        Self::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/contracts")).ok()
    }

    /// What is wrong with a document by the official schema.
    pub(crate) fn adf(&self, document: &Value) -> Option<String> {
        self.judge("adf", || self.adf.clone(), document)
    }

    /// What is wrong with a request body by the schema of its operation (`template` as in the OpenAPI document).
    pub(crate) fn body(&self, method: &str, template: &str, body: &Value) -> Option<String> {
        let operation = &self.jira["paths"][template][method.to_ascii_lowercase()];
        let schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()?;
        let whole = || json!({"$ref": schema, "components": self.jira["components"]});
        self.judge(schema, whole, body)
    }

    /// What is wrong with a body that is sent to Zephyr Scale Cloud.
    pub(crate) fn zephyr_body(&self, method: &str, template: &str, body: &Value) -> Option<String> {
        let document = self.zephyr.as_ref()?;
        let operation = &document["paths"][template][method.to_ascii_lowercase()];
        let schema = operation["requestBody"]["content"]["application/json"]["schema"].as_object()?;
        let whole = || {
            let mut whole = schema.clone();
            whole.insert("components".to_owned(), document["components"].clone());
            Value::Object(whole)
        };
        self.judge(&format!("zephyr {method} {template}"), whole, body)
    }

    fn judge(&self, name: &str, schema: impl FnOnce() -> Value, value: &Value) -> Option<String> {
        let validator = match self.validator(name, schema) {
            Ok(validator) => validator,
            Err(error) => return Some(format!("the schema {name} does not compile: {error}")),
        };
        let mut errors = validator.iter_errors(value);
        errors
            .next()
            .map(|error| format!("{} at {}", error.to_string().chars().take(400).collect::<String>(), error.instance_path()))
    }

    fn validator(&self, name: &str, schema: impl FnOnce() -> Value) -> Result<Arc<Validator>, String> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = built.get(name) {
            return Ok(Arc::clone(validator));
        }
        let validator = jsonschema::options().with_draft(Draft::Draft4).build(&schema()).map_err(|error| error.to_string())?;
        let validator = Arc::new(validator);
        built.insert(name.to_owned(), Arc::clone(&validator));
        Ok(validator)
    }
}
