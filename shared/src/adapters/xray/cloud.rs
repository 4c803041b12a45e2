//! Xray Cloud. A test is made in steps: `createTest` with its marker as a label and the link to its story, then what it belongs to,
//! then its description and our property, by which it is finished.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::XrayCloud;
use super::form::{Definition, place_of};
use super::graphql::GraphQl;
use super::ground;
use super::issue::{self, SHOWN};
use crate::adapters::jira::call::Wire;
use crate::adapters::jira::wire::unlike;
use crate::ports::{Form, JiraError, Mark, RawIssue, Standing, Survey};
use crate::store::connection::{XrayPlace, XrayType};

/// Tests of one question.
const PAGE: usize = 100;

const TESTS: &str = "query ($ids: [String], $limit: Int!) { getTests(issueIds: $ids, limit: $limit) { results { issueId \
                     testType { kind } gherkin unstructured steps { id action data result } } } }";

const TYPES: &str =
    "query ($project: String) { getProjectSettings(projectIdOrKey: $project) { testTypeSettings { testTypes { name kind } } } }";

const CREATE: &str = "mutation ($type: UpdateTestTypeInput, $steps: [CreateStepInput], $gherkin: String, $text: String, $folder: String, \
                      $preconditions: [String], $jira: JSON!) { createTest(testType: $type, steps: $steps, gherkin: $gherkin, \
                      unstructured: $text, folderPath: $folder, preconditionIssueIds: $preconditions, jira: $jira) { test { issueId \
                      jira(fields: [\"key\"]) } warnings } }";

/// The API, and Jira beside it.
pub(super) struct Cloud {
    jira: Arc<Wire>,
    xray: GraphQl,
    /// Folders that are there, by project and path. Held while one is looked for, so that it is made once.
    folders: Mutex<HashSet<(String, String)>>,
}

/// A test as Xray keeps it.
struct Kept {
    definition: Definition,
    /// Ids of its steps.
    steps: Vec<String>,
}

impl Cloud {
    pub(super) fn new(jira: Arc<Wire>, cloud: XrayCloud) -> Self {
        Self { xray: GraphQl::new(jira.settings(), cloud), jira, folders: Mutex::default() }
    }

    /// Whether the key is good.
    pub(super) async fn is_there(&self) -> Result<(), JiraError> {
        self.xray.query("query { __typename }", json!({}), "the key of Xray").await.map(drop)
    }

    pub(super) async fn survey(
        &self,
        story: &RawIssue,
        known: &[&str],
        creates: Option<&XrayPlace>,
    ) -> Result<Survey, JiraError> {
        let linked = issue::linked(&self.jira, story, known, &SHOWN).await?;
        let ours: Vec<&Value> = linked.issues.iter().filter(|issue| issue::mark(issue).is_some()).collect();
        let mut standing = Vec::with_capacity(ours.len());
        for some in ours.chunks(PAGE) {
            let ids: Vec<&str> = some.iter().filter_map(|issue| issue.get("id")?.as_str()).collect();
            let kept = self.kept(&ids).await?;
            // One that is no test of Xray any more is as good as gone.
            let here = some.iter().filter_map(|issue| {
                let id = issue.get("id")?.as_str()?;
                let (_, kept) = kept.iter().find(|(of, _)| of == id)?;
                issue::standing(&self.jira, issue, &kept.definition)
            });
            standing.extend(here);
        }
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

    /// What Xray keeps of tests.
    async fn kept(&self, ids: &[&str]) -> Result<Vec<(String, Kept)>, JiraError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.xray.query(TESTS, json!({ "ids": ids, "limit": PAGE }), "the tests of the story").await?;
        let tests = answer.pointer("/getTests/results").and_then(Value::as_array);
        let tests = tests.ok_or_else(|| unlike("tests without a list"))?;
        Ok(tests.iter().filter_map(|test| Some((test.get("issueId")?.as_str()?.to_owned(), kept(test)))).collect())
    }

    /// What a new test needs to know; in words, why there can be none.
    async fn ground(&self, place: &XrayPlace) -> Result<Result<Value, String>, JiraError> {
        let key = place.project.as_deref().unwrap_or_default();
        let link = match ground::link_type(&self.jira).await? {
            Ok(link) => link,
            Err(why) => return Ok(Err(why)),
        };
        let types = match self.xray.query(TYPES, json!({ "project": key }), &format!("project {key}")).await {
            Ok(types) => types,
            Err(JiraError::Refused { status: 400, message }) => {
                return Ok(Err(format!("project {key} is not known to Xray ({message}); enable Xray there")));
            }
            Err(error) => return Err(error),
        };
        let kind = kind_of(place.test_type.unwrap_or_default());
        let types = types.pointer("/getProjectSettings/testTypeSettings/testTypes").and_then(Value::as_array);
        let named = types.into_iter().flatten().find(|one| one.get("kind").and_then(Value::as_str) == Some(kind));
        let Some(name) = named.and_then(|one| one.get("name")?.as_str()) else {
            return Ok(Err(format!(
                "Xray has no type of tests of the kind {kind} in project {key}; add one, or ask for another test_type"
            )));
        };
        let preconditions = place.preconditions.as_deref().unwrap_or_default();
        Ok(match ground::ids(&self.jira, preconditions, "the preconditions").await? {
            Ok(preconditions) => Ok(json!({ "project": key, "link": link, "type": name, "preconditions": preconditions })),
            Err(why) => Err(why),
        })
    }

    /// The folder of a place; it is made where it is missing.
    async fn made_folder(&self, project: &str, path: &str) -> Result<(), JiraError> {
        let mut known = self.folders.lock().await;
        let at = (project.to_owned(), path.to_owned());
        if known.contains(&at) {
            return Ok(());
        }
        let id = ground::project(&self.jira, project).await?;
        let id = id.get("id").and_then(Value::as_str).ok_or_else(|| unlike("a project without id"))?;
        let variables = json!({ "project": id, "path": path });
        let look = "query ($project: String, $path: String!) { getFolder(projectId: $project, path: $path) { path } }";
        if let Err(error) = self.xray.query(look, variables.clone(), "the folder of tests").await {
            let JiraError::Refused { .. } = error else { return Err(error) };
            let make =
                "mutation ($project: String, $path: String!) { createFolder(projectId: $project, path: $path) { warnings } }";
            self.xray.mutate(make, variables, "a folder of tests").await?;
        }
        known.insert(at);
        Ok(())
    }

    pub(super) async fn create(&self, ground: &Value, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let place = place_of(form);
        let project = ground.get("project").and_then(Value::as_str).unwrap_or_default();
        if let Some(folder) = &place.folder {
            self.made_folder(project, folder).await?;
        }
        let created = self.xray.mutate(CREATE, new_test(ground, &place, form, mark), "a new test").await?;
        let text = |path: &str| created.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let id = text("/createTest/test/issueId").ok_or_else(|| unlike("a new test without id"))?;
        let key = text("/createTest/test/jira/key").unwrap_or_default();
        self.belongs(&id, &place).await?;
        issue::finish(&self.jira, &id, &json!({ "description": form.content["description"] }), mark).await?;
        Ok(self.read_back(&id, &key, form, mark).await)
    }

    /// Adds a test to its sets and plans; one that is there already stays.
    async fn belongs(&self, id: &str, place: &XrayPlace) -> Result<(), JiraError> {
        let sets =
            "mutation ($to: String!, $tests: [String]!) { addTestsToTestSet(issueId: $to, testIssueIds: $tests) { warning } }";
        let plans =
            "mutation ($to: String!, $tests: [String]!) { addTestsToTestPlan(issueId: $to, testIssueIds: $tests) { warning } }";
        for (keys, add, what) in [(&place.test_sets, sets, "the test sets"), (&place.test_plans, plans, "the test plans")] {
            let ids = ground::ids(&self.jira, keys.as_deref().unwrap_or_default(), what).await?;
            for to in ids.map_err(|message| JiraError::Refused { status: 404, message })? {
                self.xray.mutate(add, json!({ "to": to, "tests": [id] }), what).await?;
            }
        }
        Ok(())
    }

    async fn read_back(&self, id: &str, key: &str, form: &Form, mark: &Mark) -> Standing {
        let as_sent = || issue::as_sent(&self.jira, id, key, form, mark);
        let Ok(issues) = self.jira.several(&[id], &SHOWN, "a test").await else { return as_sent() };
        let Ok(kept) = self.kept(&[id]).await else { return as_sent() };
        let standing =
            issues.first().zip(kept.first()).map(|(issue, (_, kept))| issue::standing(&self.jira, issue, &kept.definition));
        standing.flatten().unwrap_or_else(as_sent)
    }

    pub(super) async fn update(&self, standing: &Standing, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let id = standing.id.as_str();
        // Who edits steps in Xray does not touch the issue.
        let issues = self.jira.several(&[id], &SHOWN, "a test").await?;
        let kept = self.kept(&[id]).await?.pop().map(|(_, kept)| kept);
        let kept = kept.ok_or_else(|| JiraError::NotFound(format!("test {}", standing.key)))?;
        let now = issues.first().and_then(|issue| issue::standing(&self.jira, issue, &kept.definition));
        if now.is_none_or(|now| (now.hash, now.updated) != (standing.hash.clone(), standing.updated.clone())) {
            return Err(JiraError::Touched);
        }
        let wanted = Definition::of(form);
        if wanted.as_compared() != kept.definition.as_compared() {
            if !issue::is_unfinished(standing) {
                issue::begin(&self.jira, standing, mark).await?;
            }
            self.redefine(standing, &kept, &wanted, form).await?;
        }
        if issue::is_unfinished(standing) {
            self.belongs(id, &place_of(form)).await?;
        }
        let fields = json!({ "summary": form.content["summary"], "description": form.content["description"] });
        issue::finish(&self.jira, id, &fields, mark).await?;
        Ok(self.read_back(id, &standing.key, form, mark).await)
    }

    async fn redefine(&self, standing: &Standing, kept: &Kept, wanted: &Definition, form: &Form) -> Result<(), JiraError> {
        let (id, subject) = (standing.id.as_str(), format!("test {}", standing.key));
        if kept.definition.kind() != wanted.kind() {
            let place = place_of(form);
            let types = self.ground(&XrayPlace { project: Some(project_of(&standing.key)), ..place }).await?;
            let ground = types.map_err(|message| JiraError::Refused { status: 404, message })?;
            let change = "mutation ($id: String!, $type: UpdateTestTypeInput!) { updateTestType(issueId: $id, testType: $type) { issueId } }";
            self.xray.mutate(change, json!({ "id": id, "type": { "name": ground["type"] } }), &subject).await?;
        }
        match wanted {
            Definition::Cucumber(text) => {
                let change = "mutation ($id: String!, $text: String!) { updateGherkinTestDefinition(issueId: $id, gherkin: $text) { issueId } }";
                self.xray.mutate(change, json!({ "id": id, "text": text }), &subject).await.map(drop)
            }
            Definition::Generic(text) => {
                let change = "mutation ($id: String!, $text: String!) { updateUnstructuredTestDefinition(issueId: $id, unstructured: $text) \
                              { issueId } }";
                self.xray.mutate(change, json!({ "id": id, "text": text }), &subject).await.map(drop)
            }
            Definition::Manual(steps) => self.restep(id, kept, steps, &subject).await,
        }
    }

    /// Steps that differ are changed, those too many taken away, those missing added: what stands all the same keeps its id.
    async fn restep(&self, id: &str, kept: &Kept, wanted: &[[String; 3]], subject: &str) -> Result<(), JiraError> {
        let change = "mutation ($step: String!, $to: UpdateStepInput!) { updateTestStep(stepId: $step, step: $to) { warnings } }";
        let remove = "mutation ($step: String!) { removeTestStep(stepId: $step) }";
        let add = "mutation ($id: String!, $step: CreateStepInput!) { addTestStep(issueId: $id, step: $step) { id } }";
        let before = match &kept.definition {
            Definition::Manual(steps) => steps.as_slice(),
            _ => &[],
        };
        for ((step, before), wanted) in kept.steps.iter().zip(before).zip(wanted) {
            if before != wanted {
                self.xray.mutate(change, json!({ "step": step, "to": step_of(wanted) }), subject).await?;
            }
        }
        for step in kept.steps.iter().skip(wanted.len()) {
            self.xray.mutate(remove, json!({ "step": step }), subject).await?;
        }
        for step in wanted.iter().skip(kept.steps.len()) {
            self.xray.mutate(add, json!({ "id": id, "step": step_of(step) }), subject).await?;
        }
        Ok(())
    }
}

fn project_of(key: &str) -> String {
    crate::domain::issue_key::project_of(key).to_owned()
}

const fn kind_of(wanted: XrayType) -> &'static str {
    match wanted {
        XrayType::Manual => "Steps",
        XrayType::Cucumber => "Gherkin",
        XrayType::Generic => "Unstructured",
    }
}

fn kept(test: &Value) -> Kept {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let steps = test.get("steps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let definition = match test.pointer("/testType/kind").and_then(Value::as_str) {
        Some("Gherkin") => Definition::Cucumber(text(test, "gherkin")),
        Some("Steps") => {
            Definition::Manual(steps.iter().map(|step| ["action", "data", "result"].map(|name| text(step, name))).collect())
        }
        _ => Definition::Generic(text(test, "unstructured")),
    };
    Kept { definition, steps: steps.iter().map(|step| text(step, "id")).collect() }
}

fn step_of([action, data, result]: &[String; 3]) -> Value {
    json!({ "action": action, "data": data, "result": result })
}

fn new_test(ground: &Value, place: &XrayPlace, form: &Form, mark: &Mark) -> Value {
    let mut fields = json!(place.fields);
    fields["summary"] = form.content["summary"].clone();
    fields["project"] = json!({ "key": ground["project"] });
    fields["labels"] = json!([mark.marker]);
    if let Some(name) = &place.issue_type {
        let by = if name.bytes().all(|byte| byte.is_ascii_digit()) { "id" } else { "name" };
        fields["issuetype"] = json!({ by: name });
    }
    let link = json!({ "type": { "name": ground["link"] }, "outwardIssue": { "key": form.content["story"] } });
    let mut variables = json!({
        "type": { "name": ground["type"] },
        "folder": place.folder,
        "preconditions": ground["preconditions"],
        "jira": { "fields": fields, "update": { "issuelinks": [{ "add": link }] } },
    });
    match Definition::of(form) {
        Definition::Manual(steps) => variables["steps"] = steps.iter().map(step_of).collect(),
        Definition::Cucumber(text) => variables["gherkin"] = json!(text),
        Definition::Generic(text) => variables["text"] = json!(text),
    }
    variables
}
