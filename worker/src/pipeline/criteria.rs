//! `criteria`: write acceptance criteria and check them.

use std::sync::Arc;

use serde_json::json;
use shared::adapters::connections::{Author, Model};
use shared::domain::checks::{self, CheckedCriteria, Instructions};
use shared::domain::criterion::CriteriaSet;
use shared::domain::delta::Delta;
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
        let language = self.claimed.request.language.unwrap_or(story.language);
        let earlier = self.earlier(story, Stage::Criteria).await?.filter(|earlier| earlier.criteria.language == language);
        let delta = earlier.as_ref().map(|earlier| Box::new(Delta::new(story, earlier)));
        let before = match &earlier {
            Some(earlier) => Some(&earlier.criteria),
            None => self.before(story).await?.criteria.as_ref(),
        };
        let asked = Asked { story, language, before, delta: delta.as_deref() };
        let (artifact, settled) = match self.author()? {
            Author::Offline => (asked.draft(), Vec::new()),
            Author::Model(model) => self.ask_for_criteria(asked, &model).await?,
        };
        let summary = json!({
            "criteria": artifact.set.criteria.len(),
            "kept": delta.map_or(0, |delta| delta.kept.len()),
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

    async fn ask_for_criteria(&self, asked: Asked<'_>, model: &Arc<Model>) -> Result<(CriteriaArtifact, Vec<Settled>), End> {
        let Asked { story, language, before, delta } = asked;
        let policy = self.policy(story)?;
        let sent = self.known.without_closed_links(story);
        let prompts = Prompts::new(&sent, &policy.layers);
        let version = match delta {
            Some(_) => prompting::criteria_delta_version(),
            None => prompting::CRITERIA_VERSION.to_owned(),
        };
        let mut session = Session::begin(self, Stage::Criteria, model, &prompts.version(&version), policy.redact).await?;
        // What policies add is people's own, which may be repeated.
        let told = Instructions::new(&Prompts::told_about_criteria(language));
        let mut reply: CriteriaReply = match delta {
            None => session.ask(|| prompts.criteria(language)).await?,
            Some(delta) if delta.has_news() => session.ask(|| prompts.criteria_for_changes(delta, language)).await?,
            Some(delta) => {
                session.asks_nothing();
                delta.criteria()
            }
        };
        let echoes = checks::screen(&mut reply, &told);
        let reply = match delta.filter(|delta| delta.has_news()) {
            Some(delta) => delta.with(reply),
            None => reply,
        };
        let mut checked = checks::criteria(story, language, reply, before);
        // What is kept is settled as it is, and not asked for again.
        let (kept, mut failed): (Vec<_>, Vec<_>) =
            checked.failed.into_iter().partition(|failed| delta.is_some_and(|delta| delta.keeps(&failed.proposal)));
        failed.extend(echoes);
        checked.failed = failed;
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
        checked.failed.extend(kept);
        let set = checks::settle_criteria(story, checked, before);
        Ok((CriteriaArtifact { set, by: session.by }, session.settled))
    }
}

/// What criteria are written for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    story: &'a Story,
    language: Language,
    /// Whose ids are kept.
    before: Option<&'a CriteriaSet>,
    /// What of an earlier result is kept.
    delta: Option<&'a Delta<'a>>,
}

/// Nobody translates words that are to be found in the story.
const DRAFTER_SPEAKS: &str = "the offline drafter writes in the language of the story; a language model can write in another";

impl Asked<'_> {
    fn draft(self) -> CriteriaArtifact {
        let Self { story, language, before, delta } = self;
        let reply = match delta {
            None => drafter::criteria(story),
            Some(delta) if delta.has_news() => delta.with(delta.only_news(drafter::criteria(story))),
            Some(delta) => delta.criteria(),
        };
        let checked: CheckedCriteria = checks::criteria(story, story.language, reply, before);
        let mut set = checks::settle_criteria(story, checked, before);
        if language != story.language {
            set.findings.push(checks::in_other_language(language, story.language, DRAFTER_SPEAKS));
        }
        CriteriaArtifact { set, by: offline() }
    }
}

pub(super) fn offline() -> Authorship {
    Authorship {
        provider: shared::adapters::llm::OFFLINE.to_owned(),
        prompt_version: DRAFTER_VERSION.to_owned(),
        ..Authorship::default()
    }
}
