//! Submitting a generation.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::adapters::connections::{Author, Known};
use shared::domain::issue_key::IssueKey;
use shared::domain::job::JobKind;
use shared::domain::language::Language;
use shared::domain::normal::is_one_line;
use shared::domain::publish::{OnConflict, PublishTarget, PublishWhat};
use shared::domain::request::{JobRequest, LlmChoice, Review};
use shared::domain::user::Permission;
use utoipa::ToSchema;
use uuid::Uuid;

use super::accept::{Wanted, accept};
use super::preview::{self, PreviewParams, PreviewView};
use super::source::{self, Source};
use crate::extract::{Allowed, Body, Caller, Fields, FromFields, GenerateCriteria, GenerateScenarios, IdempotencyKey, Query};
use crate::problem::{FieldError, Problem};
use crate::state::Api;
use crate::view::Accepted;

/// Targets of one job.
const MOST_TARGETS: usize = 6;

/// What to generate, and what to do with it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Generate)]
pub(super) struct GenerateBody {
    /// The story.
    issue_key: IssueKey,
    /// Name of the Jira connection; absent = the configured one.
    #[schema(required = false)]
    connection: Option<String>,
    /// Which model writes; absent = the configured one.
    #[schema(required = false)]
    llm: Option<LlmChoice>,
    /// A fixed output language; absent or `auto` = the story's.
    #[schema(required = false)]
    language: Option<Language>,
    /// Whether a person must approve before anything is published.
    #[schema(required = false)]
    review: Option<Review>,
    /// Where to publish what.
    #[schema(required = false)]
    publish: Vec<PublishTarget>,
    /// What to do with a section that a person changed; absent = keep it.
    #[schema(required = false)]
    on_conflict: Option<OnConflict>,
    /// Close the sub-tasks and tests of items that the result does not have any more, unless a person changed them.
    #[schema(required = false)]
    close_obsolete: bool,
    /// Publish even if the story changed since it was read.
    #[schema(required = false)]
    publish_stale: bool,
    /// Test scenarios only: the job or history entry whose criteria are tested.
    #[schema(required = false)]
    criteria_from: Option<Uuid>,
    /// Told by a signed webhook when the job ends.
    #[schema(required = false, example = "https://ci.example.com/hooks/jqa")]
    callback_url: Option<String>,
    /// Ask the model in batches of its provider: for half the price, and within a day or two instead of minutes.
    #[schema(required = false)]
    economy: bool,
    /// Ask the model even if it was asked the same not long ago.
    #[schema(required = false)]
    fresh: bool,
    /// Keep what still holds of the latest accepted result, word by word, and write only what the story's changes touch.
    #[schema(required = false)]
    delta: bool,
    /// Higher first.
    #[schema(required = false, minimum = -10, maximum = 10)]
    priority: i32,
}

impl FromFields for GenerateBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let issue_key = fields.required("issue_key");
        Some(Self {
            connection: fields.optional("connection"),
            llm: fields.optional("llm"),
            language: language(fields),
            review: fields.optional("review"),
            publish: targets(fields).unwrap_or_default(),
            on_conflict: fields.optional("on_conflict"),
            close_obsolete: fields.optional("close_obsolete").unwrap_or_default(),
            publish_stale: fields.optional("publish_stale").unwrap_or_default(),
            criteria_from: fields.optional("criteria_from"),
            fresh: fields.optional("fresh").unwrap_or_default(),
            economy: fields.optional("economy").unwrap_or_default(),
            delta: fields.optional("delta").unwrap_or_default(),
            callback_url: fields.optional("callback_url"),
            priority: priority(fields).unwrap_or_default(),
            issue_key: issue_key?,
        })
    }
}

pub(super) fn priority(fields: &mut Fields) -> Option<i32> {
    let wanted: i64 = fields.optional("priority")?;
    let priority = i32::try_from(wanted).ok().filter(|priority| (-10..=10).contains(priority));
    if priority.is_none() {
        fields.refuse("priority", "should be between -10 and 10");
    }
    priority
}

pub(super) fn language(fields: &mut Fields) -> Option<Language> {
    let text: String = fields.optional("language")?;
    if text == "auto" {
        return None;
    }
    text.parse().map_err(|error| fields.refuse("language", format!("{error}, auto"))).ok()
}

/// Where to publish: few places, none twice.
pub(super) fn targets(fields: &mut Fields) -> Option<Vec<PublishTarget>> {
    let targets: Vec<PublishTarget> = fields.optional("publish")?;
    if targets.len() > MOST_TARGETS {
        fields.refuse("publish", format!("holds more than {MOST_TARGETS} targets"));
    }
    for (n, target) in targets.iter().enumerate().take(MOST_TARGETS) {
        if targets.iter().take(n).any(|other| other == target) {
            fields.refuse(format!("publish[{n}]"), "is there twice");
        }
        target.complaint().into_iter().for_each(|why| fields.refuse(format!("publish[{n}].what"), why));
    }
    Some(targets)
}

/// Generate acceptance criteria.
///
/// Needs `generate_criteria`; `publish` also needs `publish_criteria`.
#[utoipa::path(post, path = "/generate/acceptance-criteria", tag = "generate", request_body = GenerateBody,
    params(PreviewParams, ("Idempotency-Key" = Option<String>, Header, description = "Repeat a request safely for 24 hours.")),
    responses((status = 200, description = "With `preview`", body = PreviewView), (status = 202, body = Accepted, headers(("Location" = String), ("Retry-After" = i32)))))]
pub(super) async fn acceptance_criteria(
    State(api): State<Api>,
    caller: Allowed<GenerateCriteria>,
    key: IdempotencyKey,
    Query(asked): Query<PreviewParams>,
    Body(body): Body<GenerateBody>,
) -> Result<Response, Problem> {
    submit(&api, &caller, key, asked.preview, body, JobKind::AcceptanceCriteria, "/api/v1/generate/acceptance-criteria").await
}

/// Generate test scenarios for criteria that exist.
///
/// Needs `generate_scenarios`; `publish` also needs `publish_scenarios`. The criteria come from `criteria_from`, else from
/// the story's latest accepted result, else from the story itself.
#[utoipa::path(post, path = "/generate/test-scenarios", tag = "generate", request_body = GenerateBody,
    params(PreviewParams, ("Idempotency-Key" = Option<String>, Header, description = "Repeat a request safely for 24 hours.")),
    responses((status = 200, description = "With `preview`", body = PreviewView), (status = 202, body = Accepted, headers(("Location" = String), ("Retry-After" = i32)))))]
pub(super) async fn test_scenarios(
    State(api): State<Api>,
    caller: Allowed<GenerateScenarios>,
    key: IdempotencyKey,
    Query(asked): Query<PreviewParams>,
    Body(body): Body<GenerateBody>,
) -> Result<Response, Problem> {
    submit(&api, &caller, key, asked.preview, body, JobKind::TestScenarios, "/api/v1/generate/test-scenarios").await
}

/// Generate criteria, then test scenarios for them.
///
/// Needs `generate_scenarios`; `publish` also needs `publish_criteria` or `publish_scenarios`, by what is published.
#[utoipa::path(post, path = "/generate/full-pipeline", tag = "generate", request_body = GenerateBody,
    params(PreviewParams, ("Idempotency-Key" = Option<String>, Header, description = "Repeat a request safely for 24 hours.")),
    responses((status = 200, description = "With `preview`", body = PreviewView), (status = 202, body = Accepted, headers(("Location" = String), ("Retry-After" = i32)))))]
pub(super) async fn full_pipeline(
    State(api): State<Api>,
    caller: Allowed<GenerateScenarios>,
    key: IdempotencyKey,
    Query(asked): Query<PreviewParams>,
    Body(body): Body<GenerateBody>,
) -> Result<Response, Problem> {
    submit(&api, &caller, key, asked.preview, body, JobKind::FullPipeline, "/api/v1/generate/full-pipeline").await
}

async fn submit(
    api: &Api,
    caller: &Caller,
    key: IdempotencyKey,
    preview: bool,
    body: GenerateBody,
    kind: JobKind,
    path: &'static str,
) -> Result<Response, Problem> {
    for permission in publishing_needs(kind, &body.publish) {
        caller.must(permission)?;
    }
    let connection = check(api, caller, kind, &body).await?;
    let request = JobRequest {
        issue_key: body.issue_key.clone(),
        connection,
        llm: body.llm.clone(),
        language: body.language,
        review: body.review.unwrap_or(Review::None),
        publish: body.publish.clone(),
        on_conflict: body.on_conflict.unwrap_or_default(),
        close_obsolete: body.close_obsolete,
        publish_stale: body.publish_stale,
        from: body.criteria_from,
        content_hash: None,
        callback_url: body.callback_url.clone(),
        fresh: body.fresh,
        economy: body.economy,
        delta: body.delta,
    };
    if preview {
        return Ok(preview::show(api, caller, kind, &request).await?.into_response());
    }
    accept(api, caller, key, &body, Wanted { path, kind, request, issue_id: None, priority: body.priority }).await
}

/// What publishing these targets needs beside generating.
pub(super) fn publishing_needs(kind: JobKind, targets: &[PublishTarget]) -> impl Iterator<Item = Permission> {
    targets.iter().map(move |target| match (target.what, kind) {
        (PublishWhat::Criteria, _) | (PublishWhat::All, JobKind::AcceptanceCriteria) => Permission::PublishCriteria,
        (PublishWhat::Scenarios | PublishWhat::All, _) => Permission::PublishScenarios,
    })
}

/// No model has a longer name.
const LONGEST_MODEL: usize = 200;

/// What each job of a kind needs, besides publishing.
pub(super) const fn needed(kind: JobKind) -> Option<Permission> {
    match kind {
        JobKind::AcceptanceCriteria => Some(Permission::GenerateCriteria),
        JobKind::TestScenarios | JobKind::FullPipeline => Some(Permission::GenerateScenarios),
        JobKind::Publication => None,
    }
}

/// What one submission has in common with a batch of them.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    pub(super) connection: Option<&'a str>,
    pub(super) llm: Option<&'a LlmChoice>,
    pub(super) economy: bool,
    pub(super) publish: &'a [PublishTarget],
}

impl Shared<'_> {
    /// Checks what the fields mean; answers the connection's name, if it has one.
    pub(super) fn check(self, known: &Known, kind: JobKind, errors: &mut Vec<FieldError>) -> Option<String> {
        let connection = known.jira(self.connection).map(|connection| connection.name.clone());
        if connection.is_none() {
            errors.push(FieldError::invalid("connection", no_connection(self.connection)));
        }
        if let Some(llm) = self.llm.filter(|llm| !known.llm_known(&llm.provider)) {
            let name: String = llm.provider.chars().take(60).collect();
            errors.push(FieldError::invalid("llm.provider", format!("'{name}' is not configured here")));
        }
        if self.economy && !takes_batches(known, self.llm) {
            let message =
                "needs a model whose provider takes batches: openai, claude or gemini; leave it out, or choose another in llm";
            errors.push(FieldError::new("economy", "not_allowed", message));
        }
        let model = self.llm.and_then(|llm| llm.model.as_deref()).unwrap_or_default();
        if model.len() > LONGEST_MODEL || !is_one_line(model) {
            let message = format!("should be a text of at most {LONGEST_MODEL} bytes in one line");
            errors.push(FieldError::invalid("llm.model", message));
        }
        for (n, target) in self.publish.iter().enumerate() {
            let missing = match (target.what, kind) {
                (PublishWhat::Scenarios, JobKind::AcceptanceCriteria) => Some("this job makes no scenarios"),
                (PublishWhat::Criteria, JobKind::TestScenarios) => {
                    Some("this job makes no criteria; publish them from their own job")
                }
                _ => None,
            };
            errors.extend(missing.map(|message| FieldError::invalid(format!("publish[{n}].what"), message)));
        }
        connection
    }
}

/// Checks what the fields mean; answers the connection's name.
async fn check(api: &Api, caller: &Caller, kind: JobKind, body: &GenerateBody) -> Result<String, Problem> {
    let mut errors = Vec::new();
    let known = api.connections.now().await?;
    let (connection, llm) = (body.connection.as_deref(), body.llm.as_ref());
    let shared = Shared { connection, llm, economy: body.economy, publish: &body.publish };
    let connection = shared.check(&known, kind, &mut errors);
    let asks_a_model = known.author(body.llm.as_ref()).is_ok_and(|author| matches!(author, Author::Model(_)));
    if asks_a_model && !known.policy(body.issue_key.project()).may_send {
        let project = body.issue_key.project();
        let message = format!("the policy of {project} does not let its stories be sent to a model; ask for 'offline'");
        errors.push(FieldError::new("llm.provider", "not_allowed", message));
    }
    if let Some(message) = body.callback_url.as_deref().and_then(|url| (api.outbound)(url).err()) {
        errors.push(FieldError::invalid("callback_url", message));
    }
    if let Some(id) = body.criteria_from {
        errors.extend(
            no_criteria(api, caller, kind, id, &body.issue_key)
                .await?
                .map(|message| FieldError::invalid("criteria_from", message)),
        );
    }
    connection.filter(|_| errors.is_empty()).ok_or_else(|| Problem::invalid(errors))
}

/// Whether the model of a request can be asked in batches.
fn takes_batches(known: &Known, choice: Option<&LlmChoice>) -> bool {
    known.author(choice).is_ok_and(|author| matches!(author, Author::Model(model) if model.llm.batches().is_some()))
}

/// Why an id does not lead to criteria of this story.
async fn no_criteria(
    api: &Api,
    caller: &Caller,
    kind: JobKind,
    id: Uuid,
    issue_key: &IssueKey,
) -> Result<Option<String>, Problem> {
    if kind != JobKind::TestScenarios {
        return Ok(Some("is only for test scenarios; the other kinds make their own criteria".to_owned()));
    }
    Ok(match source::find(api, caller, id).await? {
        Source::Nothing => Some("is neither a job nor a history entry that you may see".to_owned()),
        Source::NoResult => Some("is a job without a result".to_owned()),
        Source::Result(row) if row.acceptance_criteria_json.is_none() => Some("is a result without criteria".to_owned()),
        Source::Result(row) if row.issue_key != issue_key.as_str() => {
            Some(format!("holds the criteria of another story, {}", row.issue_key))
        }
        Source::Result(_) => None,
    })
}

/// Why there is no such Jira connection.
pub(super) fn no_connection(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("'{}' is not a configured Jira connection", name.chars().take(60).collect::<String>()),
        None => "no Jira connection is configured; an administrator can set JQA_JIRA_URL, JQA_JIRA_EMAIL and JQA_JIRA_TOKEN"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::domain::publish::PublishMode;

    use super::*;

    fn read(body: Value) -> Result<GenerateBody, Vec<FieldError>> {
        let Value::Object(object) = body else { return Err(Vec::new()) };
        Fields::read(object)
    }

    #[test]
    fn the_smallest_body_is_a_key() {
        let body = read(json!({ "issue_key": "shop-1" })).unwrap();
        assert_eq!((body.issue_key.as_str(), body.priority, body.review), ("SHOP-1", 0, None));
    }

    #[test]
    fn all_wrong_fields_are_named() {
        let body = json!({ "issue_key": "x", "language": "tlh", "priority": 11, "criteria_from": "1", "publish": [{ "mode": "comment" }, { "mode": "comment" }], "extra": 1 });
        let errors = read(body).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["issue_key", "language", "publish[1]", "criteria_from", "priority", "extra"]);
    }

    #[test]
    fn publishing_needs_what_is_published() {
        let needs = |kind, what| publishing_needs(kind, &[PublishTarget { mode: PublishMode::Comment, what }]).next();
        assert_eq!(needs(JobKind::AcceptanceCriteria, PublishWhat::All), Some(Permission::PublishCriteria));
        assert_eq!(needs(JobKind::FullPipeline, PublishWhat::All), Some(Permission::PublishScenarios));
        assert_eq!(needs(JobKind::FullPipeline, PublishWhat::Criteria), Some(Permission::PublishCriteria));
        assert_eq!(publishing_needs(JobKind::FullPipeline, &[]).next(), None);
    }
}
