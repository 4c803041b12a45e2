//! Zephyr Scale: a test case for each scenario, in Cloud by an API and a token of its own, in a data centre within Jira.
//! Addresses and fields: `SmartBear`'s OpenAPI description of v2 and its examples of `rest/atm/1.0`.
//!
//! * [`cloud`], [`data_center`]: the two APIs
//! * [`form`]: what a test case says
//! * [`html`]: texts as Zephyr keeps them

mod cloud;
mod data_center;
mod form;
mod html;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use url::Url;

use self::cloud::Cloud;
use self::data_center::DataCenter;
use super::http::Secret;
use super::jira::call::Wire;
use super::jira::deployment::Deployment;
use super::jira::{JiraClient, JiraSettings, Pace};
use crate::domain::jira_site::{JiraAuth, JiraDeployment};
use crate::domain::pace::Share;
use crate::ports::{Ability, Closing, Form, ItemText, Items, JiraError, Mark, RawIssue, Standing, Survey};
use crate::store::connection::ZephyrOptions;

/// Where the API of the cloud begins; that of Europe is `https://eu.api.zephyrscale.smartbear.com/v2`.
pub const CLOUD: &str = "https://api.zephyrscale.smartbear.com/v2";

/// Zephyr tells no limits; so many calls at once have done no harm.
const AT_ONCE: usize = 2;

/// Where test cases are kept if nothing else is said.
const FOLDER: &str = "/jqa";

/// The status of test cases that nobody needs any more, as Zephyr brings it to each project.
const CLOSED: &str = "Deprecated";

/// What every marker of ours begins with.
const OURS: &str = "jqa:";

/// An account at Zephyr Scale Cloud.
#[derive(Debug, Clone)]
pub struct ZephyrCloud {
    /// Where its API begins.
    pub base_url: Url,
    /// Its token.
    pub token: Secret,
}

/// The test cases of a site.
pub struct Zephyr {
    jira: Arc<Wire>,
    cloud: Option<Cloud>,
    data_center: DataCenter,
    options: ZephyrOptions,
}

impl JiraClient {
    /// Zephyr Scale beside the same site. `cloud` is needed where Jira runs in the cloud.
    pub fn zephyr(&self, cloud: Option<ZephyrCloud>, options: ZephyrOptions) -> Result<Zephyr, JiraError> {
        let jira = self.wire();
        let cloud = cloud.map(|cloud| Wire::new(settings(jira.settings(), cloud))).transpose()?;
        let data_center = DataCenter::new(jira.clone());
        Ok(Zephyr { cloud: cloud.map(|wire| Cloud::new(wire, jira.clone())), jira, data_center, options })
    }
}

/// Time limits and the guard are those of the connection to Jira.
fn settings(jira: &JiraSettings, cloud: ZephyrCloud) -> JiraSettings {
    let mut settings = JiraSettings {
        deployment: JiraDeployment::Cloud,
        auth: JiraAuth::Bearer,
        authorities: Vec::new(),
        browse_url: None,
        max_in_flight: AT_ONCE,
        timeout: jira.timeout,
        guard: jira.guard.clone(),
        on_call: jira.on_call.clone(),
        ..JiraSettings::new(cloud.base_url, "", cloud.token)
    };
    let (account, at_once) = (settings.account(), u32::try_from(AT_ONCE).ok());
    settings.pace = jira.pace.as_ref().map(|pace| Pace { account, share: Share { at_once, ..Share::default() }, ..pace.clone() });
    settings
}

/// Whether a test case carries a marker of ours, and which.
fn marker(case: &Value) -> Option<String> {
    let labels = case.get("labels")?.as_array()?;
    labels.iter().filter_map(Value::as_str).find(|label| label.starts_with(OURS)).map(str::to_owned)
}

/// What Zephyr says is told as its own words.
fn of_zephyr(error: JiraError) -> JiraError {
    match error {
        JiraError::Unauthorized(_) => {
            let message = "Zephyr Scale does not accept the token of this connection; set zephyr_token anew, and check that \
                           options.zephyr.base_url is that of its region";
            JiraError::Refused { status: 401, message: message.to_owned() }
        }
        JiraError::Refused { status, message } => JiraError::Refused { status, message: format!("Zephyr Scale: {message}") },
        JiraError::Forbidden(why) => JiraError::Forbidden(format!(", says Zephyr Scale{why}")),
        other => other,
    }
}

const NO_TOKEN: &str = "the connection has no token of Zephyr Scale Cloud; an administrator gives it as zephyr_token";

#[async_trait]
impl Items for Zephyr {
    /// In a data centre it is found out by the first publication.
    async fn ability(&self) -> Option<Ability> {
        let is_cloud = self.jira.deployment().await.is_ok_and(|deployment| deployment == Deployment::Cloud);
        let cloud = self.cloud.as_ref().filter(|_| is_cloud)?;
        let asked = cloud.is_there().await.map_err(of_zephyr);
        let detail = asked.as_ref().err().map_or_else(|| "Zephyr Scale lets the connection in".to_owned(), ToString::to_string);
        Some(Ability { name: "zephyr", ok: asked.is_ok(), detail })
    }

    fn form(&self, item: &ItemText<'_>) -> Form {
        form::form(item, &self.options.of(item.story.project()))
    }

    async fn survey(&self, story: &RawIssue, known: &[&str], creates: bool) -> Result<Survey, JiraError> {
        let key = story.body.get("key").and_then(Value::as_str).unwrap_or_default();
        let own = story.body.pointer("/fields/project/key").and_then(Value::as_str).unwrap_or_default();
        let mut place = self.options.of(own);
        let project = place.project.take().unwrap_or_else(|| own.to_owned());
        match (self.jira.deployment().await?, &self.cloud) {
            (Deployment::Cloud, Some(cloud)) => {
                let id = story.body.get("id").and_then(Value::as_str).unwrap_or_default();
                cloud.survey((key, id), known, creates.then_some((&project, &place))).await.map_err(of_zephyr)
            }
            (Deployment::Cloud, None) => Ok(Survey { obstacle: Some(NO_TOKEN.to_owned()), ..Survey::default() }),
            (Deployment::DataCenter, _) => {
                self.data_center.survey(key, known, creates.then_some((&project, &place))).await.map_err(of_zephyr)
            }
        }
    }

    async fn create(&self, ground: &Value, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let created = match (self.jira.deployment().await?, &self.cloud) {
            (Deployment::Cloud, Some(cloud)) => cloud.create(ground, form, mark).await,
            (Deployment::Cloud, None) => Err(JiraError::Forbidden(format!(": {NO_TOKEN}"))),
            (Deployment::DataCenter, _) => self.data_center.create(ground, form, mark).await,
        };
        created.map_err(of_zephyr)
    }

    async fn update(&self, standing: &Standing, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let updated = match (self.jira.deployment().await?, &self.cloud) {
            (Deployment::Cloud, Some(cloud)) => cloud.update(standing, form, mark).await,
            (Deployment::Cloud, None) => Err(JiraError::Forbidden(format!(": {NO_TOKEN}"))),
            (Deployment::DataCenter, _) => self.data_center.update(standing, form, mark).await,
        };
        updated.map_err(of_zephyr)
    }

    async fn closing(&self, project: &str, standing: &Standing) -> Result<Closing, JiraError> {
        let status = self.options.of(project).close_status;
        let status = status.as_deref().unwrap_or(CLOSED);
        let closing = match (self.jira.deployment().await?, &self.cloud) {
            (Deployment::Cloud, Some(cloud)) => cloud.closing(standing, status).await,
            (Deployment::Cloud, None) => Ok(Closing::Impossible(NO_TOKEN.to_owned())),
            (Deployment::DataCenter, _) => self.data_center.closing(standing, status).await,
        };
        closing.map_err(of_zephyr)
    }

    async fn close(&self, standing: &Standing, way: &Value) -> Result<(), JiraError> {
        let closed = match (self.jira.deployment().await?, &self.cloud) {
            (Deployment::Cloud, Some(cloud)) => cloud.close(standing, way).await,
            (Deployment::Cloud, None) => Err(JiraError::Forbidden(format!(": {NO_TOKEN}"))),
            (Deployment::DataCenter, _) => self.data_center.close(standing, way).await,
        };
        closed.map_err(of_zephyr)
    }
}
