//! `POST /graphql`: reading, checking and carrying out an operation.

use std::sync::LazyLock;

use apollo_compiler::executable::{ExecutableDocument, Operation};
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Schema, request};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State as With;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::project::{Projection, literal};
use super::{mutations, queries};
use crate::control::journal::Note;
use crate::state::State;

/// The schema never changes, and a test parses it.
static SCHEMA: LazyLock<Result<Valid<Schema>, String>> = LazyLock::new(|| {
    Schema::parse_and_validate(include_str!("schema.graphql"), "schema.graphql").map_err(|broken| broken.errors.to_string())
});

/// More than this many resolvers in one request are refused.
const RESOLVERS: usize = 25;

/// More than this many items could be in an answer.
const ITEMS: u64 = 10_000;

pub(super) async fn answer(With(state): With<State>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(query) = body["query"].as_str() else { return refused("POST body missing, invalid Content-Type, or no query.", "") };
    let schema = match SCHEMA.as_ref() {
        Ok(schema) => schema,
        Err(broken) => return refused(broken, ""),
    };
    let document = match ExecutableDocument::parse_and_validate(schema, query, "query.graphql") {
        Ok(document) => document,
        Err(wrong) => {
            let first = wrong.errors.iter().next().map(|error| error.to_json().message).unwrap_or_default();
            return refused(&first, "-");
        }
    };
    let operation = match document.operations.get(body["operationName"].as_str()) {
        Ok(operation) => operation,
        Err(error) => return refused(&error.message().to_string(), "-"),
    };
    let named: Vec<&str> = operation.selection_set.root_fields(&document).map(|field| field.name.as_str()).collect();
    let named = named.join(" ");
    let given: JsonMap =
        serde_json::from_value(body.get("variables").filter(|given| given.is_object()).cloned().unwrap_or_else(|| json!({})))
            .unwrap_or_default();
    let variables = match request::coerce_variable_values(schema, operation, &given) {
        Ok(variables) => serde_json::to_value(&*variables).unwrap_or_default(),
        Err(error) => return refused(&error.message().to_string(), &named),
    };
    noted(carry_out(&state, &document, operation, &variables), &named, None)
}

fn carry_out(state: &State, document: &ExecutableDocument, operation: &Operation, variables: &Value) -> Response {
    let projection = Projection { state, document, variables };
    if let Err(message) = projection.within_limits(operation, RESOLVERS, ITEMS) {
        return Json(json!({"errors": [{"message": message}], "data": null})).into_response();
    }
    let (mut data, mut errors) = (Map::new(), Vec::new());
    for field in operation.selection_set.root_fields(document) {
        let arguments: Map<String, Value> =
            field.arguments.iter().map(|argument| (argument.name.to_string(), literal(&argument.value, variables))).collect();
        let arguments = Value::Object(arguments);
        let outcome = if operation.is_mutation() {
            mutations::carry_out(state, &field.name, &arguments)
        } else {
            queries::read(state, &field.name, &arguments)
        };
        let shown = outcome.and_then(|value| projection.shown(&field.selection_set, &value));
        let value = shown.unwrap_or_else(|message| {
            let location = field.location().and_then(|span| span.line_column(&document.sources));
            let locations: Value = location.map(|at| json!({"line": at.line, "column": at.column})).into_iter().collect();
            errors.push(json!({"message": message, "locations": locations, "path": [field.response_key().as_str()]}));
            Value::Null
        });
        data.insert(field.response_key().to_string(), value);
    }
    let mut answer = Map::new();
    if !errors.is_empty() {
        answer.insert("errors".to_owned(), Value::Array(errors));
    }
    answer.insert("data".to_owned(), Value::Object(data));
    state.changed();
    Json(Value::Object(answer)).into_response()
}

/// An operation that cannot be read or breaks the schema.
fn refused(message: &str, named: &str) -> Response {
    let body = json!({"errors": [{"message": message, "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]});
    noted((StatusCode::BAD_REQUEST, Json(body)).into_response(), named, Some(format!("GraphQL: {message}")))
}

/// The journal tells operations apart by what they name.
fn noted(mut response: Response, named: &str, violation: Option<String>) -> Response {
    let template = format!("/xray/api/v2/graphql {named}").trim_end().to_owned();
    response.extensions_mut().insert(Note { template, violation, ..Note::default() });
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_valid() {
        assert_eq!(SCHEMA.as_ref().err(), None);
    }
}
