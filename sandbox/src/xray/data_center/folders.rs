//! The test repository: folders by number, `-1` is the top.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as With};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::groups;
use crate::site::Site;
use crate::site::problem::{Answer, Problem};
use crate::state::State;
use crate::xray::folders::{normal, parent};
use crate::xray::shelf::Shelf;

pub(super) async fn list(With(state): With<State>, Path(project): Path<String>) -> Answer {
    let site = state.site();
    known(&site, &project)?;
    let shelf = state.xray();
    Ok(Json(json!({"id": -1, "name": "Test Repository", "folders": below(&shelf, &project, "/")})).into_response())
}

fn below(shelf: &Shelf, project: &str, path: &str) -> Value {
    let children = paths(shelf, project).into_iter().filter(|known| parent(known) == path);
    let view = children.map(|child| {
        let name = child.rsplit('/').next().unwrap_or_default().to_owned();
        json!({"id": number(shelf, project, &child), "name": name, "testRepositoryPath": parent(&child), "folders": below(shelf, project, &child)})
    });
    view.collect()
}

pub(super) async fn create(With(state): With<State>, Path((project, above)): Path<(String, i64)>, body: Bytes) -> Answer {
    let body: Value = serde_json::from_slice(&body).map_err(|_| Problem::bad("The body is not JSON."))?;
    let site = state.site();
    known(&site, &project)?;
    let mut shelf = state.xray();
    let above = path_of(&shelf, &project, above)?;
    let name = body["name"].as_str().filter(|name| !name.is_empty() && !name.contains('/'));
    let name = name.ok_or_else(|| Problem::bad("Folder name is not valid."))?;
    let path = normal(&format!("{above}/{name}"));
    if !shelf.make_folder(&project, &path) {
        return Err(Problem::bad("A folder with the same name already exists."));
    }
    shelf.wrote("folders");
    let id = number(&shelf, &project, &path);
    Ok((StatusCode::CREATED, Json(json!({"id": id, "name": name, "testRepositoryPath": above, "folders": []}))).into_response())
}

pub(super) async fn remove(With(state): With<State>, Path((project, id)): Path<(String, i64)>) -> Answer {
    let mut shelf = state.xray();
    let path = path_of(&shelf, &project, id)?;
    if let Some(folders) = shelf.folders.get_mut(&project) {
        folders.retain(|known| *known != path && !known.starts_with(&format!("{path}/")));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn tests(With(state): With<State>, Path((project, id)): Path<(String, i64)>) -> Answer {
    let site = state.site();
    known(&site, &project)?;
    let shelf = state.xray();
    let path = path_of(&shelf, &project, id)?;
    let here = shelf.tests.iter().filter(|(_, test)| test.folder.as_deref().unwrap_or("/") == path);
    let keys =
        here.filter_map(|(id, _)| Some(json!({"key": site.issues.get(id).filter(|issue| issue.project() == project)?.key})));
    let tests: Vec<Value> = keys.collect();
    Ok(Json(json!({"total": tests.len(), "tests": tests})).into_response())
}

pub(super) async fn fill(With(state): With<State>, Path((project, id)): Path<(String, i64)>, body: Bytes) -> Answer {
    let body: Value = serde_json::from_slice(&body).map_err(|_| Problem::bad("The body is not JSON."))?;
    let site = state.site();
    let mut shelf = state.xray();
    let path = path_of(&shelf, &project, id)?;
    let (added, strangers) = groups::tests(&site, &body["add"]);
    let (removed, _) = groups::tests(&site, &body["remove"]);
    for (ids, folder) in [(added, Some(path).filter(|path| path != "/")), (removed, None)] {
        for id in ids {
            shelf.tests.entry(id).or_default().folder.clone_from(&folder);
        }
    }
    shelf.wrote("folders");
    let words: Vec<String> = strangers.iter().map(|key| format!("{key} is not a test")).collect();
    Ok(Json(Value::from(words)).into_response())
}

fn known(site: &Site, project: &str) -> Answer<()> {
    let known = site.projects.contains_key(project);
    if known { Ok(()) } else { Err(Problem::missing(format!("No project could be found with key '{project}'."))) }
}

fn paths(shelf: &Shelf, project: &str) -> Vec<String> {
    shelf.folders.get(project).into_iter().flatten().cloned().collect()
}

/// A number that stays, made of the path.
fn number(shelf: &Shelf, project: &str, path: &str) -> i64 {
    let known = shelf.has_folder(project, path);
    let hash = path.bytes().fold(7_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 1_000_003);
    if known { hash } else { -1 }
}

fn path_of(shelf: &Shelf, project: &str, id: i64) -> Answer<String> {
    if id == -1 {
        return Ok("/".to_owned());
    }
    let path = paths(shelf, project).into_iter().find(|path| number(shelf, project, path) == id);
    path.ok_or_else(|| Problem::missing(format!("Folder with id {id} was not found.")))
}
