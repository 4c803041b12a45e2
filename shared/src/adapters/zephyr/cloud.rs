//! Zephyr Scale Cloud v2. A test case is made in three steps, the link to its story last: one of ours without it is not finished.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::join_all;
use reqwest::Method;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::form::Said;
use super::{AT_ONCE, FOLDER, marker};
use crate::adapters::jira::call::{Call, Kind, Wire};
use crate::adapters::jira::wire::unlike;
use crate::ports::{Closing, Form, JiraError, Mark, Standing, Survey};
use crate::store::connection::ZephyrPlace;

/// Values of a page, and how many pages are read.
const PAGE: usize = 1000;
const PAGES: usize = 100;

/// Steps of one request.
const MOST_STEPS: usize = 100;

/// What of a test case is not sent back with it.
const READ_ONLY: [&str; 3] = ["createdOn", "links", "testScript"];

/// What the hash of a test case ends with whose making was cut off.
const UNFINISHED: &str = " unfinished";

/// The API.
pub(super) struct Cloud {
    wire: Wire,
    jira: Arc<Wire>,
    /// Folders that were found or made, by project and path. Held while one is looked for, so that it is made once.
    folders: Mutex<HashMap<(String, String), u64>>,
}

/// A test case, its script, and what both say.
struct Stored {
    case: Value,
    said: Said,
}

impl Cloud {
    pub(super) fn new(wire: Wire, jira: Arc<Wire>) -> Self {
        Self { wire, jira, folders: Mutex::default() }
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)], subject: &str) -> Result<T, JiraError> {
        self.wire.send_below(&[], &Call::get(path, query, subject)).await
    }

    async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &Value,
        subject: &str,
    ) -> Result<T, JiraError> {
        let body = body.to_string();
        self.wire.send_below(&[], &Call { kind: Kind::Write, method, path, query: &[], body: Some(&body), subject }).await
    }

    /// Whether the token is good.
    pub(super) async fn is_there(&self) -> Result<(), JiraError> {
        self.get::<IgnoredAny>(&["healthcheck"], &[], "the token of Zephyr Scale").await.map(drop)
    }

    /// All values of a list.
    async fn list(&self, path: &str, query: &[(&str, &str)], subject: &str) -> Result<Vec<Value>, JiraError> {
        let mut all = Vec::new();
        for _ in 0..PAGES {
            let (start, size) = (all.len().to_string(), PAGE.to_string());
            let query = [query, &[("startAt", start.as_str()), ("maxResults", size.as_str())]].concat();
            let mut page: Value = self.get(&[path], &query, subject).await?;
            let values = page.get_mut("values").and_then(Value::as_array_mut).ok_or_else(|| unlike("a page without values"))?;
            let is_last = values.len() < PAGE;
            all.append(values);
            if is_last || page.get("isLast").and_then(Value::as_bool) == Some(true) {
                break;
            }
        }
        Ok(all)
    }

    /// What stands there for a story (its key and id); `creates` says where new test cases would go.
    pub(super) async fn survey(
        &self,
        (key, id): (&str, &str),
        known: &[&str],
        creates: Option<(&String, &ZephyrPlace)>,
    ) -> Result<Survey, JiraError> {
        let linked: Vec<Value> = match self.get(&["issuelinks", key, "testcases"], &[], "the test cases of the story").await {
            Err(JiraError::NotFound(_)) => Vec::new(),
            linked => linked?,
        };
        let mut keys: Vec<&str> =
            linked.iter().filter_map(|case| case.get("key")?.as_str()).chain(known.iter().copied()).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut cases = self.several(&keys).await?;
        let (mut ground, mut obstacle) = (Value::Null, None);
        if let Some((project, place)) = creates {
            match self.folder(project, place).await {
                Ok(folder) => {
                    if let Some(folder) = folder {
                        cases.extend(self.beside(project, folder, id, &keys).await?);
                    }
                    ground = json!({ "project": project, "place": place, "folder": folder });
                }
                Err(JiraError::NotFound(_)) => obstacle = Some(not_enabled(project)),
                Err(error) => return Err(error),
            }
        }
        let mut standing = Vec::new();
        for some in cases.chunks(AT_ONCE) {
            for stored in join_all(some.iter().filter(|case| marker(case).is_some()).map(|case| self.stored(case.clone()))).await
            {
                standing.extend(self.standing(&stored?, id, known));
            }
        }
        standing.sort_by_key(|standing| standing.key.rsplit_once('T').and_then(|(_, number)| number.parse::<u64>().ok()));
        Ok(Survey { standing, obstacle, ground })
    }

    /// Test cases by key, without those that are gone.
    async fn several(&self, keys: &[&str]) -> Result<Vec<Value>, JiraError> {
        let mut found = Vec::with_capacity(keys.len());
        for some in keys.chunks(AT_ONCE) {
            for case in join_all(some.iter().map(|key| self.case(key))).await {
                match case {
                    Ok(case) => found.push(case),
                    Err(JiraError::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(found)
    }

    async fn case(&self, key: &str) -> Result<Value, JiraError> {
        self.get(&["testcases", key], &[], &format!("test case {key}")).await
    }

    /// Those of ours in the folder that are linked to no story yet, because who made them did not come to it; and those that are
    /// linked to this one, whatever Zephyr said of its links.
    async fn beside(&self, project: &str, folder: u64, issue: &str, keys: &[&str]) -> Result<Vec<Value>, JiraError> {
        let folder = folder.to_string();
        let query = [("projectKey", project), ("folderId", folder.as_str())];
        let mut cases = self.list("testcases", &query, "the folder of test cases").await?;
        cases.retain(|case| {
            let key = case.get("key").and_then(Value::as_str).unwrap_or_default();
            let is_of_story = issues(case).next().is_none() || issues(case).any(|linked| linked.to_string() == issue);
            marker(case).is_some() && is_of_story && !keys.contains(&key)
        });
        Ok(cases)
    }

    async fn stored(&self, case: Value) -> Result<Stored, JiraError> {
        let key = case.get("key").and_then(Value::as_str).ok_or_else(|| unlike("a test case without key"))?;
        let script = case.pointer("/testScript/self").and_then(Value::as_str).unwrap_or_default();
        let subject = format!("test case {key}");
        let said = if script.ends_with("/testscript") {
            let script: Value = self.get(&["testcases", key, "testscript"], &[], &subject).await?;
            Said::of(&case, &Value::Null, script.get("text"))
        } else {
            let query = [("maxResults", "1000")];
            let mut page: Value = self.get(&["testcases", key, "teststeps"], &query, &subject).await?;
            let values = page.get_mut("values").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
            let steps = values.into_iter().map(|mut step| step.get_mut("inline").map(Value::take).unwrap_or_default());
            Said::of(&case, &steps.collect(), None)
        };
        Ok(Stored { case, said })
    }

    fn standing(&self, stored: &Stored, issue: &str, known: &[&str]) -> Option<Standing> {
        let key = stored.case.get("key")?.as_str()?.to_owned();
        let is_finished = known.contains(&key.as_str()) || issues(&stored.case).any(|linked| linked.to_string() == issue);
        let mut mark = Mark { marker: marker(&stored.case)?, hash: String::new(), origin: Value::Null };
        let mut hash = stored.said.hash();
        if !is_finished {
            // Nobody else has touched it, and whatever it says by now, something is missing.
            hash.push_str(UNFINISHED);
            mark.hash.clone_from(&hash);
        }
        Some(Standing { url: self.url(&key), id: key.clone(), key, mark, hash, updated: String::new() })
    }

    fn url(&self, key: &str) -> String {
        let mut page = self.jira.page(&["projects", project_of(key)]);
        page.set_query(Some(
            "selectedItem=com.atlassian.plugins.atlassian-connect-plugin:com.kanoah.test-manager__main-project-page",
        ));
        page.set_fragment(Some(&format!("!/v2/testCase/{key}")));
        page.to_string()
    }

    /// The folder of a place, as far as it is there.
    async fn folder(&self, project: &str, place: &ZephyrPlace) -> Result<Option<u64>, JiraError> {
        let path = path_of(place);
        let mut known = self.folders.lock().await;
        let at = (project.to_owned(), path.join("/"));
        if let Some(folder) = known.get(&at) {
            return Ok(Some(*folder));
        }
        let (found, missing) = descend(&self.all_folders(project).await?, &path);
        let folder = found.filter(|_| missing.is_empty());
        known.extend(folder.map(|folder| (at, folder)));
        Ok(folder)
    }

    /// The folder of a place; what is missing of it is made.
    async fn made_folder(&self, project: &str, place: &ZephyrPlace) -> Result<Option<u64>, JiraError> {
        let path = path_of(place);
        let mut known = self.folders.lock().await;
        let at = (project.to_owned(), path.join("/"));
        if let Some(folder) = known.get(&at) {
            return Ok(Some(*folder));
        }
        let (mut folder, missing) = descend(&self.all_folders(project).await?, &path);
        for name in missing {
            let mut body = json!({ "name": name, "projectKey": project, "folderType": "TEST_CASE" });
            if let Some(parent) = folder {
                body["parentId"] = json!(parent);
            }
            let made: Value = self.write(Method::POST, &["folders"], &body, "a folder of test cases").await?;
            folder = Some(made.get("id").and_then(Value::as_u64).ok_or_else(|| unlike("a new folder without id"))?);
        }
        known.extend(folder.map(|folder| (at, folder)));
        Ok(folder)
    }

    async fn all_folders(&self, project: &str) -> Result<Vec<Value>, JiraError> {
        let query = [("projectKey", project), ("folderType", "TEST_CASE")];
        self.list("folders", &query, &format!("project {project}")).await
    }

    pub(super) async fn create(&self, ground: &Value, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let place: ZephyrPlace =
            ground.get("place").and_then(|place| serde_json::from_value(place.clone()).ok()).unwrap_or_default();
        let project = ground.get("project").and_then(Value::as_str).unwrap_or_default();
        let folder = match ground.get("folder").and_then(Value::as_u64) {
            Some(folder) => Some(folder),
            None => self.made_folder(project, &place).await?,
        };
        let body = new_case(project, folder, &place, form, mark);
        let created: Value = self.write(Method::POST, &["testcases"], &body, "a new test case").await?;
        let key = created.get("key").and_then(Value::as_str).ok_or_else(|| unlike("a new test case without key"))?;
        self.write_script(key, &form.content).await?;
        self.link(key, &form.content).await?;
        Ok(self.read_back(key, form, mark).await)
    }

    /// Steps replace a text, and the reverse; none are sent for none.
    async fn write_script(&self, key: &str, content: &Value) -> Result<(), JiraError> {
        let subject = format!("test case {key}");
        if let Some(text) = content.pointer("/script/text") {
            let body = json!({ "type": "bdd", "text": text });
            self.write::<IgnoredAny>(Method::POST, &["testcases", key, "testscript"], &body, &subject).await?;
        }
        let steps = content.pointer("/script/steps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (n, steps) in steps.chunks(MOST_STEPS).enumerate() {
            let items: Vec<Value> = steps.iter().map(|step| json!({ "inline": step })).collect();
            let body = json!({ "mode": if n == 0 { "OVERWRITE" } else { "APPEND" }, "items": items });
            self.write::<IgnoredAny>(Method::POST, &["testcases", key, "teststeps"], &body, &subject).await?;
        }
        Ok(())
    }

    async fn link(&self, key: &str, content: &Value) -> Result<(), JiraError> {
        let body = json!({ "issueId": content.get("issueId") });
        self.write::<IgnoredAny>(Method::POST, &["testcases", key, "links", "issues"], &body, &format!("test case {key}"))
            .await?;
        Ok(())
    }

    /// What stands there by now; as it was sent, if it cannot be read: what is written is written.
    async fn read_back(&self, key: &str, form: &Form, mark: &Mark) -> Standing {
        let read = async { self.stored(self.case(key).await?).await };
        let hash = read.await.map_or_else(|_| form.hash.clone(), |stored| stored.said.hash());
        let (id, url) = (key.to_owned(), self.url(key));
        Standing { key: id.clone(), id, url, mark: mark.clone(), hash, updated: String::new() }
    }

    pub(super) async fn update(&self, standing: &Standing, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let key = standing.key.as_str();
        let Stored { case, said } = self.stored(self.case(key).await?).await?;
        let is_unfinished = standing.hash.ends_with(UNFINISHED);
        if said.hash() != standing.hash.trim_end_matches(UNFINISHED) {
            return Err(JiraError::Touched);
        }
        let wanted = Said::of_content(&form.content);
        let has_all =
            (&wanted.name, &wanted.objective, &wanted.precondition) == (&said.name, &said.objective, &said.precondition);
        if !has_all {
            let body = merged(&case, &form.content);
            self.write::<IgnoredAny>(Method::PUT, &["testcases", key], &body, &format!("test case {key}")).await?;
        }
        if wanted.script != said.script {
            self.write_script(key, &form.content).await?;
        }
        if is_unfinished && issues(&case).all(|issue| form.content.get("issueId") != Some(&json!(issue))) {
            self.link(key, &form.content).await?;
        }
        Ok(self.read_back(key, form, mark).await)
    }

    /// Into the status of this name; test cases tell the id of theirs alone.
    pub(super) async fn closing(&self, standing: &Standing, status: &str) -> Result<Closing, JiraError> {
        let (case, project) = (self.case(&standing.key).await?, project_of(&standing.key));
        let query = [("projectKey", project), ("statusType", "TEST_CASE")];
        let statuses = self.list("statuses", &query, &format!("project {project}")).await?;
        let is_it = |one: &&Value| one.get("name").and_then(Value::as_str).map(str::to_lowercase) == Some(status.to_lowercase());
        let Some(id) = statuses.iter().find(is_it).and_then(|one| one.get("id")) else {
            let why =
                format!("project {project} has no status '{status}'; name another as close_status in the connection's options");
            return Ok(Closing::Impossible(why));
        };
        Ok(if case.pointer("/status/id") == Some(id) { Closing::Closed } else { Closing::By(id.clone()) })
    }

    pub(super) async fn close(&self, standing: &Standing, status: &Value) -> Result<(), JiraError> {
        let key = standing.key.as_str();
        let Stored { case, said } = self.stored(self.case(key).await?).await?;
        if said.hash() != standing.hash.trim_end_matches(UNFINISHED) {
            return Err(JiraError::Touched);
        }
        let mut body = whole(&case);
        body.insert("status".to_owned(), json!({ "id": status }));
        self.write::<IgnoredAny>(Method::PUT, &["testcases", key], &Value::Object(body), &format!("test case {key}"))
            .await
            .map(drop)
    }
}

/// `SHOP` of `SHOP-T12`.
fn project_of(key: &str) -> &str {
    key.rsplit_once("-T").map_or(key, |(project, _)| project)
}

/// The issues that a test case is linked to, by their numeric ids.
fn issues(case: &Value) -> impl Iterator<Item = u64> {
    let links = case.pointer("/links/issues").and_then(Value::as_array).into_iter().flatten();
    links.filter_map(|link| link.get("issueId")?.as_u64())
}

fn not_enabled(project: &str) -> String {
    format!(
        "project {project} is not known to Zephyr Scale; enable Zephyr Scale there, or name another project in the connection's \
         options, zephyr.projects.{project}.project"
    )
}

/// The names of the folders on the way to a place.
fn path_of(place: &ZephyrPlace) -> Vec<String> {
    let path = place.folder.as_deref().unwrap_or(FOLDER);
    path.split('/').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// How far a path is there, and what is missing of it. Of several of one name the first is taken.
fn descend<'a>(folders: &[Value], path: &'a [String]) -> (Option<u64>, &'a [String]) {
    let mut here = None;
    for (n, name) in path.iter().enumerate() {
        let is_here = |folder: &&Value| {
            folder.get("parentId").and_then(Value::as_u64) == here && folder.get("name").and_then(Value::as_str) == Some(name)
        };
        match folders.iter().filter(is_here).filter_map(|folder| folder.get("id")?.as_u64()).min() {
            Some(id) => here = Some(id),
            None => return (here, path.get(n..).unwrap_or_default()),
        }
    }
    (here, &[])
}

fn new_case(project: &str, folder: Option<u64>, place: &ZephyrPlace, form: &Form, mark: &Mark) -> Value {
    let labels: Vec<&str> =
        std::iter::once(mark.marker.as_str()).chain(place.labels.iter().flatten().map(String::as_str)).collect();
    let mut body = json!({ "projectKey": project, "labels": labels });
    for name in ["name", "objective", "precondition"] {
        body[name] = form.content[name].clone();
    }
    let further = [
        ("folderId", json!(folder)),
        ("priorityName", form.content["priority"].clone()),
        ("statusName", json!(place.status)),
        ("customFields", if place.fields.is_empty() { Value::Null } else { json!(place.fields) }),
    ];
    for (name, value) in further.into_iter().filter(|(_, value)| !value.is_null()) {
        body[name] = value;
    }
    body
}

/// The whole test case as it is sent back: what is not sent would be cleared.
fn whole(case: &Value) -> Map<String, Value> {
    let mut whole: Map<String, Value> = case.as_object().cloned().unwrap_or_default();
    whole.retain(|name, value| !value.is_null() && !READ_ONLY.contains(&name.as_str()));
    whole
}

/// The same with what is ours in it.
fn merged(case: &Value, content: &Value) -> Value {
    let mut whole = whole(case);
    for name in ["name", "objective", "precondition"] {
        whole.insert(name.to_owned(), content[name].clone());
    }
    Value::Object(whole)
}
