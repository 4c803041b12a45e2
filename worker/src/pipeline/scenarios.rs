//! `scenarios`: write test scenarios for criteria that were accepted, and check them.

use serde_json::json;
use shared::adapters::connections::Author;
use shared::domain::checks;
use shared::domain::criterion::CriteriaSet;
use shared::domain::drafter;
use shared::domain::job::{JobKind, Stage};
use shared::domain::json::to_json;
use shared::domain::language::Language;
use shared::domain::reply::ScenariosReply;
use shared::domain::request::Review;
use shared::domain::result::{SuiteArtifact, Used, content_hash_of_json};
use shared::domain::scenario::Suite;
use shared::domain::story::Story;
use shared::domain::user::{Permission, Role};
use shared::domain::verdict::Failure;
use shared::jobs::Advance;
use shared::store::history::{self, NewHistory};
use shared::store::llm_call::Settled;
use shared::store::made::Made;
use shared::store::user;

use super::author::{REPAIR_ROUNDS, Session};
use super::criteria::offline;
use super::{Context, End, Stored, story};
use crate::prompts;

impl Context<'_> {
    pub(super) async fn scenarios(&self, made: &mut Made) -> Result<Stored, End> {
        let story = story(made)?;
        let before = self.before(story).await?.suite.as_ref();
        let lent = match made.criteria {
            Some(_) => None,
            None => Some(self.accepted_criteria(story).await?),
        };
        let own = made.criteria.as_ref().map(|artifact| &artifact.set);
        let accepted = own.or(lent.as_ref()).ok_or_else(|| Failure::fail("criteria.not_found", "there are no criteria"))?;
        let (mut suite, by, settled) = match self.author()? {
            Author::Offline => (draft(story, accepted, before), offline(), Vec::new()),
            Author::Model(llm) => {
                let mut session = Session::begin(self, Stage::Scenarios, llm.as_ref(), prompts::SCENARIOS_VERSION).await?;
                let suite = ask(&mut session, story, accepted, before).await?;
                (suite, session.by, session.settled)
            }
        };
        // With criteria of their own it was said there.
        let asked = self.claimed.request.language.filter(|_| lent.is_some());
        if let Some(asked) = asked.filter(|asked| *asked != suite.language) {
            suite.findings.push(checks::in_other_language(
                asked,
                suite.language,
                "scenarios are written in the language of their criteria",
            ));
        }
        let artifact = SuiteArtifact { suite, criteria: lent, by };
        self.stored(made, artifact, settled)
    }

    fn stored(&self, made: &mut Made, artifact: SuiteArtifact, settled: Vec<Settled>) -> Result<Stored, End> {
        let coverage = &artifact.suite.coverage;
        let summary =
            json!({ "scenarios": artifact.suite.scenarios.len(), "covered": coverage.covered, "criteria": coverage.total });
        let suite = to_json(&artifact.suite);
        let json = artifact.to_json(&suite);
        made.suite = Some(artifact);
        let history = self.history_if_complete(Stage::Scenarios, made, Some(suite))?;
        let advance =
            Advance { stage: Stage::Scenarios, artifact: json, issue_id: None, summary, settled, reserve: None, history };
        Ok(Stored { advance, written: Vec::new() })
    }

    /// Criteria for scenarios alone: those named, else the latest accepted, else the story's own.
    async fn accepted_criteria(&self, story: &Story) -> Result<CriteriaSet, End> {
        let db = self.jobs().db();
        let row = match self.claimed.request.from {
            Some(id) => history::named_by(db, id).await?,
            None => {
                let (owner, connection) = (self.claimed.row.owner_id, &self.claimed.row.connection);
                let role: Option<Role> = user::by_id(db, owner).await?.and_then(|user| user.role.parse().ok());
                let own_only = (!role.is_some_and(|role| role.may(Permission::ReadAll))).then_some(owner);
                history::latest_accepted_criteria(db, connection, &story.id, own_only).await?
            }
        };
        let stored = row.and_then(|row| row.acceptance_criteria_json).and_then(|json| serde_json::from_str(&json).ok());
        if let Some(set) = stored {
            return Ok(set);
        }
        if self.claimed.request.from.is_some() {
            return Err(
                Failure::fail("criteria.not_found", "the job or history entry named in criteria_from holds no criteria").into()
            );
        }
        let own = checks::settle_criteria(story, checks::criteria(story, story.language, drafter::criteria(story), None), None);
        if own.criteria.is_empty() {
            let message =
                "the story has no criteria to write scenarios for; generate acceptance criteria or run the full pipeline first";
            return Err(Failure::fail("criteria.not_found", message).into());
        }
        Ok(own)
    }

    /// The result to keep, with the stage that completes it; the suite as JSON, where there is one.
    pub(super) fn history_if_complete(
        &self,
        stage: Stage,
        made: &Made,
        suite: Option<String>,
    ) -> Result<Option<NewHistory>, End> {
        let complete = match self.claimed.kind {
            JobKind::AcceptanceCriteria => Stage::Criteria,
            JobKind::TestScenarios | JobKind::FullPipeline => Stage::Scenarios,
            JobKind::Publication => return Ok(None),
        };
        if stage != complete {
            return Ok(None);
        }
        let story = story(made)?;
        let by = made.authorship();
        let criteria = made.criteria_set().map(to_json);
        let sources: serde_json::Map<String, serde_json::Value> =
            story.parts.iter().map(|part| (part.id.clone(), json!(part.sha256))).collect();
        Ok(Some(NewHistory {
            id: self.jobs().clock().new_id(),
            issue_id: story.id.clone(),
            accepted: self.claimed.request.review == Review::None,
            provider: by.provider.clone(),
            model: by.model.clone(),
            prompt_version: by.prompt_version.clone(),
            source_hash: story.hash.clone(),
            sources: serde_json::Value::Object(sources).to_string(),
            usage: to_json(&Used { usage: by.usage, calls: by.calls }),
            content_hash: content_hash_of_json(criteria.as_deref(), suite.as_deref()),
            criteria,
            suite,
        }))
    }
}

fn draft(story: &Story, criteria: &CriteriaSet, before: Option<&Suite>) -> Suite {
    let checked = checks::scenarios(story, criteria, drafter::scenarios(story, criteria), before);
    checks::settle_suite(story, criteria, checked, before)
}

async fn ask(session: &mut Session<'_>, story: &Story, criteria: &CriteriaSet, before: Option<&Suite>) -> Result<Suite, End> {
    let language: Language = criteria.language;
    if criteria.criteria.is_empty() {
        // Nothing to test: a spike or an empty story costs no call.
        let empty = ScenariosReply { scenarios: Vec::new(), questions: Vec::new(), warnings: Vec::new() };
        let checked = checks::scenarios(story, criteria, empty, before);
        return Ok(checks::settle_suite(story, criteria, checked, before));
    }
    let reply: ScenariosReply = session.ask(|| prompts::scenarios(story, criteria, language)).await?;
    let mut checked = checks::scenarios(story, criteria, reply, before);
    for _ in 0..REPAIR_ROUNDS {
        if checked.failed.is_empty() {
            break;
        }
        let Some(reply) = session.ask_again(|| prompts::repair_scenarios(story, criteria, &checked.failed, language)).await?
        else {
            break;
        };
        checked = checks::repair_scenarios(story, criteria, checked, reply, before);
    }
    Ok(checks::settle_suite(story, criteria, checked, before))
}
