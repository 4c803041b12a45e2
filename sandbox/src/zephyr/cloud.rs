//! Zephyr Scale Cloud v2.

use axum::body::Bytes;
use axum::extract::{MatchedPath, Path, Query, Request, State as With};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::Deserialize;
use serde_json::{Value, json};

use super::shelf::{Case, Folder, LONGEST_NAME, MOST_LABELS, PRIORITIES, STATUSES, Script, Shelf};
use crate::control::journal::Note;
use crate::state::State;

const ROOT: &str = "/zephyr/v2";

/// Steps of one request.
const MOST_STEPS: usize = 100;

/// Where what is required of a whole test case is said.
const WHOLE: [&str; 6] = ["id", "key", "name", "project", "priority", "status"];

pub(super) fn router(state: &State) -> Router<State> {
    let router = Router::new()
        .route("/healthcheck", get(async || StatusCode::OK))
        .route("/testcases", get(list).post(create))
        .route("/testcases/{testCaseKey}", get(read).put(replace))
        .route("/testcases/{testCaseKey}/teststeps", get(steps).post(write_steps))
        .route("/testcases/{testCaseKey}/testscript", get(script).post(write_script))
        .route("/testcases/{testCaseKey}/links", get(links))
        .route("/testcases/{testCaseKey}/links/issues", post(link))
        .route("/folders", get(folders).post(create_folder))
        .route("/priorities", get(async |With(state), query| options(&state, &query, &PRIORITIES)))
        .route("/statuses", get(async |With(state), query| options(&state, &query, &STATUSES)))
        .route("/issuelinks/{issueKey}/testcases", get(of_issue))
        .route_layer(middleware::from_fn_with_state(state.clone(), guard));
    Router::new().nest(ROOT, router)
}

/// Zephyr's way to say no.
struct Problem(StatusCode, String);

type Answer = Result<Response, Problem>;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "errorCode": self.0.as_u16(), "message": self.1 }))).into_response()
    }
}

fn bad(message: impl Into<String>) -> Problem {
    Problem(StatusCode::BAD_REQUEST, message.into())
}

fn missing(what: &str) -> Problem {
    Problem(StatusCode::NOT_FOUND, format!("{what} could not be found"))
}

/// Authenticates, checks the body by the official document, carries out and notes.
async fn guard(With(state): With<State>, path: MatchedPath, request: Request, next: Next) -> Response {
    let template = path.as_str().trim_start_matches(ROOT).to_owned();
    let mut note = Note { template: path.as_str().to_owned(), ..Note::default() };
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let mut response = if given == Some(&format!("Bearer {}", state.options().zephyr_token)) {
        note.violation = violation(&state, request.method().as_str(), &template, request.extensions().get::<Bytes>());
        next.run(request).await
    } else {
        (StatusCode::UNAUTHORIZED, Json(json!({ "error": "Unauthorized" }))).into_response()
    };
    response.extensions_mut().insert(note);
    response
}

fn violation(state: &State, method: &str, template: &str, body: Option<&Bytes>) -> Option<String> {
    let contract = state.contract()?;
    let body = body.filter(|body| !body.is_empty())?;
    let Ok(mut body) = serde_json::from_slice::<Value>(body) else { return Some("the body is not JSON".to_owned()) };
    if let Some(fields) = body.as_object_mut() {
        // The document wants an object for each value, and its own examples have texts and numbers.
        fields.remove("customFields");
    }
    contract.zephyr_body(method, template, &body).map(|error| format!("{method} {ROOT}{template}: {error}"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    project_key: Option<String>,
    folder_id: Option<u64>,
    start_at: Option<usize>,
    max_results: Option<usize>,
}

/// A page of values; the start must be a multiple of the size.
fn paged(values: Vec<Value>, page: &Page) -> Answer {
    let (start, size) = (page.start_at.unwrap_or(0), page.max_results.unwrap_or(10).clamp(1, 1000));
    if start % size != 0 {
        return Err(bad("startAt should be a multiple of maxResults"));
    }
    let total = values.len();
    let is_last = start + size >= total;
    let values: Vec<Value> = values.into_iter().skip(start).take(size).collect();
    let next = (!is_last).then(|| format!("{ROOT}?startAt={}", start + size));
    Ok(Json(json!({ "next": next, "startAt": start, "maxResults": size, "total": total, "isLast": is_last, "values": values }))
        .into_response())
}

fn body_of(body: &Bytes) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|_| bad("The request body is not JSON"))
}

/// A project is known when Jira has it and Zephyr is switched on there.
fn project(state: &State, key: &str) -> Result<u64, Problem> {
    let id = state.site().projects.get(key).copied();
    id.filter(|_| !state.options().zephyr_off.iter().any(|off| off == key)).ok_or_else(|| missing(&format!("Project {key}")))
}

fn view(state: &State, shelf: &Shelf, case: &Case) -> Value {
    let base = format!("{}{ROOT}/testcases/{}", state.site().base, case.key);
    let option =
        |all: &[&str], name: &str| json!({ "id": all.iter().position(|one| *one == name).unwrap_or(0) + 1, "self": base });
    let script = if matches!(case.script, Script::Steps(_)) { "teststeps" } else { "testscript" };
    let project = state.site().projects.get(&case.project).copied().unwrap_or(1);
    let mut view = json!({
        "id": case.id, "key": case.key, "name": case.name, "project": { "id": project, "self": base },
        "createdOn": "2026-11-01T10:00:00Z", "objective": case.objective, "precondition": case.precondition,
        "labels": case.labels, "priority": option(&PRIORITIES, &case.priority), "status": option(&STATUSES, &case.status),
        "folder": case.folder.filter(|id| shelf.folders.contains_key(id)).map(|id| json!({ "id": id, "self": base })),
        "owner": case.owner.as_ref().map(|owner| json!({ "accountId": owner, "self": base })),
        "testScript": { "self": format!("{base}/{script}") }, "customFields": case.fields, "links": links_of(&base, case),
    });
    if case.objective.is_none() {
        view["objective"] = Value::Null;
    }
    view
}

fn links_of(base: &str, case: &Case) -> Value {
    let issues = case
        .links
        .iter()
        .map(|(id, issue)| json!({ "id": id, "issueId": issue, "self": base, "target": base, "type": "COVERAGE" }));
    json!({ "self": format!("{base}/links"), "issues": issues.collect::<Vec<_>>(), "webLinks": [] })
}

async fn list(With(state): With<State>, Query(page): Query<Page>) -> Answer {
    let shelf = state.zephyr();
    let is_wanted = |case: &&Case| {
        page.project_key.as_ref().is_none_or(|key| case.project == *key)
            && page.folder_id.is_none_or(|id| case.folder == Some(id))
    };
    let views = shelf.cases.values().filter(is_wanted).map(|case| view(&state, &shelf, case)).collect();
    paged(views, &page)
}

async fn read(With(state): With<State>, Path(key): Path<String>) -> Answer {
    let shelf = state.zephyr();
    let case = shelf.find(&key).ok_or_else(|| missing("Test case"))?;
    Ok(Json(view(&state, &shelf, case)).into_response())
}

async fn create(With(state): With<State>, body: Bytes) -> Answer {
    let body = body_of(&body)?;
    let text = |name: &str| body[name].as_str().filter(|text| !text.trim().is_empty());
    let key = text("projectKey").ok_or_else(|| bad("projectKey: must not be null"))?;
    let name = text("name").ok_or_else(|| bad("name: must not be blank"))?;
    project(&state, key)?;
    let labels = labels(&body["labels"])?;
    let one_of = |all: &[&'static str], field: &str| match body[field].as_str() {
        None => Ok(all[0].to_owned()),
        Some(name) if all.contains(&name) => Ok(name.to_owned()),
        Some(name) => Err(bad(format!("{field}: '{name}' does not exist"))),
    };
    let (priority, status) = (one_of(&PRIORITIES, "priorityName")?, one_of(&STATUSES, "statusName")?);
    let fields = body["customFields"].as_object().cloned().unwrap_or_default();
    if let Some(required) = state.options().zephyr_required.iter().find(|name| !fields.contains_key(*name)) {
        return Err(bad(format!("Custom field '{required}' is required")));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(bad("name: size must be between 1 and 255"));
    }
    let mut shelf = state.zephyr();
    let folder = body["folderId"].as_u64();
    if folder.is_some_and(|id| shelf.folders.get(&id).is_none_or(|folder| folder.project != key)) {
        return Err(missing("Folder"));
    }
    let id = shelf.add(key, name);
    let Some(case) = shelf.cases.get_mut(&id) else { return Err(missing("Test case")) };
    (case.objective, case.precondition) = (text("objective").map(str::to_owned), text("precondition").map(str::to_owned));
    (case.labels, case.priority, case.status, case.folder, case.fields) = (labels, priority, status, folder, fields);
    let key = case.key.clone();
    let address = format!("{}{ROOT}/testcases/{key}", state.site().base);
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "self": address, "key": key }))).into_response())
}

fn labels(given: &Value) -> Result<Vec<String>, Problem> {
    let labels: Vec<String> =
        given.as_array().into_iter().flatten().filter_map(|label| label.as_str().map(str::to_owned)).collect();
    if labels.len() > MOST_LABELS || labels.iter().any(|label| label.is_empty() || label.contains(char::is_whitespace)) {
        return Err(bad("labels: at most 50, and none may contain spaces"));
    }
    Ok(labels)
}

/// Everything is replaced: what is left out is cleared.
async fn replace(With(state): With<State>, Path(key): Path<String>, body: Bytes) -> Answer {
    let body = body_of(&body)?;
    if let Some(name) = WHOLE.iter().find(|name| body[**name].is_null()) {
        return Err(bad(format!("{name}: must not be null")));
    }
    let labels = labels(&body["labels"])?;
    let mut shelf = state.zephyr();
    let case = shelf.find_mut(&key).ok_or_else(|| missing("Test case"))?;
    if body["id"].as_u64() != Some(case.id) || body["key"].as_str() != Some(&case.key) {
        return Err(bad("id and key must be those of the test case"));
    }
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    case.name = text("name").unwrap_or_default();
    (case.objective, case.precondition) = (text("objective"), text("precondition"));
    case.folder = body["folder"]["id"].as_u64();
    case.owner = body["owner"]["accountId"].as_str().map(str::to_owned);
    let named = |all: &[&str], field: &str| {
        let index = body[field]["id"].as_u64().and_then(|id| usize::try_from(id).ok()).unwrap_or(1) - 1;
        all.get(index).copied().unwrap_or(all[0]).to_owned()
    };
    (case.priority, case.status, case.labels) = (named(&PRIORITIES, "priority"), named(&STATUSES, "status"), labels);
    case.fields = body["customFields"].as_object().cloned().unwrap_or_default();
    Ok(StatusCode::OK.into_response())
}

async fn steps(With(state): With<State>, Path(key): Path<String>, Query(page): Query<Page>) -> Answer {
    let shelf = state.zephyr();
    let case = shelf.find(&key).ok_or_else(|| missing("Test case"))?;
    let Script::Steps(steps) = &case.script else { return Err(missing("Test steps")) };
    paged(steps.iter().map(|(_, step)| json!({ "inline": step })).collect(), &page)
}

async fn write_steps(With(state): With<State>, Path(key): Path<String>, body: Bytes) -> Answer {
    let body = body_of(&body)?;
    let items = body["items"].as_array().map_or(&[][..], Vec::as_slice);
    let empty = |item: &Value| {
        ["description", "testData", "expectedResult"].iter().all(|name| item["inline"][name].as_str().unwrap_or("").is_empty())
    };
    if items.is_empty() || items.len() > MOST_STEPS || items.iter().any(|item| item["testCase"].is_null() && empty(item)) {
        return Err(bad("items: between 1 and 100 steps, none of them empty"));
    }
    let mut shelf = state.zephyr();
    let mut given = shelf.steps(&items.iter().map(|item| item["inline"].clone()).collect::<Vec<_>>());
    let case = shelf.find_mut(&key).ok_or_else(|| missing("Test case"))?;
    case.script = match (body["mode"].as_str(), &mut case.script) {
        (Some("APPEND"), Script::Steps(before)) => Script::Steps(before.drain(..).chain(given.drain(..)).collect()),
        (Some("APPEND" | "OVERWRITE"), _) => Script::Steps(given),
        _ => return Err(bad("mode: should be APPEND or OVERWRITE")),
    };
    Ok((StatusCode::CREATED, Json(json!({ "id": case.id }))).into_response())
}

async fn script(With(state): With<State>, Path(key): Path<String>) -> Answer {
    let shelf = state.zephyr();
    let case = shelf.find(&key).ok_or_else(|| missing("Test case"))?;
    match &case.script {
        Script::Text(kind, text) => Ok(Json(json!({ "id": case.id, "type": kind, "text": text })).into_response()),
        Script::Steps(_) => Err(missing("Test script")),
    }
}

async fn write_script(With(state): With<State>, Path(key): Path<String>, body: Bytes) -> Answer {
    let body = body_of(&body)?;
    let (kind, text) = (body["type"].as_str().unwrap_or_default(), body["text"].as_str().unwrap_or_default());
    let is_step = |line: &str| {
        let line = line.trim();
        line.is_empty()
            || line.starts_with('|')
            || ["Given ", "When ", "Then ", "And ", "But "].iter().any(|word| line.starts_with(word))
    };
    match kind {
        "bdd" if !text.lines().all(is_step) => return Err(bad("The test script is not valid Gherkin")),
        "plain" | "bdd" if !text.is_empty() => {}
        _ => return Err(bad("type: should be plain or bdd; text: must not be empty")),
    }
    let mut shelf = state.zephyr();
    let case = shelf.find_mut(&key).ok_or_else(|| missing("Test case"))?;
    case.script = Script::Text(kind.to_owned(), text.to_owned());
    Ok((StatusCode::CREATED, Json(json!({ "id": case.id }))).into_response())
}

async fn links(With(state): With<State>, Path(key): Path<String>) -> Answer {
    let base = format!("{}{ROOT}/testcases/{key}", state.site().base);
    let shelf = state.zephyr();
    let case = shelf.find(&key).ok_or_else(|| missing("Test case"))?;
    Ok(Json(links_of(&base, case)).into_response())
}

/// By the numeric id; a link that is there already is refused.
async fn link(With(state): With<State>, Path(key): Path<String>, body: Bytes) -> Answer {
    let issue = body_of(&body)?["issueId"].as_u64().ok_or_else(|| bad("issueId: must not be null"))?;
    if !state.site().issues.contains_key(&issue) {
        return Err(missing("Issue"));
    }
    let mut shelf = state.zephyr();
    let id = shelf.new_id();
    let case = shelf.find_mut(&key).ok_or_else(|| missing("Test case"))?;
    if case.links.values().any(|known| *known == issue) {
        return Err(bad("The issue is already linked"));
    }
    case.links.insert(id, issue);
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

async fn folders(With(state): With<State>, Query(page): Query<Page>) -> Answer {
    if let Some(key) = &page.project_key {
        project(&state, key)?;
    }
    let shelf = state.zephyr();
    let here = shelf.folders.iter().filter(|(_, folder)| page.project_key.as_ref().is_none_or(|key| folder.project == *key));
    let views = here.map(
        |(id, folder)| json!({ "id": id, "parentId": folder.parent, "name": folder.name, "index": 0, "folderType": "TEST_CASE" }),
    );
    paged(views.collect(), &page)
}

/// The same again makes another of the same name.
async fn create_folder(With(state): With<State>, body: Bytes) -> Answer {
    let body = body_of(&body)?;
    let (key, name) = (body["projectKey"].as_str().unwrap_or_default(), body["name"].as_str().unwrap_or_default());
    project(&state, key)?;
    if name.is_empty() || name.contains(['/', '\\']) || body["folderType"] != "TEST_CASE" {
        return Err(bad("name: must not be empty or contain slashes; folderType: TEST_CASE"));
    }
    let mut shelf = state.zephyr();
    let parent = body["parentId"].as_u64();
    if parent.is_some_and(|id| !shelf.folders.contains_key(&id)) {
        return Err(missing("Folder"));
    }
    let id = shelf.new_id();
    shelf.folders.insert(id, Folder { project: key.to_owned(), name: name.to_owned(), parent });
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

fn options(state: &State, Query(page): &Query<Page>, names: &[&str]) -> Answer {
    let key = page.project_key.as_deref().unwrap_or_default();
    let id = project(state, key)?;
    let view = |(n, name): (usize, &&str)| json!({ "id": n + 1, "index": n, "name": name, "project": { "id": id } });
    paged(names.iter().enumerate().map(view).collect(), page)
}

async fn of_issue(With(state): With<State>, Path(key): Path<String>) -> Answer {
    let issue = state.site().id_of(&key).ok_or_else(|| missing("Issue"))?;
    let shelf = state.zephyr();
    let linked = shelf.cases.values().filter(|case| case.links.values().any(|known| *known == issue));
    Ok(Json(linked.map(|case| json!({ "key": case.key, "version": 1 })).collect::<Value>()).into_response())
}
