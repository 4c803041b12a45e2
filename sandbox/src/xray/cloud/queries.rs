//! Reading: tests, preconditions, groups, folders.

use serde_json::{Map, Value, json};

use crate::site::Site;
use crate::site::issue::Issue;
use crate::site::view::{Extras, Wanted};
use crate::state::State;
use crate::xray::folders::normal;
use crate::xray::groups::is_a;
use crate::xray::shelf::{Shelf, coverage};
use crate::xray::test::TEST_TYPES;

/// A field of `Query`.
pub(super) fn read(state: &State, name: &str, arguments: &Value) -> Result<Value, String> {
    let (site, shelf) = (state.site(), state.xray());
    let kind = kind_of(name);
    match name {
        "__typename" => Ok(json!("Query")),
        "getFolder" => folder(&site, &shelf, arguments),
        "getProjectSettings" => settings(&site, arguments),
        _ if name.ends_with('s') => {
            let ids = found(state, &site, &shelf, kind, arguments)?;
            let views = ids.iter().filter_map(|id| view(&site, &shelf, *id)).collect();
            Ok(page(views, arguments))
        }
        _ => {
            let id = arguments["issueId"].as_str().unwrap_or_default();
            let known = id.parse().ok().filter(|id| stands(&site, &shelf, *id, kind));
            known
                .and_then(|id| view(&site, &shelf, id))
                .ok_or_else(|| format!("issueId provided is not valid: {kind} with id {id} not found!"))
        }
    }
}

/// A field with arguments of something that was read.
pub(super) fn beside(state: &State, parent: &Value, name: &str, arguments: &Value) -> Result<Value, String> {
    let (site, shelf) = (state.site(), state.xray());
    let id = parent["issueId"].as_str().and_then(|id| id.parse::<u64>().ok()).unwrap_or_default();
    let Some(issue) = site.issues.get(&id) else { return Ok(Value::Null) };
    let ids = match name {
        "jira" => return Ok(fields(&site, issue, arguments)),
        "preconditions" => shelf.tests.get(&id).map(|test| test.preconditions.clone()).unwrap_or_default(),
        "testSets" => shelf.groups_of(&site, id, "Test Set"),
        "testPlans" => shelf.groups_of(&site, id, "Test Plan"),
        "testExecutions" => shelf.groups_of(&site, id, "Test Execution"),
        "coverableIssues" => coverage(&site, issue).1,
        "tests" if shelf.preconditions.contains_key(&id) => {
            shelf.tests.iter().filter(|(_, test)| test.preconditions.contains(&id)).map(|(test, _)| *test).collect()
        }
        "tests" => match shelf.groups.get(&id) {
            Some(held) => held.clone(),
            None => coverage(&site, issue).0.into_iter().filter(|test| shelf.tests.contains_key(test)).collect(),
        },
        _ => return Ok(Value::Null),
    };
    let wanted: Option<Vec<&str>> = arguments["issueIds"].as_array().map(|ids| ids.iter().filter_map(Value::as_str).collect());
    let chosen = ids.into_iter().filter(|id| wanted.as_ref().is_none_or(|wanted| wanted.contains(&id.to_string().as_str())));
    Ok(page(chosen.filter_map(|id| view(&site, &shelf, id)).collect(), arguments))
}

fn kind_of(query: &str) -> &'static str {
    match query.trim_start_matches("get").trim_end_matches('s') {
        "Precondition" => "Precondition",
        "TestSet" => "Test Set",
        "TestPlan" => "Test Plan",
        "TestExecution" => "Test Execution",
        "CoverableIssue" => "Coverable Issue",
        _ => "Test",
    }
}

fn stands(site: &Site, shelf: &Shelf, id: u64, kind: &str) -> bool {
    match kind {
        "Test" => shelf.tests.contains_key(&id),
        "Precondition" => shelf.preconditions.contains_key(&id),
        "Coverable Issue" => is_a(site, id, "Story") || is_a(site, id, "Epic") || is_a(site, id, "Task") || is_a(site, id, "Bug"),
        other => is_a(site, id, other),
    }
}

fn found(state: &State, site: &Site, shelf: &Shelf, kind: &str, arguments: &Value) -> Result<Vec<u64>, String> {
    let mut ids: Vec<u64> = match arguments["jql"].as_str().filter(|jql| !jql.trim().is_empty()) {
        // The search behind it is Jira's, and lags as that does.
        Some(jql) => {
            let query = site.query(jql)?;
            site.matching(&query, state.options().search_lag_ms, &[])
        }
        None => site.issues.keys().copied().collect(),
    };
    ids.retain(|id| stands(site, shelf, *id, kind));
    if let Some(wanted) = arguments["issueIds"].as_array() {
        ids.retain(|id| wanted.iter().any(|wanted| *wanted == id.to_string().as_str()));
    }
    if let Some(project) = arguments["projectId"].as_str() {
        ids.retain(|id| {
            site.issues.get(id).and_then(|issue| site.projects.get(issue.project())).is_some_and(|id| id.to_string() == project)
        });
    }
    for (by, position) in [("name", 1), ("kind", 2)] {
        if let Some(wanted) = arguments["testType"][by].as_str() {
            ids.retain(|id| {
                shelf.tests.get(id).is_some_and(|test| [TEST_TYPES[test.kind].1, TEST_TYPES[test.kind].2][position - 1] == wanted)
            });
        }
    }
    if let Some(path) = arguments["folder"]["path"].as_str() {
        let (path, deep) = (normal(path), arguments["folder"]["includeDescendants"] == true);
        let below = format!("{}/", path.trim_end_matches('/'));
        ids.retain(|id| {
            let folder = shelf.tests.get(id).and_then(|test| test.folder.as_deref()).unwrap_or("/");
            folder == path || (deep && folder.starts_with(&below))
        });
    }
    Ok(ids)
}

fn page(values: Vec<Value>, arguments: &Value) -> Value {
    let number = |name: &str| arguments[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let (start, limit) = (number("start").unwrap_or(0), number("limit").unwrap_or(100));
    let total = values.len();
    let results: Vec<Value> = values.into_iter().skip(start).take(limit).collect();
    json!({"total": total, "start": start, "limit": limit, "results": results, "warnings": []})
}

/// Anything Xray knows, by its issue.
pub(super) fn view(site: &Site, shelf: &Shelf, id: u64) -> Option<Value> {
    let issue = site.issues.get(&id)?;
    let project = site.projects.get(issue.project()).copied().unwrap_or_default().to_string();
    let mut view = json!({"issueId": id.to_string(), "projectId": project, "lastModified": crate::clock::stamp(issue.updated)});
    if let Some((kind, definition)) = shelf.preconditions.get(&id) {
        let known = TEST_TYPES.iter().find(|known| known.1 == kind).map_or("Unstructured", |known| known.2);
        view["preconditionType"] = json!({"name": kind, "kind": known});
        view["definition"] = json!(definition);
    }
    let Some(test) = shelf.tests.get(&id) else { return Some(view) };
    let steps: Value = test
        .steps
        .iter()
        .map(|step| json!({"id": step.id, "action": step.action, "data": step.data, "result": step.result, "customFields": [], "parentTestIssueId": null, "calledTestIssueId": null}))
        .collect();
    view["testType"] = test.type_view();
    view["steps"] = if test.has_steps() { steps } else { json!([]) };
    view["gherkin"] = if test.is_gherkin() { json!(test.gherkin) } else { Value::Null };
    view["unstructured"] = if test.is_unstructured() { json!(test.unstructured) } else { Value::Null };
    view["scenarioType"] = if test.is_gherkin() { json!("scenario") } else { Value::Null };
    let path = test.folder.clone().unwrap_or_else(|| "/".to_owned());
    view["folder"] = json!({"name": path.rsplit('/').next(), "path": path, "testsCount": 0});
    view["warnings"] = json!([]);
    Some(view)
}

/// `jira(fields: ["key", "summary"])`.
fn fields(site: &Site, issue: &Issue, arguments: &Value) -> Value {
    let names: Vec<&str> = arguments["fields"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let whole = site.issue_view(issue, &Wanted::parse(names.iter().copied(), ""), &Extras::default(), 0);
    let mut shown: Map<String, Value> = whole["fields"].as_object().cloned().unwrap_or_default();
    for name in ["key", "id"] {
        if names.contains(&name) {
            shown.insert(name.to_owned(), whole[name].clone());
        }
    }
    Value::Object(shown)
}

fn folder(site: &Site, shelf: &Shelf, arguments: &Value) -> Result<Value, String> {
    let project = project(site, arguments)?;
    let path = normal(arguments["path"].as_str().unwrap_or_default());
    if !shelf.has_folder(&project, &path) {
        return Err(format!("Folder with path {path} not found"));
    }
    let of_project = |id: u64| site.issues.get(&id).is_some_and(|issue| issue.project() == project);
    Ok(shelf.folder_view(&project, of_project, &path))
}

/// The key of the project that `projectId` names: an id, never a key.
pub(super) fn project(site: &Site, arguments: &Value) -> Result<String, String> {
    let wanted = arguments["projectId"].as_str().unwrap_or_default();
    let known = site.projects.iter().find(|(_, id)| id.to_string() == wanted);
    known.map(|(key, _)| key.clone()).ok_or_else(|| format!("Project with id {wanted} not found"))
}

fn settings(site: &Site, arguments: &Value) -> Result<Value, String> {
    let wanted = arguments["projectIdOrKey"].as_str().unwrap_or_default();
    let known = site.projects.iter().find(|(key, id)| *key == wanted || id.to_string() == wanted);
    let (_, id) = known.ok_or_else(|| format!("Project {wanted} not found"))?;
    let types: Value = TEST_TYPES.iter().map(|(id, name, kind)| json!({"id": id, "name": name, "kind": kind})).collect();
    Ok(json!({"projectId": id.to_string(), "testTypeSettings": {"testTypes": types, "defaultTestTypeId": "1"}}))
}
