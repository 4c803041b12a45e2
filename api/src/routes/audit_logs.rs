//! The audit log, for administrators: pages, or everything that matches, a line each.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use shared::domain::audit::{Action, AuditResult};
use shared::store::audit::{self, Entry, Filter};
use shared::store::{Db, StoreError};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::jobs::cut;
use crate::extract::{Administer, Allowed, FromParams, Params, Query};
use crate::problem::Problem;
use crate::state::Api;
use crate::view::rfc3339;

/// Entries that are read at once for a stream.
const CHUNK: u64 = 500;

const LINES: &str = "application/x-ndjson";

/// A form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(super) enum Format {
    /// A page.
    Json,
    /// Every entry that matches, one a line.
    Jsonl,
}

impl std::str::FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "jsonl" => Ok(Self::Jsonl),
            _ => Err("should be json or jsonl"),
        }
    }
}

/// Which entries.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Only those of this account.
    user_id: Option<Uuid>,
    /// Only this action.
    #[param(inline)]
    action: Option<Action>,
    /// Only those about this kind of thing, such as `job`.
    resource_type: Option<String>,
    /// Only those about this one.
    resource_id: Option<String>,
    /// Only those of this request.
    request_id: Option<String>,
    /// `ok` or `refused`.
    #[param(inline)]
    result: Option<AuditResult>,
    /// From this time on, such as `2026-01-31T08:00:00Z`.
    #[param(value_type = Option<String>)]
    from: Option<DateTime<Utc>>,
    /// Before this time.
    #[param(value_type = Option<String>)]
    until: Option<DateTime<Utc>>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    limit: u64,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Uuid>,
    /// Goes before `Accept`; `jsonl` takes no page.
    #[param(inline)]
    format: Option<Format>,
}

impl FromParams for ListParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self {
            user_id: params.optional("user_id"),
            action: params.optional("action"),
            resource_type: params.optional("resource_type"),
            resource_id: params.optional("resource_id"),
            request_id: params.optional("request_id"),
            result: params.optional("result"),
            from: time(params, "from"),
            until: time(params, "until"),
            limit: params.limit(20),
            cursor: params.cursor(),
            format: params.optional("format"),
        })
    }
}

pub(super) fn time(params: &mut Params, name: &'static str) -> Option<DateTime<Utc>> {
    let text = params.optional::<String>(name)?;
    text.parse().map_err(|_| params.refuse(name, "should be a time such as 2026-01-31T08:00:00Z")).ok()
}

impl ListParams {
    fn filter(&self) -> Filter {
        Filter {
            user_id: self.user_id,
            action: self.action,
            resource_type: self.resource_type.clone(),
            resource_id: self.resource_id.clone(),
            request_id: self.request_id.clone(),
            result: self.result,
            from: self.from.map(|time| time.timestamp_millis()),
            until: self.until.map(|time| time.timestamp_millis()),
        }
    }

    fn is_lines(&self, headers: &HeaderMap) -> bool {
        let accepted = || headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains(LINES));
        self.format.map_or_else(accepted, |format| format == Format::Jsonl)
    }
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct EntryView {
    id: Uuid,
    at: String,
    /// `null` = the system, or somebody who did not log in.
    user_id: Option<Uuid>,
    /// The API key they came with.
    api_key_id: Option<Uuid>,
    action: String,
    resource_type: String,
    resource_id: String,
    /// `ok` or `refused`.
    result: String,
    details: Value,
    ip: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    /// Its number in the chain; `null` = not sealed yet.
    seq: Option<i64>,
    /// Its MAC in the chain.
    mac: Option<String>,
    /// The key of the MAC.
    key_id: Option<String>,
}

impl EntryView {
    fn of(row: Entry) -> Self {
        Self {
            id: row.id,
            at: rfc3339(row.at),
            user_id: row.user_id,
            api_key_id: row.api_key_id,
            action: row.action,
            resource_type: row.resource_type,
            resource_id: row.resource_id,
            result: row.result,
            details: serde_json::from_str(&row.details).unwrap_or(Value::String(row.details)),
            ip: row.ip,
            user_agent: row.user_agent,
            request_id: row.request_id,
            seq: row.sealed,
            mac: row.mac,
            key_id: row.key_id,
        }
    }
}

/// A page of the audit log, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditPage)]
pub(super) struct AuditPage {
    items: Vec<EntryView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// The audit log, newest first.
///
/// Needs `administer`; each request is an entry itself. `format=jsonl`, or `Accept: application/x-ndjson`, answers every
/// entry that matches, one a line.
#[utoipa::path(get, path = "/audit-logs", operation_id = "list_audit_logs", tag = "admin", params(ListParams),
    responses((status = 200, content((AuditPage = "application/json"), (EntryView = "application/x-ndjson")))))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Query(asked): Query<ListParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (filter, is_lines) = (asked.filter(), asked.is_lines(&headers));
    let details = json!({ "export": is_lines, "filter": filter });
    let id = api.jobs.clock().new_id();
    api.db().execute(audit::entry(id, &caller.actor(), "audit.read", "audit_log", "", &details)).await?;
    if is_lines {
        return Ok(([(CONTENT_TYPE, LINES)], lines(api.db().clone(), filter, asked.cursor)).into_response());
    }
    let mut rows = audit::list(api.db(), &filter, asked.cursor, asked.limit + 1).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.id);
    Ok(Json(AuditPage { items: rows.into_iter().map(EntryView::of).collect(), next_cursor }).into_response())
}

/// Every entry that matches, a chunk in memory at a time. When the database fails on the way, the answer breaks off.
fn lines(db: Db, filter: Filter, before: Option<Uuid>) -> Body {
    let chunks = futures::stream::try_unfold(Some(before), move |before| {
        let (db, filter) = (db.clone(), filter.clone());
        async move {
            let Some(before) = before else { return Ok::<_, StoreError>(None) };
            let rows = audit::list(&db, &filter, before, CHUNK).await?;
            let next = (rows.len() as u64 == CHUNK).then(|| rows.last().map(|row| row.id));
            let mut text = String::with_capacity(rows.len() * 512);
            for row in rows {
                text += &serde_json::to_string(&EntryView::of(row)).unwrap_or_default();
                text.push('\n');
            }
            Ok(Some((Bytes::from(text), next)))
        }
    });
    Body::from_stream(chunks)
}
