//! `jqa provider-batches …`.

use crate::args::provider_batches::{DecideArgs, ListBatchesArgs, ProviderBatchesCommand, ShowBatchArgs};
use crate::client::Client;
use crate::client::views::ProviderBatchView;
use crate::exit::Exit;
use crate::output::{print, print_json, table};

/// Runs one of them.
pub(crate) async fn run(command: ProviderBatchesCommand, client: &Client) -> anyhow::Result<Exit> {
    match command {
        ProviderBatchesCommand::List(args) => list(&args, client).await,
        ProviderBatchesCommand::Show(args) => show(&args, client).await,
        ProviderBatchesCommand::Decide(args) => decide(&args, client).await,
    }
}

async fn list(args: &ListBatchesArgs, client: &Client) -> anyhow::Result<Exit> {
    let batches = client.provider_batches(args.state, args.limit).await?;
    if args.json {
        batches.iter().for_each(print_json);
        return Ok(Exit::Success);
    }
    let rows: Vec<Vec<String>> = batches.iter().map(row).collect();
    print(&table::table(&["id", "state", "connection", "model", "answered", "made (UTC)", "at the provider"], &rows));
    Ok(Exit::Success)
}

fn row(batch: &ProviderBatchView) -> Vec<String> {
    vec![
        batch.id.to_string(),
        batch.state.clone(),
        table::cut(&batch.connection, 20),
        table::cut(&batch.model, 30),
        format!("{}/{}", batch.calls - batch.unanswered, batch.calls),
        batch.created_at.format("%F %R").to_string(),
        batch.remote_id.clone().unwrap_or_else(|| match batch.candidates.len() {
            0 => "–".to_owned(),
            n => format!("one of {n}?"),
        }),
    ]
}

async fn show(args: &ShowBatchArgs, client: &Client) -> anyhow::Result<Exit> {
    print_json(&client.provider_batch(args.id).await?);
    Ok(Exit::Success)
}

async fn decide(args: &DecideArgs, client: &Client) -> anyhow::Result<Exit> {
    let batch = client.decide_provider_batch(args.id, args.decision, args.remote_id.as_deref()).await?;
    eprintln!("the batch is {} now", batch.state);
    Ok(Exit::Success)
}
