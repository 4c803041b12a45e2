//! `jqa jobs …`.

use anyhow::Context as _;
use shared::domain::job::JobStatus;
use shared::domain::publish::PublishOutcome;

use crate::args::jobs::{ApproveArgs, JobArgs, JobsCommand, ListArgs, WatchArgs};
use crate::client::follow::follow;
use crate::client::views::JobView;
use crate::client::{Client, JobFilter};
use crate::exit::Exit;
use crate::output::progress::Progress;
use crate::output::{print, print_json, summary, table};

/// Runs one of them.
pub(crate) async fn run(command: JobsCommand, client: &Client) -> anyhow::Result<Exit> {
    match command {
        JobsCommand::List(args) => list(&args, client).await,
        JobsCommand::Show(args) => show(&args, &client.job(args.id).await?),
        JobsCommand::Watch(args) => watch(&args, client).await,
        JobsCommand::Cancel(args) => show(&args, &client.cancel(args.id).await?),
        JobsCommand::Retry(args) => show(&args, &client.retry(args.id).await?),
        JobsCommand::Approve(args) => approve(&args, client).await,
    }
}

/// How a job at rest ends the program.
pub(crate) fn exit_of(job: &JobView) -> Exit {
    match job.status {
        JobStatus::Succeeded => Exit::worst(job.published.iter().map(|place| exit_of_place(place.outcome))),
        JobStatus::AwaitingReview => Exit::Undecided,
        JobStatus::Failed | JobStatus::Cancelled => Exit::Failure,
        JobStatus::Held | JobStatus::Queued | JobStatus::Running => Exit::TimedOut,
    }
}

const fn exit_of_place(outcome: PublishOutcome) -> Exit {
    match outcome {
        PublishOutcome::Conflict => Exit::Undecided,
        PublishOutcome::Failed | PublishOutcome::Partial => Exit::Failure,
        PublishOutcome::Created
        | PublishOutcome::Updated
        | PublishOutcome::Unchanged
        | PublishOutcome::Closed
        | PublishOutcome::Obsolete => Exit::Success,
    }
}

async fn list(args: &ListArgs, client: &Client) -> anyhow::Result<Exit> {
    let filter = JobFilter {
        status: args.status.map(|status| status.to_string()),
        kind: args.kind.map(|kind| kind.to_string()),
        issue_key: args.issue_key.as_ref().map(ToString::to_string),
    };
    let jobs = client.jobs(&filter, args.limit).await?;
    if args.json {
        jobs.iter().for_each(print_json);
        return Ok(Exit::Success);
    }
    let row = |job: &JobView| {
        let error = job.error.as_ref().map_or("", |error| error.code.as_str());
        let created = job.created_at.format("%F %T").to_string();
        [job.id.to_string(), job.issue_key.clone(), job.kind.to_string(), job.status.to_string(), created, error.to_owned()]
            .to_vec()
    };
    let rows: Vec<Vec<String>> = jobs.iter().map(row).collect();
    print(&table::table(&["id", "story", "kind", "status", "created (UTC)", "error"], &rows));
    Ok(Exit::Success)
}

fn show(args: &JobArgs, job: &JobView) -> anyhow::Result<Exit> {
    tell(job, args.json);
    Ok(Exit::Success)
}

fn tell(job: &JobView, json: bool) {
    if json { print_json(job) } else { print(&summary::job(job)) }
}

async fn watch(args: &WatchArgs, client: &Client) -> anyhow::Result<Exit> {
    let key = client.job(args.id).await?.issue_key;
    let mut progress = Progress::new(args.json, 1).job(&key);
    let following = follow(client, args.id, |event| progress.event(event));
    let job = tokio::select! {
        job = tokio::time::timeout(args.timeout, following) => job,
        _ = tokio::signal::ctrl_c() => {
            progress.given_up(&format!("goes on on the server: `jqa jobs watch {}`", args.id));
            return Ok(Exit::Interrupted);
        }
    };
    match job {
        Err(_elapsed) => {
            progress.given_up(&format!(
                "is not done after {}; it goes on: `jqa jobs watch {}`",
                crate::output::span(args.timeout),
                args.id
            ));
            Ok(Exit::TimedOut)
        }
        Ok(job) => {
            let job = job?;
            progress.at_rest(&job);
            if args.json {
                print_json(&serde_json::json!({"type": "job", "job": job}));
            }
            Ok(exit_of(&job))
        }
    }
}

async fn approve(args: &ApproveArgs, client: &Client) -> anyhow::Result<Exit> {
    let hash = match &args.hash {
        Some(hash) => hash.clone(),
        None => client.job(args.id).await?.content_hash.context("the job has no result that could be approved")?,
    };
    tell(&client.approve(args.id, hash.trim_matches('"'), args.publish_stale).await?, args.json);
    Ok(Exit::Success)
}
