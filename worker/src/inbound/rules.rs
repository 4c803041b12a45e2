//! What a change starts, on behalf of who changed the rules last.

use shared::adapters::connections::JiraConnection;
use shared::domain::jira_event::{Change, Rule, outcome};
use shared::domain::story::Story;
use shared::domain::user::Role;
use shared::domain::verdict::Failure;
use shared::jobs::ByRule;
use shared::store::jira_event::JiraEvent;
use shared::store::user;
use uuid::Uuid;

use super::{Inbound, store};

impl Inbound {
    /// Whether a rule could be met by what an event tells.
    pub(super) fn may_start_something(connection: &JiraConnection, event: &JiraEvent) -> bool {
        let rules = &connection.hooks.rules;
        !rules.is_empty() && event.changes().iter().any(|change| rules.iter().any(|rule| rule.may_be_met_by(change)))
    }

    /// Starts what the rules of a connection want for an event; `None` = nothing.
    pub(super) async fn start(
        &self,
        connection: &JiraConnection,
        event: &JiraEvent,
        story: &Story,
    ) -> Result<Option<&'static str>, Failure> {
        let mut told = None;
        for change in event.changes() {
            for rule in connection.hooks.rules.iter().filter(|rule| rule.is_met_by(&change, story)) {
                if self.is_our_own(connection, &change).await? {
                    continue;
                }
                told = Some(match self.owner(connection, rule).await? {
                    Ok(owner_id) => self.submit(ByRule { event, change: &change, rule, owner_id }, story).await?,
                    Err(refused) => {
                        tracing::warn!(event.id = %event.id, connection = %connection.name, rule = %rule.when, code = refused,
                            "a rule started nothing: an administrator should look at the rules and save them anew");
                        refused
                    }
                });
            }
        }
        Ok(told)
    }

    /// What we write ourselves must not make us write more.
    async fn is_our_own(&self, connection: &JiraConnection, change: &Change) -> Result<bool, Failure> {
        let Some(author) = &change.author else { return Ok(false) };
        Ok(connection.client()?.account_id().await.map_err(Failure::from)? == *author)
    }

    /// Who answers for the rules, if they may do now what this one wants; otherwise why not.
    async fn owner(&self, connection: &JiraConnection, rule: &Rule) -> Result<Result<Uuid, &'static str>, Failure> {
        let Some(id) = connection.hooks.rules_by else { return Ok(Err(outcome::NO_OWNER)) };
        let row = user::by_id(self.db(), id).await.map_err(store)?;
        let Some(row) = row.filter(|row| row.active) else { return Ok(Err(outcome::NO_OWNER)) };
        let role: Option<Role> = row.role.parse().ok();
        let may = role.is_some_and(|role| rule.needs().all(|permission| role.may(permission)));
        Ok(if may { Ok(id) } else { Err(outcome::NOT_ALLOWED) })
    }

    async fn submit(&self, by: ByRule<'_>, story: &Story) -> Result<&'static str, Failure> {
        if let Some(job_id) = self.jobs.submit_by_rule(by, story).await.map_err(store)? {
            tracing::info!(event.id = %by.event.id, job.id = %job_id, issue.key = %story.key, rule = %by.rule.when, "a rule started a job");
        }
        Ok(outcome::STARTED)
    }
}
