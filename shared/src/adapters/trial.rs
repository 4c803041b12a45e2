//! Trying a connection: one call that costs nothing, and what came of it in words. `jqa doctor` and the API say the same.

use futures::future::join;
use serde::{Deserialize, Serialize};

use super::connections::build::JiraClients;
use super::http::excerpt;
use crate::domain::reading::ReadOptions;
use crate::ports::{Ability, Jira, JiraError, Llm, LlmError};

/// More is not said: the other side has written some of it.
const LONGEST: usize = 400;

/// What a trial found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrialResult {
    /// Whether the connection can be used.
    pub ok: bool,
    /// What was found; never a secret.
    pub detail: String,
    /// What to do; empty when nothing is to be done.
    pub mend: String,
    /// What it can be used for and what it cannot, one by one; empty where there is nothing to tell apart.
    #[serde(default)]
    #[schema(required = false)]
    pub checks: Vec<TrialCheck>,
}

/// One thing that a connection can be used for, or cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrialCheck {
    /// A word for it: `read`, `comment`, `description`, `create`, `criteria_field`, `subtask`, `xray`, `zephyr`.
    pub name: String,
    /// Whether it can.
    pub ok: bool,
    /// Why, or what is missing and who can mend it; never a secret.
    pub detail: String,
}

/// What the parts of a connection are called where it is given, for advice.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// The address.
    pub address: &'static str,
    /// Who is asking and their secret.
    pub credentials: &'static str,
    /// What the other side is.
    pub deployment: &'static str,
    /// The model.
    pub model: &'static str,
}

/// A Jira connection of the settings.
pub const JIRA_SETTINGS: Words = Words {
    address: "JQA_JIRA_URL",
    credentials: "JQA_JIRA_EMAIL, JQA_JIRA_TOKEN and JQA_JIRA_AUTH",
    deployment: "JQA_JIRA_DEPLOYMENT",
    model: "",
};

/// A model of the settings.
pub const LLM_SETTINGS: Words =
    Words { address: "JQA_LLM_BASE_URL", credentials: "JQA_LLM_API_KEY", deployment: "", model: "JQA_LLM_MODEL" };

/// A Jira connection of the API.
pub const JIRA_FIELDS: Words =
    Words { address: "base_url", credentials: "email, token and options.auth", deployment: "options.deployment", model: "" };

/// A model of the API.
pub const LLM_FIELDS: Words = Words { address: "base_url", credentials: "api_key", deployment: "", model: "model" };

impl TrialResult {
    /// It can be used.
    pub fn good(detail: impl AsRef<str>) -> Self {
        Self { ok: true, detail: excerpt(detail.as_ref(), LONGEST), mend: String::new(), checks: Vec::new() }
    }

    /// It cannot.
    pub fn bad(detail: impl AsRef<str>, mend: impl Into<String>) -> Self {
        Self { ok: false, detail: excerpt(detail.as_ref(), LONGEST), mend: mend.into(), checks: Vec::new() }
    }
}

/// Asks who the account is, what the site is, and what can be done there.
pub async fn jira(name: &str, clients: &JiraClients, options: &ReadOptions, words: &Words) -> TrialResult {
    let mut result = account(name, &*clients.issues, words).await;
    if result.ok {
        let ((abilities, xray), zephyr) =
            join(join(clients.issues.abilities(options), clients.xray.ability()), clients.zephyr.ability()).await;
        result.checks = abilities.iter().chain(&xray).chain(&zephyr).map(check).collect();
    }
    result
}

fn check(ability: &Ability) -> TrialCheck {
    TrialCheck { name: ability.name.to_owned(), ok: ability.ok, detail: excerpt(&ability.detail, LONGEST) }
}

async fn account(name: &str, jira: &dyn Jira, words: &Words) -> TrialResult {
    match jira.myself().await {
        Ok(account) => match jira.describe().await {
            Ok(site) => TrialResult::good(format!("connection '{name}' acts as {account} in {site}")),
            Err(JiraError::NotJira(why)) => TrialResult::bad(why, format!("Check {}.", words.deployment)),
            // It can be used all the same.
            Err(_) => TrialResult::good(format!("connection '{name}' acts as {account}")),
        },
        Err(JiraError::Captcha) => {
            TrialResult::bad(JiraError::Captcha.to_string(), "A personal access token is never asked for a captcha.")
        }
        Err(error) => TrialResult::bad(error.to_string(), format!("Check {}, {}.", words.address, words.credentials)),
    }
}

/// Asks for the list of models: it needs the address, the key and the model's name, and nobody bills it.
pub async fn model(llm: &dyn Llm, address: &str, has_key: bool, words: &Words) -> TrialResult {
    let Words { address: address_word, credentials: key_word, model: model_word, .. } = words;
    let error = match llm.models().await {
        Ok(listed) if is_listed(&listed, llm.model()) => {
            return TrialResult::good(format!("{} writes: {address} has {}", llm.provider(), llm.model()));
        }
        Ok(listed) => {
            let some = if listed.is_empty() { "none".to_owned() } else { shown(&listed, llm.model()) };
            return TrialResult::bad(
                format!("{address} answers, but does not list the model '{}'; it lists {some}", llm.model()),
                format!("Set {model_word} to a model that the server has."),
            );
        }
        Err(error) => error,
    };
    match error {
        LlmError::Unauthorized if !has_key => {
            let files = if key_word.starts_with("JQA_") { format!(", or {key_word}_FILE") } else { String::new() };
            TrialResult::bad(format!("{address} wants an API key, and none is set"), format!("Set {key_word}{files}."))
        }
        LlmError::Unauthorized => TrialResult::bad(
            format!("{address} does not accept the API key"),
            format!("Renew {key_word}; it must be one of this provider."),
        ),
        LlmError::NoAnswer(why) => TrialResult::bad(
            format!("{address} cannot be reached: {why}"),
            format!("Check {address_word}, that the server runs, and the network between."),
        ),
        LlmError::Rejected { status: 404 | 405, .. } | LlmError::InvalidReply(_) => TrialResult::bad(
            format!("{address} has no list of models: {error}"),
            format!(
                "Check {address_word}: for most servers it ends in /v1. A server that lists none can be tried by one story alone."
            ),
        ),
        LlmError::QuotaExhausted(_) => {
            TrialResult::bad(format!("{address}: {error}"), format!("Look at the account of {key_word} there."))
        }
        other => TrialResult::bad(
            format!("{address}: {other}"),
            "Run it again a little later; look at the provider's own state if it stays.",
        ),
    }
}

/// Whether a name stands for a model of the list, as servers understand it: Ollama adds the tag `latest`, Gemini lists
/// `models/…`.
fn is_listed(listed: &[String], model: &str) -> bool {
    let is = |id: &str| id == model || id.strip_suffix(":latest") == Some(model) || id.strip_prefix("models/") == Some(model);
    listed.iter().any(|id| is(id))
}

/// Some of a list, those first that are alike to the model.
fn shown(listed: &[String], model: &str) -> String {
    const MOST: usize = 5;
    let begin: String = model.chars().take(4).collect();
    let (alike, others): (Vec<&String>, Vec<&String>) = listed.iter().partition(|id| id.contains(&begin));
    let names: Vec<&str> = alike.into_iter().chain(others).take(MOST).map(String::as_str).collect();
    let more = listed.len() - names.len();
    if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_compared_as_servers_understand_it() {
        let listed = ["qwen3:latest", "models/gemini-x", "gpt-4o"].map(str::to_owned);
        for known in ["qwen3", "qwen3:latest", "gemini-x", "gpt-4o"] {
            assert!(is_listed(&listed, known), "{known}");
        }
        for unknown in ["qwen", "gpt-4", "latest", ""] {
            assert!(!is_listed(&listed, unknown), "{unknown}");
        }
        let many: Vec<String> = (0..9).map(|n| format!("a-{n}")).chain(["qwen2".to_owned()]).collect();
        assert_eq!(shown(&many, "qwen3"), "qwen2, a-0, a-1, a-2, a-3 and 5 more");
    }
}
