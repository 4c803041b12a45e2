//! Writing: tests, their definitions, their steps.

use serde_json::{Value, json};

use super::{places, queries};
use crate::site::Site;
use crate::state::State;
use crate::xray::folders::normal;
use crate::xray::shelf::{Shelf, create_issue};
use crate::xray::test::{Definition, gherkin_problem, step_of, type_index};

/// What a mutation works on.
pub(super) struct Work<'a> {
    pub(super) site: &'a mut Site,
    pub(super) shelf: &'a mut Shelf,
    pub(super) arguments: &'a Value,
}

/// A field of `Mutation`. None is idempotent.
pub(super) fn carry_out(state: &State, name: &str, arguments: &Value) -> Result<Value, String> {
    let (mut site, mut shelf) = (state.site(), state.xray());
    let mut work = Work { site: &mut site, shelf: &mut shelf, arguments };
    let outcome = match name {
        "createTest" => work.create_test(),
        "updateTestType" => work.change_type(),
        "updateGherkinTestDefinition" => work.define_gherkin(),
        "updateUnstructuredTestDefinition" => work.define_text(),
        "addTestStep" => work.add_step(),
        "updateTestStep" => work.change_step(),
        "removeTestStep" => work.remove_step(),
        "removeAllTestSteps" => work.remove_steps(),
        "deleteTest" => work.delete(),
        other => places::carry_out(&mut work, other),
    };
    if outcome.is_ok() {
        shelf.wrote(name);
    }
    outcome
}

impl Work<'_> {
    pub(super) fn text(&self, name: &str) -> &str {
        self.arguments[name].as_str().unwrap_or_default()
    }

    fn create_test(&mut self) -> Result<Value, String> {
        let kind = type_index(&self.arguments["testType"])?;
        let (gherkin, unstructured) = (self.text("gherkin").to_owned(), self.text("unstructured").to_owned());
        let mut definition = Definition { kind, ..Definition::default() };
        let steps = self.arguments["steps"].as_array().cloned().unwrap_or_default();
        check_steps(&steps)?;
        if definition.is_gherkin() {
            gherkin_problem(&gherkin).map_or(Ok(()), Err)?;
            definition.gherkin = gherkin;
        } else if definition.is_unstructured() {
            definition.unstructured = unstructured;
        }
        definition.preconditions =
            self.issues("preconditionIssueIds").into_iter().filter(|id| self.shelf.preconditions.contains_key(id)).collect();
        let id = create_issue(self.site, "Test", &self.arguments["jira"])?;
        let warnings = self.place(id, &mut definition);
        let steps = if definition.has_steps() { steps } else { Vec::new() };
        self.shelf.define(id, definition, &steps);
        Ok(json!({"test": queries::view(self.site, self.shelf, id), "warnings": warnings}))
    }

    /// A folder that is not there is only a warning: the test stands, without it.
    fn place(&self, id: u64, definition: &mut Definition) -> Vec<String> {
        let Some(path) = self.arguments["folderPath"].as_str().map(normal) else { return Vec::new() };
        let project = self.site.issues.get(&id).map(|issue| issue.project().to_owned()).unwrap_or_default();
        if self.shelf.has_folder(&project, &path) {
            definition.folder = Some(path).filter(|path| path != "/");
            return Vec::new();
        }
        vec![format!("Folder with path {path} not found")]
    }

    /// Issue ids in a list.
    pub(super) fn issues(&self, name: &str) -> Vec<u64> {
        let ids = self.arguments[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        ids.filter_map(|id| id.parse().ok()).collect()
    }

    /// The issue that `issueId` names; a key is not an id.
    pub(super) fn issue(&self) -> Result<u64, String> {
        let wanted = self.text("issueId");
        let id = wanted.parse().ok().filter(|id| self.site.issues.contains_key(id));
        id.ok_or_else(|| format!("issueId provided is not valid: {wanted}"))
    }

    fn test(&mut self) -> Result<(u64, &mut Definition), String> {
        let id = self.issue()?;
        let test = self.shelf.tests.get_mut(&id).ok_or_else(|| format!("Test with id {id} not found"))?;
        let now = self.site.clock.tick();
        if let Some(issue) = self.site.issues.get_mut(&id) {
            issue.updated = now;
        }
        Ok((id, test))
    }

    fn shown(&self, id: u64) -> Result<Value, String> {
        queries::view(self.site, self.shelf, id).ok_or_else(|| format!("Test with id {id} not found"))
    }

    fn change_type(&mut self) -> Result<Value, String> {
        let kind = type_index(&self.arguments["testType"])?;
        let (id, test) = self.test()?;
        test.kind = kind;
        self.shown(id)
    }

    fn define_gherkin(&mut self) -> Result<Value, String> {
        let gherkin = self.text("gherkin").to_owned();
        gherkin_problem(&gherkin).map_or(Ok(()), Err)?;
        let (id, test) = self.test()?;
        if !test.is_gherkin() {
            return Err(format!("Test with id {id} is not of a type with Gherkin"));
        }
        test.gherkin = gherkin;
        self.shown(id)
    }

    fn define_text(&mut self) -> Result<Value, String> {
        let text = self.text("unstructured").to_owned();
        let (id, test) = self.test()?;
        if !test.is_unstructured() {
            return Err(format!("Test with id {id} is not of a type without structure"));
        }
        test.unstructured = text;
        self.shown(id)
    }

    fn add_step(&mut self) -> Result<Value, String> {
        let step = &self.arguments["step"];
        check_steps(std::slice::from_ref(step))?;
        let new = step_of(format!("step-{}", self.shelf.new_id()), step);
        let (id, test) = self.test()?;
        if !test.has_steps() {
            return Err(format!("Test with id {id} is not of a type with steps"));
        }
        test.steps.push(new.clone());
        Ok(json!({"id": new.id, "action": new.action, "data": new.data, "result": new.result, "customFields": []}))
    }

    fn home(&self) -> Result<(u64, usize), String> {
        let step = self.text("stepId");
        self.shelf.step_home(step).ok_or_else(|| format!("Step with id {step} not found"))
    }

    fn change_step(&mut self) -> Result<Value, String> {
        let (test, at) = self.home()?;
        let change = &self.arguments["step"];
        if let Some(step) = self.shelf.tests.get_mut(&test).and_then(|test| test.steps.get_mut(at)) {
            for (name, held) in [("action", &mut step.action), ("data", &mut step.data), ("result", &mut step.result)] {
                if let Some(text) = change[name].as_str() {
                    text.clone_into(held);
                }
            }
        }
        Ok(json!({"addedAttachments": [], "removedAttachments": [], "warnings": []}))
    }

    fn remove_step(&mut self) -> Result<Value, String> {
        let (test, at) = self.home()?;
        if let Some(test) = self.shelf.tests.get_mut(&test) {
            test.steps.remove(at);
        }
        Ok(json!("The step was removed"))
    }

    fn remove_steps(&mut self) -> Result<Value, String> {
        let (_, test) = self.test()?;
        test.steps.clear();
        Ok(json!("All steps were removed"))
    }

    fn delete(&mut self) -> Result<Value, String> {
        let (id, _) = self.test()?;
        self.shelf.tests.remove(&id);
        self.site.remove(id);
        Ok(json!("The test was deleted"))
    }
}

fn check_steps(steps: &[Value]) -> Result<(), String> {
    let is_empty = |step: &Value| step["action"].as_str().is_none_or(str::is_empty) && step["callTestIssueId"].is_null();
    if steps.iter().any(is_empty) { Err("A step must have an action or call a test".to_owned()) } else { Ok(()) }
}
