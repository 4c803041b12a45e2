//! What differs between Jira Cloud (REST v3) and Jira Data Center or Server (REST v2); nothing outside of this file asks which it is.
//!
//! | | Cloud | Data Center |
//! | --- | --- | --- |
//! | texts | ADF | wiki markup |
//! | search | by token | by offset |
//! | several issues | in one call | one by one |
//! | fields of a new issue | `fields` | `values`, and before 8.4 all types in one answer |

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::call::{Call, Kind, Wire};
use super::settings::JiraSettings;
use super::wire::{self, unlike};
use crate::domain::jira_site::{JiraDeployment, is_atlassian};
use crate::domain::markup::Markup;
use crate::ports::{JiraError, SearchPage};

/// How many issues Cloud reads at once, and how many are asked for at the same time where each is a call.
const AT_ONCE: usize = 100;
const SIDE_BY_SIDE: usize = 4;

/// How many fields of an issue type come at once, and how many such pages are read at most.
const FIELD_PAGE: usize = 200;
const FIELD_PAGES: usize = 20;

/// Where Jira runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adapters) enum Deployment {
    Cloud,
    DataCenter,
}

impl Deployment {
    /// What a connection says of it, as far as it does.
    pub(super) fn said(settings: &JiraSettings) -> Option<Self> {
        match settings.deployment {
            JiraDeployment::Cloud => Some(Self::Cloud),
            JiraDeployment::DataCenter => Some(Self::DataCenter),
            JiraDeployment::Auto => settings.base_url.host_str().is_some_and(is_atlassian).then_some(Self::Cloud),
        }
    }

    /// What `serverInfo` says of it; old servers do not say it.
    fn told(info: &Value) -> Result<Self, JiraError> {
        let version = info.get("version").and_then(Value::as_str).is_some_and(|version| !version.is_empty());
        match info.get("deploymentType").and_then(Value::as_str) {
            Some("Cloud") => Ok(Self::Cloud),
            Some(_) => Ok(Self::DataCenter),
            None if version => Ok(Self::DataCenter),
            None => Err(unlike("a server that does not say what it is")),
        }
    }

    /// The version of the API.
    pub(super) const fn api(self) -> &'static str {
        match self {
            Self::Cloud => "3",
            Self::DataCenter => "2",
        }
    }

    /// Which kind of text it speaks.
    pub(super) const fn markup(self) -> Markup {
        match self {
            Self::Cloud => Markup::Adf,
            Self::DataCenter => Markup::Wiki,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Cloud => "Jira Cloud",
            Self::DataCenter => "Jira Data Center",
        }
    }
}

impl Wire {
    /// Asks what the site is. It answers strangers, too, and both versions of the API have it.
    pub(super) async fn ask_deployment(&self) -> Result<(Deployment, Value), JiraError> {
        let call = Call::get(&["serverInfo"], &[], "the site");
        let info: Value = self.send_below(&["rest", "api", "2"], &call).await.map_err(|error| match error {
            JiraError::NotFound(_) => unlike("there is no Jira at this address"),
            other => other,
        })?;
        Ok((Deployment::told(&info)?, info))
    }

    /// What the site is, in words; where a connection takes it for something else, that is the answer.
    pub(super) async fn describe(&self) -> Result<String, JiraError> {
        let (told, info) = self.ask_deployment().await?;
        if let Some(said) = Deployment::said(self.settings()).filter(|said| *said != told) {
            return Err(unlike(&format!("this is {}, and the connection takes it for {}", told.name(), said.name())));
        }
        let version = info.get("version").and_then(Value::as_str).filter(|_| told == Deployment::DataCenter);
        let name = if info.get("deploymentType").and_then(Value::as_str) == Some("Server") { "Jira Server" } else { told.name() };
        Ok(version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}")))
    }

    /// A page of a search; `token` is what the page before gave.
    pub(super) async fn search(&self, jql: &str, limit: usize, token: Option<&str>) -> Result<SearchPage, JiraError> {
        let deployment = self.deployment().await?;
        let (path, from) = match deployment {
            Deployment::Cloud => (&["search", "jql"][..], 0),
            Deployment::DataCenter => (&["search"][..], offset(token)?),
        };
        let mut body = wire::search_body(jql, limit);
        match (deployment, token) {
            (Deployment::Cloud, Some(token)) => body["nextPageToken"] = json!(token),
            (Deployment::Cloud, None) => {}
            (Deployment::DataCenter, _) => body["startAt"] = json!(from),
        }
        let body = body.to_string();
        let subject = format!("the search (of {})", deployment.name());
        let call = Call { kind: Kind::Read, method: Method::POST, path, query: &[], body: Some(&body), subject: &subject };
        let answer: Value = self.send(&call).await?;
        let issues = wire::hits(&answer)?;
        let next = match deployment {
            Deployment::Cloud => wire::next_token(&answer, token).filter(|_| !issues.is_empty()),
            Deployment::DataCenter => next_offset(&answer, from, issues.len())?,
        };
        Ok(SearchPage { issues, next })
    }

    /// Issues by id or key, each with these fields and our property; those that are not to be seen are left out.
    pub(in crate::adapters) async fn several(
        &self,
        ids: &[&str],
        fields: &[&str],
        subject: &str,
    ) -> Result<Vec<Value>, JiraError> {
        let mut found = Vec::with_capacity(ids.len());
        match self.deployment().await? {
            Deployment::Cloud => {
                for ids in ids.chunks(AT_ONCE) {
                    let body = json!({ "issueIdsOrKeys": ids, "fields": fields, "properties": [wire::PROPERTY_KEY] }).to_string();
                    let path = &["issue", "bulkfetch"][..];
                    let call = Call { kind: Kind::Read, method: Method::POST, path, query: &[], body: Some(&body), subject };
                    let mut answer: Value = self.send(&call).await?;
                    let issues = answer.get_mut("issues").and_then(Value::as_array_mut);
                    found.append(issues.ok_or_else(|| unlike("issues without a list"))?);
                }
            }
            Deployment::DataCenter => {
                let fields = fields.join(",");
                let query = [("fields", fields.as_str()), ("properties", wire::PROPERTY_KEY)];
                for ids in ids.chunks(SIDE_BY_SIDE) {
                    for issue in join_all(ids.iter().map(|id| self.one(id, &query))).await {
                        match issue {
                            Ok(issue) => found.push(issue),
                            Err(JiraError::NotFound(_) | JiraError::Forbidden(_)) => {}
                            Err(error) => return Err(error),
                        }
                    }
                }
            }
        }
        Ok(found)
    }

    async fn one(&self, id: &str, query: &[(&str, &str)]) -> Result<Value, JiraError> {
        self.send(&Call::get(&["issue", id], query, &format!("issue {id}"))).await
    }

    /// The fields that an issue of a type can be created with, each with its `fieldId`.
    pub(super) async fn create_fields(&self, project: &str, kind: &str) -> Result<Vec<Value>, JiraError> {
        match self.paged_create_fields(project, kind).await {
            Err(JiraError::NotFound(_) | JiraError::NotJira(_)) if self.deployment().await? == Deployment::DataCenter => {
                self.old_create_fields(project, kind).await
            }
            other => other,
        }
    }

    async fn paged_create_fields(&self, project: &str, kind: &str) -> Result<Vec<Value>, JiraError> {
        let path = ["issue", "createmeta", project, "issuetypes", kind];
        let mut all = Vec::new();
        for _ in 0..FIELD_PAGES {
            let (start, size) = (all.len().to_string(), FIELD_PAGE.to_string());
            let query = [("startAt", start.as_str()), ("maxResults", size.as_str())];
            let page: Value = self.send(&Call::get(&path, &query, "the fields of a sub-task")).await?;
            let fields = page.get("fields").or_else(|| page.get("values")).and_then(Value::as_array);
            let fields = fields.ok_or_else(|| unlike("an issue type without a list of fields"))?;
            all.extend(fields.iter().cloned());
            let total = page.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok());
            let is_last = page.get("isLast").and_then(Value::as_bool).unwrap_or(total.is_none_or(|total| all.len() >= total));
            if is_last || fields.is_empty() {
                break;
            }
        }
        Ok(all)
    }

    /// The same of a server before 8.4.
    async fn old_create_fields(&self, project: &str, kind: &str) -> Result<Vec<Value>, JiraError> {
        let query = [("projectIds", project), ("issuetypeIds", kind), ("expand", "projects.issuetypes.fields")];
        let answer: Value = self.send(&Call::get(&["issue", "createmeta"], &query, "the fields of a sub-task")).await?;
        let fields = answer.pointer("/projects/0/issuetypes/0/fields").and_then(Value::as_object);
        let fields = fields.ok_or_else(|| unlike("a project whose issue types have no fields"))?;
        let named = fields.iter().map(|(id, field)| {
            let mut field = field.clone();
            if let Some(field) = field.as_object_mut() {
                field.insert("fieldId".to_owned(), json!(id));
            }
            field
        });
        Ok(named.collect())
    }
}

/// Where the next page begins; a token that is no number is none of ours.
fn offset(token: Option<&str>) -> Result<usize, JiraError> {
    let invalid = || JiraError::Refused { status: 400, message: "the token of the page is invalid".to_owned() };
    token.filter(|token| !token.is_empty()).map_or(Ok(0), |token| token.parse().map_err(|_| invalid()))
}

/// The offset after a page. An answer to another question ends the search instead of beginning it again and again.
fn next_offset(answer: &Value, from: usize, count: usize) -> Result<Option<String>, JiraError> {
    let number = |name: &str| answer.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    if number("startAt").is_some_and(|start| start != from) {
        return Err(unlike("another page of a search than was asked for"));
    }
    let reached = from + count;
    Ok((count > 0 && number("total").is_some_and(|total| reached < total)).then(|| reached.to_string()))
}
