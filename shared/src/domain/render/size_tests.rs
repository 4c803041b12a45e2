//! How long the comment of an ordinary story is.

use serde_json::{Value, json};

use super::*;
use crate::domain::document::Document;
use crate::domain::markup::{Markup, fit};
use crate::domain::publish::PublishWhat;

const MARKER: &str = "jqa:3f2a9c1b";
const RULE: &str = "Setting the quantity to 0 removes the item after a confirmation";

/// As many criteria, scenarios and questions as asked for, each as long as people write them.
fn result(criteria: usize, scenarios: usize, questions: usize) -> (CriteriaSet, Suite) {
    let steps = "  Given I am a customer with an item in the cart\n  When I change how many pieces of an item I buy\n";
    let evidence = |n: usize| json!([{"source": "description", "quote": format!("{RULE} {n}."), "verified": true}]);
    let criterion = |n: usize| {
        json!({"id": format!("AC-{n}"), "title": format!("{RULE} {n}"), "kind": "limit",
               "given": ["I am a customer"], "when": ["I change"], "then": ["it is refused"], "origin": "stated", "evidence": evidence(n),
               "gherkin": format!("@AC-{n} @stated\nScenario: {RULE} {n}\n{steps}  Then the quantity is refused\n"), "findings": []})
    };
    let scenario = |n: usize| {
        let (covered, origin) = ((n - 1) % criteria + 1, if n > criteria { "derived" } else { "stated" });
        json!({"id": format!("TS-{n}"), "title": format!("At the limit, {n}: {RULE}"), "technique": "boundary",
               "priority": if n.is_multiple_of(4) { "high" } else { "medium" }, "preconditions": ["I am a customer with an item in the cart"],
               "steps": [{"action": "I change how many pieces of an item I buy", "data": format!("{n}"), "expected": "the quantity is refused"}],
               "given": ["I am a customer"], "when": ["I change"], "then": ["it is refused"], "covers": [format!("AC-{covered}")], "origin": origin,
               "evidence": evidence(covered), "findings": [],
               "gherkin": format!("@TS-{n} @AC-{covered} @boundary @{origin}\nScenario: At the limit, {n}: {RULE}\n{steps}  Then the product accepts {n}\n")})
    };
    let question = |n: usize| json!({"id": format!("Q-{n}"), "text": format!("What does the user see outside the limit in \"{RULE} {n}\"?"), "why": "The limit is stated, the reaction to passing it is not."});
    let row = |n: usize| json!({"criterion": format!("AC-{n}"), "scenarios": ["TS-1"]});
    let each = |count: usize, make: &dyn Fn(usize) -> Value| (1..=count).map(make).collect::<Value>();
    let set = json!({"language": "en", "testable": "yes", "reasons": [], "criteria": each(criteria, &criterion), "out_of_scope": [],
        "questions": each(questions, &question), "warnings": [], "findings": [], "dropped": []});
    let suite = json!({"language": "en", "scenarios": each(scenarios, &scenario), "questions": [], "warnings": [], "findings": [], "dropped": [],
        "coverage": {"covered": criteria, "total": criteria, "rows": each(criteria, &row)}});
    (serde_json::from_value(set).expect("criteria"), serde_json::from_value(suite).expect("a suite"))
}

fn comment(criteria: usize, scenarios: usize) -> Document {
    let (set, suite) = result(criteria, scenarios, 5);
    let url = "https://shop.atlassian.net/browse/SHOP-2";
    let output = Output {
        story_key: "SHOP-2",
        story_summary: "Limit the quantity",
        story_url: url,
        criteria: Some(&set),
        suite: Some(&suite),
    };
    document(&output, PublishWhat::All, MARKER)
}

#[test]
fn an_ordinary_story_and_a_large_one_need_one_comment() {
    let length = |document: &_| Markup::Adf.written(document).content.length();
    let (ordinary, large) = (length(&comment(7, 17)), length(&comment(12, 30)));
    assert!(ordinary < 16_500, "{ordinary}");
    assert!(large < fit::LIMIT, "{large}");
}

#[test]
fn a_scenario_quotes_only_what_its_criteria_do_not() {
    let (set, mut suite) = result(2, 3, 0);
    suite.scenarios[2].evidence[0].quote = "another sentence".to_owned();
    let output = Output { story_key: "S-1", story_summary: "", story_url: "", criteria: Some(&set), suite: Some(&suite) };
    let text = |what| document_markdown(&document(&output, what, MARKER));
    assert!(text(PublishWhat::All).contains("- TS-3: *From the story: “another sentence” – Description*"));
    assert_eq!(text(PublishWhat::All).matches("From the story").count(), 3);
    assert_eq!(text(PublishWhat::Scenarios).matches("From the story").count(), 3, "alone it shows what it rests on");
    assert!(text(PublishWhat::Scenarios).contains(&format!("##### AC-1 {RULE} 1")));
}
