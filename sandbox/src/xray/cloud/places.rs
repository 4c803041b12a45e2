//! Writing: folders, preconditions, sets, plans and executions.

use serde_json::{Value, json};

use super::mutations::Work;
use super::queries;
use crate::xray::folders::normal;
use crate::xray::groups::is_a;
use crate::xray::shelf::create_issue;
use crate::xray::test::type_index;

/// A field of `Mutation` that is not about a single test.
pub(super) fn carry_out(work: &mut Work<'_>, name: &str) -> Result<Value, String> {
    match name {
        "createFolder" => work.create_folder(),
        "addTestsToFolder" => work.fill_folder(),
        "updateTestFolder" => work.move_test(),
        "createPrecondition" => work.create_precondition(),
        "addPreconditionsToTest" => work.add_preconditions(),
        "removePreconditionsFromTest" => work.remove_preconditions(),
        "createTestSet" => work.create_group("Test Set", "testSet"),
        "createTestPlan" => work.create_group("Test Plan", "testPlan"),
        "createTestExecution" => work.create_group("Test Execution", "testExecution"),
        "addTestsToTestSet" => work.add_to_group("Test Set"),
        "addTestsToTestPlan" => work.add_to_group("Test Plan"),
        "addTestsToTestExecution" => work.add_to_group("Test Execution"),
        "removeTestsFromTestSet" => work.take_from_group("Test Set"),
        "removeTestsFromTestPlan" => work.take_from_group("Test Plan"),
        other => Err(format!("{other} is not known here")),
    }
}

impl Work<'_> {
    fn path(&self) -> String {
        normal(self.text("path"))
    }

    fn create_folder(&mut self) -> Result<Value, String> {
        let (project, path) = (queries::project(self.site, self.arguments)?, self.path());
        if !self.shelf.make_folder(&project, &path) {
            return Err(format!("Folder with path {path} already exists"));
        }
        self.put_into(&project, &path)
    }

    fn fill_folder(&mut self) -> Result<Value, String> {
        let (project, path) = (queries::project(self.site, self.arguments)?, self.path());
        if !self.shelf.has_folder(&project, &path) {
            return Err(format!("Folder with path {path} not found"));
        }
        self.put_into(&project, &path)
    }

    fn put_into(&mut self, project: &str, path: &str) -> Result<Value, String> {
        let mut warnings = Vec::new();
        for id in self.issues("testIssueIds") {
            match self.shelf.tests.get_mut(&id) {
                Some(test) => test.folder = Some(path.to_owned()).filter(|path| path != "/"),
                None => warnings.push(format!("Test with id {id} not found")),
            }
        }
        let site = &*self.site;
        let of_project = |id: u64| site.issues.get(&id).is_some_and(|issue| issue.project() == project);
        Ok(json!({"folder": self.shelf.folder_view(project, of_project, path), "warnings": warnings}))
    }

    fn move_test(&mut self) -> Result<Value, String> {
        let (id, path) = (self.issue()?, normal(self.text("folderPath")));
        let project = self.site.issues.get(&id).map(|issue| issue.project().to_owned()).unwrap_or_default();
        if !self.shelf.has_folder(&project, &path) {
            return Err(format!("Folder with path {path} not found"));
        }
        let test = self.shelf.tests.get_mut(&id).ok_or_else(|| format!("Test with id {id} not found"))?;
        test.folder = Some(path).filter(|path| path != "/");
        Ok(json!("The folder was updated"))
    }

    fn create_precondition(&mut self) -> Result<Value, String> {
        let kind = type_index(&self.arguments["preconditionType"])?;
        let definition = self.text("definition").to_owned();
        let id = create_issue(self.site, "Precondition", &self.arguments["jira"])?;
        self.shelf.preconditions.insert(id, (crate::xray::test::TEST_TYPES[kind].1.to_owned(), definition));
        for test in self.issues("testIssueIds") {
            if let Some(test) = self.shelf.tests.get_mut(&test) {
                test.preconditions.push(id);
            }
        }
        Ok(json!({"precondition": queries::view(self.site, self.shelf, id), "warnings": []}))
    }

    fn add_preconditions(&mut self) -> Result<Value, String> {
        let (id, wanted) = (self.issue()?, self.issues("preconditionIssueIds"));
        let known: Vec<u64> = wanted.into_iter().filter(|id| self.shelf.preconditions.contains_key(id)).collect();
        let test = self.shelf.tests.get_mut(&id).ok_or_else(|| format!("Test with id {id} not found"))?;
        let (held, new): (Vec<u64>, Vec<u64>) = known.into_iter().partition(|known| test.preconditions.contains(known));
        test.preconditions.extend(&new);
        Ok(json!({"addedPreconditions": strings(&new), "warning": already(&held, "Preconditions")}))
    }

    fn remove_preconditions(&mut self) -> Result<Value, String> {
        let (id, gone) = (self.issue()?, self.issues("preconditionIssueIds"));
        let test = self.shelf.tests.get_mut(&id).ok_or_else(|| format!("Test with id {id} not found"))?;
        test.preconditions.retain(|known| !gone.contains(known));
        Ok(json!("Preconditions were removed"))
    }

    fn create_group(&mut self, kind: &str, name: &str) -> Result<Value, String> {
        let tests = self.tests();
        let id = create_issue(self.site, kind, &self.arguments["jira"])?;
        self.shelf.groups.insert(id, tests);
        let mut answer = json!({"warnings": [], "createdTestEnvironments": []});
        answer[name] = queries::view(self.site, self.shelf, id).unwrap_or_default();
        Ok(answer)
    }

    fn add_to_group(&mut self, kind: &str) -> Result<Value, String> {
        let (group, tests) = (self.group(kind)?, self.tests());
        let (new, held) = self.shelf.add_to_group(group, &tests);
        Ok(json!({"addedTests": strings(&new), "warning": already(&held, "Tests")}))
    }

    fn take_from_group(&mut self, kind: &str) -> Result<Value, String> {
        let (group, tests) = (self.group(kind)?, self.tests());
        self.shelf.take_from_group(group, &tests);
        Ok(json!("Tests were removed"))
    }

    fn group(&self, kind: &str) -> Result<u64, String> {
        let id = self.issue()?;
        if is_a(self.site, id, kind) { Ok(id) } else { Err(format!("{kind} with id {id} not found")) }
    }

    fn tests(&self) -> Vec<u64> {
        self.issues("testIssueIds").into_iter().filter(|id| self.shelf.tests.contains_key(id)).collect()
    }
}

fn strings(ids: &[u64]) -> Vec<String> {
    ids.iter().map(u64::to_string).collect()
}

/// What was there already is not an error.
fn already(ids: &[u64], what: &str) -> Value {
    if ids.is_empty() { Value::Null } else { json!(format!("{what} with ids {} were already there", strings(ids).join(", "))) }
}
