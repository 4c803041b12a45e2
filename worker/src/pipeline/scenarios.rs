//! `scenarios`: write test scenarios for criteria that were accepted, and check them.

use serde_json::json;
use shared::adapters::connections::Author;
use shared::domain::checks::{self, Instructions};
use shared::domain::criterion::CriteriaSet;
use shared::domain::delta::{Delta, KeptScenarios};
use shared::domain::drafter;
use shared::domain::job::{JobKind, Stage};
use shared::domain::json::to_json;
use shared::domain::language::Language;
use shared::domain::reply::ScenariosReply;
use shared::domain::request::Review;
use shared::domain::result::{SuiteArtifact, Used, content_hash_of_json};
use shared::domain::scenario::Suite;
use shared::domain::story::Story;
use shared::domain::verdict::Failure;
use shared::jobs::Advance;
use shared::jobs::accepted::Wanted;
use shared::prompting::{self, Prompts};
use shared::store::history::NewHistory;
use shared::store::llm_call::Settled;
use shared::store::made::Made;

use super::author::{REPAIR_ROUNDS, Session};
use super::criteria::offline;
use super::{Context, End, Stored, story};

impl Context<'_> {
    pub(super) async fn scenarios(&self, made: &mut Made) -> Result<Stored, End> {
        let story = story(made)?;
        let earlier = self.earlier(story, Stage::Scenarios).await?;
        let before = match earlier.as_ref().and_then(|earlier| earlier.suite.as_ref()) {
            Some(suite) => Some(suite),
            None => self.before(story).await?.suite.as_ref(),
        };
        let lent = match made.criteria {
            Some(_) => None,
            None => Some(self.accepted_criteria(story).await?),
        };
        let own = made.criteria.as_ref().map(|artifact| &artifact.set);
        let accepted = own.or(lent.as_ref()).ok_or_else(|| Failure::fail("criteria.not_found", "there are no criteria"))?;
        let kept = earlier.as_ref().map(|earlier| Delta::new(story, earlier).scenarios(accepted));
        let kept = Box::new(kept.unwrap_or_else(|| KeptScenarios::none(accepted)));
        let asked = Asked { criteria: accepted, kept: &kept, before };
        let (mut suite, by, settled) = match self.author()? {
            Author::Offline => (asked.draft(story), offline(), Vec::new()),
            Author::Model(model) => {
                let policy = self.policy(story)?;
                let story = &*self.known.without_closed_tests(story);
                let sent = self.known.without_closed_links(story);
                let prompts = Prompts::new(&sent, &policy.layers);
                let version = prompts.version(prompting::SCENARIOS_VERSION);
                let mut session = Session::begin(self, Stage::Scenarios, &model, &version, policy.redact).await?;
                let suite = asked.ask(&mut session, prompts, story).await?;
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
        self.stored(made, artifact, kept.len(), settled)
    }

    fn stored(&self, made: &mut Made, artifact: SuiteArtifact, kept: usize, settled: Vec<Settled>) -> Result<Stored, End> {
        let coverage = &artifact.suite.coverage;
        let summary = json!({ "scenarios": artifact.suite.scenarios.len(), "kept": kept, "covered": coverage.covered, "criteria": coverage.total });
        let suite = to_json(&artifact.suite);
        let json = artifact.to_json(&suite);
        made.suite = Some(artifact);
        let history = self.history_if_complete(Stage::Scenarios, made, Some(suite))?;
        let advance = Advance {
            stage: Stage::Scenarios,
            artifact: json,
            issue_id: None,
            issue_key: None,
            summary,
            settled,
            reserve: None,
            history,
        };
        Ok(Stored { advance, written: Vec::new() })
    }

    /// Criteria for scenarios alone.
    async fn accepted_criteria(&self, story: &Story) -> Result<CriteriaSet, End> {
        let row = &self.claimed.row;
        let wanted = Wanted { owner: row.owner_id, connection: &row.connection, from: self.claimed.request.from };
        Ok(self.jobs().accepted_criteria(story, wanted).await??)
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
            usage: to_json(&Used { usage: by.usage, calls: by.calls, reused: by.reused }),
            content_hash: content_hash_of_json(criteria.as_deref(), suite.as_deref()),
            criteria,
            suite,
        }))
    }
}

/// What scenarios are written for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    criteria: &'a CriteriaSet,
    /// What of an earlier suite is kept.
    kept: &'a KeptScenarios,
    /// Whose ids are kept.
    before: Option<&'a Suite>,
}

impl Asked<'_> {
    fn draft(self, story: &Story) -> Suite {
        let reply = self.kept.with(drafter::scenarios(story, &self.kept.left));
        let checked = checks::scenarios(story, self.criteria, reply, self.before);
        checks::settle_suite(story, self.criteria, checked, self.before)
    }

    async fn ask(self, session: &mut Session<'_>, prompts: Prompts<'_>, story: &Story) -> Result<Suite, End> {
        let Self { criteria, kept, before } = self;
        let language: Language = criteria.language;
        if kept.left.criteria.is_empty() {
            session.asks_nothing();
            // Nothing to test, a spike or an empty story, or nothing that is not tested: it costs no call.
            let nothing = ScenariosReply { scenarios: Vec::new(), questions: Vec::new(), warnings: Vec::new() };
            let checked = checks::scenarios(story, criteria, kept.with(nothing), before);
            return Ok(checks::settle_suite(story, criteria, checked, before));
        }
        // What policies add is people's own, which may be repeated.
        let told = Instructions::new(&Prompts::told_about_scenarios(language));
        let mut reply: ScenariosReply = session.ask(|| prompts.scenarios(&kept.left, language)).await?;
        let echoes = checks::screen(&mut reply, &told);
        let mut checked = checks::scenarios(story, criteria, kept.with(reply), before);
        // What is kept is settled as it is, and not asked for again.
        let (standing, mut failed): (Vec<_>, Vec<_>) =
            checked.failed.into_iter().partition(|failed| kept.keeps(&failed.proposal));
        failed.extend(echoes);
        checked.failed = failed;
        for _ in 0..REPAIR_ROUNDS {
            if checked.failed.is_empty() {
                break;
            }
            let again = session.ask_again(|| prompts.repair_scenarios(criteria, &checked.failed, language)).await?;
            let Some(mut reply) = again else { break };
            let echoes = checks::screen(&mut reply, &told);
            checked = checks::repair_scenarios(story, criteria, checked, reply, before);
            checked.failed.extend(echoes);
        }
        checked.failed.extend(standing);
        Ok(checks::settle_suite(story, criteria, checked, before))
    }
}
