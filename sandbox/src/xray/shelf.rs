//! What Xray remembers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::test::{Definition, step_of};
use crate::clock;
use crate::options::Deployment;
use crate::site::Site;
use crate::site::catalogue::raven;
use crate::site::issue::Issue;

/// Everything that Xray knows beside the issues.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) tests: BTreeMap<u64, Definition>,
    /// Preconditions by issue: type and definition.
    pub(crate) preconditions: BTreeMap<u64, (String, String)>,
    /// Test sets, plans and executions by issue: the tests in them.
    pub(crate) groups: BTreeMap<u64, Vec<u64>>,
    /// Folders by project.
    pub(crate) folders: BTreeMap<String, BTreeSet<String>>,
    /// Tokens and until when each is good.
    tokens: BTreeMap<String, i64>,
    /// When each request of the present window came.
    window: Vec<i64>,
    /// How often each kind of write was carried out.
    pub(crate) writes: BTreeMap<String, u64>,
    next_id: u64,
}

const WINDOW_MS: i64 = 5 * 60 * 1000;

impl Shelf {
    /// A number nothing else of Xray has.
    pub(crate) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Counts a write.
    pub(crate) fn wrote(&mut self, what: &str) {
        *self.writes.entry(what.to_owned()).or_default() += 1;
    }

    /// A new token.
    pub(crate) fn token(&mut self, lifetime_ms: i64) -> String {
        let token = format!("eyJhbGciOiJIUzI1NiJ9.sandbox.{}", self.new_id());
        self.tokens.insert(token.clone(), clock::now() + lifetime_ms);
        token
    }

    /// Whether a token is good.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        self.tokens.get(token).is_some_and(|until| *until > clock::now())
    }

    /// Ends all tokens at once.
    pub(crate) fn expire(&mut self) {
        self.tokens.clear();
    }

    /// Counts a request of the window of five minutes: how many are left, or how many seconds to wait.
    pub(crate) fn admit(&mut self, most: usize) -> Result<usize, i64> {
        let now = clock::now();
        self.window.retain(|at| now - at < WINDOW_MS);
        if self.window.len() >= most {
            let oldest = self.window.first().copied().unwrap_or(now);
            return Err(((WINDOW_MS - (now - oldest)) / 1000).max(1));
        }
        self.window.push(now);
        Ok(most - self.window.len())
    }

    /// Makes an issue a test.
    pub(crate) fn define(&mut self, issue: u64, mut definition: Definition, steps: &[Value]) {
        definition.steps = steps.iter().map(|step| step_of(format!("step-{}", self.new_id()), step)).collect();
        self.tests.insert(issue, definition);
    }

    /// The test that has a step, and the place of the step in it.
    pub(crate) fn step_home(&self, step: &str) -> Option<(u64, usize)> {
        let mut homes = self.tests.iter();
        homes.find_map(|(id, test)| Some((*id, test.steps.iter().position(|known| known.id == step)?)))
    }
}

/// All tests as they stand: what they are called, what they do, where they belong.
pub(crate) fn told(site: &Site, shelf: &Shelf) -> Vec<Value> {
    let tests = site.issues.values().filter(|issue| crate::site::catalogue::ISSUE_TYPES[issue.kind].name == "Test");
    tests.map(|issue| tell(site, shelf, issue)).collect()
}

fn tell(site: &Site, shelf: &Shelf, issue: &Issue) -> Value {
    let definition = shelf.tests.get(&issue.id).cloned().unwrap_or_default();
    let field = |id: &str| issue.fields.get(id).cloned().unwrap_or_default();
    let (kind, steps, text) = if site.deployment == Deployment::DataCenter {
        let text = match field(raven::TEST_TYPE)["value"].as_str() {
            Some("Cucumber") => field(raven::SCENARIO),
            _ => field(raven::GENERIC),
        };
        let steps = field(raven::STEPS)["steps"].as_array().cloned().unwrap_or_default();
        let steps: Vec<Value> = steps.into_iter().map(|step| step["fields"]["Action"].clone()).collect();
        (field(raven::TEST_TYPE)["value"].clone(), steps, text)
    } else {
        let text = if definition.is_gherkin() { &definition.gherkin } else { &definition.unstructured };
        (json!(definition.type_name()), definition.steps.iter().map(|step| json!(step.action)).collect(), json!(text))
    };
    let key = |id: &u64| site.issues.get(id).map(|issue| issue.key.clone());
    let groups = shelf.groups.iter().filter(|(_, held)| held.contains(&issue.id)).filter_map(|(id, _)| key(id));
    json!({
        "key": issue.key, "summary": field("summary"), "labels": field("labels"), "type": kind, "steps": steps, "text": text,
        "folder": definition.folder, "groups": groups.collect::<Vec<_>>(),
        "preconditions": definition.preconditions.iter().filter_map(key).collect::<Vec<_>>(),
        "covers": coverage(site, issue).1.iter().filter_map(key).collect::<Vec<_>>(),
    })
}

/// Puts steps in place of those of a test.
pub(crate) fn restep(site: &mut Site, shelf: &mut Shelf, key: &str, actions: &[&str]) -> bool {
    let now = site.clock.tick();
    let is_kept_by_jira = site.deployment == Deployment::DataCenter;
    let Some(issue) = site.find_mut(key) else { return false };
    let steps: Vec<Value> = actions.iter().map(|action| json!({ "action": action })).collect();
    if is_kept_by_jira {
        let steps: Vec<Value> = actions.iter().map(|action| json!({ "fields": { "Action": action } })).collect();
        issue.fields.insert(raven::STEPS.to_owned(), json!({ "steps": steps }));
        issue.updated = now;
        return true;
    }
    let id = issue.id;
    let Some(definition) = shelf.tests.get(&id).cloned() else { return false };
    shelf.define(id, definition, &steps);
    true
}

/// Creates the issue behind a test, a precondition or a group from what a request calls `jira`.
pub(crate) fn create_issue(site: &mut Site, kind: &str, jira: &Value) -> Result<u64, String> {
    let mut body = json!({"fields": jira["fields"], "update": jira["update"]});
    let fields =
        body["fields"].as_object_mut().ok_or_else(|| format!("Error creating {kind}: fields - Field 'fields' is required"))?;
    fields.insert("issuetype".to_owned(), json!({"name": kind}));
    // The vendor's own example of a refusal says so, though other clients send documents: uncertain, so only strings pass.
    match fields.get("description") {
        Some(Value::String(text)) => {
            let document = crate::markup::to_adf(text);
            fields.insert("description".to_owned(), document);
        }
        Some(Value::Null) | None => {}
        Some(_) => return Err(format!("Error creating {kind}: description - Operation value must be a string")),
    }
    site.create(&body, "xray").map_err(|problem| {
        let fields = problem.errors.iter().map(|(name, why)| format!("{name} - {}", why.as_str().unwrap_or_default()));
        let words: Vec<String> = problem.messages.iter().cloned().chain(fields).collect();
        format!("Error creating {kind}: {}", words.join("; "))
    })
}

/// Issues that an issue is linked to as a test, or as what is tested.
pub(crate) fn coverage(site: &Site, issue: &Issue) -> (Vec<u64>, Vec<u64>) {
    let links = issue.links.iter().filter_map(|id| site.links.get(id));
    let tests = links.filter(|link| crate::site::catalogue::LINK_TYPES[link.kind].3 == "tests");
    let (mut tested_by, mut covers) = (Vec::new(), Vec::new());
    for link in tests {
        if link.source == issue.id {
            covers.push(link.target);
        } else {
            tested_by.push(link.source);
        }
    }
    (tested_by, covers)
}
