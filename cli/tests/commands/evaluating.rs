//! `jqa eval`.

use serde_json::Value;

use crate::installation::Installation;

/// A rule with a limit, a spike, and a story that says what is refused.
const STORIES: &str = r#"{"id": "cart", "summary": "Limit the cart", "description": "As a customer I want to fill a cart.\n\n* A cart must hold at most 50 items.\n* The message \"Cart is full\" is shown when a cart is full.", "language": "en", "tags": ["boundary"]}
{"id": "spike", "summary": "Spike: look into carts", "description": "", "language": "en", "tags": ["spike"]}
{"key": "SHOP-3", "summary": "Cancel an order", "description": "* Only administrators can cancel an order.", "language": "en"}"#;

fn at_stories() -> Installation {
    let at = Installation::new();
    std::fs::write(at.folder.path().join("stories.jsonl"), STORIES).expect("a file");
    at
}

fn of_type(lines: &str, kind: &str) -> Vec<Value> {
    let all = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    all.filter(|line| line["type"] == kind).collect()
}

#[test]
fn the_drafter_is_the_only_row_when_it_is_what_is_asked_for() {
    let at = at_stories();
    let lines = at.run("eval stories.jsonl --json", "").well();
    let totals = of_type(&lines, "total");
    let [total] = totals.as_slice() else { panic!("{lines}") };
    assert_eq!((&total["provider"], &total["stories"]), (&"offline".into(), &3.into()));
    assert_eq!(total["measures"]["finished"], serde_json::json!({"num": 3, "den": 3}));
    assert_eq!(total["measures"]["refusal"], serde_json::json!({"num": 1, "den": 1}));
    assert_eq!(total["effort"]["cost_nano_usd"], 0, "who asks no model knows that it costs nothing");
    let names: Vec<Value> = of_type(&lines, "story").iter().map(|line| line["story"]["name"].clone()).collect();
    assert_eq!(names, ["cart", "spike", "SHOP-3"]);
    let told = at.run("eval stories.jsonl --only spike", "").well();
    assert!(told.contains("spike") && told.contains("refusal") && !told.contains("cart"), "{told}");
}

#[test]
fn a_gate_that_is_held_ends_well_and_one_that_is_not_ends_with_6_and_says_by_how_much() {
    let at = at_stories();
    at.run("eval stories.jsonl --fail-under coverage=100 --fail-under gherkin=100", "").well();
    let told = at.run("eval stories.jsonl --fail-under coverage=100 --fail-under negative_share=99.5", "").refused(6);
    assert!(told.contains("negative_share is ") && told.contains("under negative_share=99.50"), "{told}");
    assert!(!told.contains("under coverage"), "{told}");
    let absent = at.run("eval stories.jsonl --only spike --fail-under evidence=1", "").refused(6);
    assert!(absent.contains("no story has anything to count for evidence"), "{absent}");
}

#[test]
fn a_run_that_was_kept_is_compared_story_by_story() {
    let at = at_stories();
    at.run("eval stories.jsonl --out before.json", "").well();
    let same = of_type(&at.run("eval stories.jsonl --against before.json --json", "").well(), "comparison");
    let verdicts = |comparison: &Value| -> Vec<Value> {
        let changes = comparison["comparison"]["total"].as_array().expect("changes").iter();
        changes.map(|change| change["verdict"].clone()).collect()
    };
    assert!(verdicts(&same[0]).len() > 10 && verdicts(&same[0]).iter().all(|verdict| verdict == "same"), "{same:?}");
    assert_eq!(same[0]["comparison"]["stories"], serde_json::json!([]));

    let file = at.folder.path().join("before.json");
    let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("a file")).expect("JSON");
    kept["rows"][0]["stories"][0]["measures"]["coverage"]["num"] = 0.into();
    kept["rows"][0]["stories"][1]["name"] = "another".into();
    std::fs::write(&file, kept.to_string()).expect("a file");
    let told = at.run("eval stories.jsonl --against before.json", "").well();
    let line = |words: &str| told.lines().rfind(|line| line.starts_with(words)).unwrap_or_else(|| panic!("{words}: {told}"));
    assert!(line("cart").contains("coverage") && line("cart").ends_with("better"), "{told}");
    assert_eq!(line("not compared, only before"), "not compared, only before: another");
    assert_eq!(line("not compared, only now"), "not compared, only now: spike");
}

#[test]
fn several_runs_tell_how_much_they_have_in_common() {
    let at = at_stories();
    let told = of_type(&at.run("eval stories.jsonl --runs 2 --limit 1 --json", "").well(), "total");
    let stability = &told[0]["measures"]["stability"];
    assert!(stability["den"].as_u64() > Some(0) && stability["num"] == stability["den"], "the drafter is one: {stability}");
}

#[tokio::test]
async fn a_model_is_measured_beside_the_drafter_and_what_it_costs_is_unknown_where_its_price_is() {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let double = sandbox::bind(address, sandbox::Options::default()).await.expect("the double starts");
    let at = at_stories().set("JQA_LLM_BASE_URL", &format!("{}/llm/v1", double.url()));
    // Settings of a server that is not ours are not looked at.
    let at = at.set("JQA_DATABASE_URL", "postgres://127.0.0.1:1/jqa").set("JQA_LLM_API_KEY", "any");
    let line = "eval stories.jsonl --provider openai_compatible --model sandbox --json";
    let lines = tokio::task::spawn_blocking(move || at.run(line, "").well()).await.expect("it ends");
    let totals = of_type(&lines, "total");
    let rows: Vec<(&Value, &Value)> = totals.iter().map(|total| (&total["provider"], &total["model"])).collect();
    assert_eq!(rows, [(&"openai_compatible".into(), &"sandbox".into()), (&"offline".into(), &"".into())]);
    let effort = &totals[0]["effort"];
    assert!(effort["calls"].as_u64() >= Some(4) && effort["input_tokens"].as_u64() > Some(0), "{effort}");
    assert_eq!(effort["cost_nano_usd"], Value::Null);
    double.stop().await;
}

#[tokio::test]
async fn a_model_that_fails_is_a_failure_and_its_stories_are_not_measured() {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let double = sandbox::bind(address, sandbox::Options::default()).await.expect("the double starts");
    let at = at_stories().set("JQA_LLM_BASE_URL", &format!("{}/llm/v1", double.url())).set("JQA_LLM_API_KEY", "any");
    let line = "eval stories.jsonl --provider openai_compatible --model sandbox-no-credit --only cart --json";
    let ended = tokio::task::spawn_blocking(move || at.run(line, "")).await.expect("it ends");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let story = &of_type(&ended.stdout, "story")[0]["story"];
    assert_eq!((&story["status"], &story["effort"]["cost_nano_usd"]), (&"failed".into(), &Value::Null));
    assert!(story["error"].as_str().is_some_and(|error| error.contains("[llm.")), "{story}");
    assert_eq!(story["measures"], serde_json::json!({"finished": {"num": 0, "den": 1}}));
    double.stop().await;
}

#[test]
fn what_is_wrong_is_told_before_anything_is_written() {
    let at = at_stories();
    std::fs::write(at.folder.path().join("old.json"), "{\"version\": 7}").expect("a file");
    for (line, code, words) in [
        ("eval nowhere.jsonl", 1, "nowhere.jsonl cannot be read"),
        ("eval stories.jsonl --only SHOP-9", 2, "there is no story SHOP-9; there are cart, spike, SHOP-3"),
        ("eval stories.jsonl stories.jsonl", 2, "is in stories.jsonl and again in stories.jsonl"),
        ("eval stories.jsonl --against old.json", 2, "form 7"),
        ("eval stories.jsonl --out no/such/run.json", 2, "a file in a folder that is there"),
        ("eval stories.jsonl --model m", 2, "--provider"),
        ("eval stories.jsonl --provider openai", 2, "JQA_LLM_API_KEY"),
        ("eval stories.jsonl --provider openai_compatible", 1, "JQA_LLM_BASE_URL"),
        ("eval stories.jsonl --fail-under coverage", 2, "coverage=95"),
    ] {
        let told = at.run(line, "").refused(code);
        assert!(told.contains(words), "{line}: {told}");
    }
}
