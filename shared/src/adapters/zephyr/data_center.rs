//! Zephyr Scale in a data centre: `rest/atm/1.0` of Jira itself. A test case is made in one step.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use reqwest::Method;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use super::form::Said;
use super::{FOLDER, marker};
use crate::adapters::jira::call::{Call, Kind, Wire};
use crate::adapters::jira::wire::unlike;
use crate::ports::{Closing, Form, JiraError, Mark, Standing, Survey};
use crate::store::connection::ZephyrPlace;

const ROOT: [&str; 3] = ["rest", "atm", "1.0"];

/// Test cases read at once.
const SIDE_BY_SIDE: usize = 4;

const NOT_THERE: &str = "there is no Zephyr Scale in this Jira, or the connection's account may not use it";

/// The API.
pub(super) struct DataCenter {
    jira: Arc<Wire>,
    /// Folders that are there, by project and path.
    folders: Mutex<HashSet<(String, String)>>,
}

impl DataCenter {
    pub(super) fn new(jira: Arc<Wire>) -> Self {
        Self { jira, folders: Mutex::default() }
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str], subject: &str) -> Result<T, JiraError> {
        self.jira.send_below(&ROOT, &Call::get(path, &[], subject)).await
    }

    async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &Value,
        subject: &str,
    ) -> Result<T, JiraError> {
        let body = body.to_string();
        self.jira.send_below(&ROOT, &Call { kind: Kind::Write, method, path, query: &[], body: Some(&body), subject }).await
    }

    /// What stands there for the story of this key; `creates` says where new test cases would go.
    pub(super) async fn survey(
        &self,
        key: &str,
        known: &[&str],
        creates: Option<(&String, &ZephyrPlace)>,
    ) -> Result<Survey, JiraError> {
        let linked: Vec<Value> = match self.get(&["issuelink", key, "testcases"], "the test cases of the story").await {
            Ok(linked) => linked,
            Err(JiraError::NotFound(_) | JiraError::NotJira(_)) => {
                return Ok(Survey { obstacle: Some(NOT_THERE.to_owned()), ..Survey::default() });
            }
            Err(error) => return Err(error),
        };
        let mut keys: Vec<&str> =
            linked.iter().filter_map(|case| case.get("key")?.as_str()).chain(known.iter().copied()).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut standing = Vec::new();
        for some in keys.chunks(SIDE_BY_SIDE) {
            for case in join_all(some.iter().map(|key| self.case(key))).await {
                match case {
                    Ok(case) => standing.extend(self.standing(&case)),
                    Err(JiraError::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        standing.sort_by_key(|standing| standing.key.rsplit_once('T').and_then(|(_, number)| number.parse::<u64>().ok()));
        let ground = creates.map_or(Value::Null, |(project, place)| json!({ "project": project, "place": place }));
        Ok(Survey { standing, obstacle: None, ground })
    }

    async fn case(&self, key: &str) -> Result<Value, JiraError> {
        self.get(&["testcase", key], &format!("test case {key}")).await
    }

    fn standing(&self, case: &Value) -> Option<Standing> {
        let key = case.get("key")?.as_str()?.to_owned();
        let mark = Mark { marker: marker(case)?, hash: String::new(), origin: Value::Null };
        Some(Standing { url: self.url(&key), id: key.clone(), key, mark, hash: said(case).hash(), updated: String::new() })
    }

    fn url(&self, key: &str) -> String {
        let mut page = self.jira.page(&["secure", "Tests.jspa"]);
        page.set_fragment(Some(&format!("/testCase/{key}")));
        page.to_string()
    }

    pub(super) async fn create(&self, ground: &Value, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let place: ZephyrPlace =
            ground.get("place").and_then(|place| serde_json::from_value(place.clone()).ok()).unwrap_or_default();
        let project = ground.get("project").and_then(Value::as_str).unwrap_or_default();
        let folder = self.made_folder(project, &place).await?;
        let body = new_case(project, &folder, &place, form, mark);
        let created: Value = self.write(Method::POST, &["testcase"], &body, "a new test case").await?;
        let key = created.get("key").and_then(Value::as_str).ok_or_else(|| unlike("a new test case without key"))?;
        Ok(self.read_back(key, form, mark).await)
    }

    /// The folder of a place; each part of its path is made, and one that is there is refused, which is as well.
    async fn made_folder(&self, project: &str, place: &ZephyrPlace) -> Result<String, JiraError> {
        let names = place.folder.as_deref().unwrap_or(FOLDER).split('/').map(str::trim).filter(|name| !name.is_empty());
        let mut path = String::new();
        for name in names {
            path = format!("{path}/{name}");
            let at = (project.to_owned(), path.clone());
            if self.folders.lock().unwrap_or_else(PoisonError::into_inner).contains(&at) {
                continue;
            }
            let body = json!({ "projectKey": project, "name": path, "type": "TEST_CASE" });
            match self.write::<IgnoredAny>(Method::POST, &["folder"], &body, "a folder of test cases").await {
                Ok(_) | Err(JiraError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
            self.folders.lock().unwrap_or_else(PoisonError::into_inner).insert(at);
        }
        Ok(path)
    }

    /// What stands there by now; as it was sent, if it cannot be read: what is written is written.
    async fn read_back(&self, key: &str, form: &Form, mark: &Mark) -> Standing {
        let hash = self.case(key).await.map_or_else(|_| form.hash.clone(), |case| said(&case).hash());
        let (id, url) = (key.to_owned(), self.url(key));
        Standing { key: id.clone(), id, url, mark: mark.clone(), hash, updated: String::new() }
    }

    /// What is not sent stays as it is.
    pub(super) async fn update(&self, standing: &Standing, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let key = standing.key.as_str();
        if said(&self.case(key).await?).hash() != standing.hash {
            return Err(JiraError::Touched);
        }
        let mut body = json!({ "testScript": script(&form.content) });
        for name in ["name", "objective", "precondition"] {
            body[name] = form.content[name].clone();
        }
        self.write::<IgnoredAny>(Method::PUT, &["testcase", key], &body, &format!("test case {key}")).await?;
        Ok(self.read_back(key, form, mark).await)
    }

    /// Into the status of this name.
    pub(super) async fn closing(&self, standing: &Standing, status: &str) -> Result<Closing, JiraError> {
        let case = self.case(&standing.key).await?;
        let is_there = case.get("status").and_then(Value::as_str).is_some_and(|now| now.to_lowercase() == status.to_lowercase());
        Ok(if is_there { Closing::Closed } else { Closing::By(json!(status)) })
    }

    pub(super) async fn close(&self, standing: &Standing, status: &Value) -> Result<(), JiraError> {
        let key = standing.key.as_str();
        if said(&self.case(key).await?).hash() != standing.hash {
            return Err(JiraError::Touched);
        }
        let body = json!({ "status": status });
        self.write::<IgnoredAny>(Method::PUT, &["testcase", key], &body, &format!("test case {key}")).await.map(drop)
    }
}

fn said(case: &Value) -> Said {
    Said::of(case, &case["testScript"]["steps"], case.pointer("/testScript/text"))
}

fn script(content: &Value) -> Value {
    match content.pointer("/script/text") {
        Some(text) => json!({ "type": "BDD", "text": text }),
        None => json!({ "type": "STEP_BY_STEP", "steps": content["script"]["steps"] }),
    }
}

fn new_case(project: &str, folder: &str, place: &ZephyrPlace, form: &Form, mark: &Mark) -> Value {
    let labels: Vec<&str> =
        std::iter::once(mark.marker.as_str()).chain(place.labels.iter().flatten().map(String::as_str)).collect();
    let mut body = json!({
        "projectKey": project, "labels": labels, "folder": folder, "testScript": script(&form.content),
        "issueLinks": [form.content["issueKey"]],
    });
    for name in ["name", "objective", "precondition"] {
        body[name] = form.content[name].clone();
    }
    let further = [
        ("priority", form.content["priority"].clone()),
        ("status", json!(place.status)),
        ("customFields", if place.fields.is_empty() { Value::Null } else { json!(place.fields) }),
    ];
    for (name, value) in further.into_iter().filter(|(_, value)| !value.is_null()) {
        body[name] = value;
    }
    body
}
