//! Following a job: long polls and the stream of its events.

use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::http_app::{Answer, HttpApp};

/// An event as it stands in a stream: id, kind, data.
fn events(stream: &Answer) -> Vec<(i64, String, Value)> {
    assert_eq!(stream.header("content-type"), "text/event-stream");
    assert!(stream.text.starts_with("retry: 2000\n\n"), "{}", stream.text);
    let blocks = stream.text.split("\n\n").filter(|block| block.starts_with("id: "));
    let field =
        |block: &str, name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap().to_owned();
    blocks
        .map(|block| {
            let data = serde_json::from_str(&field(block, "data")).unwrap();
            (field(block, "id").parse().unwrap(), field(block, "event"), data)
        })
        .collect()
}

#[tokio::test]
async fn a_long_poll_returns_when_the_job_has_ended() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let path = app.submitted(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
    let wait = format!("{path}?wait=60s");
    let began = std::time::Instant::now();
    let (answer, ()) = tokio::join!(app.get(&wait).by(&qa), async { app.start_worker() });
    assert_eq!(answer.json()["status"], "succeeded");
    assert_eq!(answer.header("retry-after"), "", "there is nothing to come back for");
    assert!(began.elapsed().as_secs() < 30, "it waited to its end");
    let job = answer.json();
    assert_eq!(job["progress"], json!({ "done": 3, "total": 3 }));
    assert_eq!(job["content_hash"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn a_long_poll_returns_when_a_person_is_needed_and_waits_again_for_the_end() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let body = json!({ "issue_key": "SHOP-2", "review": "required" });
    let job = app.rested(&qa, "acceptance-criteria", body).await;
    assert_eq!((&job["status"], &job["stage"]), (&json!("awaiting_review"), &json!("review")));
    let path = job["links"]["self"].as_str().unwrap();
    assert_eq!(app.get(path).by(&qa).await.header("retry-after"), "1");
}

#[tokio::test]
async fn a_wait_that_is_over_answers_the_job_as_it_stands() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let path = app.submitted(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    for wait in ["0s", "0", "1s"] {
        let answer = app.get(&format!("{path}?wait={wait}")).by(&qa).await;
        assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("queued")));
        assert_eq!(answer.header("retry-after"), "1");
    }
    app.seconds_later(30);
    assert_eq!(app.get(&path).by(&qa).await.header("retry-after"), "2", "an older job is looked at less often");
}

#[tokio::test]
async fn a_long_poll_of_somebody_who_may_not_come_in_any_more_is_refused() {
    let app = HttpApp::start().await;
    let (qa, admin) = (app.account(Role::Qa).await, app.account(Role::Admin).await);
    let path = app.submitted(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
    assert_eq!(app.get(&path).by(&qa).await.status, 200, "who they are is remembered, so the poll begins at once");
    let wait = format!("{path}?wait=60s");
    let (answer, ()) = tokio::join!(app.get(&wait).by(&qa), async {
        let out = app.ask("PATCH", &format!("/users/{}", qa.id)).by(&admin).json(json!({ "active": false })).await;
        assert_eq!(out.status, 200, "{}", out.text);
        app.seconds_later(6);
        app.start_worker();
    });
    assert_eq!(answer.refusal(), (401, "auth.session_ended".to_owned()));
}

#[tokio::test]
async fn a_stream_tells_every_event_in_order_and_ends_after_the_last() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let path = app.submitted(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2", "publish": [{ "mode": "comment" }] })).await;
    let address = format!("{path}/events");
    let (stream, ()) = tokio::join!(app.get(&address).by(&qa), async { app.start_worker() });
    let events = events(&stream);
    let told: Vec<_> =
        events.iter().map(|(id, kind, data)| format!("{id} {kind} {}", data["data"]["stage"].as_str().unwrap_or("-"))).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    1 job.queued -
    2 job.stage_stored fetch
    3 job.stage_stored criteria
    4 job.stage_stored scenarios
    5 job.succeeded -
    ");
    for (id, kind, data) in &events {
        assert_eq!((&data["seq"], &data["kind"], &data["at"]), (&json!(id), &json!(kind), &json!("2023-11-14T22:13:20.001Z")));
        assert_eq!(data["job_id"], path.rsplit('/').next().unwrap());
    }
    assert_eq!(stream.header("cache-control"), "no-cache");
    assert_eq!(stream.header("x-accel-buffering"), "no");
}

#[tokio::test]
async fn a_stream_goes_on_after_the_last_event_that_was_seen() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let job = app.rested(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
    let path = job["links"]["events"].as_str().unwrap();
    let ids = |stream: &Answer| events(stream).into_iter().map(|(id, ..)| id).collect::<Vec<_>>();
    let whole = ids(&app.get(path).by(&qa).await);
    let last = *whole.last().unwrap();
    assert_eq!(whole, (1..=last).collect::<Vec<_>>());
    assert_eq!(ids(&app.get(path).by(&qa).header("last-event-id", "2").await), (3..=last).collect::<Vec<_>>());
    assert_eq!(ids(&app.get(&format!("{path}?after=3")).by(&qa).await), (4..=last).collect::<Vec<_>>());
    let both = app.get(&format!("{path}?after=1")).by(&qa).header("last-event-id", "3").await;
    assert_eq!(ids(&both), (4..=last).collect::<Vec<_>>(), "what a browser sends by itself goes first");
    assert_eq!(ids(&app.get(path).by(&qa).header("last-event-id", &last.to_string()).await), [0; 0]);
    let beyond = app.get(path).by(&qa).header("last-event-id", "999").await;
    assert_eq!(ids(&beyond), [0; 0], "the job has ended: nothing will come");
}

#[tokio::test]
async fn a_stream_stays_open_over_a_review() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let job = app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2", "review": "required" })).await;
    let path = job["links"]["self"].as_str().unwrap();
    let (address, approve) = (format!("{path}/events?after=1"), format!("{path}/approve"));
    let approving = app.post(&approve).by(&qa).json(json!({ "content_hash": job["content_hash"] }));
    let (stream, approved) = tokio::join!(app.get(&address).by(&qa), approving);
    assert_eq!(approved.status, 200);
    let kinds: Vec<_> = events(&stream).into_iter().map(|(_, kind, _)| kind).collect();
    assert_eq!(kinds, ["job.stage_stored", "job.awaiting_review", "job.succeeded"]);
}
