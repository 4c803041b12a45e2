//! Xray: a test for each scenario. Tests are issues of Jira; what they do is kept by Xray, in the cloud behind an API and a key
//! of its own, in a data centre in custom fields of the issue.
//!
//! * [`cloud`], [`data_center`]: the two kinds; [`graphql`]: the API of the cloud
//! * [`ground`]: what a new test needs to know of its project
//! * [`form`]: what a test says; [`issue`]: what Jira says of it

mod cloud;
mod data_center;
mod form;
mod graphql;
mod ground;
mod issue;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use url::Url;

use self::cloud::Cloud;
use self::data_center::DataCenter;
use super::http::Secret;
use super::jira::JiraClient;
use super::jira::call::Wire;
use super::jira::deployment::Deployment;
use super::jira::transitions;
use crate::ports::{Ability, Closing, Form, ItemText, Items, JiraError, Mark, RawIssue, Standing, Survey};
use crate::store::connection::XrayOptions;

/// Where the API of the cloud begins; those of regions have `us.`, `eu.` or `au.` before it.
pub const CLOUD: &str = "https://xray.cloud.getxray.app/api/v2";

/// A key of Xray Cloud.
#[derive(Debug, Clone)]
pub struct XrayCloud {
    /// Where its API begins.
    pub base_url: Url,
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
}

/// The tests of a site.
pub struct Xray {
    jira: Arc<Wire>,
    cloud: Option<Cloud>,
    data_center: DataCenter,
    options: XrayOptions,
}

impl JiraClient {
    /// Xray within the same site. `cloud` is needed where Jira runs in the cloud.
    pub fn xray(&self, cloud: Option<XrayCloud>, options: XrayOptions) -> Xray {
        let jira = self.wire();
        let data_center = DataCenter::new(jira.clone());
        Xray { cloud: cloud.map(|cloud| Cloud::new(jira.clone(), cloud)), data_center, jira, options }
    }
}

/// What Xray says is told as its own words.
fn of_xray(error: JiraError) -> JiraError {
    match error {
        JiraError::Unauthorized(_) => {
            let message = "Xray does not accept the key of this connection; set options.xray.client_id and xray_client_secret \
                           anew, and check that options.xray.base_url is that of its region";
            JiraError::Refused { status: 401, message: message.to_owned() }
        }
        JiraError::Refused { status, message } => JiraError::Refused { status, message: format!("Xray: {message}") },
        other => other,
    }
}

const NO_KEY: &str = "the connection has no key of Xray Cloud; an administrator gives it as options.xray.client_id and \
                      xray_client_secret";

#[async_trait]
impl Items for Xray {
    async fn ability(&self) -> Option<Ability> {
        let asked = match (self.jira.deployment().await, &self.cloud) {
            (Err(error), _) => Err(error.to_string()),
            (Ok(Deployment::Cloud), None) => return None,
            (Ok(Deployment::Cloud), Some(cloud)) => cloud.is_there().await.map_err(|error| error.to_string()),
            (Ok(Deployment::DataCenter), _) => match self.data_center.is_there().await {
                Ok(true) => Ok(()),
                Ok(false) => return None,
                Err(error) => Err(error.to_string()),
            },
        };
        let detail = asked.clone().err().unwrap_or_else(|| "Xray is there and lets the connection in".to_owned());
        Some(Ability { name: "xray", ok: asked.is_ok(), detail })
    }

    fn form(&self, item: &ItemText<'_>) -> Form {
        form::form(item, &self.options.of(item.story.project()))
    }

    async fn survey(&self, story: &RawIssue, known: &[&str], creates: bool) -> Result<Survey, JiraError> {
        let own = story.body.pointer("/fields/project/key").and_then(Value::as_str).unwrap_or_default();
        let mut place = self.options.of(own);
        place.project.get_or_insert_with(|| own.to_owned());
        let creates = creates.then_some(&place);
        match (self.jira.deployment().await?, &self.cloud) {
            (Deployment::Cloud, Some(cloud)) => cloud.survey(story, known, creates).await,
            (Deployment::Cloud, None) => Ok(Survey { obstacle: Some(NO_KEY.to_owned()), ..Survey::default() }),
            (Deployment::DataCenter, _) => self.data_center.survey(story, known, creates).await,
        }
    }

    async fn create(&self, ground: &Value, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        match (self.jira.deployment().await?, &self.cloud) {
            (Deployment::Cloud, Some(cloud)) => cloud.create(ground, form, mark).await,
            (Deployment::Cloud, None) => Err(JiraError::Forbidden(format!(": {NO_KEY}"))),
            (Deployment::DataCenter, _) => self.data_center.create(ground, form, mark).await,
        }
    }

    async fn update(&self, standing: &Standing, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        match (self.jira.deployment().await?, &self.cloud) {
            (Deployment::Cloud, Some(cloud)) => cloud.update(standing, form, mark).await,
            (Deployment::Cloud, None) => Err(JiraError::Forbidden(format!(": {NO_KEY}"))),
            (Deployment::DataCenter, _) => self.data_center.update(standing, form, mark).await,
        }
    }

    /// A test is an issue, on both kinds of Jira.
    async fn closing(&self, project: &str, standing: &Standing) -> Result<Closing, JiraError> {
        transitions::closing(&self.jira, standing, self.options.of(project).close_status.as_deref()).await
    }

    async fn close(&self, standing: &Standing, way: &Value) -> Result<(), JiraError> {
        transitions::close(&self.jira, standing, way).await
    }
}
