//! Policies: what the organisation and its projects say about generation.

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use serde::Serialize;
use shared::domain::issue_key::project_key;
use shared::domain::policy::Terms;
use shared::store::policy::{self, PolicyRow};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::{Administer, Allowed, Body, Fields, FromFields, FromParams, Params, Query, Read};
use crate::problem::{Problem, codes};
use crate::state::Api;
use crate::view::rfc3339;

/// What the policy of the organisation is called beside the keys of projects.
const ORGANIZATION: &str = "organization";

/// Bytes of instructions.
const LONGEST_INSTRUCTIONS: usize = 16_000;
/// Examples of one policy, and bytes of each.
const MOST_EXAMPLES: usize = 10;
const LONGEST_EXAMPLE: usize = 8_000;

/// `organization`, or the key of a project.
#[derive(Debug)]
pub(super) struct Whose(String);

impl<S: Send + Sync> FromRequestParts<S> for Whose {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let wrong = || Problem::field("project", "should be 'organization' or the key of a Jira project, such as SHOP");
        let Path(name) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| wrong())?;
        if name == ORGANIZATION {
            return Ok(Self(String::new()));
        }
        project_key(&name).map(Self).ok_or_else(wrong)
    }
}

/// A new version of a policy.
#[derive(Debug, ToSchema)]
#[schema(as = NewPolicy)]
pub(super) struct PolicyBody {
    /// The version that was read; 0 = there is none yet. The new one is the next.
    #[schema(minimum = 0)]
    version: i64,
    /// Instructions for the model, in Markdown; they add to ours. At most 16000 bytes.
    #[schema(required = false, example = "Write British English. Amounts have two decimals.")]
    instructions: String,
    /// Example scenarios whose style is to be followed, in Gherkin. At most 10 of 8000 bytes.
    #[schema(required = false)]
    examples: Vec<String>,
    /// Whether stories may be sent to a model; `null` = as the organisation says, else they may.
    #[schema(required = false)]
    send_to_model: Option<bool>,
    /// Whether secrets and personal data are replaced before a story is sent; `null` = as the organisation says, else not.
    #[schema(required = false)]
    redact: Option<bool>,
}

impl FromFields for PolicyBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let version = fields.required::<i64>("version");
        if version.is_some_and(|version| !(0..i64::MAX).contains(&version)) {
            fields.refuse("version", "should be the number that was read, or 0");
        }
        let instructions: String = fields.optional("instructions").unwrap_or_default();
        if instructions.len() > LONGEST_INSTRUCTIONS {
            fields.refuse("instructions", format!("is longer than {LONGEST_INSTRUCTIONS} bytes"));
        }
        let examples: Vec<String> = fields.optional("examples").unwrap_or_default();
        if examples.len() > MOST_EXAMPLES {
            fields.refuse("examples", format!("holds more than {MOST_EXAMPLES}"));
        }
        for (n, example) in examples.iter().enumerate().take(MOST_EXAMPLES) {
            if example.trim().is_empty() || example.len() > LONGEST_EXAMPLE || example.contains("```") {
                fields.refuse(
                    format!("examples[{n}]"),
                    format!("should be a scenario of at most {LONGEST_EXAMPLE} bytes, without ``` around it"),
                );
            }
        }
        let (send_to_model, redact) = (fields.optional("send_to_model"), fields.optional("redact"));
        Some(Self { version: version?, instructions, examples, send_to_model, redact })
    }
}

/// A version of a policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Policy)]
pub(super) struct PolicyView {
    /// `organization`, or the key of a project.
    project: String,
    version: i64,
    /// Instructions for the model, in Markdown.
    instructions: String,
    /// Example scenarios, in Gherkin.
    examples: Vec<String>,
    /// `null` = as the organisation says, else stories may be sent.
    send_to_model: Option<bool>,
    /// `null` = as the organisation says, else nothing is replaced.
    redact: Option<bool>,
    created_at: String,
    created_by: Option<Uuid>,
}

impl PolicyView {
    fn of(row: &PolicyRow) -> Result<Self, Problem> {
        let policy = row.policy()?;
        Ok(Self {
            project: policy.project.unwrap_or_else(|| ORGANIZATION.to_owned()),
            version: row.version,
            instructions: policy.terms.instructions,
            examples: policy.terms.examples,
            send_to_model: policy.terms.send_to_model,
            redact: policy.terms.redact,
            created_at: rfc3339(row.created_at),
            created_by: row.created_by,
        })
    }
}

/// The latest version of every policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyList)]
pub(super) struct PolicyList {
    items: Vec<PolicyView>,
}

/// Which version.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionParams {
    /// Absent = the latest.
    #[param(minimum = 1)]
    version: Option<i64>,
}

impl FromParams for VersionParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { version: params.optional("version") })
    }
}

/// What the organisation and its projects say about generation, the latest versions.
///
/// Needs `read`.
#[utoipa::path(get, path = "/policies", operation_id = "list_policies", tag = "policies", responses((status = 200, body = PolicyList)))]
pub(super) async fn list(State(api): State<Api>, _caller: Allowed<Read>) -> Result<Json<PolicyList>, Problem> {
    let rows = policy::latest(api.db()).await?;
    Ok(Json(PolicyList { items: rows.iter().map(PolicyView::of).collect::<Result<_, _>>()? }))
}

/// A policy.
///
/// Needs `read`. Results name the versions that they were made under, such as `criteria@1+organization@3+SHOP@2`.
#[utoipa::path(get, path = "/policies/{project}", operation_id = "show_policy", tag = "policies",
    params(("project" = String, Path, description = "`organization`, or the key of a project"), VersionParams),
    responses((status = 200, body = PolicyView)))]
pub(super) async fn show(
    State(api): State<Api>,
    _caller: Allowed<Read>,
    Whose(project): Whose,
    Query(asked): Query<VersionParams>,
) -> Result<Json<PolicyView>, Problem> {
    let row = policy::find(api.db(), &project, asked.version).await?;
    let none = || Problem::new(codes::POLICY_NOT_FOUND, "Nothing was said for it, or not in this version.");
    Ok(Json(PolicyView::of(&row.ok_or_else(none)?)?))
}

/// Write the next version of a policy.
///
/// Needs `administer`. Every process keeps to it within five seconds; jobs under way end as they began.
#[utoipa::path(put, path = "/policies/{project}", operation_id = "write_policy", tag = "policies",
    params(("project" = String, Path, description = "`organization`, or the key of a project")),
    request_body = PolicyBody, responses((status = 200, body = PolicyView)))]
pub(super) async fn write(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Whose(project): Whose,
    Body(body): Body<PolicyBody>,
) -> Result<Json<PolicyView>, Problem> {
    let PolicyBody { version, instructions, examples, send_to_model, redact } = body;
    let terms = Terms { instructions, examples, send_to_model, redact };
    let row = api.policies.write(&project, version, &terms, &caller.actor()).await?;
    api.connections.look_again();
    Ok(Json(PolicyView::of(&row)?))
}
