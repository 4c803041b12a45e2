//! What a connection to Jira needs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::pace::Pace;
use crate::adapters::http::{Authority, Secret, USER_AGENT};
use crate::adapters::webhook::Guard;
use crate::domain::jira_site::{JiraAuth, JiraDeployment, is_site};
use crate::domain::story::sha256_hex;

/// Where scoped tokens are known.
const GATEWAY: &str = "https://api.atlassian.com";

/// Told about every HTTP call: `read` or `write`, whether it succeeded, how long it took.
pub type OnCall = Arc<dyn Fn(&'static str, bool, Duration) + Send + Sync>;

/// Settings of one connection.
#[derive(Clone)]
pub struct JiraSettings {
    /// `https://{site}.atlassian.net`, or `https://api.atlassian.com/ex/jira/{cloudId}` for scoped tokens; in a data centre with
    /// the context path, if Jira has one.
    pub base_url: Url,
    /// Where people browse issues, when that is not below `base_url` (scoped tokens).
    pub browse_url: Option<Url>,
    /// Where whoever is refused at the site may be known: Atlassian's gateway, for its own sites; `None` = nowhere.
    pub gateway: Option<Url>,
    /// Where Jira runs.
    pub deployment: JiraDeployment,
    /// How the connection proves whose it is.
    pub auth: JiraAuth,
    /// The account: its e-mail, or its user name in a data centre; empty with a personal access token.
    pub email: String,
    /// The account's API token, its password, or a personal access token.
    pub token: Secret,
    /// Who is trusted to vouch for the server, besides those whom the system trusts.
    pub authorities: Vec<Authority>,
    /// Time limit of one call, from its first byte sent to the last received.
    pub timeout: Duration,
    /// Time limit of the connection.
    pub connect_timeout: Duration,
    /// How many calls may be under way at once.
    pub max_in_flight: usize,
    /// How we name ourselves.
    pub user_agent: String,
    /// What keeps the calls to allowed addresses, where the address is not the operator's own.
    pub guard: Option<Guard>,
    /// Read the parent's description too.
    pub read_parent: bool,
    /// Gives turns that all processes share; `None` = none are needed.
    pub pace: Option<Pace>,
    /// Told about every call.
    pub on_call: Option<OnCall>,
}

impl JiraSettings {
    /// Settings with the usual limits.
    #[must_use]
    pub fn new(base_url: Url, email: impl Into<String>, token: Secret) -> Self {
        let is_site = base_url.host_str().is_some_and(is_site);
        Self {
            gateway: Url::parse(GATEWAY).ok().filter(|_| is_site),
            base_url,
            deployment: JiraDeployment::Auto,
            auth: JiraAuth::Auto,
            authorities: Vec::new(),
            browse_url: None,
            email: email.into(),
            token,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            max_in_flight: 8,
            user_agent: USER_AGENT.to_owned(),
            guard: None,
            read_parent: true,
            pace: None,
            on_call: None,
        }
    }
}

impl JiraSettings {
    /// The account at the site, as a name that tells nothing of its token: connections with the same address and credentials
    /// are one account.
    #[must_use]
    pub fn account(&self) -> String {
        let (address, token) = (self.base_url.as_str(), self.token.expose());
        format!("jira-{}", &sha256_hex(format!("{address}\n{}\n{token}", self.email).as_bytes())[..16])
    }
}

impl fmt::Debug for JiraSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JiraSettings")
            .field("base_url", &self.base_url.as_str())
            .field("deployment", &self.deployment)
            .field("auth", &self.auth)
            .field("email", &self.email)
            .field("token", &self.token)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("max_in_flight", &self.max_in_flight)
            .field("read_parent", &self.read_parent)
            .finish_non_exhaustive()
    }
}
