//! Searching with JQL.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State as With};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::front::json_of;
use super::issues::strings;
use crate::site::Site;
use crate::site::issue::Issue;
use crate::site::problem::{Answer, Problem};
use crate::site::view::{Extras, Wanted, names, schemas};
use crate::state::State;

/// A search, however it was sent.
struct Search {
    jql: String,
    size: usize,
    token: Option<String>,
    wanted: Wanted,
    extras: Extras,
    reconciled: Vec<u64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    jql: String,
    max_results: Option<usize>,
    next_page_token: Option<String>,
    fields: String,
    expand: String,
    properties: String,
    reconcile_issues: String,
}

pub(super) async fn by_query(With(state): With<State>, Query(asked): Query<Asked>) -> Answer {
    let search = Search {
        wanted: Wanted::parse(asked.fields.split(','), "id"),
        extras: Extras::parse(asked.expand.split(','), asked.properties.split(',')),
        size: asked.max_results.unwrap_or(50),
        token: asked.next_page_token,
        reconciled: asked.reconcile_issues.split(',').filter_map(|id| id.trim().parse().ok()).collect(),
        jql: asked.jql,
    };
    run(&state, &search)
}

pub(super) async fn by_body(With(state): With<State>, body: Bytes) -> Answer {
    let body = json_of(&body)?;
    let search = Search {
        jql: body["jql"].as_str().unwrap_or_default().to_owned(),
        size: body["maxResults"].as_u64().map_or(50, |size| usize::try_from(size).unwrap_or(usize::MAX)),
        token: body["nextPageToken"].as_str().map(str::to_owned),
        wanted: Wanted::parse(strings(&body["fields"]), "id"),
        extras: Extras::parse(body["expand"].as_str().unwrap_or_default().split(','), strings(&body["properties"])),
        reconciled: body["reconcileIssues"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect(),
    };
    run(&state, &search)
}

fn run(state: &State, search: &Search) -> Answer {
    if search.extras.properties.len() > 5 {
        return Err(Problem::bad("No more than 5 properties may be requested."));
    }
    if search.size > 5000 {
        return Err(Problem::bad("The value of 'maxResults' must be at most 5000."));
    }
    let site = state.site();
    let query = site.bounded(&search.jql)?;
    let start = search.token.as_deref().filter(|token| !token.is_empty()).map_or(Ok(0), |token| offset(token, &search.jql))?;
    let found = site.matching(&query, state.options().search_lag_ms, &search.reconciled);
    let size = if search.wanted.is_id_only() { search.size } else { search.size.min(state.options().search_page) };
    let page = found.iter().skip(start).take(size).filter_map(|id| site.issues.get(id));
    let issues: Vec<Value> = page.map(|issue| hit(&site, issue, search, state.options().inline_comments)).collect();
    let reached = start + issues.len();
    let last = reached >= found.len() || issues.is_empty();
    let mut answer = json!({"issues": issues, "isLast": last});
    if !last {
        answer["nextPageToken"] = json!(token(reached, &search.jql));
    }
    if search.extras.names {
        answer["names"] = names(&search.wanted);
    }
    if search.extras.schema {
        answer["schema"] = schemas(&search.wanted);
    }
    Ok(Json(answer).into_response())
}

fn hit(site: &Site, issue: &Issue, search: &Search, inline_comments: usize) -> Value {
    if search.wanted.is_id_only() && search.extras.properties.is_empty() {
        return json!({"id": issue.id.to_string()});
    }
    let extras = Extras { names: false, schema: false, ..search.extras.clone() };
    site.issue_view(issue, &search.wanted, &extras, inline_comments)
}

fn token(offset: usize, jql: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{offset}:{jql}"))
}

fn offset(token: &str, jql: &str) -> Answer<usize> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = text.as_deref().and_then(|text| text.split_once(':')).filter(|(_, known)| *known == jql);
    let offset = parts.and_then(|(offset, _)| offset.parse().ok());
    offset.ok_or_else(|| Problem::bad("The nextPageToken is invalid or has expired."))
}

pub(super) async fn count(With(state): With<State>, body: Bytes) -> Answer {
    let body = json_of(&body)?;
    let site = state.site();
    let query = site.bounded(body["jql"].as_str().unwrap_or_default())?;
    let count = site.matching(&query, state.options().search_lag_ms, &[]).len();
    Ok(Json(json!({"count": count})).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Parsing {
    validation: String,
}

pub(super) async fn parse(With(state): With<State>, Query(how): Query<Parsing>, body: Bytes) -> Answer {
    if !["strict", "warn", "none"].contains(&how.validation.as_str()) {
        return Err(Problem::bad("The query parameter 'validation' must be one of: strict, warn, none."));
    }
    let body = json_of(&body)?;
    let site = state.site();
    let queries: Vec<Value> = strings(&body["queries"])
        .map(|jql| {
            let read = if how.validation == "strict" { site.query(jql) } else { crate::site::jql::parse(jql) };
            match read {
                Ok(_) => json!({"query": jql, "structure": {}}),
                Err(error) => json!({"query": jql, "errors": [error]}),
            }
        })
        .collect();
    Ok(Json(json!({"queries": queries})).into_response())
}

pub(super) async fn matches(With(state): With<State>, body: Bytes) -> Answer {
    let body = json_of(&body)?;
    let site = state.site();
    let ids: Vec<u64> = body["issueIds"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    let matches: Vec<Value> = strings(&body["jqls"])
        .map(|jql| match site.query(jql) {
            Ok(query) => {
                let meets = |id: &u64| {
                    site.issues.get(id).is_some_and(|issue| query.filter.as_ref().is_none_or(|filter| site.meets(issue, filter)))
                };
                json!({"matchedIssues": ids.iter().copied().filter(meets).collect::<Vec<u64>>(), "errors": []})
            }
            Err(error) => json!({"matchedIssues": [], "errors": [error]}),
        })
        .collect();
    Ok(Json(json!({"matches": matches})).into_response())
}

pub(super) async fn gone() -> Problem {
    Problem::new(
        StatusCode::GONE,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at CHANGE-2046",
    )
}
