//! Connections to models: made, changed, removed, tried.

use serde_json::{Value, json};
use uuid::Uuid;

use super::jira::{PATIENCE, hidden, no_answer};
use super::{Vault, VaultError, counted, counted_with_held};
use crate::adapters::connections::build::{Builder, LlmAccess};
use crate::adapters::http::Secret;
use crate::adapters::llm;
use crate::adapters::trial::{self, TrialResult};
use crate::domain::json::to_json;
use crate::store::audit::{self, Actor};
use crate::store::connection::{self, DEFAULTS, LlmOptions, LlmRow};
use crate::store::sealed::LLM_KEY;
use crate::store::{Sql, StoreError, Verb};

/// What audit entries call it.
const RESOURCE: &str = "llm_configuration";

/// A connection to be made.
#[derive(Debug)]
pub struct NewLlm {
    /// What requests will call it.
    pub name: String,
    /// Name of a provider.
    pub provider: String,
    /// Where its API begins; checked.
    pub base_url: String,
    /// The model.
    pub model: String,
    /// The key, when it wants one.
    pub api_key: Option<Secret>,
    /// The rest.
    pub options: LlmOptions,
    /// Whether requests that name none use it.
    pub is_default: bool,
    /// Whether new requests may use it.
    pub active: bool,
}

/// What becomes of an API key.
#[derive(Debug, Default)]
pub enum KeyChange {
    /// It stays.
    #[default]
    Keep,
    /// Another one.
    Replace(Secret),
    /// There is none any more.
    Remove,
}

/// What is to be changed; `None` = stays.
#[derive(Debug, Default)]
pub struct LlmChange {
    /// Another address; checked.
    pub base_url: Option<String>,
    /// Another model.
    pub model: Option<String>,
    /// What becomes of the key.
    pub api_key: KeyChange,
    /// Changes the options.
    pub options: Option<LlmOptions>,
    /// Whether requests that name none use it.
    pub is_default: Option<bool>,
    /// Whether new requests may use it.
    pub active: Option<bool>,
}

impl Vault {
    /// Makes a connection.
    pub async fn create_llm(&self, new: NewLlm, actor: &Actor) -> Result<Uuid, VaultError> {
        let id = self.db.clock().new_id();
        let details = json!({
            "name": new.name, "provider": new.provider, "base_url": new.base_url, "model": new.model, "is_default": new.is_default
        });
        let guard = counted(
            "UPDATE connection_defaults SET revision = revision + 1, llm_id = CASE WHEN ? THEN ? ELSE llm_id END WHERE id = ? AND {administers}",
            id,
            new.is_default,
        );
        let insert = Sql::new(
            "INSERT INTO llm_configurations (id, name, provider, base_url, model, api_key_sealed, options, active, version, \
             created_at, created_by, updated_at, updated_by) SELECT ?, ?, ?, ?, ?, ?, ?, ?, 1, {now}, ?, {now}, ? FROM {held} AS held",
        )
        .bind(id)
        .bind(new.name)
        .bind(new.provider)
        .bind(new.base_url)
        .bind(new.model)
        .bind(new.api_key.map(|key| self.sealer.seal(LLM_KEY.of(id), key.expose())))
        .bind(to_json(&new.options))
        .bind(new.active)
        .bind(actor.user_id)
        .bind(actor.user_id);
        Verb::new("connection_defaults", DEFAULTS, guard)
            .administered_by(actor.user_id)
            .then(insert)
            .then(audit::about_held(self.db.clock().new_id(), actor, "connection.create", RESOURCE, id, &details))
            .took(&self.db)
            .await?;
        Ok(id)
    }

    /// Changes a connection as it was seen.
    pub async fn change_llm(&self, seen: &LlmRow, change: LlmChange, actor: &Actor) -> Result<(), VaultError> {
        let moves = change.base_url.as_ref().is_some_and(|url| *url != seen.base_url);
        if moves && seen.api_key_sealed.is_some() && matches!(change.api_key, KeyChange::Keep) {
            return Err(VaultError::SecretNeeded);
        }
        let details = json!({ "name": seen.name, "changed": changed_fields(seen, &change) });
        let options = change.options.as_ref().map_or_else(|| seen.options.clone(), to_json);
        let guard = Sql::new(
            "UPDATE llm_configurations SET base_url = ?, model = ?, api_key_sealed = CASE WHEN ? THEN api_key_sealed ELSE ? END, options = ?, \
             active = ?, version = version + 1, updated_at = {now}, updated_by = ? WHERE id = ? AND version = ? AND {administers}",
        )
        .bind(change.base_url.unwrap_or_else(|| seen.base_url.clone()))
        .bind(change.model.unwrap_or_else(|| seen.model.clone()))
        .bind(matches!(change.api_key, KeyChange::Keep))
        .bind(match &change.api_key {
            KeyChange::Replace(key) => Some(self.sealer.seal(LLM_KEY.of(seen.id), key.expose())),
            KeyChange::Keep | KeyChange::Remove => None,
        })
        .bind(options)
        .bind(change.active.unwrap_or(seen.active))
        .bind(actor.user_id)
        .bind(seen.id)
        .bind(seen.version);
        let count = counted_with_held(
            "UPDATE connection_defaults SET revision = revision + 1, \
             llm_id = CASE WHEN ? THEN ? WHEN ? AND llm_id = ? THEN NULL ELSE llm_id END \
             WHERE id = ? AND EXISTS (SELECT 1 FROM {held} AS held)",
            seen.id,
            change.is_default,
        );
        let took = Verb::new("llm_configurations", seen.id, guard)
            .administered_by(actor.user_id)
            .then(count)
            .then(audit::about_held(self.db.clock().new_id(), actor, "connection.update", RESOURCE, seen.id, &details))
            .took(&self.db)
            .await?;
        if took { Ok(()) } else { Err(VaultError::Changed) }
    }

    /// Removes a connection that is no default and that no open job uses.
    pub async fn remove_llm(&self, id: Uuid, actor: &Actor) -> Result<(), VaultError> {
        let row = connection::find_llm(&self.db, id).await?.ok_or(VaultError::NotFound)?;
        let guard = Sql::new(
            "UPDATE connection_defaults SET revision = revision + 1 WHERE id = ? AND (llm_id IS NULL OR llm_id <> ?) \
             AND EXISTS (SELECT 1 FROM llm_configurations WHERE id = ?) \
             AND NOT EXISTS (SELECT 1 FROM jobs WHERE request LIKE ? AND ended_at IS NULL) AND {administers}",
        )
        .bind(DEFAULTS)
        .bind(id)
        .bind(id)
        .bind(format!("%\"llm\":{{\"provider\":\"{}\"%", row.name));
        let details = json!({ "name": row.name, "base_url": row.base_url });
        let delete = Sql::new("DELETE FROM llm_configurations WHERE id = ? AND EXISTS (SELECT 1 FROM {held} AS held)").bind(id);
        let took = Verb::new("connection_defaults", DEFAULTS, guard)
            .administered_by(actor.user_id)
            .then(audit::about_held(self.db.clock().new_id(), actor, "connection.delete", RESOURCE, id, &details))
            .then(delete)
            .took(&self.db)
            .await?;
        if took {
            return Ok(());
        }
        Err(match connection::find_llm(&self.db, id).await? {
            None => VaultError::NotFound,
            Some(_) if connection::defaults(&self.db).await?.llm_id == Some(id) => VaultError::IsDefault,
            Some(_) => VaultError::InUse,
        })
    }

    /// Asks for the list of models, and records what came of it.
    pub async fn try_llm(&self, id: Uuid, builder: &Builder, actor: &Actor) -> Result<TrialResult, VaultError> {
        let row = connection::find_llm(&self.db, id).await?.ok_or(VaultError::NotFound)?;
        let key = row.api_key_sealed.as_ref().map(|sealed| self.sealer.open(LLM_KEY.of(id), sealed)).transpose()?;
        let key = key.map(Secret::new);
        let finding = ask(&row, key.as_ref(), builder).await;
        let finding = key.as_ref().map_or(finding.clone(), |key| hidden(&finding, key));
        let guard = Sql::new(
            "UPDATE llm_configurations SET tested_at = {now}, test_result = ? WHERE id = ? AND version = ? AND {administers}",
        )
        .bind(to_json(&finding))
        .bind(id)
        .bind(row.version);
        let details = json!({ "name": row.name, "ok": finding.ok });
        let took = Verb::new("llm_configurations", id, guard)
            .administered_by(actor.user_id)
            .then(audit::about_held(self.db.clock().new_id(), actor, "connection.test", RESOURCE, id, &details))
            .took(&self.db)
            .await?;
        if took { Ok(finding) } else { Err(VaultError::Changed) }
    }
}

async fn ask(row: &LlmRow, key: Option<&Secret>, builder: &Builder) -> TrialResult {
    let options = serde_json::from_str(&row.options).unwrap_or_default();
    let (provider, base_url, model) = (row.provider.as_str(), row.base_url.as_str(), row.model.as_str());
    let access = LlmAccess { provider, base_url, model, api_key: key.cloned(), options: &options };
    let client = builder.llm(access).and_then(|settings| llm::build(&settings).map_err(|problem| problem.message));
    match client {
        Err(why) => TrialResult::bad(why, "Change what is named."),
        Ok(None) => TrialResult::good("the offline drafter needs no server"),
        Ok(Some(llm)) => tokio::time::timeout(PATIENCE, trial::model(&*llm, base_url, key.is_some(), &trial::LLM_FIELDS))
            .await
            .unwrap_or_else(|_| no_answer()),
    }
}

/// Names of what is changed; of a secret no more than that.
fn changed_fields(seen: &LlmRow, change: &LlmChange) -> Vec<Value> {
    let fields = [
        ("base_url", change.base_url.as_ref().is_some_and(|url| *url != seen.base_url)),
        ("model", change.model.as_ref().is_some_and(|model| *model != seen.model)),
        ("api_key", !matches!(change.api_key, KeyChange::Keep)),
        ("options", change.options.as_ref().is_some_and(|options| to_json(options) != seen.options)),
        ("active", change.active.is_some_and(|active| active != seen.active)),
        ("is_default", change.is_default.is_some()),
    ];
    fields.into_iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| name.into()).collect()
}

impl LlmOptions {
    /// The options of a row.
    pub fn of(row: &LlmRow) -> Result<Self, StoreError> {
        serde_json::from_str(&row.options).map_err(|error| StoreError::Bug(format!("connection {}: options: {error}", row.id)))
    }
}
