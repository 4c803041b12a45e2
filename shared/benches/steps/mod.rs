//! The steps of a job, each from what the one before left.

use std::hint::black_box;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use reqwest::header::HeaderMap;
use sandbox::Story as Sandboxed;
use serde::Serialize;
use serde_json::{Value, json};
use shared::adapters::llm::chat::Chat;
use shared::adapters::llm::outcome::decode;
use shared::adapters::llm::wire::{Ask, Wire};
use shared::domain::adf::marker;
use shared::domain::criterion::CriteriaSet;
use shared::domain::markup::Markup;
use shared::domain::publish::{OnConflict, PublishMode, PublishTarget, PublishWhat};
use shared::domain::reading::{self, ReadOptions};
use shared::domain::render::{self, Output};
use shared::domain::reply::{CriteriaReply, ScenariosReply};
use shared::domain::result::content_hash_of_json;
use shared::domain::scenario::Suite;
use shared::domain::story::Story;
use shared::domain::{checks, drafter};
use shared::ports::{Prompt, RawIssue};
use shared::publishing::{self, Piece, Site, Subject};

use super::now;

const URL: &str = "https://jira.example.org/browse/SHOP-1";

const TARGET: PublishTarget = PublishTarget { mode: PublishMode::Comment, what: PublishWhat::All };

/// A step of a job; the first is what the others are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Parse,
    Read,
    DraftCriteria,
    CheckCriteria,
    DraftScenarios,
    CheckScenarios,
    Results,
    Comment,
    Plan,
    Prompts,
    Replies,
}

impl Step {
    pub(crate) const ALL: &[Self] = &[
        Self::Parse,
        Self::Read,
        Self::DraftCriteria,
        Self::CheckCriteria,
        Self::DraftScenarios,
        Self::CheckScenarios,
        Self::Results,
        Self::Comment,
        Self::Plan,
        Self::Prompts,
        Self::Replies,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Parse => "baseline: serde_json parses the issue",
            Self::Read => "read the story, write its artifact",
            Self::DraftCriteria => "draft criteria",
            Self::CheckCriteria => "check and settle criteria",
            Self::DraftScenarios => "draft scenarios",
            Self::CheckScenarios => "check and settle scenarios",
            Self::Results => "write artifacts, history and hash",
            Self::Comment => "render the comment, fit, ADF, hash",
            Self::Plan => "read the issue again and decide",
            Self::Prompts => "a model: encode two prompts",
            Self::Replies => "a model: decode and read two replies",
        }
    }

    pub(crate) fn is_drafters(self) -> bool {
        !matches!(self, Self::Parse | Self::Prompts | Self::Replies)
    }

    pub(crate) fn is_models(self) -> bool {
        !matches!(self, Self::Parse | Self::DraftCriteria | Self::DraftScenarios)
    }
}

/// How often a step is repeated for one look at the clock.
const REPEAT: u32 = 4;

/// What makes a story a usual one.
pub(crate) const USUAL: &str = "2 to 9 KB of JSON, 3 to 12 criteria";

/// A story as Jira answers it.
pub(crate) struct Source {
    name: String,
    body: String,
    options: ReadOptions,
}

impl Source {
    pub(crate) fn new(story: &Sandboxed) -> Self {
        let name = format!("{}-{}", story.key, story.labels.last().map_or("", String::as_str));
        Self { name, body: story.to_issue().to_string(), options: ReadOptions::default() }
    }

    pub(crate) fn is_usual(&self) -> bool {
        let issue: Value = serde_json::from_str(&self.body).expect("JSON");
        let story = read(&issue, &self.options);
        let criteria = drafter::criteria(&story).criteria.len();
        (2_000..=9_500).contains(&self.body.len()) && (3..=12).contains(&criteria)
    }
}

/// The times of all steps of one job, in the order of [`Step::ALL`].
pub(crate) fn run(source: &Source) -> Vec<Duration> {
    let mut times = Vec::with_capacity(Step::ALL.len());
    let issue: Value = timed(&mut times, || serde_json::from_str(&source.body).expect("JSON"));
    let (story, _) = timed(&mut times, || {
        let story = read(&issue, &source.options);
        let artifact = to_json(&story);
        (story, artifact)
    });
    let criteria_reply = timed(&mut times, || drafter::criteria(&story));
    let set = timed_each(&mut times, &criteria_reply, |reply| check_criteria(&story, reply));
    let scenarios_reply = timed(&mut times, || drafter::scenarios(&story, &set));
    let suite = timed_each(&mut times, &scenarios_reply, |reply| check_scenarios(&story, &set, reply));
    timed(&mut times, || {
        // The artifact of each stage, and the history row with both.
        let artifact = to_json(&set);
        let (criteria, scenarios) = (to_json(&set), to_json(&suite));
        let hash = content_hash_of_json(Some(&criteria), Some(&scenarios));
        (artifact, scenarios.clone(), criteria, scenarios, hash)
    });
    let pieces = timed(&mut times, || pieces(&story, &set, &suite));
    timed(&mut times, || {
        let hash = reading::hash(&issue, &source.options).expect("an issue");
        let site = Site {
            issue: RawIssue { body: Value::Null, url: String::new(), markup: Markup::Adf },
            comments: Vec::new(),
            fields: Default::default(),
        };
        let decisions: Vec<_> = pieces.iter().map(|piece| publishing::decide(piece, None, &site, OnConflict::Keep)).collect();
        let bodies: Vec<String> = decisions.iter().map(|decision| decision.body.json().to_owned()).collect();
        (hash, decisions, bodies)
    });
    let params = Ask::new("example");
    timed(&mut times, || prompts(&story, &set).map(|prompt| Chat.encode(&prompt, &params).json));
    let answers = [answer(&criteria_reply), answer(&scenarios_reply)];
    timed(&mut times, || {
        let [criteria, scenarios] = answers.each_ref().map(|answer| completed(answer));
        let criteria: CriteriaReply = serde_json::from_str(&criteria).expect("what was drafted");
        let scenarios: ScenariosReply = serde_json::from_str(&scenarios).expect("what was drafted");
        (criteria, scenarios)
    });
    times
}

fn timed<T>(times: &mut Vec<Duration>, mut step: impl FnMut() -> T) -> T {
    let began = now();
    for _ in 1..REPEAT {
        black_box(step());
    }
    let result = black_box(step());
    times.push(now().saturating_sub(began) / REPEAT);
    result
}

/// The same for a step that uses up what it is given.
fn timed_each<I: Clone, T>(times: &mut Vec<Duration>, given: &I, mut step: impl FnMut(I) -> T) -> T {
    let mut copies: Vec<I> = (1..REPEAT).map(|_| given.clone()).collect();
    timed(times, || step(copies.pop().unwrap_or_else(|| given.clone())))
}

fn read(issue: &Value, options: &ReadOptions) -> Story {
    reading::story(issue, URL, options).expect("an issue")
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("artifacts have JSON")
}

fn check_criteria(story: &Story, reply: CriteriaReply) -> CriteriaSet {
    let checked = checks::criteria(story, story.language, reply, None);
    checks::settle_criteria(story, checked, None)
}

fn check_scenarios(story: &Story, set: &CriteriaSet, reply: ScenariosReply) -> Suite {
    let checked = checks::scenarios(story, set, reply, None);
    checks::settle_suite(story, set, checked, None)
}

fn output<'a>(story: &'a Story, set: &'a CriteriaSet, suite: &'a Suite) -> Output<'a> {
    Output {
        story_key: &story.key,
        story_summary: &story.summary,
        story_url: &story.url,
        criteria: Some(set),
        suite: Some(suite),
    }
}

fn pieces(story: &Story, set: &CriteriaSet, suite: &Suite) -> Vec<Piece> {
    let subject = Subject {
        connection: "default",
        issue_id: &story.id,
        markup: Markup::Adf,
        output: output(story, set, suite),
        origin: &Value::Null,
    };
    publishing::pieces(&subject, TARGET)
}

/// The prompts of a job in their size and shape; what they say is the worker's.
fn prompts(story: &Story, set: &CriteriaSet) -> [Prompt; 2] {
    let parts: Vec<Value> =
        story.parts.iter().map(|part| json!({ "id": part.id, "kind": part.kind, "text": part.text })).collect();
    let view = json!({ "key": story.key, "summary": story.summary, "parts": parts });
    static CRITERIA: LazyLock<Arc<Value>> = LazyLock::new(|| Arc::new(schemars::schema_for!(CriteriaReply).to_value()));
    static SCENARIOS: LazyLock<Arc<Value>> = LazyLock::new(|| Arc::new(schemars::schema_for!(ScenariosReply).to_value()));
    let system = "Write what the story states. ".repeat(160);
    let user = format!("{view}{}", to_json(&set.criteria));
    [
        Prompt::new("criteria", system.clone(), view.to_string(), Arc::clone(&CRITERIA)),
        Prompt::new("scenarios", system, user, Arc::clone(&SCENARIOS)),
    ]
}

fn answer(reply: &impl Serialize) -> Vec<u8> {
    let choice = json!({ "message": { "role": "assistant", "content": to_json(reply) }, "finish_reason": "stop" });
    json!({ "model": "example", "choices": [choice], "usage": { "prompt_tokens": 1, "completion_tokens": 1 } })
        .to_string()
        .into_bytes()
}

fn completed(answer: &[u8]) -> String {
    decode(&Chat, 200, &HeaderMap::new(), answer, chrono::DateTime::UNIX_EPOCH).expect("a completion").text
}

/// Writes the results of a job into a folder, one file for each form.
pub(crate) fn write(source: &Source, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let issue: Value = serde_json::from_str(&source.body)?;
    let story = read(&issue, &source.options);
    let set = check_criteria(&story, drafter::criteria(&story));
    let suite = check_scenarios(&story, &set, drafter::scenarios(&story, &set));
    let output = output(&story, &set, &suite);
    let document = render::document(&output, PublishWhat::All, &marker::marker("example"));
    let put = |form: &str, text: &str| std::fs::write(folder.join(format!("{}.{form}", source.name)), text);
    let texts: Vec<String> = story.parts.iter().map(|part| format!("== {}\n{}\n", part.id, part.text)).collect();
    put("issue.json", &source.body)?;
    put("story.md", &texts.join("\n"))?;
    put("criteria.json", &serde_json::to_string_pretty(&set)?)?;
    put("suite.json", &serde_json::to_string_pretty(&suite)?)?;
    put("feature", &render::gherkin(&output))?;
    put("page.md", &render::markdown(&output))?;
    put("comment.md", &render::document_markdown(&document))?;
    put("csv", &render::csv(&output))?;
    let pieces = pieces(&story, &set, &suite);
    put("adf.json", &serde_json::to_string_pretty(&pieces.iter().map(|piece| piece.content.value()).collect::<Vec<_>>())?)
}
