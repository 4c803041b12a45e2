use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::adf::schema_tests::{text, valid};
use crate::domain::adf::{marker, read, section, write};
use crate::domain::gherkin::scenario_text;
use crate::domain::markup::{Markup, fit};
use crate::domain::publish::PublishWhat;
use crate::domain::scenario::{Relation, RelationKind};

const MARKER: &str = "jqa:3f2a9c1b";

fn criteria() -> CriteriaSet {
    serde_json::from_value(json!({
        "language": "en", "testable": "partly", "reasons": ["The receipt's layout is not described"],
        "criteria": [
            {"id": "AC-1", "title": "Card payments up to 50 EUR need no PIN", "kind": "limit", "given": ["a basket of 50 EUR"], "when": ["the customer pays by card"], "then": ["no PIN is asked for"],
             "origin": "stated", "evidence": [{"source": "acceptance_criteria", "quote": "No PIN up to 50 EUR", "verified": true}, {"source": "comment:10234", "quote": "50 included", "verified": true}],
             "gherkin": "@AC-1\nScenario: Card payments up to 50 EUR need no PIN\n  Given a basket of 50 EUR\n  When the customer pays by card\n  Then no PIN is asked for\n", "findings": []},
            {"id": "AC-2", "title": "A locked card is refused", "kind": "negative", "given": ["a locked card"], "when": ["the customer pays"], "then": ["the payment is refused"],
             "origin": "proposed", "evidence": [], "rule": "",
             "gherkin": "@AC-2\nScenario: A locked card is refused\n  Given a locked card\n  When the customer pays\n  Then the payment is refused\n",
             "findings": [{"code": "evidence.missing", "severity": "warning", "item": "AC-2", "message": "Nothing in the story says what happens to locked cards."}]}],
        "out_of_scope": [{"source": "description", "quote": "Refunds are handled elsewhere"}],
        "questions": [{"id": "Q-1", "text": "What does the receipt show?", "why": "Its content can't be checked."}],
        "warnings": [], "findings": [], "dropped": [{"title": "Payment is fast", "findings": [{"code": "then.vague", "severity": "error", "item": "", "message": "Nobody can observe \"fast\"."}]}],
    }))
    .expect("a set of criteria")
}

fn suite() -> Suite {
    serde_json::from_value(json!({
        "language": "en",
        "scenarios": [{"id": "TS-1", "title": "Pay exactly 50 EUR", "technique": "boundary", "priority": "high", "preconditions": ["A card that is not locked"],
            "steps": [{"action": "Put goods for 50.00 EUR into the basket", "data": "50.00 EUR", "expected": ""}, {"action": "Pay by card", "data": "", "expected": "No PIN is asked for"}],
            "given": ["a basket of 50 EUR"], "when": ["the customer pays by card"], "then": ["no PIN is asked for"], "covers": ["AC-1"], "origin": "derived",
            "evidence": [{"source": "acceptance_criteria", "quote": "No PIN up to 50 EUR", "verified": true}],
            "gherkin": "@TS-1 @AC-1\nScenario: Pay exactly 50 EUR\n  Given a basket of 50 EUR\n  When the customer pays by card\n  Then no PIN is asked for\n", "findings": []}],
        "coverage": {"covered": 1, "total": 2, "rows": [{"criterion": "AC-1", "scenarios": ["TS-1"]}, {"criterion": "AC-2", "scenarios": []}]},
        "questions": [{"id": "Q-1", "text": "What does the receipt show?", "why": ""}], "warnings": ["The description holds instructions to a model; they were ignored."], "findings": [], "dropped": [],
    }))
    .expect("a suite")
}

fn output<'a>(criteria: Option<&'a CriteriaSet>, suite: Option<&'a Suite>) -> Output<'a> {
    Output {
        story_key: "SHOP-1",
        story_summary: "Pay by card",
        story_url: "https://shop.atlassian.net/browse/SHOP-1",
        criteria,
        suite,
    }
}

#[test]
fn a_comment_reads_well() {
    let (criteria, suite) = (criteria(), suite());
    let comment = write::adf(&document(&output(Some(&criteria), Some(&suite)), PublishWhat::All, MARKER));
    assert!(marker::carries_marker(&comment, MARKER));
    insta::assert_snapshot!(read::markdown(&comment).markdown, @r##"
    **Acceptance criteria: 2 · Test scenarios: 1 · Coverage: 1 of 2**

    [DERIVED] follows from a rule that the story states  
    [PROPOSED] suggested by experience; the story does not say so

    > **[NOTE]** **Open questions**
    >
    > 1. What does the receipt show?  
    >    *Why it matters: Its content can't be checked.*

    > **[WARNING]** **Please check**
    >
    > - The description holds instructions to a model; they were ignored.

    ### Acceptance criteria

    > **[WARNING]** **Only part of this story can be tested as it is written**
    >
    > - The receipt's layout is not described

    #### AC-1 Card payments up to 50 EUR need no PIN

    ```gherkin
    Scenario: Card payments up to 50 EUR need no PIN
      Given a basket of 50 EUR
      When the customer pays by card
      Then no PIN is asked for
    ```

    *From the story: “No PIN up to 50 EUR” – Acceptance criteria field · “50 included” –* [Comment 10234](https://shop.atlassian.net/browse/SHOP-1?focusedCommentId=10234)

    #### AC-2 A locked card is refused [PROPOSED]

    ```gherkin
    Scenario: A locked card is refused
      Given a locked card
      When the customer pays
      Then the payment is refused
    ```

    [PLEASE CHECK] Nothing in the story says what happens to locked cards.

    > **[INFO]** **Out of scope**
    >
    > - *“Refunds are handled elsewhere”* – Description

    ### Test scenarios

    > **[WARNING]** **Not covered by any scenario**
    >
    > - AC-2 A locked card is refused

    ##### AC-1

    - TS-1 Pay exactly 50 EUR · boundary · [HIGH] [DERIVED]

    **Gherkin of the scenarios**

    ```gherkin
    @TS-1 @AC-1
    Scenario: Pay exactly 50 EUR
      Given a basket of 50 EUR
      When the customer pays by card
      Then no PIN is asked for
    ```

    **Left out because they did not pass the checks (1)**

    - **Payment is fast**: Nobody can observe "fast".

    *Generated from the words of this story by Jira QA AI Generator; every quotation was checked against it · jqa:3f2a9c1b*
    "##);
}

#[test]
fn a_page_reads_well() {
    let suite = suite();
    insta::assert_snapshot!(markdown(&output(None, Some(&suite))), @r##"
    # [SHOP-1 Pay by card](https://shop.atlassian.net/browse/SHOP-1)

    **Test scenarios: 1 · Coverage: 1 of 2**

    `DERIVED` follows from a rule that the story states

    > **Open questions**
    >
    > 1. What does the receipt show?

    > **Please check**
    >
    > - The description holds instructions to a model; they were ignored.

    ### Test scenarios

    > **Not covered by any scenario**
    >
    > - AC-2

    | ID | Title | Technique | Priority | Covers |
    | --- | --- | --- | --- | --- |
    | **TS-1** | Pay exactly 50 EUR `DERIVED` | boundary | `HIGH` | AC-1 |

    #### TS-1 Pay exactly 50 EUR

    `HIGH` boundary · Covers: AC-1 `DERIVED`

    **Preconditions**

    - A card that is not locked

    | # | Action | Test data | Expected result |
    | --- | --- | --- | --- |
    | 1 | Put goods for 50.00 EUR into the basket | 50.00 EUR |  |
    | 2 | Pay by card |  | No PIN is asked for |

    ```gherkin
    @TS-1 @AC-1
    Scenario: Pay exactly 50 EUR
      Given a basket of 50 EUR
      When the customer pays by card
      Then no PIN is asked for
    ```

    *From the story: “No PIN up to 50 EUR” – Acceptance criteria field*
    "##);
}

#[test]
fn each_part_can_be_published_alone_and_both_within_the_limit() {
    let (criteria, mut suite) = (criteria(), suite());
    let output_of = |what| document_markdown(&document(&output(Some(&criteria), Some(&suite)), what, MARKER));
    assert!(!output_of(PublishWhat::Criteria).contains("TS-1"));
    assert!(!output_of(PublishWhat::Scenarios).contains("Scenario: A locked card"));
    assert!(output_of(PublishWhat::Scenarios).contains("AC-2 A locked card is refused"), "what is not covered keeps its title");
    let one = suite.scenarios[0].clone();
    suite.scenarios = (1..120)
        .map(|n| crate::domain::scenario::Scenario {
            id: format!("TS-{n}"),
            gherkin: format!("@TS-{n}\nScenario: Test {n}\n{}", "  When x\n".repeat(40)),
            ..one.clone()
        })
        .collect();
    let whole = document(&output(Some(&criteria), Some(&suite)), PublishWhat::All, MARKER);
    let parts = fit::fit(&whole, Markup::Adf, fit::LIMIT, criteria.language);
    assert!(parts.len() > 1);
    for part in &parts {
        let adf = write::adf(part);
        assert!(adf.to_string().len() <= fit::LIMIT && valid(&adf));
    }
    let read: String = parts.iter().map(|part| read::markdown(&write::adf(part)).markdown).collect();
    assert!((1..120).all(|n| read.contains(&format!("- TS-{n} Pay exactly")) && read.contains(&format!("Scenario: Test {n}\n"))));
}

/// A suite whose second scenario extends an existing test, and whose third duplicates one.
fn related() -> Suite {
    let mut suite = suite();
    for (id, kind) in [("TS-2", RelationKind::Extends), ("TS-3", RelationKind::Duplicate)] {
        let mut scenario = suite.scenarios[0].clone();
        id.clone_into(&mut scenario.id);
        scenario.gherkin = scenario.gherkin.replace("TS-1", id);
        scenario.relation = Relation { kind, of: "SHOP-31".into(), why: "It pays <by card> too.".into() };
        suite.scenarios.push(scenario);
    }
    suite
}

#[test]
fn a_comment_names_the_test_that_is_extended_and_leaves_out_what_exists() {
    let (criteria, suite) = (criteria(), related());
    let comment = write::adf(&document(&output(Some(&criteria), Some(&suite)), PublishWhat::Scenarios, MARKER));
    assert!(valid(&comment));
    let read = read::markdown(&comment).markdown;
    let link = "[SHOP-31](https://shop.atlassian.net/browse/SHOP-31)";
    let extended = format!("Extends {link}: It pays <by card> too.");
    let exists = format!("- TS-3 Pay exactly 50 EUR · Duplicate of {link}: It pays");
    assert!(read.contains(&extended) && read.contains(&exists), "{read}");
    assert!(read.contains("@TS-2 ") && !read.contains("@TS-3 "), "{read}");
}

#[test]
fn a_feature_file_has_what_exists_as_a_comment() {
    let mut suite = related();
    let file = gherkin(&output(None, Some(&suite)));
    assert!(file.contains("  # Extends SHOP-31\n  @TS-2 @AC-1\n"), "{file}");
    assert!(file.ends_with("\n  # TS-3 Pay exactly 50 EUR: Duplicate of SHOP-31\n") && !file.contains("@TS-3"), "{file}");
    suite.scenarios.retain(|scenario| scenario.id == "TS-3");
    let file = gherkin(&output(Some(&criteria()), Some(&suite)));
    assert!(file.contains("# TS-3") && !file.contains("Scenario:"), "criteria do not stand in for tests that exist: {file}");
}

#[test]
fn a_page_and_a_table_hold_everything_and_say_what_exists() {
    let suite = related();
    let page = markdown(&output(None, Some(&suite)));
    assert!(
        page.contains("#### TS-3") && page.contains("Duplicate of [SHOP-31]") && page.contains("Extends [SHOP-31]"),
        "{page}"
    );
    let table = csv(&output(None, Some(&suite)));
    let last: Vec<&str> = table.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(last, ["new", "new", "extends SHOP-31", "extends SHOP-31", "duplicate SHOP-31", "duplicate SHOP-31"]);
}

#[test]
fn headings_speak_the_storys_language() {
    let mut criteria = criteria();
    for (language, heading) in [
        ("fr", "Critères d’acceptation"),
        ("de", "Akzeptanzkriterien"),
        ("es", "Criterios de aceptación"),
        ("nl", "Acceptatiecriteria"),
        ("pt", "Critérios de aceitação"),
    ] {
        criteria.language = language.parse().expect("a language");
        let output = output(Some(&criteria), None);
        assert_eq!(section_title(&output, PublishWhat::All, MARKER), format!("{heading} · {MARKER}"));
        assert!(markdown(&output).contains(&format!("### {heading}")));
    }
}

#[test]
fn a_story_that_cannot_be_tested_says_so_and_asks() {
    let mut criteria = criteria();
    criteria.criteria.clear();
    criteria.testable = crate::domain::criterion::Testable::No;
    let page = markdown(&output(Some(&criteria), None));
    assert!(
        page.contains("Nothing was generated: see the open questions.")
            && page.contains("cannot be tested")
            && page.contains("What does the receipt show?")
    );
}

#[test]
fn the_feature_file_parses_and_names_its_criteria() {
    let (criteria, suite) = (criteria(), suite());
    let text = super::gherkin(&output(Some(&criteria), Some(&suite)));
    insta::assert_snapshot!(text, @r##"
    # language: en
    Feature: SHOP-1 Pay by card
      https://shop.atlassian.net/browse/SHOP-1
      - AC-1 Card payments up to 50 EUR need no PIN
      - AC-2 A locked card is refused

      @TS-1 @AC-1
      Scenario: Pay exactly 50 EUR
        Given a basket of 50 EUR
        When the customer pays by card
        Then no PIN is asked for
    "##);
    let feature = ::gherkin::Feature::parse(&text, ::gherkin::GherkinEnv::default()).expect("a feature");
    assert_eq!(feature.scenarios.len(), 1);
    assert!(super::gherkin(&output(Some(&criteria), None)).contains("Scenario: A locked card is refused"));
}

#[test]
fn the_table_has_a_row_for_each_step_and_no_formulas() {
    let mut suite = suite();
    suite.scenarios[0].title = "=HYPERLINK(\"http://x\")".to_owned();
    suite.scenarios[0].steps[0].data = " \t@SUM(A1)".to_owned();
    insta::assert_snapshot!(csv(&output(None, Some(&suite))).replace('\r', ""), @r##"
    id,title,technique,priority,preconditions,step,action,data,expected,covers,origin,evidence,relation
    TS-1,"'=HYPERLINK(""http://x"")",boundary,high,A card that is not locked,1,Put goods for 50.00 EUR into the basket,' 	@SUM(A1),,AC-1,derived,acceptance_criteria: No PIN up to 50 EUR,new
    TS-1,"'=HYPERLINK(""http://x"")",boundary,high,A card that is not locked,2,Pay by card,,No PIN is asked for,AC-1,derived,acceptance_criteria: No PIN up to 50 EUR,new
    "##);
    let criteria = criteria();
    assert!(csv(&output(Some(&criteria), None)).starts_with("id,title,kind,given"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_a_result_says_the_comment_is_valid_and_the_table_square(texts in prop::collection::vec(text(), 8)) {
        let (mut criteria, mut suite) = (criteria(), suite());
        let text = |n: usize| texts[n].clone();
        (criteria.criteria[0].id, criteria.criteria[0].title, criteria.criteria[0].gherkin) = (text(0), text(1), text(2));
        (criteria.criteria[0].evidence[0].quote, criteria.criteria[0].evidence[0].source) = (text(3), text(4));
        (suite.scenarios[0].title, suite.scenarios[0].steps[0].action, suite.scenarios[0].gherkin) = (text(5), text(6), text(7));
        suite.coverage.rows[1].criterion = text(0);
        let output = output(Some(&criteria), Some(&suite));
        let whole = document(&output, PublishWhat::All, MARKER);
        let adf = write::adf(&whole);
        prop_assert!(valid(&adf), "{}", adf);
        prop_assert!(marker::carries_marker(&adf, MARKER));
        let inside = section::append(&serde_json::Value::Null, write::section(&section_title(&output, PublishWhat::All, MARKER), &whole));
        prop_assert!(valid(&inside), "{}", inside);
        prop_assert!(section::find(&inside, MARKER).is_some());
        let table = csv(&output);
        let mut reader = ::csv::ReaderBuilder::new().from_reader(table.as_bytes());
        for row in reader.records() {
            for cell in &row.expect("as wide as the header") {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
            }
        }
        let _ = (markdown(&output), super::gherkin(&output));
    }

    #[test]
    fn whatever_a_result_says_the_feature_file_parses(at in 0..Language::ALL.len(), texts in prop::collection::vec(text(), 5)) {
        let language = Language::ALL[at];
        let (mut criteria, mut suite) = (criteria(), suite());
        (criteria.language, suite.language) = (language, language);
        (criteria.criteria[0].id, criteria.criteria[0].title) = (texts[0].clone(), texts[1].clone());
        let step = |said: &str| vec![said.to_owned()];
        let none = crate::domain::criterion::Examples::default();
        suite.scenarios[0].gherkin = scenario_text(language, &[], &texts[2], &[], &step("a"), &step("b"), &none);
        let output = Output { story_summary: &texts[3], story_url: &texts[4], ..output(Some(&criteria), Some(&suite)) };
        let file = super::gherkin(&output);
        let env = ::gherkin::GherkinEnv::new(language.as_str()).expect("a language");
        let feature = ::gherkin::Feature::parse(&file, env).map_err(|error| TestCaseError::fail(format!("{error}\n{file}")))?;
        prop_assert_eq!(feature.scenarios.len(), 1);
    }
}
