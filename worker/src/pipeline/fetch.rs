//! `fetch`: read the story.

use serde_json::json;
use shared::domain::job::Stage;
use shared::domain::json::to_json;
use shared::domain::reading;
use shared::domain::story::Story;
use shared::domain::verdict::Failure;
use shared::jobs::Advance;
use shared::store::made::Made;

use super::{Context, End, Stored};

impl Context<'_> {
    pub(super) async fn fetch(&self, made: &mut Made) -> Result<Stored, End> {
        let story = self.read_story(self.claimed.request.issue_key.as_str()).await?;
        // It may have been moved since it was asked for.
        let _ = self.project.set(story.project().to_owned());
        let advance = Advance {
            stage: Stage::Fetch,
            artifact: to_json(&story),
            issue_id: Some(story.id.clone()),
            issue_key: Some(story.key.clone()),
            summary: json!({ "language": story.language, "parts": story.parts.len() }),
            settled: Vec::new(),
            reserve: self.reserve(self.claimed.stage_after(Stage::Fetch)),
            history: None,
        };
        made.story = Some(story);
        Ok(Stored { advance, written: Vec::new() })
    }

    /// Reads an issue as a story.
    pub(super) async fn read_story(&self, key: &str) -> Result<Story, End> {
        let jira = self.jira()?;
        let raw = self.interruptible(jira.issue(key)).await?.map_err(Failure::from)?;
        let story = reading::story(&raw.body, &raw.url, &self.connection()?.read_options.speaking(raw.markup));
        Ok(story.map_err(|error| Failure::fail(error.code(), error.to_string()))?)
    }
}
