//! Pages for people: the list of stories, and one story.

use axum::extract::{Path, State as With};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

use crate::adf::html::{escape, render};
use crate::site::catalogue::CRITERIA_FIELD;
use crate::state::State;

const STYLE: &str = include_str!("pages.css");

/// `GET /`.
pub(crate) async fn list(With(state): With<State>) -> Html<String> {
    let rows: String = state
        .keys()
        .iter()
        .take(500)
        .filter_map(|key| state.issue(key))
        .map(|issue| {
            let key = text(&issue["key"]);
            let fields = &issue["fields"];
            format!(
                "<tr><td>{}</td><td><a href=\"/browse/{key}\">{key}</a></td><td>{}</td><td>{}</td></tr>",
                text(&fields["issuetype"]["name"]),
                text(&fields["summary"]),
                status(fields),
            )
        })
        .collect();
    page(
        "Stories",
        &format!(
            "<h1>Stories</h1><table class=\"list\"><tr><th>Type</th><th>Key</th><th>Summary</th><th>Status</th></tr>{rows}</table>"
        ),
    )
}

/// `GET /browse/{key}`.
pub(crate) async fn browse(With(state): With<State>, Path(key): Path<String>) -> Response {
    let Some(issue) = state.issue(&key) else {
        return (StatusCode::NOT_FOUND, page("Not found", "<h1>No such issue</h1>")).into_response();
    };
    let fields = &issue["fields"];
    let mut body = format!(
        "<p class=\"crumb\"><a href=\"/\">Stories</a> / {}</p><h1>{}</h1><div class=\"columns\"><main>",
        text(&issue["key"]),
        text(&fields["summary"]),
    );
    section("Description", &fields["description"], &mut body);
    section("Acceptance Criteria", &fields[CRITERIA_FIELD], &mut body);
    body.push_str(&comments(&state.comments(&key)));
    body.push_str(&format!("</main><aside>{}</aside></div>", details(fields)));
    page(&text(&issue["key"]), &body).into_response()
}

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    ))
}

fn section(title: &str, document: &Value, body: &mut String) {
    if let Some(wiki) = document.as_str() {
        body.push_str(&format!("<h2>{title}</h2><section>{}</section>", words(wiki)));
    }
    if document.is_object() {
        body.push_str(&format!("<h2>{title}</h2><section>{}</section>", render(document)));
    }
}

/// Wiki markup as it is written.
fn words(wiki: &str) -> String {
    format!("<pre>{}</pre>", escape(wiki))
}

fn comments(comments: &[Value]) -> String {
    if comments.is_empty() {
        return String::new();
    }
    let items: String = comments
        .iter()
        .map(|comment| {
            let (author, created) = (text(&comment["author"]["displayName"]), text(&comment["created"]));
            format!(
                "<article><header><b>{author}</b> <time>{created}</time></header>{}</article>",
                comment["body"].as_str().map_or_else(|| render(&comment["body"]), words)
            )
        })
        .collect();
    format!("<h2>Comments</h2>{items}")
}

fn details(fields: &Value) -> String {
    let list = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(", ");
    let keyed = |value: &Value| {
        let key = text(&value["key"]);
        if key.is_empty() {
            String::new()
        } else {
            format!("<a href=\"/browse/{key}\">{key}</a> {}", text(&value["fields"]["summary"]))
        }
    };
    let mut rows = vec![
        ("Type", text(&fields["issuetype"]["name"])),
        ("Status", status(fields)),
        ("Priority", text(&fields["priority"]["name"])),
        ("Labels", list(&fields["labels"])),
        ("Parent", keyed(&fields["parent"])),
        ("Updated", text(&fields["updated"])),
    ];
    rows.extend(fields["subtasks"].as_array().into_iter().flatten().map(|child| ("Sub-task", keyed(child))));
    rows.extend(fields["issuelinks"].as_array().into_iter().flatten().map(|link| {
        let side = if link["outwardIssue"].is_object() { "outward" } else { "inward" };
        ("Link", format!("{} {}", text(&link["type"][side]), keyed(&link[format!("{side}Issue")])))
    }));
    rows.extend(fields["attachment"].as_array().into_iter().flatten().map(|file| ("File", text(&file["filename"]))));
    let shown = rows.into_iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| format!("<dl><dt>{name}</dt><dd>{value}</dd></dl>")).collect()
}

fn status(fields: &Value) -> String {
    let category = text(&fields["status"]["statusCategory"]["key"]);
    format!("<span class=\"lozenge {category}\">{}</span>", text(&fields["status"]["name"]))
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}
