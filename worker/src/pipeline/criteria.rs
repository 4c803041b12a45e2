//! `criteria`: write acceptance criteria and check them.

use std::sync::Arc;

use serde_json::json;
use shared::adapters::connections::{Author, Model};
use shared::domain::checks::{self, CheckedCriteria, Instructions};
use shared::domain::criterion::CriteriaSet;
use shared::domain::drafter;
use shared::domain::job::Stage;
use shared::domain::json::to_json;
use shared::domain::language::Language;
use shared::domain::reply::CriteriaReply;
use shared::domain::result::{Authorship, CriteriaArtifact};
use shared::domain::story::Story;
use shared::jobs::Advance;
use shared::prompting::{self, Prompts};
use shared::store::llm_call::Settled;
use shared::store::made::Made;

use super::author::{DRAFTER_VERSION, REPAIR_ROUNDS, Session};
use super::{Context, End, Stored, story};

impl Context<'_> {
    pub(super) async fn criteria(&self, made: &mut Made) -> Result<Stored, End> {
        let story = story(made)?;
        let before = self.before(story).await?.criteria.as_ref();
        let language = self.claimed.request.language.unwrap_or(story.language);
        let (artifact, settled) = match self.author()? {
            Author::Offline => (draft(story, language, before), Vec::new()),
            Author::Model(model) => self.ask_for_criteria(story, language, before, &model).await?,
        };
        let summary = json!({
            "criteria": artifact.set.criteria.len(),
            "questions": artifact.set.questions.len(),
            "testable": artifact.set.testable,
        });
        // Without criteria no scenarios are asked for.
        let next = self.claimed.stage_after(Stage::Criteria).filter(|_| !artifact.set.criteria.is_empty());
        let json = to_json(&artifact);
        made.criteria = Some(artifact);
        let history = self.history_if_complete(Stage::Criteria, made, None)?;
        let advance = Advance {
            stage: Stage::Criteria,
            artifact: json,
            issue_id: None,
            issue_key: None,
            summary,
            settled,
            reserve: self.reserve(next),
            history,
        };
        Ok(Stored { advance, written: Vec::new() })
    }

    async fn ask_for_criteria(
        &self,
        story: &Story,
        language: Language,
        before: Option<&CriteriaSet>,
        model: &Arc<Model>,
    ) -> Result<(CriteriaArtifact, Vec<Settled>), End> {
        let policy = self.policy(story)?;
        let sent = self.known.without_closed_links(story);
        let prompts = Prompts::new(&sent, &policy.layers);
        let version = prompts.version(prompting::CRITERIA_VERSION);
        let mut session = Session::begin(self, Stage::Criteria, model, &version, policy.redact).await?;
        // What policies add is people's own, which may be repeated.
        let told = Instructions::new(&Prompts::new(story, &[]).repair_criteria(&[], language).system);
        let mut reply: CriteriaReply = session.ask(|| prompts.criteria(language)).await?;
        let echoes = checks::screen(&mut reply, &told);
        let mut checked = checks::criteria(story, language, reply, before);
        checked.failed.extend(echoes);
        for _ in 0..REPAIR_ROUNDS {
            if checked.failed.is_empty() {
                break;
            }
            let Some(mut reply) = session.ask_again(|| prompts.repair_criteria(&checked.failed, language)).await? else {
                break;
            };
            let echoes = checks::screen(&mut reply, &told);
            checked = checks::repair_criteria(story, checked, reply, before);
            checked.failed.extend(echoes);
        }
        let set = checks::settle_criteria(story, checked, before);
        Ok((CriteriaArtifact { set, by: session.by }, session.settled))
    }
}

/// Nobody translates words that are to be found in the story.
const DRAFTER_SPEAKS: &str = "the offline drafter writes in the language of the story; a language model can write in another";

fn draft(story: &Story, language: Language, before: Option<&CriteriaSet>) -> CriteriaArtifact {
    let checked: CheckedCriteria = checks::criteria(story, story.language, drafter::criteria(story), before);
    let mut set = checks::settle_criteria(story, checked, before);
    if language != story.language {
        set.findings.push(checks::in_other_language(language, story.language, DRAFTER_SPEAKS));
    }
    CriteriaArtifact { set, by: offline() }
}

pub(super) fn offline() -> Authorship {
    Authorship {
        provider: shared::adapters::llm::OFFLINE.to_owned(),
        prompt_version: DRAFTER_VERSION.to_owned(),
        ..Authorship::default()
    }
}
