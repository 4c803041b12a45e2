//! The OpenAPI document as it is served, held against what really goes in and out.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use jsonschema::Draft;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::answer::Answer;

/// See the module.
#[derive(Debug, Clone)]
pub struct Document {
    /// The whole of it.
    pub json: Value,
}

impl Document {
    pub(super) async fn of(router: &Router) -> Self {
        let request = Request::builder().uri("/api/openapi.json").body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        Self { json: serde_json::from_slice(&bytes).expect("a document") }
    }

    /// Every operation: method in capitals, path as the document writes it, and what it says.
    pub fn operations(&self) -> impl Iterator<Item = (String, &str, &Value)> {
        let paths = self.json["paths"].as_object().into_iter().flatten();
        paths.flat_map(|(path, item)| {
            let operations = item.as_object().into_iter().flatten();
            operations.map(move |(method, operation)| (method.to_uppercase(), path.as_str(), operation))
        })
    }

    /// Fails when the document says something else about this answer, or about the body that was taken.
    pub(super) fn describes(&self, method: &str, path: &str, given: Option<&Value>, answer: &Answer) {
        let Some((_, template, operation)) =
            self.operations().find(|(other, template, _)| other == method && fits(template, path))
        else {
            return;
        };
        let what = format!("{} to {method} {template}", answer.status);
        let responses = &operation["responses"];
        let response = match &responses[answer.status.to_string()] {
            Value::Null if answer.status >= 400 => &responses["default"],
            Value::Null => panic!("the document does not know the answer {what}"),
            response => response,
        };
        let media_type = answer.header("content-type").split(';').next().unwrap_or_default();
        if !media_type.is_empty() {
            let content = &response["content"][media_type];
            assert!(content.is_object(), "the document does not know {media_type} as the answer {what}");
            if media_type == "application/x-ndjson" {
                for line in answer.text.lines() {
                    self.accepts(&content["schema"], &serde_json::from_str(line).expect("JSON in each line"), &what);
                }
            } else if media_type.ends_with("json") {
                self.accepts(&content["schema"], &answer.json(), &what);
            }
        }
        if let (Some(given), 200..300) = (given, answer.status) {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            self.accepts(schema, given, &format!("the body that was answered {what}"));
        }
    }

    fn accepts(&self, schema: &Value, value: &Value, what: &str) {
        let schema = json!({ "allOf": [schema], "components": self.json["components"] });
        let validator = jsonschema::options().with_draft(Draft::Draft202012).build(&schema).expect("a schema");
        let errors: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(errors.is_empty(), "{what} is not as the document says: {errors:#?}");
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len() && template.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
}
