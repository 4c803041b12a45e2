//! Review: read, edit, approve, each bound to what was seen.

use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::http_app::{Account, Answer, HttpApp};

struct Review {
    app: HttpApp,
    qa: Account,
    path: String,
    etag: String,
    result: Value,
    history_id: String,
}

impl Review {
    async fn of(kind: &str, publish: Value) -> Self {
        Self::of_story("SHOP-2", kind, publish).await
    }

    async fn of_story(key: &str, kind: &str, publish: Value) -> Self {
        let app = HttpApp::working().await;
        let qa = app.account(Role::Qa).await;
        let body = json!({ "issue_key": key, "review": "required", "publish": publish });
        let job = app.rested(&qa, kind, body).await;
        assert_eq!(job["status"], "awaiting_review");
        let path = job["links"]["self"].as_str().unwrap().to_owned();
        let read = app.get(&format!("{path}/result")).by(&qa).await;
        let (etag, result) = (read.etag().to_owned(), read.json());
        Self { history_id: job["history_id"].as_str().unwrap().to_owned(), app, qa, path, etag, result }
    }

    async fn edit(&self, etag: &str, body: Value) -> Answer {
        self.app.patch(&format!("{}/result", self.path)).by(&self.qa).header("if-match", etag).json(body).await
    }

    async fn approve(&self, body: Value) -> Answer {
        self.app.post(&format!("{}/approve", self.path)).by(&self.qa).json(body).await
    }

    async fn read(&self) -> Answer {
        self.app.get(&format!("{}/result", self.path)).by(&self.qa).await
    }

    async fn history(&self) -> Value {
        self.app.get(&format!("/history/{}", self.history_id)).by(&self.qa).await.json()
    }

    /// The criteria as they were read, the first with another title.
    fn retitled(&self) -> Value {
        let mut criteria = self.result["criteria"]["criteria"].clone();
        criteria[0]["title"] = json!("Quantity stays between the limits");
        json!({ "criteria": { "criteria": criteria } })
    }
}

#[tokio::test]
async fn an_edit_is_bound_to_what_was_read_and_answers_the_new_result() {
    let review = Review::of("acceptance-criteria", json!([])).await;
    let unbound = review.app.patch(&format!("{}/result", review.path)).by(&review.qa).json(review.retitled()).await;
    assert_eq!(unbound.refusal(), (428, "job.content_hash_missing".to_owned()));
    let stale = review.edit("\"0123\"", review.retitled()).await;
    assert_eq!(stale.refusal(), (412, "job.content_changed".to_owned()));
    for tag in ["*", "W/\"x\"", "x"] {
        assert_eq!(review.edit(tag, review.retitled()).await.refusal(), (400, "request.bad_header".to_owned()), "{tag}");
    }
    assert_eq!(review.read().await.etag(), review.etag, "nothing was changed so far");

    let edited = review.edit(&review.etag, review.retitled()).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    assert_ne!(edited.etag(), review.etag);
    assert_eq!(edited.json()["criteria"]["criteria"][0]["title"], "Quantity stays between the limits");
    let gherkin = edited.json()["criteria"]["criteria"][0]["gherkin"].as_str().unwrap().to_owned();
    assert!(gherkin.contains("Quantity stays between the limits"), "what follows from it is computed anew: {gherkin}");
    let read = review.read().await;
    assert_eq!((read.etag(), read.json()), (edited.etag(), edited.json()));
    let job = review.app.get(&review.path).by(&review.qa).await.json();
    assert_eq!(format!("\"{}\"", job["content_hash"].as_str().unwrap()), edited.etag());
    let late = review.edit(&review.etag, review.retitled()).await;
    assert_eq!(late.refusal(), (412, "job.content_changed".to_owned()), "the second of two editors is told");
}

#[tokio::test]
async fn a_reviewer_decides_whether_what_exists_is_written_again() {
    let publish = json!([{ "mode": "comment", "what": "scenarios" }]);
    let review = Review::of_story("SHOP-14", "full-pipeline", publish).await;
    let scenarios = &review.result["suite"]["scenarios"];
    let at = scenarios.as_array().unwrap().iter().position(|one| one["relation"]["kind"] == "duplicate").expect("a duplicate");
    assert_eq!(scenarios[at]["relation"]["of"], "SHOP-32");
    assert_eq!(scenarios[0]["relation"], Value::Null, "what is new names no test");

    let with = |relation: Value| {
        let mut scenarios = scenarios.clone();
        scenarios[at]["relation"] = relation;
        json!({ "suite": { "scenarios": scenarios } })
    };
    let nameless = review.edit(&review.etag, with(json!({ "kind": "duplicate" }))).await;
    assert_eq!(nameless.status, 422, "{}", nameless.text);
    assert!(nameless.text.contains("names no test"), "{}", nameless.text);
    let edited = review.edit(&review.etag, with(json!({ "kind": "new" }))).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    let told = edited.json()["suite"]["scenarios"][at]["findings"].to_string();
    assert!(told.contains("item.duplicates_test"), "the reviewer is reminded: {told}");
    let approved = review.approve(json!({ "content_hash": edited.json()["content_hash"] })).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    let job = review.app.at_rest(&review.qa, &review.path).await;
    assert_eq!(job["published"][0]["message"], "");
}

#[tokio::test]
async fn of_two_edits_at_once_one_wins_and_the_other_is_told() {
    let review = Review::of("acceptance-criteria", json!([])).await;
    let mut other = review.retitled();
    other["criteria"]["criteria"][0]["title"] = json!("Another title");
    let (one, two) = tokio::join!(review.edit(&review.etag, review.retitled()), review.edit(&review.etag, other));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let winner = if one.status == 200 { one } else { two };
    assert_eq!(review.read().await.json(), winner.json());
}

#[tokio::test]
async fn history_shows_the_edited_result() {
    let review = Review::of("full-pipeline", json!([])).await;
    let before = review.history().await;
    assert_eq!((&before["criteria"], &before["suite"]), (&review.result["criteria"], &review.result["suite"]));
    assert_eq!(before["accepted"], false, "nobody has approved it");

    let mut edit = review.retitled();
    let mut scenarios = review.result["suite"]["scenarios"].clone();
    scenarios.as_array_mut().unwrap().pop();
    edit["suite"] = json!({ "scenarios": scenarios });
    let edited = review.edit(&review.etag, edit).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    let after = review.history().await;
    assert_eq!((&after["criteria"], &after["suite"]), (&edited.json()["criteria"], &edited.json()["suite"]));
    assert_eq!(after["content_hash"], edited.json()["content_hash"]);
    let list = review.app.get("/history").by(&review.qa).await.json();
    assert_eq!((&list["items"][0]["content_hash"], &list["items"][0]["version"]), (&after["content_hash"], &before["version"]));

    // An edit of one half leaves the other as it is.
    let half = review.edit(edited.etag(), json!({ "suite": { "scenarios": review.result["suite"]["scenarios"] } })).await;
    assert_eq!(half.status, 200, "{}", half.text);
    let last = review.history().await;
    assert_eq!((&last["criteria"], &last["suite"]), (&half.json()["criteria"], &half.json()["suite"]));
    assert_eq!(last["criteria"], after["criteria"]);
    assert_eq!(review.approve(json!({ "content_hash": last["content_hash"] })).await.status, 200);
    assert_eq!(review.history().await["accepted"], true);
}

#[tokio::test]
async fn an_edit_that_cannot_be_used_is_refused_with_its_findings() {
    let review = Review::of("full-pipeline", json!([])).await;
    let mut criteria = review.result["criteria"]["criteria"].clone();
    criteria[0]["then"] = json!([]);
    criteria[1]["id"] = criteria[2]["id"].clone();
    let refused = review.edit(&review.etag, json!({ "criteria": { "criteria": criteria } })).await;
    assert_eq!(refused.refusal(), (422, "result.unusable".to_owned()));
    assert!(refused.fields().contains(&"criteria.AC-1".to_owned()), "{}", refused.told());
    assert!(refused.fields().iter().any(|field| field == "criteria.AC-3"), "{}", refused.told());

    let mut scenarios = review.result["suite"]["scenarios"].clone();
    scenarios[0]["covers"] = json!(["AC-99"]);
    let refused = review.edit(&review.etag, json!({ "suite": { "scenarios": scenarios } })).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["suite.TS-1".to_owned()]), "{}", refused.text);

    let typo = json!({ "criteria": { "criteria": [{ "title": "A", "kind": "rule", "given": [], "wen": ["x"], "when": [], "then": ["y"] }] } });
    let refused = review.edit(&review.etag, typo).await;
    assert_eq!(refused.fields(), ["criteria.criteria[0].wen"]);
    let nothing = review.edit(&review.etag, json!({})).await;
    assert_eq!((nothing.status, nothing.etag()), (200, review.etag.as_str()), "an empty edit changes nothing");
    assert_eq!((review.read().await.etag(), review.read().await.json()), (review.etag.as_str(), review.result.clone()));
}

#[tokio::test]
async fn what_a_job_did_not_make_cannot_be_edited() {
    let review = Review::of("acceptance-criteria", json!([])).await;
    let refused = review.edit(&review.etag, json!({ "suite": { "scenarios": [] } })).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["suite".to_owned()]));
    review.approve(json!({ "content_hash": review.result["content_hash"] })).await;
    let late = review.edit(&review.etag, review.retitled()).await;
    assert_eq!(late.refusal(), (409, "job.not_in_review".to_owned()));
}

#[tokio::test]
async fn what_a_person_writes_anew_gets_an_id_and_is_called_proposed() {
    let review = Review::of("acceptance-criteria", json!([])).await;
    let mut criteria = review.result["criteria"]["criteria"].clone();
    let count = criteria.as_array().unwrap().len();
    let new = json!({ "title": "The cart survives a restart", "kind": "state", "given": ["a cart with 3 items"],
        "when": ["the browser is closed and opened again"], "then": ["the cart still holds 3 items"] });
    criteria.as_array_mut().unwrap().push(new);
    let edited = review.edit(&review.etag, json!({ "criteria": { "criteria": criteria } })).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    let last = &edited.json()["criteria"]["criteria"][count];
    assert_eq!((&last["id"], &last["origin"]), (&json!(format!("AC-{}", count + 1)), &json!("proposed")));
}

#[tokio::test]
async fn ids_stay_with_their_items_and_none_is_given_again_in_an_edit() {
    let review = Review::of("full-pipeline", json!([])).await;
    let read = review.result["suite"]["scenarios"].as_array().unwrap().clone();
    let ids = |scenarios: &[Value]| scenarios.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let (last, second) = (read.len(), read[1].clone());
    // The second goes first, the last goes, one comes, and one that was copied without its id is still itself.
    let mut new = second.clone();
    new["title"] = json!("The limit holds in a second tab");
    new["when"] = json!(["the cart is opened in a second tab"]);
    let mut copied = read[2].clone();
    for item in [&mut new, &mut copied] {
        item.as_object_mut().unwrap().remove("id");
    }
    let edited = [vec![second, new, read[0].clone(), copied], read[3..last - 1].to_vec()].concat();
    let answer = review.edit(&review.etag, json!({ "suite": { "scenarios": edited } })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut wanted = vec!["TS-2".to_owned(), format!("TS-{}", last + 1), "TS-1".to_owned(), "TS-3".to_owned()];
    wanted.extend(ids(&read[3..last - 1]));
    assert_eq!(ids(answer.json()["suite"]["scenarios"].as_array().unwrap()), wanted);

    // A number that was another criterion's would be covered by the scenarios of that one.
    let mut criteria = review.result["criteria"]["criteria"].as_array().unwrap().clone();
    let gone = criteria.pop().unwrap()["id"].as_str().unwrap().to_owned();
    criteria.push(json!({ "title": "The cart survives a restart", "kind": "state", "given": ["a cart with 3 items"],
        "when": ["the browser is closed and opened again"], "then": ["the cart still holds 3 items"] }));
    let scenarios: Vec<Value> =
        read.into_iter().filter(|item| !item["covers"].as_array().unwrap().contains(&json!(gone))).collect();
    let both = json!({ "criteria": { "criteria": criteria }, "suite": { "scenarios": scenarios } });
    let answer = review.edit(answer.etag(), both).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let kept = ids(answer.json()["criteria"]["criteria"].as_array().unwrap());
    assert_eq!(kept.last(), Some(&format!("AC-{}", criteria.len() + 1)), "{gone} is not given again: {kept:?}");
}

#[tokio::test]
async fn an_approval_is_bound_to_what_was_seen_and_publishes_just_that() {
    let review = Review::of("acceptance-criteria", json!([{ "mode": "comment" }])).await;
    let before = review.app.jira().comments("SHOP-2").len();
    let blind = review.app.post(&format!("{}/approve", review.path)).by(&review.qa).await;
    assert_eq!(blind.refusal(), (428, "job.content_hash_missing".to_owned()));
    let edited = review.edit(&review.etag, review.retitled()).await;
    let stale = review.approve(json!({ "content_hash": review.result["content_hash"] })).await;
    assert_eq!(stale.refusal(), (412, "job.content_changed".to_owned()));
    assert_eq!(review.app.jira().comments("SHOP-2").len(), before, "nothing is published before it is approved");

    let approved = review.approve(json!({ "content_hash": edited.json()["content_hash"] })).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    let job = review.app.at_rest(&review.qa, &review.path).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    let comments = review.app.jira().comments("SHOP-2");
    assert_eq!(comments.len(), before + 1);
    assert!(comments[before].to_string().contains("Quantity stays between the limits"));
    let result = review.read().await.json();
    assert_eq!(
        (&result["published"][0]["outcome"], &result["content_hash"]),
        (&json!("created"), &edited.json()["content_hash"])
    );
    let again = review.approve(json!({ "content_hash": edited.json()["content_hash"] })).await;
    assert_eq!(again.refusal(), (409, "job.not_in_review".to_owned()));
}

#[tokio::test]
async fn if_match_names_what_was_seen_as_well_as_the_body() {
    let review = Review::of("acceptance-criteria", json!([])).await;
    let approve = review.app.post(&format!("{}/approve", review.path)).by(&review.qa).header("if-match", &review.etag).await;
    assert_eq!((approve.status, &approve.json()["status"]), (200, &json!("succeeded")));
    assert_eq!(approve.json()["progress"], json!({ "done": 3, "total": 3 }));
}

#[tokio::test]
async fn what_awaits_review_is_not_published_by_another_way() {
    let review = Review::of("acceptance-criteria", json!([])).await;
    let body = json!({ "from": review.history_id, "publish": [{ "mode": "comment" }] });
    let refused = review.app.post("/jira/publish").by(&review.qa).json(body.clone()).await;
    assert_eq!(refused.refusal(), (409, "result.not_approved".to_owned()));
    review.approve(json!({ "content_hash": review.result["content_hash"] })).await;
    assert_eq!(review.app.post("/jira/publish").by(&review.qa).json(body).await.status, 202);
}

#[tokio::test]
async fn of_two_approvals_at_once_one_counts() {
    let review = Review::of("acceptance-criteria", json!([{ "mode": "comment" }])).await;
    let before = review.app.jira().comments("SHOP-2").len();
    let body = json!({ "content_hash": review.result["content_hash"] });
    let (one, two) = tokio::join!(review.approve(body.clone()), review.approve(body));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(review.app.at_rest(&review.qa, &review.path).await["status"], "succeeded");
    assert_eq!(review.app.jira().comments("SHOP-2").len(), before + 1);
}

#[tokio::test]
async fn a_criterion_that_scenarios_cover_is_removed_only_with_them() {
    let review = Review::of("full-pipeline", json!([])).await;
    let without_first = |items: &Value| items.as_array().unwrap()[1..].to_vec();
    let criteria = json!({ "criteria": without_first(&review.result["criteria"]["criteria"]) });
    let refused = review.edit(&review.etag, json!({ "criteria": criteria })).await;
    assert_eq!(refused.refusal(), (422, "result.unusable".to_owned()));
    assert!(refused.fields().iter().all(|field| field.starts_with("suite.TS-")), "{}", refused.told());
    assert!(refused.text.contains("AC-1"), "{}", refused.told());

    let scenarios = review.result["suite"]["scenarios"].as_array().unwrap();
    let others: Vec<_> = scenarios.iter().filter(|item| !item["covers"].as_array().unwrap().contains(&json!("AC-1"))).collect();
    let edited = review.edit(&review.etag, json!({ "criteria": criteria, "suite": { "scenarios": others } })).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    let ids: Vec<_> = edited.json()["criteria"]["criteria"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
    assert_eq!(ids[0], "AC-2", "what stays keeps its id");
    assert_eq!(edited.json()["suite"]["coverage"]["total"], ids.len());
}

#[tokio::test]
async fn an_edit_that_is_taken_back_has_the_tag_of_before() {
    let review = Review::of("acceptance-criteria", json!([])).await;
    let edited = review.edit(&review.etag, review.retitled()).await;
    let back = json!({ "criteria": { "criteria": review.result["criteria"]["criteria"] } });
    let again = review.edit(edited.etag(), back).await;
    assert_eq!((again.status, again.etag()), (200, review.etag.as_str()), "the same content has the same tag");
}

#[tokio::test]
async fn a_result_whose_story_changed_is_published_only_by_who_says_so() {
    let review = Review::of("acceptance-criteria", json!([{ "mode": "comment" }])).await;
    let before = review.app.jira().comments("SHOP-2").len();
    review.app.jira().edit("SHOP-2", |fields| {
        fields.insert("description".to_owned(), "The quantity of an item is at most 99.".into());
    });
    let hash = &review.result["content_hash"];
    for body in [json!({ "content_hash": hash }), json!({ "content_hash": hash, "publish_stale": false })] {
        assert_eq!(review.approve(body).await.status, 200);
        let job = review.app.at_rest(&review.qa, &review.path).await;
        assert_eq!((&job["status"], &job["error"]["code"]), (&json!("awaiting_review"), &json!("story.changed")));
        assert!(job["error"]["message"].as_str().unwrap().contains("publish_stale"), "{job}");
    }
    let wrong = review.approve(json!({ "content_hash": hash, "publish_stale": "yes" })).await;
    assert_eq!((wrong.status, wrong.fields()), (422, vec!["publish_stale".to_owned()]));
    assert_eq!(review.app.jira().comments("SHOP-2").len(), before);

    // The result may be named by its tag as well.
    let approve = review.app.post(&format!("{}/approve", review.path)).by(&review.qa).header("if-match", &review.etag);
    assert_eq!(approve.json(json!({ "publish_stale": true })).await.status, 200);
    assert_eq!(review.app.at_rest(&review.qa, &review.path).await["status"], "succeeded");
    assert_eq!(review.app.jira().comments("SHOP-2").len(), before + 1);
}

#[tokio::test]
async fn a_scenario_that_was_written_before_its_criterion_was_edited_is_pointed_at_until_it_is_edited_too() {
    let review = Review::of("full-pipeline", json!([])).await;
    let mut edit = json!({ "criteria": { "criteria": review.result["criteria"]["criteria"].clone() } });
    edit["criteria"]["criteria"][0]["then"] = json!(["the page says that nothing was changed"]);
    let edited = review.edit(&review.etag, edit).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    let result = edited.json();
    let changed = result["criteria"]["criteria"][0]["id"].clone();
    let scenarios = result["suite"]["scenarios"].as_array().unwrap();
    let is_pointed_at =
        |scenario: &Value| scenario["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "criterion.changed");
    for scenario in scenarios {
        let covers = scenario["covers"].as_array().unwrap().contains(&changed);
        assert_eq!(is_pointed_at(scenario), covers, "{scenario}");
    }

    let at = scenarios.iter().position(is_pointed_at).expect("the criterion was tested");
    let mut suite = result["suite"]["scenarios"].clone();
    suite[at]["then"] = json!(["the page says that nothing was changed"]);
    suite[at]["steps"] = json!([]);
    let mended = review.edit(edited.etag(), json!({ "suite": { "scenarios": suite } })).await;
    assert_eq!(mended.status, 200, "{}", mended.text);
    assert!(!is_pointed_at(&mended.json()["suite"]["scenarios"][at]), "{}", mended.text);
}
