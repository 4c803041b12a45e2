//! `jqa demo`: everything at work on one machine, with nothing set up.
//!
//! * [`stage`]: what runs: Jira double, server, a logged-in client
//! * [`show`]: what is printed
//! * [`comments`]: what stands in Jira afterwards

mod comments;
mod show;
pub(crate) mod stage;

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use shared::domain::job::JobKind;
use shared::ports::{Clock as _, SystemClock};
use tokio::time::Instant;

use crate::args::local::DemoArgs;
use crate::client::Client;
use crate::client::views::ResultView;
use crate::commands::generate::order::{Order, Outcome, work};
use crate::commands::signal::wish_to_end;
use crate::exit::Exit;
use crate::output::print;
use crate::output::progress::Progress;
use comments::Jira;
use stage::{Scene, Stage};

/// The first is shown at length: limits, and a comment by a person.
const FIRST: &str = "SHOP-2";
/// One each in other languages, one in Gherkin, and a spike that has nothing to test.
const OTHERS: [&str; 5] = ["SHOP-3", "SHOP-7", "SHOP-8", "SHOP-9", "SHOP-12"];
const PATIENCE: Duration = Duration::from_secs(120);

/// Plays the demo, then serves until Ctrl-C unless it is to end.
pub(crate) async fn run(args: &DemoArgs) -> anyhow::Result<Exit> {
    let scene = Scene { port: args.port, keep_data: args.keep_data.clone(), ..Scene::default() };
    let stage = Stage::set(scene).await?;
    let played = tokio::select! {
        played = Box::pin(play(&stage)) => played,
        () = stage.server_ended() => Err(anyhow::anyhow!("the server ended by itself; its log says why")),
        () = wish_to_end() => Ok(Exit::Interrupted),
    };
    if !args.once && played.as_ref().is_ok_and(|exit| *exit != Exit::Interrupted) {
        print("\nCtrl-C ends it.");
        tokio::select! {
            () = wish_to_end() => {}
            () = stage.server_ended() => eprintln!("the server ended by itself"),
        }
    }
    stage.clear().await;
    played
}

async fn play(stage: &Stage) -> anyhow::Result<Exit> {
    let client = stage.client().await?;
    let jira = Jira::new(stage.jira_url(), stage.jira_token())?;
    let keys: Vec<&str> = std::iter::once(FIRST).chain(OTHERS).collect();
    let before = futures::future::try_join_all(keys.iter().map(|key| jira.comments(key))).await?;
    let known = |index: usize| before.get(index).map_or(&[][..], Vec::as_slice);

    show::opening(stage);
    let mut first = submit(&client, &[FIRST]).await;
    let mut all = Vec::new();
    all.append(&mut first);
    all.append(&mut submit(&client, &OTHERS).await);

    let mut faults = Vec::new();
    let mut first_comment = None;
    for (index, outcome) in all.iter_mut().enumerate() {
        if outcome.exit != Exit::Success {
            faults.push(format!("{} did not succeed: {}", outcome.key, failure(outcome)));
            continue;
        }
        let id = outcome.id.context("a job that succeeded has an id")?;
        let (result, _) = client.result(id).await?;
        let now = jira.comments(&outcome.key).await?;
        let new = comments::new_ones(known(index), &now);
        // What does not fit into a comment goes on in further ones: they count with their first.
        let firsts = new.iter().filter(|comment| comment.is_first_part()).count() + comments::strays(&new);
        let expected = expected_comments(&result);
        if firsts != expected {
            faults.push(format!("{} has {firsts} new comments of ours instead of {expected}", outcome.key));
        }
        if index == 0 {
            first_comment = new.iter().find(|comment| comment.is_first_part()).map(|comment| comment.markdown.clone());
        }
        outcome.result = Some(result);
    }
    if let Some(first) = all.first() {
        show::first(&client, first, first_comment.as_deref()).await;
    }
    show::others(all.get(1..).unwrap_or_default());
    show::closing(stage, &faults);
    Ok(if faults.is_empty() { Exit::Success } else { Exit::Failure })
}

/// Submits these and follows them to their rest.
async fn submit(client: &Client, keys: &[&str]) -> Vec<Outcome> {
    let progress = Progress::new(false, keys.len());
    let deadline = Instant::now() + PATIENCE;
    let orders = keys.iter().map(|key| Order {
        kind: JobKind::FullPipeline,
        key: (*key).to_owned(),
        body: json!({"issue_key": key, "publish": [{"mode": "comment", "what": "all"}]}),
        idempotency_key: SystemClock.new_id().to_string(),
    });
    futures::future::join_all(orders.map(|order| work(client, order, &progress, Some(deadline)))).await
}

/// One comment a story, unless there was nothing to say about it.
fn expected_comments(result: &ResultView) -> usize {
    let is_empty = result.criteria.as_ref().is_none_or(|set| set.criteria.is_empty());
    usize::from(!(is_empty && result.published.is_empty()))
}

fn failure(outcome: &Outcome) -> String {
    let error = outcome.job.as_ref().and_then(|job| job.error.as_ref());
    error.map_or_else(|| outcome.error.clone(), |error| format!("{} [{}]", error.message, error.code))
}
