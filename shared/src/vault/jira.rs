//! Connections to Jira: made, changed, removed, tried.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Vault, VaultError, counted, counted_with_held};
use crate::adapters::connections::build::{Builder, JiraAccess};
use crate::adapters::http::Secret;
use crate::adapters::trial::{self, TrialResult};
use crate::domain::jira_event::Rule;
use crate::domain::json::to_json;
use crate::domain::reading::ReadOptions;
use crate::store::audit::{self, Actor};
use crate::store::connection::{self, DEFAULTS, JiraOptions, JiraRow};
use crate::store::sealed::{JIRA_TOKEN, JIRA_WEBHOOK_SECRET, Sealed, XRAY_SECRET, ZEPHYR_TOKEN};
use crate::store::{Sql, StoreError, Verb};

/// What audit entries call it.
const RESOURCE: &str = "jira_configuration";

/// Whoever waits for a trial waits no longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// A connection to be made.
#[derive(Debug)]
pub struct NewJira {
    /// What requests will call it.
    pub name: String,
    /// Where Jira is; checked.
    pub base_url: String,
    /// The account.
    pub email: String,
    /// Its token.
    pub token: Secret,
    /// What its webhooks are signed with; `None` = it takes none.
    pub webhook_secret: Option<Secret>,
    /// The secret of the API key of Xray Cloud.
    pub xray_secret: Option<Secret>,
    /// The token of Zephyr Scale Cloud.
    pub zephyr_token: Option<Secret>,
    /// The rest.
    pub options: JiraOptions,
    /// Whether requests that name none use it.
    pub is_default: bool,
    /// Whether new requests may use it.
    pub active: bool,
}

/// What is to be changed; `None` = stays.
#[derive(Debug, Default)]
pub struct JiraChange {
    /// Another address; checked.
    pub base_url: Option<String>,
    /// Another account.
    pub email: Option<String>,
    /// Another token.
    pub token: Option<Secret>,
    /// Another secret of its webhooks; `Some(None)` = it takes none any more.
    pub webhook_secret: Option<Option<Secret>>,
    /// Another secret of the API key of Xray Cloud; `Some(None)` = none any more.
    pub xray_secret: Option<Option<Secret>>,
    /// Another token of Zephyr Scale Cloud; `Some(None)` = none any more.
    pub zephyr_token: Option<Option<Secret>>,
    /// Changes the options.
    pub options: Option<JiraOptions>,
    /// Whether requests that name none use it.
    pub is_default: Option<bool>,
    /// Whether new requests may use it.
    pub active: Option<bool>,
}

impl Vault {
    /// Makes a connection.
    pub async fn create_jira(&self, new: NewJira, actor: &Actor) -> Result<Uuid, VaultError> {
        let id = self.db.clock().new_id();
        let details = json!({ "name": new.name, "base_url": new.base_url, "email": new.email, "is_default": new.is_default });
        let guard = counted(
            "UPDATE connection_defaults SET revision = revision + 1, jira_id = CASE WHEN ? THEN ? ELSE jira_id END WHERE id = ? AND {administers}",
            id,
            new.is_default,
        );
        let insert = Sql::new(
            "INSERT INTO jira_configurations (id, name, base_url, email, token_sealed, options, active, version, \
             created_at, created_by, updated_at, updated_by, rules_by, webhook_secret_sealed, xray_secret_sealed, \
             zephyr_token_sealed) \
             SELECT ?, ?, ?, ?, ?, ?, ?, 1, {now}, ?, {now}, ?, ?, ?, ?, ? FROM {held} AS held",
        )
        .bind(id)
        .bind(new.name)
        .bind(new.base_url)
        .bind(new.email)
        .bind(self.sealer.seal(JIRA_TOKEN.of(id), new.token.expose()))
        .bind(to_json(&new.options))
        .bind(new.active)
        .bind(actor.user_id)
        .bind(actor.user_id)
        .bind(actor.user_id.filter(|_| !new.options.rules.is_empty()))
        .bind(self.sealed(JIRA_WEBHOOK_SECRET, id, new.webhook_secret))
        .bind(self.sealed(XRAY_SECRET, id, new.xray_secret))
        .bind(self.sealed(ZEPHYR_TOKEN, id, new.zephyr_token));
        Verb::new("connection_defaults", DEFAULTS, guard)
            .administered_by(actor.user_id)
            .then(insert)
            .then(audit::about_held(self.db.clock().new_id(), actor, "connection.create", RESOURCE, id, &details))
            .took(&self.db)
            .await?;
        Ok(id)
    }

    /// Changes a connection as it was seen.
    pub async fn change_jira(&self, seen: &JiraRow, change: JiraChange, actor: &Actor) -> Result<(), VaultError> {
        let moves = change.base_url.as_ref().is_some_and(|url| *url != seen.base_url);
        if moves && change.token.is_none() {
            return Err(VaultError::SecretNeeded);
        }
        let details = json!({ "name": seen.name, "changed": changed_fields(seen, &change) });
        let rules_by = if change.options.as_ref().is_some_and(|options| options.rules != rules_of(seen)) {
            actor.user_id
        } else {
            seen.rules_by
        };
        let options = change.options.as_ref().map_or_else(|| seen.options.clone(), to_json);
        let guard = Sql::new(
            "UPDATE jira_configurations SET base_url = ?, email = ?, token_sealed = COALESCE(?, token_sealed), options = ?, \
             active = ?, version = version + 1, updated_at = {now}, updated_by = ?, rules_by = ?, \
             webhook_secret_sealed = CASE WHEN ? THEN ? ELSE webhook_secret_sealed END, \
             xray_secret_sealed = CASE WHEN ? THEN ? ELSE xray_secret_sealed END, \
             zephyr_token_sealed = CASE WHEN ? THEN ? ELSE zephyr_token_sealed END \
             WHERE id = ? AND version = ? AND {administers}",
        )
        .bind(change.base_url.unwrap_or_else(|| seen.base_url.clone()))
        .bind(change.email.unwrap_or_else(|| seen.email.clone()))
        .bind(change.token.map(|token| self.sealer.seal(JIRA_TOKEN.of(seen.id), token.expose())))
        .bind(options)
        .bind(change.active.unwrap_or(seen.active))
        .bind(actor.user_id)
        .bind(rules_by)
        .bind(change.webhook_secret.is_some())
        .bind(self.sealed(JIRA_WEBHOOK_SECRET, seen.id, change.webhook_secret.flatten()))
        .bind(change.xray_secret.is_some())
        .bind(self.sealed(XRAY_SECRET, seen.id, change.xray_secret.flatten()))
        .bind(change.zephyr_token.is_some())
        .bind(self.sealed(ZEPHYR_TOKEN, seen.id, change.zephyr_token.flatten()))
        .bind(seen.id)
        .bind(seen.version);
        let count = counted_with_held(
            "UPDATE connection_defaults SET revision = revision + 1, \
             jira_id = CASE WHEN ? THEN ? WHEN ? AND jira_id = ? THEN NULL ELSE jira_id END \
             WHERE id = ? AND EXISTS (SELECT 1 FROM {held} AS held)",
            seen.id,
            change.is_default,
        );
        let took = Verb::new("jira_configurations", seen.id, guard)
            .administered_by(actor.user_id)
            .then(count)
            .then(audit::about_held(self.db.clock().new_id(), actor, "connection.update", RESOURCE, seen.id, &details))
            .took(&self.db)
            .await?;
        if took { Ok(()) } else { Err(VaultError::Changed) }
    }

    fn opened(&self, place: Sealed, id: Uuid, sealed: Option<&String>) -> Result<Option<Secret>, VaultError> {
        Ok(sealed.map(|sealed| self.sealer.open(place.of(id), sealed)).transpose()?.map(Secret::new))
    }

    fn sealed(&self, place: Sealed, id: Uuid, secret: Option<Secret>) -> Option<String> {
        secret.map(|secret| self.sealer.seal(place.of(id), secret.expose()))
    }

    /// Removes a connection that is no default and that no open job uses.
    pub async fn remove_jira(&self, id: Uuid, actor: &Actor) -> Result<(), VaultError> {
        let row = connection::find_jira(&self.db, id).await?.ok_or(VaultError::NotFound)?;
        let guard = Sql::new(
            "UPDATE connection_defaults SET revision = revision + 1 WHERE id = ? AND (jira_id IS NULL OR jira_id <> ?) \
             AND EXISTS (SELECT 1 FROM jira_configurations WHERE id = ?) \
             AND NOT EXISTS (SELECT 1 FROM jobs WHERE connection = ? AND ended_at IS NULL) AND {administers}",
        )
        .bind(DEFAULTS)
        .bind(id)
        .bind(id)
        .bind(row.name.clone());
        let details = json!({ "name": row.name, "base_url": row.base_url });
        let delete = Sql::new("DELETE FROM jira_configurations WHERE id = ? AND EXISTS (SELECT 1 FROM {held} AS held)").bind(id);
        let took = Verb::new("connection_defaults", DEFAULTS, guard)
            .administered_by(actor.user_id)
            .then(audit::about_held(self.db.clock().new_id(), actor, "connection.delete", RESOURCE, id, &details))
            .then(delete)
            .took(&self.db)
            .await?;
        if took {
            return Ok(());
        }
        Err(match connection::find_jira(&self.db, id).await? {
            None => VaultError::NotFound,
            Some(_) if connection::defaults(&self.db).await?.jira_id == Some(id) => VaultError::IsDefault,
            Some(_) => VaultError::InUse,
        })
    }

    /// Asks Jira who the account is, and records what came of it.
    pub async fn try_jira(&self, id: Uuid, builder: &Builder, actor: &Actor) -> Result<TrialResult, VaultError> {
        let row = connection::find_jira(&self.db, id).await?.ok_or(VaultError::NotFound)?;
        let token = Secret::new(self.sealer.open(JIRA_TOKEN.of(id), &row.token_sealed)?);
        let xray_secret = self.opened(XRAY_SECRET, id, row.xray_secret_sealed.as_ref())?;
        let zephyr_token = self.opened(ZEPHYR_TOKEN, id, row.zephyr_token_sealed.as_ref())?;
        let options = JiraOptions::of(&row)?;
        let secrets = [Some(&token), xray_secret.as_ref(), zephyr_token.as_ref()].into_iter().flatten().cloned();
        let secrets: Vec<Secret> = secrets.collect();
        let (base_url, email) = (row.base_url.as_str(), row.email.as_str());
        let access = JiraAccess { base_url, email, token, xray_secret, zephyr_token, options: &options };
        let finding = ask(&row.name, access, builder).await;
        let finding = secrets.iter().fold(finding, |finding, secret| hidden(&finding, secret));
        let guard = Sql::new(
            "UPDATE jira_configurations SET tested_at = {now}, test_result = ? WHERE id = ? AND version = ? AND {administers}",
        )
        .bind(to_json(&finding))
        .bind(id)
        .bind(row.version);
        let details = json!({ "name": row.name, "ok": finding.ok });
        let took = Verb::new("jira_configurations", id, guard)
            .administered_by(actor.user_id)
            .then(audit::about_held(self.db.clock().new_id(), actor, "connection.test", RESOURCE, id, &details))
            .took(&self.db)
            .await?;
        if took { Ok(finding) } else { Err(VaultError::Changed) }
    }
}

async fn ask(name: &str, access: JiraAccess<'_>, builder: &Builder) -> TrialResult {
    let options = ReadOptions { criteria_field: access.options.criteria_field.clone(), ..ReadOptions::default() };
    match builder.jira(access) {
        Err(why) => TrialResult::bad(why, "Change base_url."),
        Ok(jira) => tokio::time::timeout(PATIENCE, trial::jira(name, &jira, &options, &trial::JIRA_FIELDS))
            .await
            .unwrap_or_else(|_| no_answer()),
    }
}

pub(super) fn no_answer() -> TrialResult {
    let seconds = PATIENCE.as_secs();
    TrialResult::bad(
        format!("no answer within {seconds} seconds"),
        "Check base_url, that the server runs, and the network between.",
    )
}

/// The other side repeats what it was sent, now and then.
pub(super) fn hidden(finding: &TrialResult, secret: &Secret) -> TrialResult {
    let mut hidden = finding.clone();
    let texts = hidden.checks.iter_mut().map(|check| &mut check.detail).chain([&mut hidden.detail, &mut hidden.mend]);
    for text in texts {
        *text = secret.hidden_in(text);
    }
    hidden
}

/// The rules as they are; unreadable ones are none.
fn rules_of(seen: &JiraRow) -> Vec<Rule> {
    JiraOptions::of(seen).map(|options| options.rules).unwrap_or_default()
}

/// Names of what is changed; of a secret no more than that.
fn changed_fields(seen: &JiraRow, change: &JiraChange) -> Vec<Value> {
    let fields = [
        ("base_url", change.base_url.as_ref().is_some_and(|url| *url != seen.base_url)),
        ("email", change.email.as_ref().is_some_and(|email| *email != seen.email)),
        ("token", change.token.is_some()),
        ("webhook_secret", change.webhook_secret.is_some()),
        ("xray_client_secret", change.xray_secret.is_some()),
        ("zephyr_token", change.zephyr_token.is_some()),
        ("options", change.options.as_ref().is_some_and(|options| to_json(options) != seen.options)),
        ("active", change.active.is_some_and(|active| active != seen.active)),
        ("is_default", change.is_default.is_some()),
    ];
    fields.into_iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| name.into()).collect()
}

impl JiraOptions {
    /// The options of a row.
    pub fn of(row: &JiraRow) -> Result<Self, StoreError> {
        serde_json::from_str(&row.options).map_err(|error| StoreError::Bug(format!("connection {}: options: {error}", row.id)))
    }
}
