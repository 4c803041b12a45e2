//! `POST /jira/publish`: the plan first, then the same, and what a person wrote stays.

use std::time::Duration;

use sandbox::State;
use serde_json::{Value, json};
use shared::domain::user::Role;
use shared::jobs::Retention;
use tests::app::Setup;
use tests::http_app::{Account, Answer, HttpApp};

struct Publishing {
    app: HttpApp,
    qa: Account,
    from: Value,
}

impl Publishing {
    async fn start() -> Self {
        let app = HttpApp::working().await;
        let qa = app.account(Role::Qa).await;
        let job = app.rested(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
        Self { from: job["id"].clone(), app, qa }
    }

    fn jira(&self) -> &State {
        self.app.jira()
    }

    async fn post(&self, query: &str, body: Value) -> Answer {
        self.app.post(&format!("/jira/publish{query}")).by(&self.qa).json(body).await
    }

    /// Action and reason of each plan.
    async fn plans(&self, body: Value) -> Vec<(String, String)> {
        let answer = self.post("?dry_run=true", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        answer.json()["plans"].as_array().unwrap().iter().map(|plan| (text(&plan["action"]), text(&plan["reason"]))).collect()
    }

    /// Publishes; answers the outcome of each target.
    async fn publish(&self, body: Value) -> Vec<String> {
        let answer = self.post("", body).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        let job = self.app.at_rest(&self.qa, answer.header("location")).await;
        assert_eq!((&job["status"], &job["kind"]), (&json!("succeeded"), &json!("publication")), "{job}");
        let result = self.app.get(job["links"]["result"].as_str().unwrap()).by(&self.qa).await.json();
        result["published"].as_array().unwrap().iter().map(|done| done["outcome"].as_str().unwrap().to_owned()).collect()
    }

    /// Everything leaves whose time is over, jobs at once.
    async fn forget_jobs(&self) {
        self.app.later(Duration::from_secs(1));
        let keep = Retention { jobs: Duration::ZERO, ..Retention::default() };
        while self.app.jobs.prune(&keep).await.unwrap() > 0 {}
    }

    fn body(&self, mode: &str) -> Value {
        json!({ "from": self.from, "publish": [{ "mode": mode }] })
    }

    fn body_with(&self, mode: &str, on_conflict: &str) -> Value {
        json!({ "from": self.from, "publish": [{ "mode": mode }], "on_conflict": on_conflict })
    }
}

fn actions(plans: &[(String, String)]) -> Vec<&str> {
    plans.iter().map(|(action, _)| action.as_str()).collect()
}

#[tokio::test]
async fn a_dry_run_shows_what_would_be_sent_and_writes_nothing() {
    let p = Publishing::start().await;
    let body = json!({ "from": p.from, "publish": [{ "mode": "comment", "what": "criteria" }, { "mode": "description" }] });
    let answer = p.post("?dry_run=true", body).await;
    let plans = answer.json()["plans"].clone();
    for (plan, target) in plans
        .as_array()
        .unwrap()
        .iter()
        .zip([json!({ "mode": "comment", "what": "criteria" }), json!({ "mode": "description", "what": "all" })])
    {
        assert_eq!((&plan["target"], &plan["action"]), (&target, &json!("create")));
        assert_eq!(plan["length"], plan["payload"].to_string().len());
        assert_eq!(plan["payload"]["type"], "doc");
    }
    assert!(p.app.writes().is_empty(), "{:?}", p.app.writes());
    let jobs = p.app.get("/jobs?kind=publication").by(&p.qa).await.json();
    assert_eq!(jobs["items"], json!([]));
}

#[tokio::test]
async fn a_comment_is_created_then_unchanged_then_a_conflict_when_a_person_changed_it() {
    let p = Publishing::start().await;
    let before = p.jira().comments("SHOP-2").len();
    assert_eq!(actions(&p.plans(p.body("comment")).await), ["create"]);
    assert_eq!(p.publish(p.body("comment")).await, ["created"]);
    assert_eq!(actions(&p.plans(p.body("comment")).await), ["unchanged"]);
    assert_eq!(p.publish(p.body("comment")).await, ["unchanged"]);
    let comments = p.jira().comments("SHOP-2");
    assert_eq!(comments.len(), before + 1);

    let ours = comments[before]["id"].as_str().unwrap();
    let mut theirs = comments[before]["body"].clone();
    theirs["content"]
        .as_array_mut()
        .unwrap()
        .insert(0, json!({ "type": "paragraph", "content": [{ "type": "text", "text": "Seen by Mara." }] }));
    assert!(p.jira().edit_comment(ours, &theirs));
    let plans = p.plans(p.body("comment")).await;
    assert_eq!(actions(&plans), ["conflict"]);
    assert!(plans[0].1.contains("a person changed our comment"), "{plans:?}");
    assert_eq!(p.publish(p.body("comment")).await, ["conflict"]);
    assert!(p.jira().comments("SHOP-2")[before].to_string().contains("Seen by Mara."), "a human's edit survives");
    assert_eq!(p.publish(p.body_with("comment", "merge")).await, ["updated"]);
    let merged = p.jira().comments("SHOP-2")[before].to_string();
    assert!(merged.contains("Seen by Mara.") && p.jira().comments("SHOP-2").len() == before + 1);
    assert!(p.jira().edit_comment(ours, &theirs));
    assert_eq!(p.publish(p.body_with("comment", "overwrite")).await, ["updated"]);
    assert!(!p.jira().comments("SHOP-2")[before].to_string().contains("Seen by Mara."), "as was asked for");
}

#[tokio::test]
async fn a_section_of_the_description_is_created_beside_what_stands_there() {
    let p = Publishing::start().await;
    let before = p.app.description("SHOP-2")["content"].as_array().unwrap().len();
    assert_eq!(actions(&p.plans(p.body("description")).await), ["create"]);
    assert_eq!(p.publish(p.body("description")).await, ["created"]);
    assert_eq!(actions(&p.plans(p.body("description")).await), ["unchanged"]);
    assert_eq!(p.publish(p.body("description")).await, ["unchanged"]);
    let description = p.app.description("SHOP-2");
    assert!(description["content"].as_array().unwrap().len() > before);
    assert!(description.to_string().contains("A quantity above 20 is refused"), "what the person wrote is there");
}

#[tokio::test]
async fn a_result_of_history_is_published_as_well_as_one_of_a_job() {
    let p = Publishing::start().await;
    let history = p.app.get("/history").by(&p.qa).await.json()["items"][0]["id"].clone();
    let target = json!([{ "mode": "comment", "what": "scenarios" }]);
    let by_history = json!({ "from": history, "publish": target });
    assert_eq!(p.publish(by_history).await, ["created"]);
    assert_eq!(p.publish(json!({ "from": p.from, "publish": target })).await, ["unchanged"], "it is the same place");
}

#[tokio::test]
async fn a_result_is_published_from_history_when_its_job_is_not_kept_any_more() {
    let p = Publishing::start().await;
    let history = p.app.get("/history").by(&p.qa).await.json()["items"][0]["id"].clone();
    assert_eq!(p.publish(p.body("comment")).await, ["created"]);
    p.forget_jobs().await;
    let gone = p.app.get(&format!("/jobs/{}", p.from.as_str().unwrap())).by(&p.qa).await;
    assert_eq!(gone.refusal(), (404, "job.not_found".to_owned()));
    for from in [&history, &p.from] {
        let body = |mode: &str| json!({ "from": from, "publish": [{ "mode": mode }] });
        assert_eq!(actions(&p.plans(body("comment")).await), ["unchanged"], "it is the same to the letter");
        assert_eq!(p.publish(body("comment")).await, ["unchanged"]);
    }
    let other = json!({ "from": history, "publish": [{ "mode": "comment", "what": "scenarios" }] });
    let answer = p.post("", other).await;
    let job = p.app.at_rest(&p.qa, answer.header("location")).await;
    let result = p.app.get(job["links"]["result"].as_str().unwrap()).by(&p.qa).await.json();
    assert_eq!((&job["status"], &result["published"][0]["outcome"]), (&json!("succeeded"), &json!("created")));
    assert!(result["suite"]["scenarios"].as_array().is_some_and(|scenarios| !scenarios.is_empty()), "{result}");
    assert_eq!(result["provider"], "offline");
}

#[tokio::test]
async fn a_story_that_changed_is_noticed_even_when_only_the_result_of_it_is_kept() {
    let p = Publishing::start().await;
    p.forget_jobs().await;
    p.jira().edit("SHOP-2", |fields| {
        fields.insert("description".to_owned(), "The quantity of an item is at most 99.".into());
    });
    let answer = p.post("", p.body("comment")).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let job = p.app.at_rest(&p.qa, answer.header("location")).await;
    assert_eq!((&job["status"], &job["error"]["code"]), (&json!("awaiting_review"), &json!("story.changed")));
}

#[tokio::test]
async fn only_what_the_result_holds_can_be_published() {
    let p = Publishing::start().await;
    let job = p.app.rested(&p.qa, "acceptance-criteria", json!({ "issue_key": "SHOP-3" })).await;
    let body = json!({ "from": job["id"], "publish": [{ "mode": "comment" }, { "mode": "comment", "what": "scenarios" }] });
    let refused = p.post("", body).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["publish[1].what".to_owned()]));
}

#[tokio::test]
async fn a_callback_to_a_private_address_is_refused_by_name() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let submit =
        |url: &str| app.post("/generate/acceptance-criteria").by(&qa).json(json!({ "issue_key": "SHOP-2", "callback_url": url }));
    let mut told = String::new();
    for url in [
        "https://127.0.0.1/x",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://localhost/",
        "https://0x7f.1/",
        "http://ci.example.org/",
        "https://me:pw@ci.example.org/",
        "https://ci.example.org:8443/",
        "file:///etc/passwd",
        "x",
        "",
    ] {
        let answer = submit(url).await;
        assert_eq!((answer.status, answer.fields()), (422, vec!["callback_url".to_owned()]), "{url}");
        told += &format!("{url}\n  {}\n", answer.json()["errors"][0]["message"].as_str().unwrap());
    }
    insta::assert_snapshot!(told);
    assert_eq!(submit("https://ci.example.org/hooks").await.status, 202);
    let job = app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let body = json!({ "from": job["id"], "publish": [{ "mode": "comment" }], "callback_url": "https://192.168.0.1/" });
    assert_eq!(app.post("/jira/publish").by(&qa).json(body).await.fields(), ["callback_url"]);
}

#[tokio::test]
async fn a_callback_to_an_allowed_network_is_taken_and_told_of_the_end() {
    let app = HttpApp::of(Setup::default().set("JQA_OUTBOUND_ALLOW", "127.0.0.0/8")).await.with_worker();
    let qa = app.account(Role::Qa).await;
    let hook = format!("{}/_hooks/ci", app.site.url());
    let body = json!({ "issue_key": "SHOP-2", "callback_url": hook });
    let job = app.rested(&qa, "acceptance-criteria", body).await;
    assert_eq!(job["status"], "succeeded");
    let came = app.jira().wait_until(std::time::Duration::from_secs(30), |state| !state.deliveries("ci").is_empty()).await;
    assert!(came, "the end was not told");
    let other = app
        .post("/generate/acceptance-criteria")
        .by(&qa)
        .json(json!({ "issue_key": "SHOP-2", "callback_url": "https://10.0.0.1/" }));
    assert_eq!(other.await.fields(), ["callback_url"], "only the network that was named");
}
