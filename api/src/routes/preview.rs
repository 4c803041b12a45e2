//! What a generation would send to a model, and what it may cost.

use std::sync::Arc;

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use shared::adapters::connections::{Author, Known, Model};
use shared::domain::criterion::CriteriaSet;
use shared::domain::delta::{Delta, Earlier, KeptScenarios};
use shared::domain::job::{JobKind, Stage};
use shared::domain::language::Language;
use shared::domain::policy::{self, Layer};
use shared::domain::reading;
use shared::domain::request::JobRequest;
use shared::domain::story::Story;
use shared::jobs::accepted::Wanted;
use shared::ports::{Prompt, Usage};
use shared::prompting::{self, Prompts};
use shared::store::llm_call;
use utoipa::{IntoParams, ToSchema};

use super::budgets::usd;
use super::jira::connection;
use super::publish::not_planned;
use crate::audit::looked;
use crate::extract::{Caller, FromParams, Params};
use crate::problem::Problem;
use crate::state::Api;

/// Bytes of a token, as a rule of thumb for what is sent: JSON and prose in European languages.
const BYTES_OF_A_TOKEN: usize = 3;

/// Whether to begin.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PreviewParams {
    /// Answer what would be sent to the model and what that may cost, and send nothing.
    #[param(value_type = Option<bool>)]
    pub(super) preview: bool,
}

impl FromParams for PreviewParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { preview: params.optional("preview").unwrap_or_default() })
    }
}

/// What a generation would send. Nothing was sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preview)]
pub(super) struct PreviewView {
    /// `offline` for the drafter within, which sends nothing.
    provider: String,
    /// Empty for the drafter.
    model: String,
    /// The policies that add to the instructions, such as `organization@3`.
    policies: Vec<String>,
    /// Those that are asked instead while it is overloaded, as `provider/model`.
    stand_ins: Vec<String>,
    /// The calls that are made if no reply needs mending.
    calls: Vec<CallView>,
    /// Dollars that these calls may cost at most; `null` where a price is not known.
    at_most_usd: Option<f64>,
    /// What else is to be known.
    notes: Vec<&'static str>,
}

/// A call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewedCall)]
struct CallView {
    stage: Stage,
    prompt_version: String,
    /// The instructions.
    system: String,
    /// The story, and what belongs to it, as it is sent.
    #[schema(value_type = Object)]
    user: Value,
    /// Values that are replaced by placeholders, where the policy says so.
    redacted: usize,
    /// Tokens of the input, about.
    input_tokens: i64,
    /// Tokens of the answer, as calls of this stage to this model had lately; `null` when there were none.
    output_tokens: Option<i64>,
    /// Dollars that such a call costs, about; `null` where that cannot be said.
    about_usd: Option<f64>,
    /// Dollars that the call may cost at most; `null` where the price is not known.
    at_most_usd: Option<f64>,
}

const CRITERIA_UNKNOWN: &str =
    "The scenarios are asked for with the criteria that the first call brings; here the offline drafter's stand in their place.";

const SCENARIOS_UNKNOWN: &str =
    "The scenarios are asked for with the criteria that the first call brings, if it brings any; that call is not shown.";

const MENDING: &str = "Items that the checks refuse are asked for again, at most twice in each stage; that is not in the sums.";

/// Answers what a job for this request would send.
pub(super) async fn show(api: &Api, caller: &Caller, kind: JobKind, request: &JobRequest) -> Result<Json<PreviewView>, Problem> {
    let known = api.connections.now().await?;
    let Author::Model(model) = known.author(request.llm.as_ref()).map_err(not_planned)? else {
        return Ok(Json(PreviewView::offline()));
    };
    let jira = connection(api, Some(&request.connection)).await?;
    let issue = jira.client()?.issue(request.issue_key.as_str()).await?;
    let story = reading::story(&issue.body, &issue.url, &jira.read_options)?;
    let previewed = Previewed { api, caller, known: &known, model: &model, story: &story, economy: request.economy };
    Ok(Json(previewed.view(kind, request).await?))
}

const NOTHING_NEW: &str = "The story says nothing that is new since the latest accepted result: no criteria are asked for.";

const NOTHING_UNTESTED: &str =
    "The scenarios of the latest accepted result cover the criteria that are there now: none are asked for until these change.";

struct Previewed<'a> {
    api: &'a Api,
    caller: &'a Caller,
    known: &'a Known,
    model: &'a Model,
    story: &'a Story,
    /// At the price of a batch.
    economy: bool,
}

impl Previewed<'_> {
    /// The first call and its version. `None` = nothing is asked, because nothing is new.
    async fn for_criteria(
        &self,
        prompts: &Prompts<'_>,
        language: Language,
        request: &JobRequest,
    ) -> Result<Option<(String, Prompt)>, Problem> {
        let earlier = self.earlier(request, Stage::Criteria).await?.filter(|earlier| earlier.criteria.language == language);
        let Some(earlier) = earlier else {
            return Ok(Some((prompts.version(prompting::CRITERIA_VERSION), prompts.criteria(language))));
        };
        let delta = Delta::new(self.story, &earlier);
        let version = prompts.version(&prompting::criteria_delta_version());
        Ok(delta.has_news().then(|| (version, prompts.criteria_for_changes(&delta, language))))
    }

    async fn kept_scenarios(&self, criteria: &CriteriaSet, request: &JobRequest) -> Result<KeptScenarios, Problem> {
        let earlier = self.earlier(request, Stage::Scenarios).await?;
        let kept = earlier.map(|earlier| Delta::new(self.story, &earlier).scenarios(criteria));
        Ok(kept.unwrap_or_else(|| KeptScenarios::none(criteria)))
    }

    async fn earlier(&self, request: &JobRequest, stage: Stage) -> Result<Option<Earlier>, Problem> {
        if !request.delta {
            return Ok(None);
        }
        let wanted = Wanted { owner: self.caller.id(), connection: &request.connection, from: None };
        let earlier = self.api.jobs.earlier(self.story, wanted, stage).await?;
        if let Some(earlier) = &earlier {
            looked(self.api, self.caller, earlier.created_by, "history.read", ("history", earlier.id)).await?;
        }
        Ok(earlier)
    }

    async fn view(&self, kind: JobKind, request: &JobRequest) -> Result<PreviewView, Problem> {
        let policy = self.known.policy_of(self.story, request.issue_key.project());
        if !policy.may_send {
            return Err(not_planned(policy::not_allowed(self.story.project())));
        }
        let sent = self.known.without_closed_links(self.story);
        let prompts = Prompts::new(&sent, &policy.layers);
        let language = request.language.unwrap_or(self.story.language);
        let (mut calls, mut notes) = (Vec::new(), Vec::new());
        if kind != JobKind::TestScenarios {
            match self.for_criteria(&prompts, language, request).await? {
                Some((version, prompt)) => calls.push(self.call(Stage::Criteria, version, prompt, policy.redact).await?),
                None => notes.push(NOTHING_NEW),
            }
        }
        if kind != JobKind::AcceptanceCriteria {
            let wanted = Wanted { owner: self.caller.id(), connection: &request.connection, from: request.from };
            match self.api.jobs.accepted_criteria(self.story, wanted).await? {
                Ok(criteria) => {
                    if let Some(row) = self.api.jobs.accepted_result(self.story, wanted).await? {
                        looked(self.api, self.caller, row.created_by, "history.read", ("history", row.id)).await?;
                    }
                    let kept = self.kept_scenarios(&criteria, request).await?;
                    if kept.left.criteria.is_empty() && !kept.is_empty() {
                        notes.push(NOTHING_UNTESTED);
                    } else {
                        let version = prompts.version(prompting::SCENARIOS_VERSION);
                        let prompt = prompts.scenarios(&kept.left, criteria.language);
                        calls.push(self.call(Stage::Scenarios, version, prompt, policy.redact).await?);
                    }
                }
                Err(failure) if kind == JobKind::TestScenarios => return Err(not_planned(failure)),
                Err(_) => notes.push(SCENARIOS_UNKNOWN),
            }
        }
        if kind == JobKind::FullPipeline && calls.len() == 2 {
            notes.push(CRITERIA_UNKNOWN);
        }
        notes.push(MENDING);
        Ok(PreviewView {
            provider: self.model.llm.provider().to_owned(),
            model: self.model.llm.model().to_owned(),
            policies: policy.layers.iter().map(Layer::tag).collect(),
            stand_ins: self.stand_ins(),
            at_most_usd: calls.iter().map(|call| call.at_most_usd).sum(),
            calls,
            notes,
        })
    }

    fn stand_ins(&self) -> Vec<String> {
        let named = |model: &Arc<Model>| format!("{}/{}", model.llm.provider(), model.llm.model());
        self.known.stand_ins(self.model).iter().map(named).collect()
    }

    async fn call(&self, stage: Stage, prompt_version: String, prompt: Prompt, redact: bool) -> Result<CallView, Problem> {
        let (prompt, redacted) =
            if redact { prompting::redacted(prompt) } else { (prompt, shared::domain::redact::Redacted::default()) };
        let (provider, model) = (self.model.llm.provider(), self.model.llm.model());
        let output_tokens = llm_call::usual_output(self.api.db(), provider, model, stage).await?;
        let bytes = prompt.system.len() + prompt.user.len();
        let input_tokens = i64::try_from(bytes.div_ceil(BYTES_OF_A_TOKEN)).unwrap_or(i64::MAX);
        let about = output_tokens.map(|output_tokens| Usage { input_tokens, output_tokens, ..Usage::default() });
        let llm = &self.model.llm;
        let (about, most) = match llm.batches().filter(|_| self.economy) {
            Some(batches) => (about.and_then(|usage| batches.cost(usage)), batches.most(&prompt)),
            None => (about.and_then(|usage| llm.cost(usage)), llm.most(&prompt)),
        };
        Ok(CallView {
            stage,
            prompt_version,
            redacted: redacted.len(),
            input_tokens,
            output_tokens,
            about_usd: about.map(usd),
            at_most_usd: most.cost_nano_usd.map(usd),
            user: serde_json::from_str(&prompt.user).map_err(Problem::internal)?,
            system: prompt.system,
        })
    }
}

impl PreviewView {
    fn offline() -> Self {
        Self {
            provider: shared::adapters::llm::OFFLINE.to_owned(),
            model: String::new(),
            policies: Vec::new(),
            stand_ins: Vec::new(),
            calls: Vec::new(),
            at_most_usd: Some(0.0),
            notes: vec!["The offline drafter works within the server; nothing is sent."],
        }
    }
}
