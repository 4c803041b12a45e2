//! Xray in a data centre: what a test does stands in custom fields of its issue, and what it belongs to is kept by `rest/raven`.
//! Without folder, sets, plans and preconditions a test is made in one step.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::form::{Definition, place_of};
use super::issue::{self, SHOWN};
use super::{ground, of_xray};
use crate::adapters::jira::PROPERTY_KEY;
use crate::adapters::jira::call::{Call, Kind, Wire};
use crate::adapters::jira::wire::unlike;
use crate::ports::{Form, JiraError, Mark, RawIssue, Standing, Survey};
use crate::store::connection::XrayPlace;

const RAVEN: [&str; 4] = ["rest", "raven", "1.0", "api"];

/// What the keys of Xray's custom fields begin with.
const FIELD: &str = "com.xpandit.plugins.xray:";

/// Custom fields of Xray, by what they hold.
#[derive(Debug, Clone, Default)]
struct Fields {
    test_type: String,
    steps: String,
    scenario_type: String,
    scenario: String,
    generic: String,
}

/// Jira, and Xray within it.
pub(super) struct DataCenter {
    jira: Arc<Wire>,
    fields: OnceCell<Option<Fields>>,
}

const NOT_THERE: &str = "there is no Xray in this Jira, or the connection's account may not use it";

impl DataCenter {
    pub(super) fn new(jira: Arc<Wire>) -> Self {
        Self { jira, fields: OnceCell::new() }
    }

    /// Xray's fields, as they are asked for once; `None` = there is no Xray.
    async fn fields(&self) -> Result<Option<&Fields>, JiraError> {
        let asked = self.fields.get_or_try_init(|| async {
            let all: Vec<Value> = self.jira.send(&Call::get(&["field"], &[], "the fields")).await?;
            let id = |key: &str| {
                let of =
                    |field: &&Value| field.pointer("/schema/custom").and_then(Value::as_str) == Some(&format!("{FIELD}{key}"));
                all.iter().find(of).and_then(|field| field.get("id")?.as_str()).map(str::to_owned).unwrap_or_default()
            };
            let fields = Fields {
                test_type: id("test-type-custom-field"),
                steps: id("manual-test-steps-custom-field"),
                scenario_type: id("automated-test-type-custom-field"),
                scenario: id("steps-editor-custom-field"),
                generic: id("path-editor-custom-field"),
            };
            Ok(Some(fields).filter(|fields| !fields.test_type.is_empty()))
        });
        asked.await.map(Option::as_ref)
    }

    /// Whether Jira has fields of Xray.
    pub(super) async fn is_there(&self) -> Result<bool, JiraError> {
        self.fields().await.map(|fields| fields.is_some())
    }

    pub(super) async fn survey(
        &self,
        story: &RawIssue,
        known: &[&str],
        creates: Option<&XrayPlace>,
    ) -> Result<Survey, JiraError> {
        let Some(fields) = self.fields().await? else {
            return Ok(Survey { obstacle: Some(NOT_THERE.to_owned()), ..Survey::default() });
        };
        let linked = issue::linked(&self.jira, story, known, &fields.shown()).await?;
        let ours = linked.issues.iter();
        let mut standing: Vec<Standing> =
            ours.filter_map(|issue| issue::standing(&self.jira, issue, &fields.definition(issue))).collect();
        standing.sort_by_key(|standing| standing.id.parse::<u64>().unwrap_or(u64::MAX));
        let ground = match creates {
            None => Ok(Value::Null),
            Some(_) if linked.hidden > 0 => Err(issue::unseen(linked.hidden)),
            Some(place) => self.ground(place).await?,
        };
        let (ground, obstacle) = match ground {
            Ok(ground) => (ground, None),
            Err(why) => (Value::Null, Some(why)),
        };
        Ok(Survey { standing, obstacle, ground })
    }

    async fn ground(&self, place: &XrayPlace) -> Result<Result<Value, String>, JiraError> {
        let key = place.project.as_deref().unwrap_or_default();
        let link = match ground::link_type(&self.jira).await? {
            Ok(link) => link,
            Err(why) => return Ok(Err(why)),
        };
        let project = ground::project(&self.jira, key).await?;
        Ok(ground::issue_type(&project, place).map(|kind| json!({ "project": key, "link": link, "issueType": kind })))
    }

    pub(super) async fn create(&self, ground: &Value, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let fields = self.fields().await?.ok_or_else(|| JiraError::Forbidden(format!(": {NOT_THERE}")))?;
        let place = place_of(form);
        let belongs = place.folder.is_some()
            || [&place.test_sets, &place.test_plans, &place.preconditions]
                .iter()
                .any(|keys| keys.as_ref().is_some_and(|keys| !keys.is_empty()));
        let body = new_issue(ground, &place, fields, form, mark, !belongs).to_string();
        let path = &["issue"][..];
        let call = Call { kind: Kind::Write, method: Method::POST, path, query: &[], body: Some(&body), subject: "a new test" };
        let created: Value = self.jira.send(&call).await?;
        let text = |name: &str| created.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("id").ok_or_else(|| unlike("a new test without id"))?;
        let key = text("key").ok_or_else(|| unlike("a new test without key"))?;
        if belongs {
            let project = ground.get("project").and_then(Value::as_str).unwrap_or_default();
            self.belongs(&key, project, &place).await.map_err(of_xray)?;
            issue::finish(&self.jira, &id, &json!({}), mark).await?;
        }
        Ok(self.read_back(&id, &key, fields, form, mark).await)
    }

    /// Adds a test to where it belongs; where it is already it stays. Addresses of plans, preconditions and folders are those of
    /// Xray's documentation and were not tried on a live server.
    async fn belongs(&self, key: &str, project: &str, place: &XrayPlace) -> Result<(), JiraError> {
        let groups = [("testset", &place.test_sets), ("testplan", &place.test_plans), ("precondition", &place.preconditions)];
        for (kind, keys) in groups {
            for group in keys.iter().flatten() {
                self.raven(Method::POST, &[kind, group, "test"], &json!({ "add": [key] }), &format!("issue {group}")).await?;
            }
        }
        if let Some(path) = &place.folder {
            let folder = self.made_folder(project, path).await?;
            let path = ["testrepository", project, "folders", folder.as_str(), "tests"];
            self.raven(Method::PUT, &path, &json!({ "add": [key] }), "the folder of tests").await?;
        }
        Ok(())
    }

    /// The number of a folder of the test repository; what is missing of it is made.
    async fn made_folder(&self, project: &str, path: &str) -> Result<String, JiraError> {
        let root = ["testrepository", project, "folders"];
        let mut here: Value = self.jira.send_below(&RAVEN, &Call::get(&root, &[], "the folders of tests")).await?;
        let number = |folder: &Value| folder.get("id").map(Value::to_string).unwrap_or_default();
        for name in path.split('/').map(str::trim).filter(|name| !name.is_empty()) {
            let below = here.get("folders").and_then(Value::as_array).into_iter().flatten();
            let found = below.into_iter().find(|folder| folder.get("name").and_then(Value::as_str) == Some(name)).cloned();
            here = match found {
                Some(folder) => folder,
                None => {
                    let parent = number(&here);
                    let path = ["testrepository", project, "folders", parent.as_str()];
                    self.raven(Method::POST, &path, &json!({ "name": name }), "a folder of tests").await?
                }
            };
        }
        Ok(number(&here))
    }

    async fn raven(&self, method: Method, path: &[&str], body: &Value, subject: &str) -> Result<Value, JiraError> {
        let body = body.to_string();
        self.jira.send_below(&RAVEN, &Call { kind: Kind::Write, method, path, query: &[], body: Some(&body), subject }).await
    }

    async fn read_back(&self, id: &str, key: &str, fields: &Fields, form: &Form, mark: &Mark) -> Standing {
        let read = self.jira.several(&[id], &fields.shown(), "a test").await;
        let issue = read.ok().and_then(|mut issues| issues.pop());
        let standing = issue.and_then(|issue| issue::standing(&self.jira, &issue, &fields.definition(&issue)));
        standing.unwrap_or_else(|| issue::as_sent(&self.jira, id, key, form, mark))
    }

    /// One write: fields and property together.
    pub(super) async fn update(&self, standing: &Standing, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let fields = self.fields().await?.ok_or_else(|| JiraError::Forbidden(format!(": {NOT_THERE}")))?;
        if issue::is_touched(&self.jira, standing).await? {
            return Err(JiraError::Touched);
        }
        if issue::is_unfinished(standing) {
            let place = place_of(form);
            let project = crate::domain::issue_key::project_of(&standing.key);
            self.belongs(&standing.key, project, &place).await.map_err(of_xray)?;
        }
        let mut changed = fields.written(form);
        for name in ["summary", "description"] {
            changed.insert(name.to_owned(), form.content[name].clone());
        }
        issue::finish(&self.jira, &standing.id, &Value::Object(changed), mark).await?;
        Ok(self.read_back(&standing.id, &standing.key, fields, form, mark).await)
    }
}

impl Fields {
    /// What is read of a test.
    fn shown(&self) -> Vec<&str> {
        let own = [&self.test_type, &self.steps, &self.scenario, &self.generic].into_iter().map(String::as_str);
        SHOWN.into_iter().chain(own.filter(|id| !id.is_empty())).collect()
    }

    /// What a test does.
    fn definition(&self, issue: &Value) -> Definition {
        let field = |id: &str| issue.pointer(&format!("/fields/{id}")).unwrap_or(&Value::Null);
        let text = |id: &str| field(id).as_str().unwrap_or_default().to_owned();
        match field(&self.test_type).get("value").and_then(Value::as_str) {
            Some("Cucumber") => Definition::Cucumber(text(&self.scenario)),
            Some("Generic") => Definition::Generic(text(&self.generic)),
            _ => {
                let steps = field(&self.steps).get("steps").and_then(Value::as_array).into_iter().flatten();
                Definition::Manual(steps.map(|step| ["action", "data", "expected result"].map(|name| said(step, name))).collect())
            }
        }
    }

    /// The fields of a definition.
    fn written(&self, form: &Form) -> Map<String, Value> {
        let (kind, holder, value) = match Definition::of(form) {
            Definition::Manual(steps) => {
                let steps = steps.iter().enumerate().map(|(n, [action, data, result])| {
                    json!({ "index": n + 1, "fields": { "Action": action, "Data": data, "Expected Result": result } })
                });
                ("Manual", &self.steps, json!({ "steps": steps.collect::<Vec<_>>() }))
            }
            Definition::Cucumber(text) => ("Cucumber", &self.scenario, json!(text)),
            Definition::Generic(text) => ("Generic", &self.generic, json!(text)),
        };
        let mut fields = Map::new();
        fields.insert(self.test_type.clone(), json!({ "value": kind }));
        fields.insert(holder.clone(), value);
        if kind == "Cucumber" && !self.scenario_type.is_empty() {
            let is_outline = form.content["isOutline"] == true;
            fields
                .insert(self.scenario_type.clone(), json!({ "value": if is_outline { "Scenario Outline" } else { "Scenario" } }));
        }
        fields
    }
}

/// A field of a step: versions differ in the case of its name, and in whether it is a text or holds one as `raw`.
fn said(step: &Value, wanted: &str) -> String {
    let fields = step.get("fields").unwrap_or(step).as_object();
    let named = fields.into_iter().flatten().find(|(name, _)| name.to_lowercase() == wanted);
    let value = named.map_or(&Value::Null, |(_, value)| value.pointer("/value").unwrap_or(value));
    value.as_str().or_else(|| value.get("raw")?.as_str()).unwrap_or_default().to_owned()
}

fn new_issue(ground: &Value, place: &XrayPlace, fields: &Fields, form: &Form, mark: &Mark, is_finished: bool) -> Value {
    let mut all = fields.written(form);
    all.extend(place.fields.iter().map(|(id, value)| (id.clone(), value.clone())));
    for name in ["summary", "description"] {
        all.insert(name.to_owned(), form.content[name].clone());
    }
    all.insert("project".to_owned(), json!({ "key": ground["project"] }));
    all.insert("issuetype".to_owned(), json!({ "id": ground["issueType"] }));
    all.insert("labels".to_owned(), json!([mark.marker]));
    let link = json!({ "type": { "name": ground["link"] }, "outwardIssue": { "key": form.content["story"] } });
    let property = json!({ "key": PROPERTY_KEY, "value": issue::property(mark, is_finished) });
    json!({ "fields": all, "update": { "issuelinks": [{ "add": link }] }, "properties": [property] })
}
