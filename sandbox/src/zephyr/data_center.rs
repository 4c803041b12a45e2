//! Zephyr Scale in a data centre.

use axum::body::Bytes;
use axum::extract::{MatchedPath, Path, Request, State as With};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde_json::{Map, Value, json};

use super::shelf::{Case, Folder, LONGEST_NAME, Script, Shelf};
use crate::control::journal::Note;
use crate::jira::account_of;
use crate::state::State;

pub(super) fn router(state: &State) -> Router<State> {
    let router = Router::new()
        .route("/testcase", post(create))
        .route("/testcase/{testCaseKey}", get(read).put(change))
        .route("/folder", post(create_folder))
        .route("/issuelink/{issueKey}/testcases", get(of_issue))
        .route_layer(middleware::from_fn_with_state(state.clone(), guard));
    Router::new().nest(&format!("{}/rest/atm/1.0", state.options().context), router)
}

async fn guard(With(state): With<State>, path: MatchedPath, request: Request, next: Next) -> Response {
    let note = Note { template: path.as_str().to_owned(), ..Note::default() };
    let mut response = match account_of(request.headers(), &state.options().token) {
        Some(_) => next.run(request).await,
        None => StatusCode::UNAUTHORIZED.into_response(),
    };
    response.extensions_mut().insert(note);
    response
}

/// Its way to say no; without words where it says nothing.
struct Problem(StatusCode, String);

type Answer = Result<Response, Problem>;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self(status, message) if message.is_empty() => status.into_response(),
            Self(status, message) => (status, Json(json!({ "errorMessages": [message] }))).into_response(),
        }
    }
}

fn bad(message: impl Into<String>) -> Problem {
    Problem(StatusCode::BAD_REQUEST, message.into())
}

fn missing() -> Problem {
    Problem(StatusCode::NOT_FOUND, "The test case was not found.".to_owned())
}

fn body_of(body: &Bytes) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|_| bad("The request body is not JSON."))
}

fn project(state: &State, key: &str) -> Result<(), Problem> {
    let is_off = state.options().zephyr_off.iter().any(|off| off == key);
    let is_known = state.site().projects.contains_key(key) && !is_off;
    if is_known { Ok(()) } else { Err(bad(format!("The project {key} does not exist or Zephyr Scale is not enabled there."))) }
}

fn view(state: &State, shelf: &Shelf, case: &Case) -> Value {
    let script = match &case.script {
        Script::Steps(steps) => {
            let steps = steps.iter().enumerate().map(|(index, (id, step))| {
                let mut step = step.clone();
                (step["id"], step["index"]) = (json!(id), json!(index));
                step
            });
            json!({ "type": "STEP_BY_STEP", "steps": steps.collect::<Vec<_>>() })
        }
        Script::Text(kind, text) => json!({ "type": kind, "text": text }),
    };
    let site = state.site();
    let issues = case.links.values().filter_map(|id| Some(site.issues.get(id)?.key.clone()));
    let mut view = json!({
        "key": case.key, "name": case.name, "projectKey": case.project, "status": case.status, "priority": case.priority,
        "labels": case.labels, "customFields": case.fields, "testScript": script, "issueLinks": issues.collect::<Vec<_>>(),
    });
    let folder = case.folder.map(|id| shelf.path(id));
    for (name, value) in
        [("objective", &case.objective), ("precondition", &case.precondition), ("folder", &folder), ("owner", &case.owner)]
    {
        if let Some(value) = value {
            view[name] = json!(value);
        }
    }
    view
}

async fn read(With(state): With<State>, Path(key): Path<String>) -> Answer {
    let shelf = state.zephyr();
    let case = shelf.find(&key).ok_or_else(missing)?;
    Ok(Json(view(&state, &shelf, case)).into_response())
}

async fn create(With(state): With<State>, body: Bytes) -> Answer {
    let body = body_of(&body)?;
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    project(&state, text("projectKey"))?;
    if text("name").is_empty() {
        return Err(bad("The field name is required."));
    }
    if text("name").chars().count() > LONGEST_NAME {
        return Err(Problem(StatusCode::INTERNAL_SERVER_ERROR, String::new()));
    }
    let given = body["customFields"].as_object().cloned().unwrap_or_default();
    if let Some(required) = state.options().zephyr_required.iter().find(|name| !given.contains_key(*name)) {
        return Err(bad(format!("The custom field {required} is required.")));
    }
    let mut links = Vec::new();
    for key in body["issueLinks"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        links.push(state.site().id_of(key).ok_or_else(|| bad(format!("The issue {key} does not exist.")))?);
    }
    let mut shelf = state.zephyr();
    let folder = match text("folder") {
        "" => None,
        path => Some(shelf.folder(text("projectKey"), path).ok_or_else(|| bad(format!("The folder {path} does not exist.")))?),
    };
    let id = shelf.add(text("projectKey"), text("name"));
    let links: Vec<(u64, u64)> = links.into_iter().map(|issue| (shelf.new_id(), issue)).collect();
    apply(&mut shelf, id, &body)?;
    let Some(case) = shelf.cases.get_mut(&id) else { return Err(missing()) };
    case.folder = folder;
    case.links.extend(links);
    Ok((StatusCode::CREATED, Json(json!({ "key": case.key }))).into_response())
}

/// What is left out stays; steps without an id are new, and those that are not named are gone.
async fn change(With(state): With<State>, Path(key): Path<String>, body: Bytes) -> Answer {
    let body = body_of(&body)?;
    let mut shelf = state.zephyr();
    let id = shelf.find(&key).ok_or_else(missing)?.id;
    apply(&mut shelf, id, &body)?;
    Ok(StatusCode::OK.into_response())
}

fn apply(shelf: &mut Shelf, id: u64, body: &Value) -> Result<(), Problem> {
    let script = &body["testScript"];
    let script = match script["type"].as_str() {
        None => None,
        Some("STEP_BY_STEP") => Some(Script::Steps(shelf.steps(script["steps"].as_array().map_or(&[][..], Vec::as_slice)))),
        Some(kind @ ("BDD" | "PLAIN_TEXT")) => {
            Some(Script::Text(kind.to_owned(), script["text"].as_str().unwrap_or_default().to_owned()))
        }
        Some(_) => return Err(bad("The type of the test script is unknown.")),
    };
    let Some(case) = shelf.cases.get_mut(&id) else { return Err(missing()) };
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    case.script = script.unwrap_or_else(|| case.script.clone());
    case.name = text("name").unwrap_or_else(|| case.name.clone());
    case.objective = text("objective").or_else(|| case.objective.clone());
    case.precondition = text("precondition").or_else(|| case.precondition.clone());
    case.status = text("status").unwrap_or_else(|| case.status.clone());
    case.priority = text("priority").unwrap_or_else(|| case.priority.clone());
    if let Some(labels) = body["labels"].as_array() {
        case.labels = labels.iter().filter_map(|label| label.as_str().map(str::to_owned)).collect();
    }
    let fields: Map<String, Value> = body["customFields"].as_object().cloned().unwrap_or_default();
    case.fields.extend(fields);
    Ok(())
}

/// One of a path that is there already is refused.
async fn create_folder(With(state): With<State>, body: Bytes) -> Answer {
    let body = body_of(&body)?;
    let (key, path) = (body["projectKey"].as_str().unwrap_or_default(), body["name"].as_str().unwrap_or_default());
    project(&state, key)?;
    let mut shelf = state.zephyr();
    if !path.starts_with('/') || shelf.folder(key, path).is_some() {
        return Err(bad(format!("The folder {path} exists already, or is no path.")));
    }
    let (before, name) = path.rsplit_once('/').unwrap_or_default();
    let parent =
        if before.is_empty() { None } else { Some(shelf.folder(key, before).ok_or_else(|| bad("Its parent does not exist."))?) };
    let id = shelf.new_id();
    shelf.folders.insert(id, Folder { project: key.to_owned(), name: name.to_owned(), parent });
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

async fn of_issue(With(state): With<State>, Path(key): Path<String>) -> Answer {
    let issue = state.site().id_of(&key).ok_or_else(|| bad("The issue does not exist."))?;
    let shelf = state.zephyr();
    let linked = shelf.cases.values().filter(|case| case.links.values().any(|known| *known == issue));
    Ok(Json(linked.map(|case| json!({ "key": case.key })).collect::<Value>()).into_response())
}
