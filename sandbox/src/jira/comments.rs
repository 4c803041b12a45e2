//! Comments of an issue.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as With};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::front::{Account, json_of};
use crate::site::Site;
use crate::site::problem::{Answer, Problem};
use crate::state::State;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Page {
    start_at: usize,
    max_results: Option<usize>,
    order_by: String,
    expand: String,
}

impl Page {
    fn properties(&self) -> bool {
        self.expand.split(',').any(|part| part.trim() == "properties")
    }
}

pub(super) async fn list(With(state): With<State>, Path(key): Path<String>, Query(page): Query<Page>) -> Answer {
    let site = state.site();
    let issue = site.find(&key).ok_or_else(Problem::no_issue)?;
    let newest_first = match page.order_by.as_str() {
        "" | "created" | "+created" => false,
        "-created" => true,
        other => return Err(Problem::bad(format!("The value '{other}' is not valid for 'orderBy'."))),
    };
    let size = page.max_results.unwrap_or(100).min(state.options().comment_page);
    Ok(Json(site.comment_page(issue, page.start_at, size, newest_first, page.properties())).into_response())
}

pub(super) async fn add(
    With(state): With<State>,
    Path(key): Path<String>,
    Query(page): Query<Page>,
    account: Account,
    body: Bytes,
) -> Answer {
    let body = json_of(&body)?;
    let mut site = state.site();
    let issue = site.id_of(&key).ok_or_else(Problem::no_issue)?;
    let id = site.add_comment(issue, &body, &account.name, state.options().comment_limit)?;
    site.note_comment("comment_created", issue, id, &account.name);
    Ok((StatusCode::CREATED, Json(view(&site, issue, id, page.properties())?)).into_response())
}

pub(super) async fn read(With(state): With<State>, Path((key, id)): Path<(String, String)>, Query(page): Query<Page>) -> Answer {
    let site = state.site();
    let (issue, id) = locate(&site, &key, &id)?;
    Ok(Json(view(&site, issue, id, page.properties())?).into_response())
}

pub(super) async fn edit(
    With(state): With<State>,
    Path((key, id)): Path<(String, String)>,
    account: Account,
    body: Bytes,
) -> Answer {
    let body = json_of(&body)?;
    let mut site = state.site();
    let (issue, id) = locate(&site, &key, &id)?;
    site.edit_comment(id, &body, &account.name)?;
    site.note_comment("comment_updated", issue, id, &account.name);
    Ok(Json(view(&site, issue, id, false)?).into_response())
}

pub(super) async fn delete(With(state): With<State>, Path((key, id)): Path<(String, String)>) -> Answer {
    let mut site = state.site();
    let (_, id) = locate(&site, &key, &id)?;
    site.remove_comment(id)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn by_ids(With(state): With<State>, Query(page): Query<Page>, body: Bytes) -> Answer {
    let body = json_of(&body)?;
    let site = state.site();
    let ids = body["ids"].as_array().into_iter().flatten().filter_map(Value::as_u64);
    let values: Vec<Value> =
        ids.filter_map(|id| view(&site, *site.comment_homes.get(&id)?, id, page.properties()).ok()).collect();
    let total = values.len();
    Ok(Json(json!({"values": values, "startAt": 0, "maxResults": 1000, "total": total, "isLast": true})).into_response())
}

fn locate(site: &Site, key: &str, id: &str) -> Answer<(u64, u64)> {
    let issue = site.id_of(key).ok_or_else(Problem::no_issue)?;
    let comment = id.parse::<u64>().ok().filter(|id| site.comment_homes.get(id) == Some(&issue));
    let comment = comment.ok_or_else(|| Problem::missing(format!("Can not find a comment for the id: {id}.")))?;
    Ok((issue, comment))
}

fn view(site: &Site, issue: u64, id: u64, properties: bool) -> Answer<Value> {
    Ok(site.comment_view(issue, site.comment(id)?, properties))
}
