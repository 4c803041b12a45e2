//! Links between issues, and links to the world outside.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as With};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::front::json_of;
use crate::site::Site;
use crate::site::catalogue::{LINK_TYPES, link_view};
use crate::site::issue::RemoteLink;
use crate::site::problem::{Answer, Problem};
use crate::state::State;

pub(super) async fn types(With(state): With<State>) -> Json<Value> {
    let base = state.site().base.clone();
    Json(json!({"issueLinkTypes": (0..LINK_TYPES.len()).map(|index| link_view(index, &base)).collect::<Value>()}))
}

pub(super) async fn add(With(state): With<State>, body: Bytes) -> Answer {
    let body = json_of(&body)?;
    let mut site = state.site();
    let (kind, source, target) = site.link_ends(&body, None)?;
    site.link(kind, source, target);
    Ok(StatusCode::CREATED.into_response())
}

pub(super) async fn read(With(state): With<State>, Path(id): Path<String>) -> Answer {
    let site = state.site();
    let missing = || Problem::missing(format!("No issue link with id '{id}' exists."));
    let number: u64 = id.parse().map_err(|_| missing())?;
    let link = site.links.get(&number).ok_or_else(missing)?;
    let brief = |issue: u64| site.issues.get(&issue).map(|issue| site.brief(issue));
    let view = json!({
        "id": id, "self": format!("{}/rest/api/3/issueLink/{id}", site.base), "type": link_view(link.kind, &site.base),
        "inwardIssue": brief(link.source), "outwardIssue": brief(link.target),
    });
    Ok(Json(view).into_response())
}

pub(super) async fn delete(With(state): With<State>, Path(id): Path<String>) -> Answer {
    let gone = id.parse().is_ok_and(|id| state.site().unlink(id));
    if gone {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Problem::missing(format!("No issue link with id '{id}' exists.")))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Remote {
    global_id: Option<String>,
}

pub(super) async fn remote_links(With(state): With<State>, Path(key): Path<String>, Query(query): Query<Remote>) -> Answer {
    let site = state.site();
    let issue = site.find(&key).ok_or_else(Problem::no_issue)?;
    match query.global_id {
        None => {
            Ok(Json(issue.remote_links.iter().map(|link| remote_view(&site, issue.id, link)).collect::<Value>()).into_response())
        }
        Some(wanted) => {
            let link = issue.remote_links.iter().find(|link| link.global_id.as_ref() == Some(&wanted));
            let link = link.ok_or_else(|| Problem::missing(format!("No remote link with globalId '{wanted}' exists.")))?;
            Ok(Json(remote_view(&site, issue.id, link)).into_response())
        }
    }
}

pub(super) async fn upsert_remote(With(state): With<State>, Path(key): Path<String>, body: Bytes) -> Answer {
    let body = json_of(&body)?;
    for name in ["url", "title"] {
        if body["object"][name].as_str().is_none_or(str::is_empty) {
            return Err(Problem::field(name, format!("'{name}' is required.")));
        }
    }
    let global_id = body["globalId"].as_str().map(str::to_owned);
    if global_id.as_ref().is_some_and(|id| id.chars().count() > 255) {
        return Err(Problem::field("globalId", "'globalId' must be at most 255 characters long."));
    }
    let mut site = state.site();
    let owner = site.id_of(&key).ok_or_else(Problem::no_issue)?;
    let new_id = site.new_id();
    let base = site.base.clone();
    let issue = site.issues.get_mut(&owner).ok_or_else(Problem::no_issue)?;
    let known = issue.remote_links.iter_mut().find(|link| global_id.is_some() && link.global_id == global_id);
    let (status, id) = match known {
        Some(link) => {
            link.body = body;
            (StatusCode::OK, link.id)
        }
        None => {
            issue.remote_links.push(RemoteLink { id: new_id, global_id, body });
            (StatusCode::CREATED, new_id)
        }
    };
    Ok((status, Json(json!({"id": id, "self": format!("{base}/rest/api/3/issue/{owner}/remotelink/{id}")}))).into_response())
}

pub(super) async fn delete_remote(With(state): With<State>, Path(key): Path<String>, Query(query): Query<Remote>) -> Answer {
    let mut site = state.site();
    let issue = site.find_mut(&key).ok_or_else(Problem::no_issue)?;
    let before = issue.remote_links.len();
    issue.remote_links.retain(|link| link.global_id != query.global_id);
    if issue.remote_links.len() == before {
        return Err(Problem::missing("No remote link with this globalId exists."));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn remote_view(site: &Site, issue: u64, link: &RemoteLink) -> Value {
    let mut view = link.body.clone();
    view["id"] = json!(link.id);
    view["self"] = json!(format!("{}/rest/api/3/issue/{issue}/remotelink/{}", site.base, link.id));
    view
}
