//! What is written says where it comes from, in properties that people do not see and that change nothing of what is compared.

use serde_json::{Value, json};
use shared::domain::job::JobKind;
use shared::domain::publish::{PublishMode, PublishWhat};
use tests::app::{App, Setup, Site};
use tests::on_every_site;

use crate::support::STORY;

/// The origin of what a publication of this mode wrote: of the comment, of the story's section, or of an item.
fn origin(app: &App, mode: PublishMode) -> Value {
    let issue = |key: &str| app.jira().issue(key).expect("an issue")["properties"].clone();
    match mode {
        PublishMode::Comment => {
            let comments = app.jira().comments(STORY);
            let properties: Vec<Value> =
                comments.iter().flat_map(|one| one["properties"].as_array().cloned().unwrap_or_default()).collect();
            properties.iter().find(|one| one["key"] == "jqa.publication").expect("a property")["value"]["origin"].clone()
        }
        PublishMode::Description | PublishMode::CustomField => issue(STORY)[format!("jqa.section.{mode}")]["origin"].clone(),
        PublishMode::Subtask | PublishMode::Xray | PublishMode::Zephyr => {
            let ours = app.jira().keys().into_iter().map(|key| issue(&key)["jqa.publication"]["origin"].clone());
            ours.into_iter().find(Value::is_object).expect("an item of ours")
        }
    }
}

async fn what_is_written_says_who_wrote_it_from_which_story_and_for_which_job(site: Site) {
    for mode in
        [PublishMode::Comment, PublishMode::Description, PublishMode::CustomField, PublishMode::Subtask, PublishMode::Xray]
    {
        let xray = json!({ "xray": { "base_url": "{site}/xray/api/v2", "client_id": "xray" } });
        let setup = Setup::default().at(site).set("JQA_XRAY_CLIENT_SECRET", "xray").jira_options(xray);
        let app = setup.model("sandbox").start().await;
        let what = if mode == PublishMode::CustomField { PublishWhat::Criteria } else { PublishWhat::Scenarios };
        let pipeline = || app.asks(JobKind::FullPipeline, STORY).with(mode, what);
        let job = pipeline().run().await;
        app.succeeded(job).await;
        let by = json!({ "by": "openai_compatible/sandbox", "prompt": "criteria@1" });
        let told = origin(&app, mode);
        assert_eq!((&told["job"], &told["criteria"]), (&json!(job), &by), "{mode}: {told}");
        assert_eq!(told["scenarios"]["prompt"], "scenarios@2", "{mode}: {told}");
        assert_eq!(told["story"], app.story(job).await.hash, "{mode}");
        app.jira().clear_journal();
        let again = pipeline().run().await;
        app.succeeded(again).await;
        assert!(app.writes().is_empty(), "{mode}: another job that says the same writes nothing: {:?}", app.writes());
        assert_eq!(origin(&app, mode)["job"], json!(job), "{mode}");
    }
}

on_every_site! {
    what_is_written_says_who_wrote_it_from_which_story_and_for_which_job,
}
