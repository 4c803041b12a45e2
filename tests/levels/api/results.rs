//! A result in the form that is asked for.

use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::http_app::{Account, HttpApp};

struct Made {
    app: HttpApp,
    qa: Account,
    job: Value,
    path: String,
}

impl Made {
    async fn by(kind: &str, body: Value) -> Self {
        let app = HttpApp::working().await;
        let qa = app.account(Role::Qa).await;
        let job = app.rested(&qa, kind, body).await;
        let path = job["links"]["result"].as_str().unwrap().to_owned();
        Self { app, qa, job, path }
    }
}

#[tokio::test]
async fn a_result_is_json_that_hangs_together() {
    let made = Made::by("full-pipeline", json!({ "issue_key": "SHOP-2", "publish": [{ "mode": "comment" }] })).await;
    let answer = made.app.get(&made.path).by(&made.qa).await;
    let result = answer.json();
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.etag(), format!("\"{}\"", result["content_hash"].as_str().unwrap()));
    for (field, of_job) in [("job_id", "id"), ("issue_key", "issue_key"), ("content_hash", "content_hash")] {
        assert_eq!(result[field], made.job[of_job], "{field}");
    }
    assert_eq!(result["story"]["summary"], "Limit the quantity of an item in the cart");
    assert_eq!((&result["story"]["key"], &result["story"]["language"]), (&json!("SHOP-2"), &json!("en")));
    let nothing = json!({ "input_tokens": 0, "output_tokens": 0, "cached_tokens": 0, "cache_write_tokens": 0, "reasoning_tokens": 0, "cost_nano_usd": 0 });
    assert_eq!((&result["provider"], &result["usage"]), (&json!("offline"), &nothing));
    let criteria = result["criteria"]["criteria"].as_array().unwrap();
    assert!(criteria.len() >= 4, "{criteria:?}");
    for item in criteria.iter().chain(result["suite"]["scenarios"].as_array().unwrap()) {
        let evidence = item["evidence"].as_array().unwrap();
        assert!(item["origin"] == "proposed" || evidence.iter().any(|said| said["verified"] == true), "{item}");
    }
    assert_eq!(result["suite"]["coverage"]["total"], criteria.len());
    let published = &result["published"][0];
    assert_eq!((&published["outcome"], &published["target"]), (&json!("created"), &json!({ "mode": "comment", "what": "all" })));
    assert!(published["url"].as_str().unwrap().contains("/browse/SHOP-2"), "{published}");

    let history = made.app.get(&format!("/history/{}", made.job["history_id"].as_str().unwrap())).by(&made.qa).await.json();
    assert_eq!((&history["criteria"], &history["suite"]), (&result["criteria"], &result["suite"]));
    assert_eq!((&history["job_id"], &history["content_hash"]), (&made.job["id"], &result["content_hash"]));
    assert_eq!((&history["kind"], &history["version"], &history["accepted"]), (&json!("full-pipeline"), &json!(1), &json!(true)));
    assert_eq!(history["source_hash"], result["story"]["hash"]);
}

#[tokio::test]
async fn accept_and_format_choose_among_json_gherkin_markdown_and_csv() {
    let made = Made::by("full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
    for (format, accept, content_type, file, begins) in [
        ("json", "application/json", "application/json", "", "{\"job_id\""),
        (
            "gherkin",
            "text/x-gherkin",
            "text/x-gherkin; charset=utf-8",
            "attachment; filename=\"SHOP-2.feature\"",
            "# language: en",
        ),
        ("markdown", "text/markdown", "text/markdown; charset=utf-8", "attachment; filename=\"SHOP-2.md\"", "# "),
        ("csv", "text/csv", "text/csv; charset=utf-8", "attachment; filename=\"SHOP-2.csv\"", ""),
    ] {
        let by_format = made.app.get(&format!("{}?format={format}", made.path)).by(&made.qa).header("accept", "image/png").await;
        let by_accept = made.app.get(&made.path).by(&made.qa).header("accept", accept).await;
        for answer in [&by_format, &by_accept] {
            assert_eq!((answer.status, answer.header("content-type")), (200, content_type), "{format}");
            assert_eq!((answer.header("content-disposition"), answer.header("vary")), (file, "accept"), "{format}");
            assert!(answer.text.starts_with(begins), "{format}: {}", answer.text);
        }
        assert_eq!(by_format.text, by_accept.text, "{format}");
    }
    let refused = made.app.get(&made.path).by(&made.qa).header("accept", "image/png").await;
    assert_eq!(refused.refusal(), (406, "request.not_acceptable".to_owned()));
    let any = made.app.get(&made.path).by(&made.qa).header("accept", "text/html, */*;q=0.1").await;
    assert_eq!(any.header("content-type"), "application/json");
}

#[tokio::test]
async fn every_form_holds_every_item() {
    let made = Made::by("full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
    let result = made.app.get(&made.path).by(&made.qa).await.json();
    let all = |list: &str, items: &str| result[list][items].as_array().unwrap().clone();
    for form in ["gherkin", "markdown", "csv"] {
        let text = made.app.get(&format!("{}?format={form}", made.path)).by(&made.qa).await.text;
        for item in all("criteria", "criteria").iter().chain(&all("suite", "scenarios")) {
            let id = item["id"].as_str().unwrap();
            assert!(text.contains(id), "{id} is not in {form}:\n{text}");
        }
    }
}

#[tokio::test]
async fn a_result_in_another_language_says_so() {
    let made = Made::by("acceptance-criteria", json!({ "issue_key": "SHOP-7" })).await;
    let gherkin = made.app.get(&made.path).by(&made.qa).header("accept", "text/x-gherkin").await.text;
    assert!(gherkin.starts_with("# language: de\n"), "{gherkin}");
}

#[tokio::test]
async fn a_result_that_is_known_is_not_sent_again() {
    let made = Made::by("acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let first = made.app.get(&made.path).by(&made.qa).await;
    let same = made.app.get(&made.path).by(&made.qa).header("if-none-match", first.etag()).await;
    assert_eq!((same.status, same.text.as_str(), same.etag()), (304, "", first.etag()));
    let other = made.app.get(&made.path).by(&made.qa).header("if-none-match", "\"x\"").await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn a_story_without_anything_to_test_is_a_result_with_questions() {
    let made = Made::by("full-pipeline", json!({ "issue_key": "SHOP-12" })).await;
    assert_eq!(made.job["status"], "succeeded");
    let result = made.app.get(&made.path).by(&made.qa).await.json();
    assert_eq!(result["suite"]["scenarios"], json!([]));
    assert_eq!(result["criteria"]["testable"], "no");
    assert!(!result["criteria"]["questions"].as_array().unwrap().is_empty(), "{}", result["criteria"]);
}

#[tokio::test]
async fn scenarios_say_for_which_criteria_they_were_written() {
    let made = Made::by("acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let criteria = made.app.get(&made.path).by(&made.qa).await.json()["criteria"].clone();
    for from in [made.job["id"].clone(), made.job["history_id"].clone(), Value::Null] {
        let body = json!({ "issue_key": "SHOP-2", "criteria_from": from });
        let job = made.app.rested(&made.qa, "test-scenarios", body).await;
        let result = made.app.get(job["links"]["result"].as_str().unwrap()).by(&made.qa).await.json();
        assert_eq!(result["criteria"]["criteria"], criteria["criteria"], "{from}");
        assert_eq!(result["suite"]["coverage"]["covered"], result["suite"]["coverage"]["total"], "{from}");
    }
    let other = json!({ "issue_key": "SHOP-3", "criteria_from": made.job["id"] });
    let refused = made.app.post("/generate/test-scenarios").by(&made.qa).json(other).await;
    assert!(refused.text.contains("holds the criteria of another story, SHOP-2"), "{}", refused.text);
}

#[tokio::test]
async fn a_job_that_failed_has_no_result_and_says_why() {
    let made = Made::by("acceptance-criteria", json!({ "issue_key": "SHOP-999" })).await;
    assert_eq!((&made.job["status"], &made.job["error"]["code"]), (&json!("failed"), &json!("jira.not_found")));
    let answer = made.app.get(&made.path).by(&made.qa).await;
    insta::assert_snapshot!(answer.told(), @"409 job.no_result_yet: The job failed before it had a result; its 'error' says why.");
}

#[tokio::test]
async fn two_results_of_a_story_are_compared_item_by_item_and_line_by_line() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let made = async |key: &str| {
        let job = app.rested(&qa, "full-pipeline", json!({ "issue_key": key })).await;
        job["history_id"].as_str().unwrap().to_owned()
    };
    let before = made("SHOP-2").await;
    app.app.jira().edit("SHOP-2", |fields| {
        let text = fields["description"].to_string();
        assert!(text.contains("50 different"), "{text}");
        fields.insert("description".to_owned(), serde_json::from_str(&text.replace("50 different", "40 different")).unwrap());
    });
    let (after, other) = (made("SHOP-2").await, made("SHOP-3").await);

    let diff = app.get(&format!("/history/{before}/diff/{after}")).by(&qa).await.json();
    assert_eq!(diff["story"], json!([{ "part": "description", "change": "changed" }]));
    let changed = diff["criteria"]["items"].as_array().unwrap();
    assert!(!changed.is_empty() && !diff["criteria"]["unchanged"].as_array().unwrap().is_empty(), "{diff:#}");
    let lines: Vec<String> = changed
        .iter()
        .flat_map(|item| item["lines"].as_array().unwrap())
        .filter(|line| line["change"] != "kept")
        .map(|line| format!("{} {}", line["change"].as_str().unwrap(), line["text"].as_str().unwrap()))
        .collect();
    let has = |change: &str, words: &str| lines.iter().any(|line| line.starts_with(change) && line.contains(words));
    assert!(has("removed", "50 different") && has("added", "40 different"), "{lines:#?}");

    let same = app.get(&format!("/history/{after}/diff/{after}")).by(&qa).await.json();
    assert_eq!((&same["story"], &same["criteria"]["items"], &same["scenarios"]["items"]), (&json!([]), &json!([]), &json!([])));
    let foreign = app.get(&format!("/history/{before}/diff/{other}")).by(&qa).await;
    assert_eq!((foreign.status, &foreign.json()["code"]), (422, &json!("history.of_other_story")));
    let developer = app.account(Role::Developer).await;
    assert_eq!(app.get(&format!("/history/{before}/diff/{after}")).by(&developer).await.status, 404);
    assert_eq!(app.get(&format!("/history/{before}/diff/x")).by(&qa).await.status, 404);
}
