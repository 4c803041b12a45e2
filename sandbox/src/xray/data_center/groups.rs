//! Test sets, test plans and preconditions, by keys: `{"add": ["AB-1"], "remove": []}`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as With};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::site::Site;
use crate::site::problem::{Answer, Problem};
use crate::state::State;
use crate::xray::groups::is_a;

pub(super) async fn list_set(With(state): With<State>, Path(key): Path<String>) -> Answer {
    list(&state, &key, "Test Set")
}

pub(super) async fn list_plan(With(state): With<State>, Path(key): Path<String>) -> Answer {
    list(&state, &key, "Test Plan")
}

pub(super) async fn list_precondition(With(state): With<State>, Path(key): Path<String>) -> Answer {
    list(&state, &key, "Precondition")
}

pub(super) async fn change_set(With(state): With<State>, Path(key): Path<String>, body: Bytes) -> Answer {
    change(&state, &key, "Test Set", &body)
}

pub(super) async fn change_plan(With(state): With<State>, Path(key): Path<String>, body: Bytes) -> Answer {
    change(&state, &key, "Test Plan", &body)
}

pub(super) async fn change_precondition(With(state): With<State>, Path(key): Path<String>, body: Bytes) -> Answer {
    change(&state, &key, "Precondition", &body)
}

fn list(state: &State, key: &str, kind: &str) -> Answer {
    let site = state.site();
    let group = group(&site, key, kind)?;
    let held = state.xray().groups.get(&group).cloned().unwrap_or_default();
    let view = held
        .iter()
        .enumerate()
        .filter_map(|(rank, id)| Some(json!({"id": id, "key": site.issues.get(id)?.key, "rank": rank + 1})));
    Ok(Json(view.collect::<Value>()).into_response())
}

/// Success, even when some of the keys are no tests: they are named in words. `[R]`
fn change(state: &State, key: &str, kind: &str, body: &Bytes) -> Answer {
    let body: Value = serde_json::from_slice(body).map_err(|_| Problem::bad("The body is not JSON."))?;
    let site = state.site();
    let group = group(&site, key, kind)?;
    let (added, strangers) = tests(&site, &body["add"]);
    let (removed, _) = tests(&site, &body["remove"]);
    let mut shelf = state.xray();
    shelf.add_to_group(group, &added);
    shelf.take_from_group(group, &removed);
    shelf.wrote("groups");
    let words: Vec<String> = strangers.iter().map(|key| format!("{key} is not a test")).collect();
    Ok(Json(Value::from(words)).into_response())
}

fn group(site: &Site, key: &str, kind: &str) -> Answer<u64> {
    let id = site.id_of(key).ok_or_else(Problem::no_issue)?;
    if is_a(site, id, kind) { Ok(id) } else { Err(Problem::bad(format!("The issue {key} is not a {kind}."))) }
}

/// Keys of tests as ids, and those that are something else.
pub(super) fn tests(site: &Site, keys: &Value) -> (Vec<u64>, Vec<String>) {
    let (mut known, mut strangers) = (Vec::new(), Vec::new());
    for key in keys.as_array().into_iter().flatten().filter_map(Value::as_str) {
        match site.id_of(key).filter(|id| is_a(site, *id, "Test")) {
            Some(id) => known.push(id),
            None => strangers.push(key.to_owned()),
        }
    }
    (known, strangers)
}
