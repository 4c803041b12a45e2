//! `jqa queue`.

use serde_json::Value;

use crate::args::jobs::QueueArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::output::{print, print_json, table};

/// Tells what waits and who works on it. Ends with 1 when something is due and no worker is alive.
pub(crate) async fn run(args: &QueueArgs, client: &Client) -> anyhow::Result<Exit> {
    let queue = client.queue().await?;
    if args.json {
        print_json(&queue);
    } else {
        show(&queue);
    }
    let some = |of: &str, is: fn(&Value) -> bool| queue[of].as_array().is_some_and(|rows| rows.iter().any(is));
    let waits = some("lanes", |lane| lane["due"].as_i64() > Some(0));
    if waits && !some("workers", |worker| worker["alive"] == true) {
        eprintln!("no worker is alive; start one with `jqa worker`");
        return Ok(Exit::Failure);
    }
    Ok(Exit::Success)
}

fn show(queue: &Value) {
    let rows = |of: &str, columns: &[&str]| -> Vec<Vec<String>> {
        let all = queue[of].as_array().into_iter().flatten();
        all.map(|row| columns.iter().map(|column| word(&row[*column])).collect()).collect()
    };
    print(&table::table(
        &["lane", "due", "later", "running", "oldest due (s)"],
        &rows("lanes", &["lane", "due", "later", "running", "oldest_due_seconds"]),
    ));
    print(&format!("held by batches: {}\n", word(&queue["held"])));
    print(&table::table(
        &["worker", "version", "alive", "jobs", "webhooks", "since"],
        &rows("workers", &["id", "version", "alive", "jobs", "deliveries", "started_at"]),
    ));
    let troubled = rows("troubled", &["id", "issue_key", "status", "stage", "attempts", "crashes", "code", "next_at"]);
    if !troubled.is_empty() {
        print("");
        print(&table::table(&["job", "story", "state", "stage", "tries", "crashes", "last failure", "again at"], &troubled));
    }
    if queue["queue_up"] == false {
        eprintln!("the queue is away: workers find what is due in the database, within seconds instead of at once");
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        other => other.to_string(),
    }
}
