//! `jqa batch` and `jqa batches …`.

use std::io::IsTerminal as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use shared::domain::batch::{BatchStatus, MOST_JOBS};
use shared::domain::job::JobStatus;
use shared::ports::{Clock, SystemClock};
use uuid::Uuid;

use super::generate::deliver::write;
use super::signal::wish_to_end;
use crate::args::batches::{BatchArgs, BatchesCommand, ItemsArgs, ListBatchesArgs, ThatBatchArgs};
use crate::args::generate::Format;
use crate::client::Client;
use crate::client::views::{BatchItemView, BatchView};
use crate::exit::Exit;
use crate::output::{count, plain, print, print_json, table};

/// How often a batch is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Starts one.
pub(crate) async fn start(args: &BatchArgs, client: &Client) -> anyhow::Result<Exit> {
    let key = args.idempotency_key.clone().unwrap_or_else(|| SystemClock.new_id().to_string());
    let batch = client.start_batch(body(args), &key).await?;
    if !args.wait && args.out.is_none() {
        tell(&batch, args.json);
        if !args.json {
            eprintln!("follow it with `jqa batches watch {}`", batch.id);
        }
        return Ok(Exit::Success);
    }
    let id = batch.id;
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    let exit = follow(client, batch, args.timeout, args.json).await?;
    if let Some(folder) = &args.out {
        let files = write_down(client, id, folder, args.format).await?;
        eprintln!("{} written to {}", count(files, "result", "results"), folder.display());
    }
    Ok(exit)
}

/// Writes the results that are there by now, one file a story.
async fn write_down(client: &Client, id: Uuid, folder: &Path, format: Format) -> anyhow::Result<usize> {
    let mut files = 0;
    for status in [JobStatus::Succeeded, JobStatus::AwaitingReview] {
        for item in client.batch_items(id, Some(status), None, MOST_JOBS).await? {
            let Some(job) = item.job_id else { continue };
            let text = client.result_text(job, format.as_str()).await?;
            let file = folder.join(format!("{}.{}", item.issue_key, format.extension()));
            write(folder, &file, &text).with_context(|| format!("{} could not be written", file.display()))?;
            files += 1;
        }
    }
    Ok(files)
}

/// The body of the request; what was not given is left out, so that the server decides.
fn body(args: &BatchArgs) -> Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("jql", args.jql.as_ref().map(|jql| json!(jql)));
    put("issue_keys", (!args.keys.is_empty()).then(|| json!(args.keys)));
    put("kind", Some(json!(shared::domain::job::JobKind::from(args.kind))));
    put("connection", args.connection.as_ref().map(|name| json!(name)));
    put("llm", args.llm.as_ref().map(|llm| json!(llm)));
    put("language", args.language.as_ref().map(|language| json!(language)));
    put("review", args.review.then(|| json!("required")));
    put("publish", (!args.publish.is_empty()).then(|| json!(args.targets())));
    put("on_conflict", args.on_conflict.map(|on_conflict| json!(on_conflict)));
    put("close_obsolete", args.close_obsolete.then(|| json!(true)));
    put("force", args.force.then(|| json!(true)));
    put("fresh", args.fresh.then(|| json!(true)));
    put("economy", args.economy.then(|| json!(true)));
    put("delta", args.delta.then(|| json!(true)));
    put("concurrency", args.concurrency.map(|number| json!(number)));
    put("max_issues", args.max_issues.map(|number| json!(number)));
    put("max_cost_usd", args.max_cost_usd.map(|dollars| json!(dollars)));
    put("priority", args.priority.map(|priority| json!(priority)));
    Value::Object(body)
}

/// Runs one of `jqa batches …`.
pub(crate) async fn run(command: BatchesCommand, client: &Client) -> anyhow::Result<Exit> {
    match command {
        BatchesCommand::List(args) => list(&args, client).await,
        BatchesCommand::Items(args) => items(&args, client).await,
        BatchesCommand::Watch(args) => {
            let batch = client.batch(args.batch.id).await?;
            follow(client, batch, args.timeout, args.batch.json).await
        }
        BatchesCommand::Show(args) => {
            let batch = client.batch(args.id).await?;
            tell(&batch, args.json);
            Ok(Exit::Success)
        }
        BatchesCommand::Pause(args) => steer(&args, "pause", client).await,
        BatchesCommand::Resume(args) => steer(&args, "resume", client).await,
        BatchesCommand::Cancel(args) => steer(&args, "cancel", client).await,
        BatchesCommand::Retry(args) => steer(&args, "retry-failed", client).await,
    }
}

async fn steer(args: &ThatBatchArgs, verb: &str, client: &Client) -> anyhow::Result<Exit> {
    tell(&client.steer_batch(args.id, verb).await?, args.json);
    Ok(Exit::Success)
}

async fn list(args: &ListBatchesArgs, client: &Client) -> anyhow::Result<Exit> {
    let batches = client.batches(args.limit).await?;
    if args.json {
        batches.iter().for_each(print_json);
        return Ok(Exit::Success);
    }
    let row = |batch: &BatchView| {
        vec![
            batch.id.to_string(),
            batch.status.to_string(),
            format!("{}/{}", batch.at_rest(), batch.jobs()),
            batch.count("failed").to_string(),
            batch.skipped().to_string(),
            batch.created_at.format("%F %R").to_string(),
            table::cut(&plain(batch.jql.as_deref().unwrap_or("a list")), 50),
        ]
    };
    let rows: Vec<Vec<String>> = batches.iter().map(row).collect();
    print(&table::table(&["id", "status", "done", "failed", "skipped", "made (UTC)", "stories"], &rows));
    Ok(Exit::Success)
}

async fn items(args: &ItemsArgs, client: &Client) -> anyhow::Result<Exit> {
    let items = client.batch_items(args.id, args.status, args.skip, args.limit).await?;
    if args.json {
        items.iter().for_each(print_json);
        return Ok(Exit::Success);
    }
    let row = |item: &BatchItemView| {
        let skip = || item.skip.as_ref().map(|skip| format!("skipped: {skip}")).unwrap_or_default();
        let since = item.since.map(|since| format!("a result of {} says the same", since.format("%F %R")));
        let error = item.error.as_ref().map(|error| format!("{} [{}]", plain(&error.message), plain(&error.code)));
        vec![
            item.number.to_string(),
            item.issue_key.clone(),
            item.status.map_or_else(skip, |status| status.to_string()),
            item.job_id.map(|id: Uuid| id.to_string()).unwrap_or_default(),
            error.or(since).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = items.iter().map(row).collect();
    print(&table::table(&["no", "story", "status", "job", ""], &rows));
    Ok(Exit::Success)
}

/// Shows how far a batch is until it is at rest, paused, or the time is up.
async fn follow(client: &Client, mut batch: BatchView, timeout: Duration, json: bool) -> anyhow::Result<Exit> {
    let until = tokio::time::Instant::now() + timeout;
    let shown = Shown::new(json);
    let end = wish_to_end();
    tokio::pin!(end);
    loop {
        shown.now(&batch);
        if batch.status.is_ended() || batch.status == BatchStatus::Paused {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = tokio::time::sleep_until(until) => return Ok(left(&batch, Exit::TimedOut)),
            () = &mut end => return Ok(left(&batch, Exit::Interrupted)),
        }
        batch = client.batch(batch.id).await?;
    }
    drop(shown);
    tell(&batch, json);
    Ok(exit_of(&batch))
}

fn left(batch: &BatchView, exit: Exit) -> Exit {
    eprintln!("the batch goes on on the server: jqa batches watch {0}, jqa batches cancel {0}", batch.id);
    exit
}

/// How a batch at rest ends the program.
fn exit_of(batch: &BatchView) -> Exit {
    match batch.status {
        BatchStatus::Completed if batch.count("failed") > 0 => Exit::Failure,
        BatchStatus::Completed if batch.count("awaiting_review") > 0 => Exit::Undecided,
        BatchStatus::Completed => Exit::Success,
        BatchStatus::Paused => Exit::Undecided,
        _ => Exit::Failure,
    }
}

fn tell(batch: &BatchView, json: bool) {
    if json {
        return print_json(batch);
    }
    let mut lines = vec![format!("batch {} {}", batch.id, said(batch))];
    if batch.has_more {
        lines.push(format!("  there are more stories than --max-issues {}; they were left out", batch.max_issues));
    }
    if let Some(code) = &batch.pause_code {
        lines.push(format!(
            "  paused by itself [{code}]; jqa batches resume {} begins nothing while the cost is reached",
            batch.id
        ));
    }
    lines.extend(batch.error.as_ref().map(|error| format!("  {} [{}]", plain(&error.message), plain(&error.code))));
    if batch.count("failed") > 0 {
        lines.push(format!("  jqa batches items {0} --status failed; jqa batches retry {0}", batch.id));
    }
    print(&lines.join("\n"));
}

/// Where it stands, in a line.
fn said(batch: &BatchView) -> String {
    let counts = batch.counts.jobs.iter().map(|(status, jobs)| format!("{jobs} {}", status.replace('_', " ")));
    let skipped = batch.counts.skipped.iter().map(|(skip, stories)| format!("{stories} skipped ({})", skip.replace('_', " ")));
    let cost = (batch.cost_usd > 0.0).then(|| format!("{:.2} dollars", batch.cost_usd));
    let parts: Vec<String> = counts.chain(skipped).chain(cost).collect();
    format!("{}: {}", batch.status, if parts.is_empty() { "no stories yet".to_owned() } else { parts.join(", ") })
}

/// A bar on a terminal, lines when piped, nothing beside JSON.
enum Shown {
    Bar(ProgressBar),
    Lines(std::cell::RefCell<String>),
    Nothing,
}

impl Shown {
    fn new(json: bool) -> Self {
        if json {
            return Self::Nothing;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Lines(std::cell::RefCell::default());
        }
        let style = ProgressStyle::with_template("[{bar:30}] {pos}/{len} {elapsed} {wide_msg}");
        Self::Bar(ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    fn now(&self, batch: &BatchView) {
        match self {
            Self::Bar(bar) => {
                bar.set_length(batch.jobs());
                bar.set_position(batch.at_rest());
                bar.set_message(said(batch));
            }
            Self::Lines(last) => {
                let line = said(batch);
                if *last.borrow() != line {
                    eprintln!("{line}");
                    *last.borrow_mut() = line;
                }
            }
            Self::Nothing => {}
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
